"""When a calendar object happens: its instances within a window, and the bounds of all of them.

A series is DTSTART, RRULEs and RDATEs without EXDATEs and EXRULEs; an instance with a component of its own is that
component's (RFC 5545 §3.8.4.4, §3.8.5). Rules are walked on the clock of DTSTART's zone, so a meeting at nine is at
nine in summer too. An EXDATE or RECURRENCE-ID that is a date means the instance of that day, also where the series
has times (Evolution writes so). An override with RANGE=THISANDFUTURE tells all instances from its own on: moved by as
much as it moved its own, as long as it is, with its words (RFC 5545 §3.2.13).

Everything is paid for from a budget of steps; who runs out gets `BudgetSpent` and must assume what is safe.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.expansion import Budget, BudgetSpent, occurrences
from gateway.formats.moments import Moment, read_moment
from gateway.formats.params import first_param
from gateway.formats.rules import read_rule
from gateway.formats.series import (
    FAR_FUTURE,
    MARGIN,
    Excluded,
    clock_of,
    dates_of,
    instant_of,
    localised,
    midnight,
    on_clock,
)
from gateway.formats.spans import DAY, NO_TIME, Span, counted_days, plus, shifted, span_of

STEPS: Final = 20_000
"""What one document may cost where the caller does not say."""
_EASTERNMOST: Final = dt.timedelta(hours=14)
_WESTERNMOST: Final = dt.timedelta(hours=12)
KINDS: Final = frozenset({"VEVENT", "VTODO", "VJOURNAL"})


@dataclass(frozen=True, slots=True)
class Instance:
    """One happening: the component that tells it, and its start and end in UTC as far as they are stated."""

    component: Component
    start: dt.datetime | None
    end: dt.datetime | None
    is_all_day: bool
    of: dt.datetime | None = None
    """Which instance of the series it is, where a component tells others than its own: the time it would have had."""


def instances(
    document: Component,
    start: dt.datetime | None,
    end: dt.datetime | None,
    budget: Budget | int = STEPS,
    floating: dt.tzinfo = dt.UTC,
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Start and end, aware UTC, of the instances that touch the time from `start` to before `end` (None: open).

    Overridden instances come first, then the series in order. `floating` is the zone of times that have none.
    Raises BudgetSpent.
    """
    for one in expand(document, start, end, budget, floating):
        begin = one.start or one.end
        if begin is None:
            continue
        finish = max(one.end or (plus(begin, DAY) if one.is_all_day else begin), begin)
        is_before = finish <= start if finish > begin and start is not None else start is not None and begin < start
        if not is_before and (end is None or begin < end):
            yield begin, finish


def expand(
    document: Component,
    start: dt.datetime | None,
    end: dt.datetime | None,
    budget: Budget | int = STEPS,
    floating: dt.tzinfo = dt.UTC,
) -> Iterator[Instance]:
    """Instances that may touch the window, with their components; those that are just beside it may be among them."""
    purse = budget if isinstance(budget, Budget) else Budget(budget)
    masters: list[Component] = []
    for component in document.components():
        if component.name.upper() in KINDS:
            if component.line("RECURRENCE-ID") is None:
                masters.append(component)
            else:
                yield from expand_component(component, document, start, end, purse, floating)
    for component in masters:
        yield from expand_component(component, document, start, end, purse, floating)


def expand_component(
    component: Component,
    document: Component,
    start: dt.datetime | None,
    end: dt.datetime | None,
    budget: Budget,
    floating: dt.tzinfo,
) -> Iterator[Instance]:
    """The instances that one component of a document tells: its own where it is an override, else the series'."""
    budget.spend()
    if component.line("RECURRENCE-ID") is not None:
        yield stated(component, span_of(component, document), floating)
        return
    told: list[Moment] = []
    for other in document.components(component.name):
        line = other.line("RECURRENCE-ID")
        moment = read_moment(line, document)
        if moment is not None:
            told.append(moment)
    ranged = ranges(component.name, document, floating)
    yield from _series(component, document, told, ranged, _Window(start, end, floating), budget)


