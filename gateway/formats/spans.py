"""When a component is: its start and end as it states them (RFC 5545 §3.6.1, §3.6.2).

A component of a calendar says when it is by DTSTART with DTEND, DUE or DURATION, or leaves parts of that out. This
is where those spellings are brought together; codecs, checks, recurrence and filters all read it here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.moments import Moment, read_duration, read_moment

DAY: Final = dt.timedelta(days=1)
NO_TIME: Final = dt.timedelta()
EARLIEST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
LATEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """`start` and `end` as stated; `end` is None where neither an end nor a duration is."""

    start: Moment | None
    end: Moment | None


def span_of(component: Component, document: Component) -> Span:
    """What DTSTART, DTEND or DUE, and DURATION of a component say together."""
    lines = _first_lines(component)
    start = read_moment(lines.get("DTSTART"), document)
    end = read_moment(lines.get("DTEND") or lines.get("DUE"), document)
    if end is None and start is not None and "DURATION" in lines:
        length = read_duration(lines["DURATION"].value)
        end = None if length is None else shifted(start, length)
    return Span(start, end)


def counted_days(component: Component) -> dt.timedelta | None:
    """The length of what is stated to last whole days; each instance then lasts as many by the calendar (RFC 5545 §3.8.2.5).

    None where an end is stated, or hours: then all instances last as long as the first, by the instant (§3.6.1).
    """
    lines = _first_lines(component)
    if "DTEND" in lines or "DUE" in lines or "DURATION" not in lines:
        return None
    length = read_duration(lines["DURATION"].value)
    return length if length is not None and length % DAY == NO_TIME else None


def shifted(moment: Moment, length: dt.timedelta) -> Moment:
    """A moment later by a duration: whole days go by the calendar, the rest by the instant (RFC 5545 §3.3.6)."""
    try:
        if moment.is_date or length % DAY == NO_TIME:
            return Moment(moment.clock + length, moment.zone)
        instant = moment.utc + length
        return Moment(instant.astimezone(moment.zone.rules).replace(tzinfo=None), moment.zone)
    except OverflowError:
        return moment


def plus(moment: dt.datetime, length: dt.timedelta) -> dt.datetime:
    """An aware moment and a duration, held at the ends of the calendar."""
    try:
        return moment + length
    except OverflowError:
        return LATEST if length > NO_TIME else EARLIEST


def _first_lines(component: Component) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    for item in component.items:
        if isinstance(item, Line):
            name = item.name.upper()
            if name in ("DTSTART", "DTEND", "DUE", "DURATION"):
                lines.setdefault(name, item)
    return lines


def master(document: Component, kind: str) -> Component | None:
    """The component a series is made by: the first of its kind without RECURRENCE-ID.

    A resource may hold single instances alone (RFC 4791 §4.1, an invitation to one meeting of many); then the first
    of these stands for the whole.
    """
    first: Component | None = None
    for component in document.components(kind):
        if component.line("RECURRENCE-ID") is None:
            return component
        first = first or component
    return first
