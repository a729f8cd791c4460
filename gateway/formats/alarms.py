"""The reminder of an event or task: minutes before it, from its first simple alarm (RFC 5545 §3.6.6).

Simple are alarms that show or sound something once. What sends mail, repeats, or is a program's own placeholder
(ACTION:NONE) belongs to the client: it is neither read nor touched. Minutes are counted from an event's start and
from a task's due date (its start where it has none), however the alarm itself counts.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.entities import Value
from gateway.core.tree import Component, Line
from gateway.formats.codec import Binding
from gateway.formats.moments import read_duration, read_stamp, write_minutes
from gateway.formats.params import first_param, set_param
from gateway.formats.properties import Properties
from gateway.formats.spans import Span, span_of

_SIMPLE: Final = frozenset({"DISPLAY", "AUDIO"})
_LONGEST: Final = 60 * 24 * 3660


class Reminder(Binding):
    """Minutes before the anchor; negative after it; None for no alarm."""

    def read(self, at: Properties) -> Value:
        """The first simple alarm's."""
        for alarm in _simple(at.component):
            minutes = _minutes(alarm, at)
            if minutes is not None:
                return minutes
        return None

    def write(self, at: Properties, value: Value) -> None:
        """Alter the first simple alarm or make one; None takes all simple ones away, so that none is left to be read."""
        alarms = [alarm for alarm in _simple(at.component) if _minutes(alarm, at) is not None]
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LONGEST:
            gone = {id(alarm) for alarm in alarms}
            at.component.items[:] = [item for item in at.component.items if id(item) not in gone]
            return
        related = ["END"] if at.component.name.upper() == "VTODO" and _anchor_is_end(at) else None
        if alarms:
            trigger = alarms[0].line("TRIGGER")
            assert trigger is not None
        else:
            trigger = Line("TRIGGER", "")
            lines = [Line("ACTION", "DISPLAY"), Line("DESCRIPTION", "Reminder"), trigger]
            at.component.items.append(Component("VALARM", list(lines)))
        set_param(trigger, "VALUE", None)
        set_param(trigger, "RELATED", related)
        trigger.value = write_minutes(-value)


def _simple(component: Component) -> list[Component]:
    return [
        alarm
        for alarm in component.components("VALARM")
        if (action := alarm.line("ACTION")) is not None
        and action.value.strip().upper() in _SIMPLE
        and alarm.line("REPEAT") is None
    ]


def _minutes(alarm: Component, at: Properties) -> int | None:
    trigger = alarm.line("TRIGGER")
    if trigger is None:
        return None
    span = span_of(at.component, at.document)
    anchor = _anchor(at, span)
    length = read_duration(trigger.value)
    if length is not None:
        is_from_end = (first_param(trigger, "RELATED") or "").upper() == "END"
        base = (span.end or span.start) if is_from_end else (span.start or span.end)
        if anchor is None or base is None:
            return round(-length / dt.timedelta(minutes=1))
        return round((anchor - base.utc - length) / dt.timedelta(minutes=1))
    stamp = read_stamp(trigger.value)
    if anchor is None or not isinstance(stamp, dt.datetime):
        return None
    instant = stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=dt.UTC)
    return round((anchor - instant) / dt.timedelta(minutes=1))


def _anchor_is_end(at: Properties) -> bool:
    return at.first("DUE") is not None or at.first("DURATION") is not None


def _anchor(at: Properties, span: Span) -> dt.datetime | None:
    is_task = at.component.name.upper() == "VTODO"
    moment = (span.end or span.start) if is_task else span.start
    return None if moment is None else moment.utc