def is_recurring(component: Component) -> bool:
    """Whether a component happens more than once by its own words."""
    return component.line("RRULE") is not None or component.line("RDATE") is not None


def bounds(document: Component) -> tuple[int | None, int | None]:
    """First and last instant anything of the document happens, in seconds since 1970; None leaves that side open.

    Never too narrow: times without a zone may be read in any, a task without dates is always there, and a rule that
    is too costly to follow counts as endless.
    """
    first: float = math.inf
    last: float = -math.inf
    for component in document.components():
        if component.name.upper() not in KINDS:
            continue
        span = span_of(component, document)
        begin, finish = span.start or span.end, span.end or span.start
        if begin is None or finish is None:
            return None, None
        low, high = _edges(begin, finish)
        if component.line("RRULE") is not None or component.line("RDATE") is not None:
            low, high = _series_edges(component, document, begin, low, high)
        first, last = min(first, low), max(last, high)
    for onwards in (one for kind in KINDS for one in ranges(kind, document)):
        first += min(onwards.shift.total_seconds(), 0)
        last += max(onwards.shift.total_seconds(), 0) + max((onwards.length or NO_TIME).total_seconds(), 0)
    return (
        math.floor(first) if math.isfinite(first) else None,
        math.ceil(last) if math.isfinite(last) else None,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    start: dt.datetime | None
    end: dt.datetime | None
    floating: dt.tzinfo


def stated(component: Component, span: Span, floating: dt.tzinfo) -> Instance:
    """The one instance that a component states by its own times."""
    start = None if span.start is None else instant_of(span.start, floating)
    end = None if span.end is None else instant_of(span.end, floating)
    begin = span.start or span.end
    return Instance(component, start, end, begin is not None and begin.is_date)


def _series(
    component: Component,
    document: Component,
    told: list[Moment],
    ranged: Sequence[Onwards],
    window: _Window,
    budget: Budget,
) -> Iterator[Instance]:
    span = span_of(component, document)
    anchor = span.start or span.end
    if anchor is None or not is_recurring(component):
        only = stated(component, span, window.floating)
        if anchor is None or not told or not Excluded(told, window.floating).has(anchor, anchor.clock):
            yield only
        return
    length, days = NO_TIME, NO_TIME
    if span.start is not None and span.end is not None:
        days = midnight(span.end.clock) - midnight(span.start.clock)
        length = instant_of(span.end, window.floating) - instant_of(span.start, window.floating)
    # Days are counted by the calendar: the night the clock changes does not make them longer.
    counted = days if anchor.is_date else counted_days(component)
    budget.spend(len(told))
    reach = max((abs(one.shift) for one in ranged), default=NO_TIME)
    longest = max((one.length or NO_TIME for one in ranged), default=NO_TIME)
    longest = max(length, longest, NO_TIME)
    excluded = Excluded([*told, *dates_of(component, "EXDATE", document)], window.floating)
    after = None
    if window.start is not None:
        after = clock_of(plus(window.start, -longest - reach - MARGIN), anchor, window.floating)
    for line in component.lines("EXRULE"):
        excluded.add_rule(_walk(line, anchor, budget, after))
    rules = [_walk(line, anchor, budget, after) for line in component.lines("RRULE")]
    listed = sorted(
        {
            midnight(anchor.clock),
            *(on_clock(date, anchor, window.floating) for date in dates_of(component, "RDATE", document)),
        }
    )
    previous: dt.datetime | None = None
    for clock in heapq.merge(listed, *rules):
        budget.spend()
        if clock == previous:
            continue
        previous = clock
        moment = Moment(clock.date() if anchor.is_date else clock, anchor.zone)
        instant = instant_of(moment, window.floating)
        # The clock runs ahead of the instants by an hour at most where it is set back.
        if window.end is not None and instant >= plus(window.end, reach + dt.timedelta(hours=3)):
            return
        if excluded.has(moment, clock):
            continue
        if window.start is not None and plus(instant, longest + reach + DAY) < window.start:
            continue
        onwards = next((one for one in ranged if one.since <= instant), None)
        if onwards is not None:
            yield onwards.instance(moment, instant, window.floating)
            continue
        end = None
        if span.end is not None:
            end = plus(instant, length) if counted is None else instant_of(shifted(moment, counted), window.floating)
        yield Instance(component, instant if span.start is not None else None, end, anchor.is_date)


@dataclass(frozen=True, slots=True)
class Onwards:
    """An override that tells all instances from its own on: how far it moves them, and how long they are."""

    component: Component
    since: dt.datetime
    shift: dt.timedelta
    length: dt.timedelta | None

    def instance(self, moment: Moment, instant: dt.datetime, floating: dt.tzinfo) -> Instance:
        """The instance of the series at a moment, as this override has it."""
        start = instant_of(shifted_clock(moment, self.shift), floating)
        end = None
        if self.length is not None:
            end = (
                instant_of(shifted_clock(moment, self.shift + self.length), floating)
                if moment.is_date
                else plus(start, self.length)
            )
        return Instance(self.component, start, end, moment.is_date, instant)


def shifted_clock(moment: Moment, length: dt.timedelta) -> Moment:
    """A moment later by so much on the clock of its zone, held at the ends of the calendar."""
    try:
        return Moment(moment.clock + length, moment.zone)
    except OverflowError:
        return moment


def ranges(kind: str, document: Component, floating: dt.tzinfo = dt.UTC) -> list[Onwards]:
    """The overrides of a document that are meant onwards, the latest first."""
    found: list[Onwards] = []
    for component in document.components(kind):
        line = component.line("RECURRENCE-ID")
        if line is None or (first_param(line, "RANGE") or "").upper() != "THISANDFUTURE":
            continue
        named, span = read_moment(line, document), span_of(component, document)
        if named is None or span.start is None:
            continue
        before = on_clock(named, span.start, floating)
        length = None
        if span.end is not None:
            days = midnight(span.end.clock) - midnight(span.start.clock)
            length = days if span.start.is_date else span.end.utc - span.start.utc
        shift = midnight(span.start.clock) - before
        found.append(Onwards(component, instant_of(named, floating), shift, length))
    return sorted(found, key=lambda one: one.since, reverse=True)


def _walk(line: Line, anchor: Moment, budget: Budget, after: dt.datetime | None) -> Iterator[dt.datetime]:
    try:
        rule = localised(read_rule(line.value), anchor)
    except InvalidContent:
        return iter(())
    start = midnight(anchor.clock)
    if anchor.is_date:
        rule = replace(rule, by_hour=(), by_minute=(), by_second=())
    return occurrences(rule, start, budget, after)


def _edges(begin: Moment, finish: Moment) -> tuple[float, float]:
    low, high = begin.utc, max(finish.utc, begin.utc)
    if finish.is_date:
        high = min(high, FAR_FUTURE) + DAY
    is_floating = not begin.zone.name
    return (
        low.timestamp() - (_EASTERNMOST.total_seconds() if is_floating else 0),
        high.timestamp() + (_WESTERNMOST.total_seconds() if is_floating else 0),
    )


def _series_edges(
    component: Component, document: Component, anchor: Moment, low: float, high: float
) -> tuple[float, float]:
    length = high - low
    for moment in dates_of(component, "RDATE", document):
        early, late = _edges(moment, moment)
        low, high = min(low, early), max(high, late + length)
    for line in component.lines("RRULE"):
        try:
            rule = localised(read_rule(line.value), anchor)
        except InvalidContent:
            continue
        end = rule.until
        if end is None and rule.count is not None:
            try:
                walk = occurrences(rule, midnight(anchor.clock), Budget(STEPS))
                end = next(iter([*itertools.islice(walk, rule.count)][-1:]), None)
            except BudgetSpent:
                end = None
            if end is None:
                return low, math.inf
        if end is None:
            return low, math.inf
        high = max(high, midnight(end).replace(tzinfo=dt.UTC).timestamp() + length + 2 * DAY.total_seconds())
    return low, high
