"""Calendar documents as programs write them, for the tests beside."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core.entities import Value
from gateway.core.ids import ObjectUid
from gateway.core.tree import Component
from gateway.formats.calendar import CalendarCodec
from gateway.formats.contentline import parse, serialise
from gateway.formats.event import EventCodec

WINDOWS_ZONE = """\
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""

SERIES = (
    """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Client//EN
"""
    + WINDOWS_ZONE
    + """\
BEGIN:VEVENT
UID:series-1
DTSTAMP:20260101T000000Z
SUMMARY:Stand-up\\, weekly
DESCRIPTION;ALTREP="cid:x":Line one\\nLine two
X-ALT-DESC;FMTTYPE=text/html:<p>Line one</p>
DTSTART;TZID=W. Europe Standard Time:20260316T093000
DURATION:PT30M
RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=10
EXDATE;TZID=W. Europe Standard Time:20260323T093000
ORGANIZER;CN=Ada;SCHEDULE-AGENT=CLIENT:mailto:Ada@example.com
ATTENDEE;CN="Grace H.";PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:grace@example.com
ATTENDEE:MAILTO:alan@example.com
CATEGORIES:Work,Team
CATEGORIES:Daily
BEGIN:VALARM
ACTION:EMAIL
TRIGGER:-P1D
SUMMARY:mail
END:VALARM
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:x
TRIGGER:-PT15M
X-MOZ-LASTACK:20260101T000000Z
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:series-1
DTSTAMP:20260101T000000Z
RECURRENCE-ID;TZID=W. Europe Standard Time:20260330T093000
SUMMARY:Stand-up moved
DTSTART;TZID=W. Europe Standard Time:20260331T100000
DTEND;TZID=W. Europe Standard Time:20260331T103000
END:VEVENT
END:VCALENDAR
"""
).replace("\n", "\r\n")


def tree(document: str | bytes) -> Component:
    """The one component of a document."""
    (component,) = parse(document.encode() if isinstance(document, str) else document)
    return component


def calendar(*lines: str, kind: str = "VEVENT", before: str = "") -> Component:
    """A calendar with one component of these lines."""
    body = "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *before.splitlines(), f"BEGIN:{kind}"))
    return tree("\n".join((body, "UID:u-1", *lines, f"END:{kind}", "END:VCALENDAR")))


def written(fields: Mapping[str, Value], codec: CalendarCodec | None = None) -> Component:
    """A new document that says these fields."""
    codec = codec or EventCodec()
    document = codec.blank(ObjectUid("u-1"))
    codec.write(document, fields)
    return document


def unfolded(document: Component) -> list[str]:
    """The document's lines without folds."""
    return serialise(document).decode().replace("\r\n ", "").split("\r\n")


def lines_of(document: Component, *names: str) -> list[str]:
    """The unfolded lines of these names anywhere in the document, VTIMEZONEs left out."""
    rest = Component(
        document.name, [item for item in document.items if item not in list(document.components("VTIMEZONE"))]
    )
    return [line for line in unfolded(rest) if line.replace(":", ";").split(";")[0] in names]
