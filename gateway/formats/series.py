"""Moments on the clock of a series, and which of its occurrences are not its own.

What `gateway.formats.recurrence` and its bounds both need to know of a series: how instants and clock readings turn
into each other in its zone, what its RDATE and EXDATE lines list, and which occurrences an EXDATE, an EXRULE or an
override takes away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gateway.core.tree import Component
from gateway.formats.moments import Moment, read_moment_of
from gateway.formats.rules import Rule

MARGIN: Final = dt.timedelta(days=2)
"""More than any two clocks differ."""
FAR_FUTURE: Final = dt.datetime(9999, 12, 29, tzinfo=dt.UTC)
_FAR_PAST: Final = dt.datetime(1, 1, 3, tzinfo=dt.UTC)


def midnight(clock: dt.date) -> dt.datetime:
    """A clock reading; of a date its midnight."""
    return clock if isinstance(clock, dt.datetime) else dt.datetime.combine(clock, dt.time())


def instant_of(moment: Moment, floating: dt.tzinfo) -> dt.datetime:
    """The instant in UTC of a moment; `floating` is the zone of those that have none."""
    if moment.zone.name or moment.zone.rules is not dt.UTC:
        return moment.utc
    try:
        return moment.aware.replace(tzinfo=floating).astimezone(dt.UTC)
    except OverflowError:
        return moment.utc


def clock_of(instant: dt.datetime, anchor: Moment, floating: dt.tzinfo) -> dt.datetime:
    """What the clock of a series shows at an instant, held within the calendar."""
    rules = anchor.zone.rules if anchor.zone.name or anchor.zone.rules is not dt.UTC else floating
    bounded = min(max(instant, _FAR_PAST + MARGIN), FAR_FUTURE)
    return bounded.astimezone(rules).replace(tzinfo=None)


def on_clock(moment: Moment, anchor: Moment, floating: dt.tzinfo) -> dt.datetime:
    """A moment on the clock of the series' zone."""
    if moment.is_date and not anchor.is_date:
        return dt.datetime.combine(moment.clock, midnight(anchor.clock).time())
    if anchor.is_date or moment.zone == anchor.zone:
        return midnight(midnight(moment.clock).date()) if anchor.is_date else midnight(moment.clock)
    return clock_of(instant_of(moment, floating), anchor, floating)


def dates_of(component: Component, name: str, document: Component) -> Iterator[Moment]:
    """The moments a component's RDATE or EXDATE lines list."""
    for line in component.lines(name):
        for value in line.value.split(","):
            # RFC 5545 §3.8.5.2: RDATE may hold periods; their start is what recurs.
            moment = read_moment_of(value.partition("/")[0], line, document)
            if moment is not None:
                yield moment


def localised(rule: Rule, anchor: Moment) -> Rule:
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


class Excluded:
    """Which instances of a series are not its own: by instant, by day, or by rule."""

    def __init__(self, moments: list[Moment], floating: dt.tzinfo) -> None:
        self._floating = floating
        self._days = {moment.clock for moment in moments if moment.is_date}
        self._instants = {instant_of(moment, floating) for moment in moments if not moment.is_date}
        # A series of days whose exceptions are told as times.
        self._times = {midnight(moment.clock).date() for moment in moments if not moment.is_date}
        self._rules: list[Iterator[dt.datetime]] = []
        self._ahead: list[dt.datetime | None] = []

    def add_rule(self, rule: Iterator[dt.datetime]) -> None:
        """Take away what an EXRULE gives, too; its clock readings come in order, without end where it has none."""
        self._rules.append(rule)
        self._ahead.append(next(rule, None))

    def has(self, moment: Moment, clock: dt.date) -> bool:
        """Whether this instance is taken away. To be asked in order of time, as rules are walked along."""
        if moment.is_date:
            return moment.clock in self._days or moment.clock in self._times or self._by_rule(midnight(clock))
        day = midnight(moment.clock).date()
        return (
            day in self._days or instant_of(moment, self._floating) in self._instants or self._by_rule(midnight(clock))
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
