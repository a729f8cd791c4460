"""A series as the happenings it stands for: C:expand and C:limit-recurrence-set (RFC 4791 §9.6.5, §9.6.6).

`expanded` has one component for each instance that touches the window, at a time in UTC and without rules or time
zones, each with the RECURRENCE-ID that tells which it is. Days stay days and floating times floating: neither has an
instant of its own. `limited` keeps the series and of its overridden instances only those that the window concerns.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.filter import TimeRange
from gateway.core.tree import Component, Line
from gateway.formats.expansion import Budget
from gateway.formats.moments import Moment, read_moment, write_clock, write_date, write_utc
from gateway.formats.ranges import Query, instance_in_range
from gateway.formats.recurrence import KINDS, STEPS, Instance, expand, is_recurring, ranges, stated
from gateway.formats.spans import plus, span_of

_RULES: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
_TIMES: Final = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID")


def expanded(document: Component, wanted: TimeRange, floating: dt.tzinfo = dt.UTC) -> Component:
    """The document with its instances in place of its series. Raises BudgetSpent."""
    made = Component(document.name)
    for item in document.items:
        if isinstance(item, Line) or item.name.upper() not in KINDS | {"VTIMEZONE"}:
            made.items.append(item)
    told = [one for one in document.components() if one.name.upper() in KINDS]
    if len(told) == 1 and not is_recurring(told[0]):
        # The most of a calendar by far: what happens once needs no series to be followed.
        alone = stated(told[0], span_of(told[0], document), floating)
        if instance_in_range(told[0].name.upper(), alone, wanted):
            made.items.append(_told(alone, document, floating, is_series=False, does_recur=False))
        return made
    recurring = {id(one) for one in told if is_recurring(one)}
    for one in expand(document, wanted.start, wanted.end, Budget(STEPS), floating):
        if instance_in_range(one.component.name.upper(), one, wanted):
            does_recur = id(one.component) in recurring
            made.items.append(_told(one, document, floating, is_series=bool(recurring), does_recur=does_recur))
    return made


def limited(document: Component, wanted: TimeRange, floating: dt.tzinfo = dt.UTC) -> Component:
    """The document without the overridden instances that neither are nor would have been in the window."""
    query = Query(Budget(STEPS), floating)
    kept: list[Line | Component] = []
    for item in document.items:
        if isinstance(item, Component) and item.name.upper() in KINDS:
            moment = read_moment(item.line("RECURRENCE-ID"), document)
            if moment is not None and not _concerns(item, document, moment, wanted, query):
                continue
        kept.append(item)
    return Component(document.name, kept)


def _concerns(component: Component, document: Component, was: Moment, wanted: TimeRange, query: Query) -> bool:
    kind = component.name.upper()
    now = expand(Component(document.name, [component]), None, None, query.budget, query.floating)
    if any(instance_in_range(kind, one, wanted) for one in now):
        return True
    if any(one.component is component for one in ranges(component.name, document, query.floating)):
        # What is meant onwards concerns every window but those before it.
        return wanted.end is None or was.utc < wanted.end
    span = span_of(component, document)
    start = was.utc
    length = span.end.utc - span.start.utc if span.start is not None and span.end is not None else dt.timedelta()
    return instance_in_range(kind, Instance(component, start, plus(start, length), was.is_date), wanted)


def _told(one: Instance, document: Component, floating: dt.tzinfo, *, is_series: bool, does_recur: bool) -> Component:
    """The component of one instance."""
    own = one.component
    is_override = own.line("RECURRENCE-ID") is not None and one.of is None
    items: list[Line | Component] = []
    for item in own.items:
        if isinstance(item, Component):
            items.append(item)
            continue
        name = item.name.upper()
        if name in _RULES or (name == "RECURRENCE-ID" and one.of is not None):
            continue
        if name not in _TIMES:
            items.append(item)
            continue
        instant = None
        if one.of is not None or (not is_override and does_recur):
            instant = one.start if name == "DTSTART" else one.end
        items.append(_at(item, document, instant, floating))
    if is_series and not is_override:
        anchor = next((line for name in ("DTSTART", "DUE") if (line := own.line(name)) is not None), None)
        instant = one.of or one.start or one.end
        if anchor is not None and instant is not None:
            told = _at(anchor, document, instant if does_recur or one.of is not None else None, floating)
            items.append(Line("RECURRENCE-ID", told.value, told.params))
    return Component(own.name, items)


def _at(line: Line, document: Component, instant: dt.datetime | None, floating: dt.tzinfo) -> Line:
    """A line that says an instant (None: its own) in UTC, or on the clock where it has a day or a floating time."""
    moment = read_moment(line, document)
    if moment is None:
        return line
    if moment.is_date:
        day = moment.clock if instant is None else instant.astimezone(floating).date()
        return Line(line.name, write_date(day), ";VALUE=DATE")
    if not moment.zone.name and moment.zone.rules is dt.UTC:
        if instant is None:
            return line
        return Line(line.name, write_clock(instant.astimezone(floating).replace(tzinfo=None)))
    return Line(line.name, write_utc(moment.utc if instant is None else instant))
