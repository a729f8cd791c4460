"""The bindings that state times: an event's period, a task's dates, moments in UTC.

A time is written in the zone it is meant in, under the TZID the document has for that zone already, else under its
IANA name with a VTIMEZONE of our making beside it. Lines whose moment does not change keep their spelling.

When the CRM moves the start of a series, its exceptions (EXDATE, RDATE, overridden instances) stay as they are.
Which of them were meant to move along cannot be known, and moving those that were not would lose them for good: an
EXDATE that no longer meets an occurrence does nothing, and an override stays a meeting at its own time, in sight of
the user.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import replace

from gateway.core.entities import Period, Value
from gateway.core.tree import Component, Line
from gateway.formats.bindings import as_text
from gateway.formats.codec import Binding
from gateway.formats.moments import (
    Moment,
    read_duration,
    read_moment,
    read_stamp,
    write_clock,
    write_date,
    write_utc,
)
from gateway.formats.params import first_param, read, set_param
from gateway.formats.properties import Properties
from gateway.formats.sameness import same
from gateway.formats.spans import DAY, span_of
from gateway.formats.vtimezone import vtimezone
from gateway.formats.zones import FLOATING, UTC, Zone, resolve, zone


class When(Binding):
    """DTSTART with DTEND or DURATION, as one `Period`."""

    properties = ("DTSTART", "DTEND", "DURATION")

    def read(self, at: Properties) -> Value:
        """The period, None without a start. What has no end, or one before its start, ends where it must."""
        return period_of(at.component, at.document)

    def write(self, at: Properties, value: Value) -> None:
        """Start, end, or both, whichever differ."""
        if not isinstance(value, Period):
            at.drop(*self.properties)
            return
        old = period_of(at.component, at.document)
        if value.zone is None:
            value = replace(value, zone=(old.zone if old is not None else None) or "UTC")
        known = zone(value.zone or "") or UTC
        start = at.first("DTSTART") or at.add("DTSTART", "")
        if old is None or not same("period", _start_of(old), _start_of(value)):
            _state(at, start, value.start, known)
        # RFC 5545 §3.8.2.2: the end is of the start's kind; and it keeps to its zone.
        is_otherwise = old is None or not same("period", _moved(old, value), value)
        length = at.first("DURATION")
        if length is not None and at.first("DTEND") is None:
            if not is_otherwise and read_duration(length.value) == _length(value):
                _tidy_zones(at.document)
                return
            at.remove([length])
        new = period_of(at.component, at.document)
        if is_otherwise or at.first("DTEND") is None or new is None or not same("period", new, value):
            _state(at, at.first("DTEND") or at.add("DTEND", ""), value.end, known)
        _tidy_zones(at.document)


class Day(Binding):
    """A task's DUE or DTSTART: a date, or a time on a day."""

    def __init__(self, name: str) -> None:
        self.properties = (name,)
        self.name = name

    def read(self, at: Properties) -> Value:
        """A date, an aware date-time in its own zone, a naive one where it floats, or None."""
        line = at.first(self.name)
        if line is None and self.name == "DUE" and at.first("DURATION") is not None:
            moment = span_of(at.component, at.document).end
        else:
            moment = read_moment(line, at.document)
        if moment is None:
            return None
        return moment.clock if moment.is_date or moment.zone == FLOATING else moment.aware

    def write(self, at: Properties, value: Value) -> None:
        """In the zone the line has, else the value's own."""
        if self.name == "DUE":
            at.drop("DURATION")
        line = at.first(self.name)
        if not isinstance(value, dt.date):
            at.drop(self.name)
            return
        known = UTC
        if line is not None and (name := first_param(line, "TZID")):
            known = resolve(name, at.document, value.year)
        elif isinstance(value, dt.datetime) and isinstance(value.tzinfo, zoneinfo.ZoneInfo):
            known = zone(value.tzinfo.key) or UTC
        _state(at, line or at.add(self.name, ""), value, known if known.name else UTC)
        _tidy_zones(at.document)

    def means(self, field: str, at: Properties, value: Value) -> bool:
        """A CRM that keeps days alone does not take the time from one that a client gave."""
        stated = self.read(at)
        if isinstance(stated, dt.datetime) and isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return stated.date() == value
        return same(field, stated, value)


