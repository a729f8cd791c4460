"""When a calendar object happens: its instances within a window, and the bounds of all of them.

A series is DTSTART, RRULEs and RDATEs without EXDATEs and EXRULEs; an instance with a component of its own is that
component's (RFC 5545 §3.8.4.4, §3.8.5). Rules are walked on the clock of DTSTART's zone, so a meeting at nine is at
nine in summer too. An EXDATE or RECURRENCE-ID that is a date means the instance of that day, also where the series
has times (Evolution writes so). RANGE=THISANDFUTURE is read as the one instance it names.

Everything is paid for from a budget of steps; who runs out gets `BudgetSpent` and must assume what is safe.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.expansion import Budget, BudgetSpent, occurrences
from gateway.formats.moments import Moment, read_moment, read_moment_of
from gateway.formats.rules import Rule, read_rule
from gateway.formats.spans import DAY, NO_TIME, Span, plus, shifted, span_of

STEPS: Final = 20_000
"""What one document may cost where the caller does not say."""
_EASTERNMOST: Final = dt.timedelta(hours=14)
_WESTERNMOST: Final = dt.timedelta(hours=12)
_MARGIN: Final = dt.timedelta(days=2)
_FAR_PAST: Final = dt.datetime(1, 1, 3, tzinfo=dt.UTC)
_FAR_FUTURE: Final = dt.datetime(9999, 12, 29, tzinfo=dt.UTC)
_KINDS: Final = frozenset({"VEVENT", "VTODO", "VJOURNAL"})


@dataclass(frozen=True, slots=True)
class Instance:
    """One happening: the component that tells it, and its start and end in UTC as far as they are stated."""

    component: Component
    start: dt.datetime | None
    end: dt.datetime | None
    is_all_day: bool


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
        if component.name.upper() in _KINDS:
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
        yield _stated(component, span_of(component, document), floating)
        return
    told: list[Moment] = []
    for other in document.components(component.name):
        moment = read_moment(other.line("RECURRENCE-ID"), document)
        if moment is not None:
            told.append(moment)
    yield from _series(component, document, told, _Window(start, end, floating), budget)


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
        if component.name.upper() not in _KINDS:
            continue
        span = span_of(component, document)
        begin, finish = span.start or span.end, span.end or span.start
        if begin is None or finish is None:
            return None, None
        low, high = _edges(begin, finish)
        if component.line("RRULE") is not None or component.line("RDATE") is not None:
            low, high = _series_edges(component, document, begin, low, high)
        first, last = min(first, low), max(last, high)
    return (
        math.floor(first) if math.isfinite(first) else None,
        math.ceil(last) if math.isfinite(last) else None,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    start: dt.datetime | None
    end: dt.datetime | None
    floating: dt.tzinfo


def _instant(moment: Moment, floating: dt.tzinfo) -> dt.datetime:
    if moment.zone.name or moment.zone.rules is not dt.UTC:
        return moment.utc
    try:
        return moment.aware.replace(tzinfo=floating).astimezone(dt.UTC)
    except OverflowError:
        return moment.utc


def _stated(component: Component, span: Span, floating: dt.tzinfo) -> Instance:
    start = None if span.start is None else _instant(span.start, floating)
    end = None if span.end is None else _instant(span.end, floating)
    begin = span.start or span.end
    return Instance(component, start, end, begin is not None and begin.is_date)


def _series(
    component: Component, document: Component, told: list[Moment], window: _Window, budget: Budget
) -> Iterator[Instance]:
    span = span_of(component, document)
    anchor = span.start or span.end
    if anchor is None or not is_recurring(component):
        stated = _stated(component, span, window.floating)
        if anchor is None or not told or not _Excluded(told, window.floating).has(anchor, anchor.clock):
            yield stated
        return
    length, days = NO_TIME, NO_TIME
    if span.start is not None and span.end is not None:
        days = _midnight(span.end.clock) - _midnight(span.start.clock)
        length = _instant(span.end, window.floating) - _instant(span.start, window.floating)
    budget.spend(len(told))
    excluded = _Excluded([*told, *_dates(component, "EXDATE", document)], window.floating)
    after = None
    if window.start is not None:
        after = _clock(plus(window.start, -max(length, NO_TIME) - _MARGIN), anchor, window.floating)
    for line in component.lines("EXRULE"):
        excluded.add_rule(_walk(line, anchor, budget, after))
    rules = [_walk(line, anchor, budget, after) for line in component.lines("RRULE")]
    listed = sorted(
        {
            _midnight(anchor.clock),
            *(_local(date, anchor, window.floating) for date in _dates(component, "RDATE", document)),
        }
    )
    previous: dt.datetime | None = None
    for clock in heapq.merge(listed, *rules):
        budget.spend()
        if clock == previous:
            continue
        previous = clock
        moment = Moment(clock.date() if anchor.is_date else clock, anchor.zone)
        instant = _instant(moment, window.floating)
        # The clock runs ahead of the instants by an hour at most where it is set back.
        if window.end is not None and instant >= plus(window.end, dt.timedelta(hours=3)):
            return
        if excluded.has(moment, clock):
            continue
        if window.start is not None and plus(instant, max(length, NO_TIME) + DAY) < window.start:
            continue
        end = None
        if span.end is not None:
            # Days are counted by the calendar: the night the clock changes does not make an all-day event longer.
            end = _instant(shifted(moment, days), window.floating) if anchor.is_date else plus(instant, length)
        yield Instance(component, instant if span.start is not None else None, end, anchor.is_date)


class _Excluded:
    """Which instances of a series are not its own: by instant, by day, or by rule."""

    def __init__(self, moments: list[Moment], floating: dt.tzinfo) -> None:
        self._floating = floating
        self._days = {moment.clock for moment in moments if moment.is_date}
        self._instants = {_instant(moment, floating) for moment in moments if not moment.is_date}
        # A series of days whose exceptions are told as times.
        self._times = {_midnight(moment.clock).date() for moment in moments if not moment.is_date}
        self._rules: list[Iterator[dt.datetime]] = []
        self._ahead: list[dt.datetime | None] = []

    def add_rule(self, rule: Iterator[dt.datetime]) -> None:
        self._rules.append(rule)
        self._ahead.append(next(rule, None))

    def has(self, moment: Moment, clock: dt.date) -> bool:
        if moment.is_date:
            return moment.clock in self._days or moment.clock in self._times or self._by_rule(_midnight(clock))
        day = _midnight(moment.clock).date()
        return (
            day in self._days or _instant(moment, self._floating) in self._instants or self._by_rule(_midnight(clock))
        )

    def _by_rule(self, clock: dt.datetime) -> bool:
        found = False
        for place, rule in enumerate(self._rules):
            ahead = self._ahead[place]
            while ahead is not None and ahead < clock:
                ahead = next(rule, None)
            self._ahead[place] = ahead
            found = found or ahead == clock
        return found


def _midnight(clock: dt.date) -> dt.datetime:
    return clock if isinstance(clock, dt.datetime) else dt.datetime.combine(clock, dt.time())


def _dates(component: Component, name: str, document: Component) -> Iterator[Moment]:
    for line in component.lines(name):
        for value in line.value.split(","):
            # RFC 5545 §3.8.5.2: RDATE may hold periods; their start is what recurs.
            moment = read_moment_of(value.partition("/")[0], line, document)
            if moment is not None:
                yield moment


def _local(moment: Moment, anchor: Moment, floating: dt.tzinfo) -> dt.datetime:
    """A moment on the clock of the series' zone."""
    if moment.is_date and not anchor.is_date:
        return dt.datetime.combine(moment.clock, _midnight(anchor.clock).time())
    if anchor.is_date or moment.zone == anchor.zone:
        return _midnight(_midnight(moment.clock).date()) if anchor.is_date else _midnight(moment.clock)
    return _clock(_instant(moment, floating), anchor, floating)


