"""When somebody says he is not to be had: VAVAILABILITY (RFC 7953), as periods of busy time.

Each VAVAILABILITY speaks for a stretch of time, all of time where it names no end: it fills the stretch with busy time
of its kind, and its AVAILABLE periods, which may recur, make holes in that. Several are laid over one another, the
least important first (RFC 7953 §4: PRIORITY 1 is the most, 9 the least but for none or 0), and each hides what lies
under its own stretch. What is left is busy time like any event's; events are not hidden by it, they are added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.core.errors import InvalidContent, OverLimit
from gateway.core.filter import TimeRange
from gateway.core.limits import Limit
from gateway.core.tree import Component, Line
from gateway.formats.check_times import check_times
from gateway.formats.expansion import Budget
from gateway.formats.freebusy import KINDS, Busy
from gateway.formats.moments import read_moment
from gateway.formats.recurrence import STEPS, expand_component
from gateway.formats.rules import check_cost, read_rule
from gateway.formats.series import instant_of
from gateway.formats.spans import EARLIEST, LATEST, span_of

MOST: Final = 50
"""VAVAILABILITY components in one object."""
MOST_PERIODS: Final = 500
"""AVAILABLE components in one of them."""
MOST_RULES: Final = 10
_UNAVAILABLE: Final = "BUSY-UNAVAILABLE"
_LEAST: Final = 10
Stretch = tuple[dt.datetime, dt.datetime]


def unavailable(document: Component, wanted: TimeRange, floating: dt.tzinfo = dt.UTC) -> list[Busy]:
    """The busy time that a VCALENDAR's VAVAILABILITYs make within a window whose ends are both known, in order.

    `floating` is the zone of times that have none. Raises BudgetSpent where its rules are too costly to follow.
    """
    low, high = wanted.start or EARLIEST, wanted.end or LATEST
    budget = Budget(STEPS)
    laid: list[Busy] = []
    layers = sorted(document.components("VAVAILABILITY"), key=_importance, reverse=True)
    for layer in layers:
        stretch = _stretch(layer, document, floating)
        start, end = max(stretch[0], low), min(stretch[1], high)
        if start >= end:
            continue
        free = [*_available(layer, document, (start, end), budget, floating)]
        kind = _kind(layer)
        above = [(begin, finish, kind) for begin, finish in _outside(start, end, free)] if kind else []
        laid = [*_hidden(laid, start, end), *above]
    return sorted(laid)


def check_availability(document: Component) -> None:
    """What is kept of a client's must be such an object (RFC 7953 §3.1), and cost little to follow.

    Raises InvalidContent, OverLimit for times too far away or rules too costly, UnknownZone.
    """
    layers = [*document.components("VAVAILABILITY")]
    if document.name.upper() != "VCALENDAR" or not layers:
        raise InvalidContent("The document holds no VAVAILABILITY.")
    others = {one.name.upper() for one in document.components()} - {"VAVAILABILITY", "VTIMEZONE"}
    if any(not name.startswith("X-") for name in others):
        raise InvalidContent(f"Beside VAVAILABILITY there is {', '.join(sorted(others))[:60]}.")
    if len(layers) > MOST:
        raise OverLimit(f"There are more than {MOST} VAVAILABILITY.", Limit.INSTANCES)
    for layer in layers:
        check_times(layer, document)
        periods = [*layer.components("AVAILABLE")]
        if len(periods) > MOST_PERIODS:
            raise OverLimit(f"A VAVAILABILITY has more than {MOST_PERIODS} periods.", Limit.INSTANCES)
        for period in periods:
            _check_period(period, document)


def _check_period(period: Component, document: Component) -> None:
    check_times(period, document)
    start = read_moment(period.line("DTSTART"), document)
    # RFC 7953 §3.1: both are date-times, so that it is known when the time begins and ends.
    if start is None or start.is_date:
        raise InvalidContent("An AVAILABLE needs a DTSTART that is a time.")
    rules = [*period.lines("RRULE"), *period.lines("EXRULE")]
    if len(rules) > MOST_RULES:
        raise OverLimit(f"An AVAILABLE has more than {MOST_RULES} recurrence rules.", Limit.INSTANCES)
    for line in rules:
        check_cost(read_rule(line.value), start.clock)


def _importance(layer: Component) -> int:
    """1 is the most important; what states none, or 0, comes after 9."""
    line = layer.line("PRIORITY")
    text = "" if line is None else line.value.strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0
    return number if 1 <= number <= 9 else _LEAST


def _kind(layer: Component) -> str:
    """What kind of busy time it fills its stretch with; a kind that nobody knows is busy (RFC 5545 §3.2.9)."""
    line = layer.line("BUSYTYPE")
    word = _UNAVAILABLE if line is None or not line.value.strip() else line.value.strip().upper()
    return word if word in KINDS else "BUSY"


def _stretch(layer: Component, document: Component, floating: dt.tzinfo) -> Stretch:
    span = span_of(layer, document)
    start = EARLIEST if span.start is None else instant_of(span.start, floating)
    return start, LATEST if span.end is None else instant_of(span.end, floating)


def _available(
    layer: Component, document: Component, within: Stretch, budget: Budget, floating: dt.tzinfo
) -> Iterator[Stretch]:
    """The periods of a layer, each series with its own exceptions: RECURRENCE-ID goes by UID here as everywhere."""
    zones = list(document.components("VTIMEZONE"))
    by_uid: dict[str, list[Component]] = {}
    for period in layer.components("AVAILABLE"):
        by_uid.setdefault(_uid(period), []).append(period)
    for periods in by_uid.values():
        family = Component(document.name, [*zones, *periods])
        for period in periods:
            for one in expand_component(period, family, within[0], within[1], budget, floating):
                if one.start is not None and one.end is not None and one.end > one.start:
                    yield one.start, one.end


def _uid(period: Component) -> str:
    line: Line | None = period.line("UID")
    return "" if line is None else line.value.strip()


def _outside(start: dt.datetime, end: dt.datetime, holes: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left of a stretch without the holes."""
    for low, high in sorted(holes):
        if high <= start or low >= end:
            continue
        if low > start:
            yield start, low
        start = max(start, high)
    if start < end:
        yield start, end


def _hidden(laid: Iterable[Busy], start: dt.datetime, end: dt.datetime) -> Iterator[Busy]:
    """What is seen of lower layers beside a stretch that lies on them."""
    for low, high, kind in laid:
        for begin, finish in _outside(low, high, [(start, end)]):
            yield begin, finish, kind
