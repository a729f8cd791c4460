"""When somebody is busy, and nothing else: VFREEBUSY made of events (RFC 4791 §7.10, RFC 5545 §3.6.4).

An event takes time unless it is transparent, cancelled, or declined by the one who is asked about; a tentative one
takes it tentatively. Times that overlap become one, each kind by itself, and the busier kind stands where two meet.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.core.filter import TimeRange
from gateway.core.tree import Component, Line
from gateway.formats.codec import PRODID
from gateway.formats.expansion import Budget
from gateway.formats.moments import read_duration, read_stamp, write_utc
from gateway.formats.params import first_param
from gateway.formats.ranges import instance_in_range
from gateway.formats.recurrence import STEPS, expand
from gateway.formats.spans import EARLIEST, LATEST, plus

KINDS: Final = ("BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE")
"""The kinds of time that is not free, the weightiest first."""
Busy = tuple[dt.datetime, dt.datetime, str]
"""From, to (both aware UTC), and one of `KINDS`."""


def busy(document: Component, wanted: TimeRange, floating: dt.tzinfo = dt.UTC, address: str = "") -> Iterator[Busy]:
    """What a document says of the window, cut to it. `address` is whose time it is. Raises BudgetSpent."""
    low, high = wanted.start or EARLIEST, wanted.end or LATEST
    for one in expand(document, wanted.start, wanted.end, Budget(STEPS), floating):
        kind = _kind(one.component, address)
        if kind and one.start is not None and instance_in_range("VEVENT", one, wanted):
            end = one.end
            if end is None:
                end = plus(one.start, dt.timedelta(days=1)) if one.is_all_day else one.start
            if end > one.start:
                yield max(one.start, low), min(end, high), kind
    for component in document.components("VFREEBUSY"):
        for line in component.lines("FREEBUSY"):
            kind = (first_param(line, "FBTYPE") or "BUSY").upper()
            if kind == "FREE":
                continue
            for start, end in periods(line):
                if start < high and end > low:
                    # RFC 5545 §3.2.9: a kind nobody knows is busy.
                    yield max(start, low), min(end, high), kind if kind in KINDS else "BUSY"


def _kind(component: Component, address: str) -> str:
    if component.name.upper() != "VEVENT":
        return ""
    transparent, status = component.line("TRANSP"), component.line("STATUS")
    word = "" if status is None else status.value.strip().upper()
    if word == "CANCELLED" or (transparent is not None and transparent.value.strip().upper() == "TRANSPARENT"):
        return ""
    if address:
        for line in component.lines("ATTENDEE"):
            if line.value.strip().lower() == f"mailto:{address.lower()}":
                answer = (first_param(line, "PARTSTAT") or "").upper()
                if answer == "DECLINED":
                    return ""
                if answer == "TENTATIVE":
                    return "BUSY-TENTATIVE"
    return "BUSY-TENTATIVE" if word == "TENTATIVE" else "BUSY"


def periods(line: Line) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The periods of a FREEBUSY line that can be understood, aware UTC."""
    for period in line.value.split(","):
        first, _, last = period.partition("/")
        start, end, length = read_stamp(first), read_stamp(last), read_duration(last)
        if isinstance(start, dt.datetime) and start.tzinfo is not None:
            until = plus(start, length) if length is not None else end
            if isinstance(until, dt.datetime) and until.tzinfo is not None and until > start:
                yield start, until


def merged(times: Iterable[Busy]) -> list[Busy]:
    """The same without overlaps, in order of time."""
    taken: list[Busy] = []
    for kind in KINDS:
        for start, end in _joined((one[0], one[1]) for one in [*times] if one[2] == kind):
            taken += ((low, high, kind) for low, high in _without(start, end, taken))
    return sorted(taken)


def _joined(spans: Iterable[tuple[dt.datetime, dt.datetime]]) -> list[tuple[dt.datetime, dt.datetime]]:
    joined: list[tuple[dt.datetime, dt.datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _without(start: dt.datetime, end: dt.datetime, taken: list[Busy]) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """What of a span none of `taken` has."""
    for low, high, _ in sorted(taken):
        if high <= start or low >= end:
            continue
        if low > start:
            yield start, low
        start = high
    if start < end:
        yield start, end


def free_busy(wanted: TimeRange, times: list[Busy], made: dt.datetime) -> Component:
    """A VCALENDAR with one VFREEBUSY for the window, whose ends are both known."""
    lines: list[Line | Component] = [Line("UID", str(uuid.uuid4())), Line("DTSTAMP", write_utc(made))]
    if wanted.start is not None and wanted.end is not None:
        lines += [Line("DTSTART", write_utc(wanted.start)), Line("DTEND", write_utc(wanted.end))]
    for kind in KINDS:
        spans = [f"{write_utc(start)}/{write_utc(end)}" for start, end, one in times if one == kind]
        for first in range(0, len(spans), 20):
            lines.append(Line("FREEBUSY", ",".join(spans[first : first + 20]), f";FBTYPE={kind}"))
    inside = Component("VFREEBUSY", lines)
    return Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", PRODID), inside])


def limited_busy(document: Component, wanted: TimeRange) -> Component:
    """C:limit-freebusy-set: of FREEBUSY lines the periods that touch the window."""
    low, high = wanted.start or EARLIEST, wanted.end or LATEST
    return Component(
        document.name,
        [_limited(item, low, high) if isinstance(item, Component) else item for item in document.items],
    )


def _limited(component: Component, low: dt.datetime, high: dt.datetime) -> Component:
    if component.name.upper() != "VFREEBUSY":
        return component
    kept: list[Line | Component] = []
    for item in component.items:
        if isinstance(item, Component) or item.name.upper() != "FREEBUSY":
            kept.append(item)
            continue
        texts = item.value.split(",")
        touching = [
            text for text in texts if any(a < high and b > low for a, b in periods(Line("FREEBUSY", text, item.params)))
        ]
        if touching:
            kept.append(Line(item.name, ",".join(touching), item.params))
    return Component(component.name, kept)