def _clock(instant: dt.datetime, anchor: Moment, floating: dt.tzinfo) -> dt.datetime:
    rules = anchor.zone.rules if anchor.zone.name or anchor.zone.rules is not dt.UTC else floating
    bounded = min(max(instant, _FAR_PAST + _MARGIN), _FAR_FUTURE)
    return bounded.astimezone(rules).replace(tzinfo=None)


def _walk(line: Line, anchor: Moment, budget: Budget, after: dt.datetime | None) -> Iterator[dt.datetime]:
    try:
        rule = _localised(read_rule(line.value), anchor)
    except InvalidContent:
        return iter(())
    start = _midnight(anchor.clock)
    if anchor.is_date:
        rule = replace(rule, by_hour=(), by_minute=(), by_second=())
    return occurrences(rule, start, budget, after)


def _localised(rule: Rule, anchor: Moment) -> Rule:
    """UNTIL on the clock of the series; RFC 5545 §3.3.10 has it in UTC where there is a zone."""
    until = rule.until
    if isinstance(until, dt.datetime) and until.tzinfo is not None:
        try:
            until = until.astimezone(anchor.zone.rules).replace(tzinfo=None)
        except OverflowError:
            until = until.replace(tzinfo=None)
    if anchor.is_date and isinstance(until, dt.datetime):
        until = until.date()
    return replace(rule, until=until)


def _edges(begin: Moment, finish: Moment) -> tuple[float, float]:
    low, high = begin.utc, max(finish.utc, begin.utc)
    if finish.is_date:
        high = min(high, _FAR_FUTURE) + DAY
    is_floating = not begin.zone.name
    return (
        low.timestamp() - (_EASTERNMOST.total_seconds() if is_floating else 0),
        high.timestamp() + (_WESTERNMOST.total_seconds() if is_floating else 0),
    )


def _series_edges(
    component: Component, document: Component, anchor: Moment, low: float, high: float
) -> tuple[float, float]:
    length = high - low
    for moment in _dates(component, "RDATE", document):
        early, late = _edges(moment, moment)
        low, high = min(low, early), max(high, late + length)
    for line in component.lines("RRULE"):
        try:
            rule = _localised(read_rule(line.value), anchor)
        except InvalidContent:
            continue
        end = rule.until
        if end is None and rule.count is not None:
            try:
                walk = occurrences(rule, _midnight(anchor.clock), Budget(STEPS))
                end = next(iter([*itertools.islice(walk, rule.count)][-1:]), None)
            except BudgetSpent:
                end = None
            if end is None:
                return low, math.inf
        if end is None:
            return low, math.inf
        high = max(high, _midnight(end).replace(tzinfo=dt.UTC).timestamp() + length + 2 * DAY.total_seconds())
    return low, high
