"""The properties of no RFC that clients ask for all the same: ctag, colour, order."""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import apple, calendarserver
from protocols.dav.properties.caldav import is_calendar
from protocols.dav.property import ONLY_COLLECTION, Property
from protocols.dav.tree import Node


class GetCTag(Property):
    """Changes whenever anything in the collection does; the sync token does that."""

    name = calendarserver("getctag")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """The collection's token."""
        return None if node.collection is None else str(node.collection.token)


class CalendarColor(Property):
    """`#RRGGBB`, or with two more digits of opacity."""

    name = apple("calendar-color")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """The collection's colour, where it has one."""
        if not is_calendar(node) or node.collection is None or not node.collection.color:
            return None
        return xml.escape(node.collection.color)


class CalendarOrder(Property):
    """Where in its list a client shows the calendar."""

    name = apple("calendar-order")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """A whole number."""
        return str(node.collection.order) if is_calendar(node) and node.collection is not None else None


ALL: Final = (GetCTag, CalendarColor, CalendarOrder)
