"""The properties of no RFC that clients ask for all the same: ctag, colour, order."""

from __future__ import annotations

import re
from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import apple, calendarserver
from protocols.dav.properties.caldav import is_calendar
from protocols.dav.property import ONLY_COLLECTION, Property
from protocols.dav.tree import Node

_COLOR: Final = re.compile(r"#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[A-Za-z]{1,32}", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)


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
    word = "color"

    def read(self, element: xml.Element) -> str:
        """A colour as HTML has it. Raises DavError 409 for what is none."""
        text = xml.text_of(element)
        if not _COLOR.fullmatch(text):
            raise DavError(409, "A colour is written #RRGGBB, or #RRGGBBAA.")
        return text

    def value(self, node: Node) -> str | None:
        """The collection's colour, where it has one."""
        if node.collection is None or not node.collection.color:
            return None
        return xml.escape(node.collection.color)


class CalendarOrder(Property):
    """Where in its list a client shows the calendar."""

    name = apple("calendar-order")
    kinds = ONLY_COLLECTION
    word = "order"

    def read(self, element: xml.Element) -> str:
        """Raises DavError 409 for what is no whole number."""
        text = xml.text_of(element)
        if not _NUMBER.fullmatch(text):
            raise DavError(409, "The order is a whole number.")
        return text

    def value(self, node: Node) -> str | None:
        """A whole number; of address books, where the principal has said one."""
        if node.collection is None or not (is_calendar(node) or self.word in node.collection.look):
            return None
        return str(node.collection.order)


ALL: Final = (GetCTag, CalendarColor, CalendarOrder)
