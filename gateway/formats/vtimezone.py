"""VTIMEZONE written from zoneinfo (RFC 5545 §3.6.5).

Short, and right for every instant from the beginning of a given year on. The zone's changes of clock are found by
asking zoneinfo, gathered into yearly rules where they follow one, and listed one by one where they do not; the last
rule stays open, as the zone's own does. The same zone and year always give the same component.
"""

from __future__ import annotations

import bisect
import calendar
import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.rules import WEEKDAYS
from gateway.formats.zones import Zone, zone

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2037


@dataclass(slots=True)
class _Change:
    """The clock goes from one offset to another at an instant; `clock` is what it showed just before."""

    instant: dt.datetime
    before: dt.timedelta
    after: dt.timedelta
    name: str
    is_daylight: bool

    @property
    def clock(self) -> dt.datetime:
        return self.instant.replace(tzinfo=None) + self.before


@dataclass(slots=True)
class _Run:
    """Changes of following years that keep to one rule."""

    changes: list[_Change]
    places: set[int] = field(default_factory=set)


def vtimezone(name: str, year: int) -> Component | None:
    """The component for an IANA zone, right from the first of `year` on. None for UTC, floating and unknown names."""
    known = zone(name)
    if known is None or known.name in ("", "UTC"):
        return None
    template = _template(known.name, min(max(year, _FIRST_YEAR + 1), _LAST_YEAR))
    return Component(
        "VTIMEZONE",
        [
            Line("TZID", known.name),
            *(Component(kind, [Line(item, value) for item, value in lines]) for kind, lines in template),
        ],
    )


@lru_cache(maxsize=512)
def _template(name: str, year: int) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    known = zone(name)
    assert known is not None
    changes = _changes(known)
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC) - dt.timedelta(days=1)
    at = bisect.bisect_right([change.instant for change in changes], start)
    if at == 0:
        # Nothing is known from before: the clock as it stood, from the beginning of our time.
        opening = dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=known.rules)
        offset = opening.utcoffset() or dt.timedelta()
        first = _Change(
            opening.replace(tzinfo=dt.UTC) - offset, offset, offset, opening.tzname() or name, bool(opening.dst())
        )
    else:
        first = changes[at - 1]
    runs = [run for run in _runs(changes) if run.changes[-1].instant >= start]
    observances: list[tuple[dt.datetime, str, tuple[tuple[str, str], ...]]] = []
    if not any(first in run.changes for run in runs):
        observances.append(_observance(first, []))
    singles: dict[tuple[object, ...], list[_Change]] = {}
    for run in runs:
        if len(run.changes) > 2:
            observances.append(_observance(run.changes[0], [("RRULE", _rule(run))]))
        else:
            for change in run.changes:
                if change.instant >= first.instant:
                    key = (change.before, change.after, change.name, change.is_daylight)
                    singles.setdefault(key, []).append(change)
    for group in singles.values():
        dates = [("RDATE", _clock(change.clock)) for change in group[1:]]
        observances.append(_observance(group[0], dates))
    return tuple((kind, lines) for _, kind, lines in sorted(observances))


def _changes(known: Zone) -> list[_Change]:
    """All changes of the clock in our years, found by weekly looks and halving."""
    found: list[_Change] = []
    step = dt.timedelta(days=7)
    at = dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.UTC)
    end = dt.datetime(_LAST_YEAR + 1, 1, 1, tzinfo=dt.UTC)
    state = at.astimezone(known.rules)
    while at < end:
        later = at + step
        reached = later.astimezone(known.rules)
        if reached.utcoffset() != state.utcoffset():
            low, high = at, later
            while high - low > dt.timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                if middle.astimezone(known.rules).utcoffset() == state.utcoffset():
                    low = middle
                else:
                    high = middle
            reached = high.astimezone(known.rules)
            before, after = state.utcoffset(), reached.utcoffset()
            assert before is not None
            assert after is not None
            found.append(_Change(high, before, after, reached.tzname() or "", bool(reached.dst())))
            later = high
        at, state = later, reached
    return [change for change in found if change.instant.year <= _LAST_YEAR]


def _runs(changes: list[_Change]) -> list[_Run]:
    """Changes gathered by the rule they keep: same month, weekday and clock, and one place within the month."""
    runs: list[_Run] = []
    open_runs: dict[tuple[object, ...], _Run] = {}
    for change in changes:
        clock = change.clock
        size = calendar.monthrange(clock.year, clock.month)[1]
        places = {(clock.day - 1) // 7 + 1} | ({-1} if clock.day + 7 > size else set())
        key = (change.before, change.after, change.name, clock.month, clock.weekday(), clock.time())
        run = open_runs.get(key)
        if run is not None and run.changes[-1].clock.year == clock.year - 1 and run.places & places:
            run.changes.append(change)
            run.places &= places
        else:
            run = open_runs[key] = _Run([change], places)
            runs.append(run)
    return runs


def _rule(run: _Run) -> str:
    last = run.changes[-1]
    place = -1 if -1 in run.places else min(run.places)
    # A day later than needed: some programs take this UTC time for a local one and would lose the last change.
    until = "" if last.clock.year == _LAST_YEAR else f";UNTIL={_clock(last.instant + dt.timedelta(days=1))}Z"
    return f"FREQ=YEARLY;BYMONTH={last.clock.month};BYDAY={place}{WEEKDAYS[last.clock.weekday()]}{until}"


def _observance(change: _Change, more: list[tuple[str, str]]) -> tuple[dt.datetime, str, tuple[tuple[str, str], ...]]:
    lines = [
        ("TZNAME", change.name),
        ("TZOFFSETFROM", _offset(change.before)),
        ("TZOFFSETTO", _offset(change.after)),
        ("DTSTART", _clock(change.clock)),
        *more,
    ]
    return change.instant, "DAYLIGHT" if change.is_daylight else "STANDARD", tuple(lines)


def _clock(moment: dt.datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")


def _offset(offset: dt.timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    text = f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}"
    return f"{text}{seconds % 60:02}" if seconds % 60 else text