class Instant(Binding):
    """A property that is always in UTC (COMPLETED)."""

    def __init__(self, name: str) -> None:
        self.properties = (name,)
        self.name = name

    def read(self, at: Properties) -> Value:
        """The instant, None where there is none. A date alone is its midnight."""
        stamp = read_stamp(at.value(self.name))
        if stamp is None:
            return None
        if not isinstance(stamp, dt.datetime):
            stamp = dt.datetime.combine(stamp, dt.time())
        return stamp.replace(tzinfo=dt.UTC) if stamp.tzinfo is None else stamp.astimezone(dt.UTC)

    def write(self, at: Properties, value: Value) -> None:
        """Set, or remove for None."""
        if not isinstance(value, dt.date):
            at.drop(self.name)
            return
        moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
        line = at.put(self.name, write_utc(_aware(moment)), getattr(at.first(self.name), "params", ""))
        for name in ("VALUE", "TZID"):
            set_param(line, name, None)


def period_of(component: Component, document: Component) -> Period | None:
    """The period of a component; None without a start."""
    span = span_of(component, document)
    if span.start is None:
        return None
    start, end = span.start, span.end
    if start.is_date:
        day = _day(start)
        last = day + DAY if end is None else _day(end)
        return Period(day, max(last, day + DAY) if day < dt.date.max else day, "")
    begin = start.utc
    if end is not None and end.is_date:
        end = Moment(dt.datetime.combine(end.clock, dt.time()), start.zone)
    return Period(begin, begin if end is None else max(end.utc, begin), start.zone.name)


def _day(moment: Moment) -> dt.date:
    return moment.clock.date() if isinstance(moment.clock, dt.datetime) else moment.clock


def _start_of(period: Period) -> Period:
    return Period(period.start, period.start, period.zone)


def _moved(period: Period, to: Period) -> Period:
    """A period at another's times, where both are of one kind."""
    return Period(to.start, to.end, period.zone) if period.is_all_day == to.is_all_day else period


def _length(period: Period) -> dt.timedelta:
    if isinstance(period.start, dt.datetime) and isinstance(period.end, dt.datetime):
        return period.end - period.start
    return dt.timedelta(days=period.end.toordinal() - period.start.toordinal())


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


def _state(at: Properties, line: Line, value: dt.date | dt.datetime, known: Zone) -> None:
    """Make a line say this moment in this zone, under the TZID the line or document has for it."""
    if not isinstance(value, dt.datetime):
        set_param(line, "TZID", None)
        set_param(line, "VALUE", ["DATE"])
        line.value = write_date(value)
        return
    set_param(line, "VALUE", None)
    moment = _aware(value)
    try:
        local = moment.astimezone(known.rules)
    except OverflowError:
        known, local = UTC, moment
    # RFC 5545 §3.3.5: an hour that comes twice means the first time; the second can be said in UTC alone.
    if known.name == "UTC" or (known.name and local.utcoffset() != local.replace(fold=0).utcoffset()):
        set_param(line, "TZID", None)
        line.value = write_utc(moment)
        return
    line.value = write_clock(local)
    if not known.name:
        set_param(line, "TZID", None)
        return
    tzid = first_param(line, "TZID") or first_param(at.first("DTSTART") or line, "TZID")
    if tzid is None or resolve(tzid, at.document, local.year).name != known.name:
        tzid = known.name
    if first_param(line, "TZID") != tzid:
        set_param(line, "TZID", [tzid])
    _provide_zone(at.document, tzid, known, local)


def _provide_zone(document: Component, tzid: str, known: Zone, local: dt.datetime) -> None:
    """RFC 5545 §3.6.5: every TZID has a VTIMEZONE beside it; one that begins too late is made anew."""
    present = next((one for one in document.components("VTIMEZONE") if _tzid_of(one) == tzid.strip()), None)
    if present is not None:
        starts = [line.value.strip() for part in present.components() for line in part.lines("DTSTART")]
        if tzid != known.name or not starts or min(starts) <= write_clock(local):
            return
        document.items = [item for item in document.items if item is not present]
    made = vtimezone(known.name, local.year)
    if made is None:
        return
    made.items[0] = Line("TZID", tzid.strip())
    place = next((place for place, item in enumerate(document.items) if isinstance(item, Component)), None)
    document.items.insert(len(document.items) if place is None else place, made)


def _tidy_zones(document: Component) -> None:
    """Take out each VTIMEZONE that no line refers to any more."""
    zones = {id(one): _tzid_of(one) for one in document.components("VTIMEZONE")}
    if not zones:
        return
    used: set[str] = set()
    stack = [item for item in document.components() if id(item) not in zones]
    while stack:
        for item in stack.pop().items:
            if isinstance(item, Component):
                stack.append(item)
            elif item.params and "TZID" in item.params.upper():
                used.update(value.strip() for name, values in read(item.params) if name == "TZID" for value in values)
    document.items = [item for item in document.items if zones.get(id(item), "") in used or id(item) not in zones]


def _tzid_of(component: Component) -> str:
    line = component.line("TZID")
    return "" if line is None else as_text(line.value).strip()
