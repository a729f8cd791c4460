"""RFC 7809 §5.1: where definitions of time zones are to be had.

The set is empty: there is no service of RFC 7808 here, and none is needed, since every zone that a calendar object
names is told with it to whoever wants it so.
"""

from __future__ import annotations

from typing import Final

from protocols.dav.names import caldav
from protocols.dav.property import Property
from protocols.dav.tree import Area, Kind, Node


class TimezoneServiceSet(Property):
    """RFC 7809 §5.1."""

    name = caldav("timezone-service-set")
    kinds = frozenset({Kind.HOME})

    def value(self, node: Node) -> str | None:
        """Nothing, of a home of calendars."""
        return "" if node.area is Area.CALENDARS else None


ALL: Final = (TimezoneServiceSet,)
