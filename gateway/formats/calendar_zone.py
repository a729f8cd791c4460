"""The time zone of a whole calendar: an iCalendar object that holds one VTIMEZONE and nothing else (RFC 4791 §5.2.2).

Kept as the client wrote it, told apart from what is no such thing, and made from a name where a client says only that
(RFC 7809 §5.2).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.codec import PRODID
from gateway.formats.contentline import parse, serialise
from gateway.formats.vtimezone import vtimezone
from gateway.formats.zones import Zone, resolve, zone

LARGEST: Final = 65_536
"""Characters of such an object."""


def zone_of_calendar(text: str, year: int) -> Zone:
    """What the object says, its clock as it goes around a year. Raises InvalidContent for everything else."""
    if len(text) > LARGEST:
        raise InvalidContent(f"A calendar's time zone has at most {LARGEST} characters.")
    documents = parse(text.encode())
    if len(documents) != 1 or documents[0].name.upper() != "VCALENDAR":
        raise InvalidContent("A calendar's time zone is one iCalendar object.")
    inside = list(documents[0].components())
    if len(inside) != 1 or inside[0].name.upper() != "VTIMEZONE":
        raise InvalidContent("A calendar's time zone is an iCalendar object that holds one VTIMEZONE and nothing else.")
    name = inside[0].line("TZID")
    observances = [one.name.upper() for one in inside[0].components()]
    if name is None or not name.value.strip() or not {"STANDARD", "DAYLIGHT"} & {*observances}:
        raise InvalidContent("A VTIMEZONE needs a TZID, and a STANDARD or DAYLIGHT within it.")
    return resolve(name.value, documents[0], year)


def calendar_of_zone(name: str, today: dt.date) -> str | None:
    """The object for a zone's name; None for a name that is not known."""
    known = zone(name)
    if known is None or not known.name:
        return None
    component = vtimezone(known.name, today.year) or _utc()
    lines = [Line("VERSION", "2.0"), Line("PRODID", PRODID)]
    return serialise(Component("VCALENDAR", [*lines, component])).decode()


def _utc() -> Component:
    clock = [("DTSTART", "19700101T000000"), ("TZOFFSETFROM", "+0000"), ("TZOFFSETTO", "+0000"), ("TZNAME", "UTC")]
    standard = Component("STANDARD", [Line(name, value) for name, value in clock])
    return Component("VTIMEZONE", [Line("TZID", "UTC"), standard])
