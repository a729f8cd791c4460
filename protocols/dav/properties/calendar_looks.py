"""What a principal says of a calendar besides its name and colour: its time zone, and whether it makes him busy.

RFC 4791 §5.2.2 and RFC 7809 §5.2 have the time zone twice, as an iCalendar object and as a name; one is kept, the
object, and the name is what it means. Of no RFC is C:supported-calendar-component-sets, by which iOS and macOS learn
that a calendar holds one kind of thing.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.keeping import OPAQUE, TRANSPARENT
from gateway.formats.calendar_zone import calendar_of_zone, zone_of_calendar
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import caldav
from protocols.dav.properties.caldav import COMPONENT, OfCalendar
from protocols.dav.property import Property
from protocols.dav.tree import Area, Kind, Node


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class CalendarTimezone(OfCalendar):
    """RFC 4791 §5.2.2."""

    name = caldav("calendar-timezone")
    word = "timezone"

    def read(self, element: xml.Element) -> str:
        """The object as it is. Raises DavError with C:valid-calendar-data for anything else."""
        text = "".join(map(str, element.itertext())).strip().replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"
        try:
            zone_of_calendar(text, _today().year)
        except InvalidContent as wrong:
            raise DavError(403, str(wrong), caldav("valid-calendar-data")) from wrong
        return text

    def said(self, node: Node) -> str | None:
        """The object that was said."""
        text = node.look.get(self.word)
        return None if text is None else xml.escape(text)


class CalendarTimezoneId(OfCalendar):
    """RFC 7809 §5.2."""

    name = caldav("calendar-timezone-id")
    word = "timezone"

    def read(self, element: xml.Element) -> str:
        """The object for that name. Raises DavError with C:valid-timezone for a name that is nobody's."""
        made = calendar_of_zone(xml.text_of(element), _today())
        if made is None:
            raise DavError(403, "This time zone is not known.", caldav("valid-timezone"))
        return made

    def said(self, node: Node) -> str | None:
        """The name of the zone that was said, where it is one that has a name."""
        text = node.look.get(self.word)
        if text is None:
            return None
        return xml.escape(zone_of_calendar(text, _today().year).name) or None


class ScheduleCalendarTransp(OfCalendar):
    """RFC 6638 §9.1: whether what is in the calendar makes the principal busy."""

    name = caldav("schedule-calendar-transp")
    word = "transparent"

    def read(self, element: xml.Element) -> str:
        """Raises DavError 409 for anything but the two."""
        names = [xml.name_of(child) for child in element]
        if names == [caldav("transparent")]:
            return TRANSPARENT
        if names == [caldav("opaque")]:
            return OPAQUE
        raise DavError(409, "Say C:opaque or C:transparent.")

    def said(self, node: Node) -> str:
        """Opaque, where nothing else has been said."""
        return "<C:transparent/>" if node.look.get(self.word) == TRANSPARENT else "<C:opaque/>"


class SupportedCalendarComponentSets(Property):
    """Which sets of components a calendar that is made here may have."""

    name = caldav("supported-calendar-component-sets")
    kinds = frozenset({Kind.HOME})

    def value(self, node: Node) -> str | None:
        """One kind each."""
        if node.area is not Area.CALENDARS:
            return None
        return "".join(
            f'<C:supported-calendar-component-set><C:comp name="{component}"/></C:supported-calendar-component-set>'
            for component in COMPONENT.values()
        )


ALL: Final = (CalendarTimezone, CalendarTimezoneId, ScheduleCalendarTransp, SupportedCalendarComponentSets)
