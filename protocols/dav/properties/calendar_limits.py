"""What a calendar takes at most, each limit as the property that tells it (RFC 4791 §5.2.6–§5.2.9).

The numbers are those that `gateway.formats.checks` refuses by, and a PUT over one of them is answered with the
precondition of the same name. C:max-instances is about series that say how many instances they have; one without an
end is followed only as far as it is asked about.
"""

from __future__ import annotations

from typing import Final

from gateway.core.limits import ATTENDEES_MOST, EARLIEST, INSTANCES_MOST, LATEST
from gateway.formats.moments import write_utc
from protocols.dav.names import caldav
from protocols.dav.properties.caldav import OfCalendar
from protocols.dav.tree import Node


class MinDateTime(OfCalendar):
    """RFC 4791 §5.2.6."""

    name = caldav("min-date-time")

    def said(self, node: Node) -> str:
        """In UTC."""
        return write_utc(EARLIEST)


class MaxDateTime(OfCalendar):
    """RFC 4791 §5.2.7."""

    name = caldav("max-date-time")

    def said(self, node: Node) -> str:
        """In UTC."""
        return write_utc(LATEST)


class MaxInstances(OfCalendar):
    """RFC 4791 §5.2.8."""

    name = caldav("max-instances")

    def said(self, node: Node) -> str:
        """Of one series."""
        return str(INSTANCES_MOST)


class MaxAttendeesPerInstance(OfCalendar):
    """RFC 4791 §5.2.9."""

    name = caldav("max-attendees-per-instance")

    def said(self, node: Node) -> str:
        """Of one component."""
        return str(ATTENDEES_MOST)


ALL: Final = (MinDateTime, MaxDateTime, MaxInstances, MaxAttendeesPerInstance)
