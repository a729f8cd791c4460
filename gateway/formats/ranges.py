"""Does a component touch a time range? The tables of RFC 4791 §9.9, row by row.

A DATE that something is due on is that whole day: RFC 4791 speaks of instants, but nobody who asks for today's tasks
means to be told tomorrow of what was due today.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gateway.core.filter import TimeRange
from gateway.core.tree import Component
from gateway.formats.expansion import Budget
from gateway.formats.moments import read_duration, read_moment, read_stamp
from gateway.formats.params import first_param
from gateway.formats.recurrence import Instance, expand_component
from gateway.formats.spans import DAY, EARLIEST, LATEST, NO_TIME, plus

_MOST_REPEATS = 100


@dataclass(frozen=True, slots=True)
class Query:
    """What one question may cost in all, and the zone of times that have none."""

    budget: Budget
    floating: dt.tzinfo


def component_in_range(component: Component, document: Component, wanted: TimeRange, query: Query) -> bool:
    """Whether an instance that this component tells touches the range. Raises BudgetSpent."""
    kind = component.name.upper()
    if kind == "VFREEBUSY":
        return _free_busy(component, document, wanted)
    return any(
        instance_in_range(kind, one, wanted)
        for one in expand_component(component, document, wanted.start, wanted.end, query.budget, query.floating)
    )


def alarm_in_range(alarm: Component, owner: Component, document: Component, wanted: TimeRange, query: Query) -> bool:
    """Whether an alarm goes off in the range, for any instance of what it reminds of. Raises BudgetSpent."""
    trigger = alarm.line("TRIGGER")
    if trigger is None:
        return False
    start, end = wanted.start or EARLIEST, wanted.end or LATEST
    again = _repeats(alarm)
    length = read_duration(trigger.value)
    if length is None:
        stamp = read_stamp(trigger.value)
        if not isinstance(stamp, dt.datetime):
            return False
        first = stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=query.floating)
        return any(start <= first + delay < end for delay in again)
    is_from_end = (first_param(trigger, "RELATED") or "").upper() == "END"
    reach = abs(length) + max(again) + DAY
    low = None if wanted.start is None else plus(start, -reach)
    high = None if wanted.end is None else plus(end, reach)
    for one in expand_component(owner, document, low, high, query.budget, query.floating):
        base = _end_of(one) if is_from_end else (one.start or one.end)
        if base is not None:
            first = plus(base, length)
            if any(start <= plus(first, delay) < end for delay in again):
                return True
    return False


def _end_of(one: Instance) -> dt.datetime | None:
    """The end, of an event on a day that states none the end of that day (RFC 5545 §3.6.1)."""
    if one.end is not None or one.start is None or not one.is_all_day:
        return one.end or one.start
    return plus(one.start, DAY) if one.component.name.upper() == "VEVENT" else one.start


def instance_in_range(kind: str, one: Instance, wanted: TimeRange) -> bool:
    """Whether one instance of a component of this kind touches the range."""
    start, end = wanted.start or EARLIEST, wanted.end or LATEST
    if kind == "VTODO":
        return _task(one, start, end)
    if one.start is None:
        # RFC 4791 §9.9: a journal entry without a date is on no day.
        return False
    if one.end is not None and one.end > one.start and kind != "VJOURNAL":
        return start < one.end and end > one.start
    if one.is_all_day:
        return start < plus(one.start, DAY) and end > one.start
    return start <= one.start < end


def _task(one: Instance, start: dt.datetime, end: dt.datetime) -> bool:
    due = one.end
    if due is not None and one.is_all_day:
        if one.start is not None:
            return start < plus(due, DAY) and end > one.start
        return start < plus(due, DAY) and end > due
    if one.start is not None and due is not None:
        if one.component.line("DUE") is None:
            return start <= due and (end > one.start or end >= due)
        return (start < due or start <= one.start) and (end > one.start or end >= due)
    if one.start is not None:
        return start < plus(one.start, DAY) and end > one.start if one.is_all_day else start <= one.start < end
    if due is not None:
        return start < due <= end
    completed, created = (_utc(one.component, name) for name in ("COMPLETED", "CREATED"))
    if completed is not None and created is not None:
        return (start <= created or start <= completed) and (end >= created or end >= completed)
    if completed is not None:
        return start <= completed <= end
    return created is None or end > created


def _utc(component: Component, name: str) -> dt.datetime | None:
    line = component.line(name)
    stamp = None if line is None else read_stamp(line.value)
    if not isinstance(stamp, dt.datetime):
        return None
    return stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=dt.UTC)


def _free_busy(component: Component, document: Component, wanted: TimeRange) -> bool:
    first, last = (read_moment(component.line(name), document) for name in ("DTSTART", "DTEND"))
    start, end = wanted.start or EARLIEST, wanted.end or LATEST
    if first is not None and last is not None:
        return start <= last.utc and end > first.utc
    for line in component.lines("FREEBUSY"):
        for period in line.value.split(","):
            begin, _, finish = period.partition("/")
            opened, closed = read_stamp(begin), read_stamp(finish)
            length = read_duration(finish)
            if isinstance(opened, dt.datetime) and opened.tzinfo is not None:
                until = plus(opened, length) if length is not None else closed
                if isinstance(until, dt.datetime) and until.tzinfo is not None and start < until and end > opened:
                    return True
    return False


def _repeats(alarm: Component) -> list[dt.timedelta]:
    """When an alarm goes off, counted from its trigger (RFC 5545 §3.8.6.2)."""
    count, length = alarm.line("REPEAT"), alarm.line("DURATION")
    step = None if length is None else read_duration(length.value)
    text = "" if count is None else count.value.strip()
    if step is None or not (text.isascii() and text.isdecimal()):
        return [NO_TIME]
    return [step * number for number in range(min(int(text[:4]), _MOST_REPEATS) + 1)]
