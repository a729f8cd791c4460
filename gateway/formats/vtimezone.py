"""VTIMEZONE read by its rules and written from zoneinfo (RFC 5545 §3.6.5).

Written: short, and right for every instant from the beginning of a given year on. The zone's changes of clock are
found by asking zoneinfo, gathered into yearly rules where they follow one, and listed one by one where they do not;
the last rule stays open, as the zone's own does. The same zone and year always give the same component.

Read: only for zones no name explains. The observances are expanded with our own capped rules, never a library's,
because they are as much the sender's as everything else.
"""

from __future__ import annotations

import bisect
import calendar
import datetime as dt
import itertools
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from gateway.formats.expansion import Budget, BudgetSpent, occurrences
from gateway.formats.moments import read_stamp
from gateway.formats.rules import WEEKDAYS, read_rule
from gateway.formats.zones import Zone, common_zones, offsets, zone

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2037
_LONGEST_FOREIGN: Final = 16_000
_MOST_OBSERVANCES: Final = 200
_STEPS: Final = 20_000


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


class _Observed(dt.tzinfo):
    """A clock by a list of its changes: (what it showed, offset from then on); before the first, what that came from."""

    def __init__(self, name: str, changes: list[tuple[dt.datetime, dt.timedelta, dt.timedelta]]) -> None:
        self._name = name
        self._starts = [clock for clock, _, _ in changes]
        self._changes = changes

    def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta | None:
        if moment is None:
            return None
        at = bisect.bisect_right(self._starts, moment.replace(tzinfo=None))
        return self._changes[at - 1][2] if at else self._changes[0][1]

    def dst(self, moment: dt.datetime | None) -> dt.timedelta | None:
        return None if moment is None else dt.timedelta()

    def tzname(self, moment: dt.datetime | None) -> str | None:
        return self._name

    def fromutc(self, moment: dt.datetime) -> dt.datetime:
        # The default asks for dst(), which an observance does not tell apart from a change of zone.
        bare = moment.replace(tzinfo=None)
        offset = self._changes[0][1]
        for clock, before, after in self._changes:
            if clock - before > bare:
                break
            offset = after
        return (bare + offset).replace(tzinfo=self)


def zone_of(component: Component, year: int) -> Zone | None:
    """The zone a VTIMEZONE describes: a common IANA zone whose clock goes the same around `year`, else its own rules.

    In the second case the zone's name is UTC, since there is no name for it that others would know. None where the
    component says nothing usable.
    """
    text = serialise(component)
    return _zone_of(text, year) if len(text) <= _LONGEST_FOREIGN else None


@lru_cache(maxsize=256)
def _zone_of(text: bytes, year: int) -> Zone | None:
    changes = _observed(parse(text)[0], year)
    if not changes:
        return None
    rules = _Observed("local", changes)
    name = common_zones(year).get(offsets(rules, year))
    return (zone(name) if name else None) or Zone("UTC", rules)


def _observed(component: Component, year: int) -> list[tuple[dt.datetime, dt.timedelta, dt.timedelta]]:
    """The changes of a VTIMEZONE until two years after `year`, in order."""
    found: list[tuple[dt.datetime, dt.timedelta, dt.timedelta]] = []
    budget = Budget(_STEPS)
    observances = itertools.chain(component.components("STANDARD"), component.components("DAYLIGHT"))
    for observance in itertools.islice(observances, _MOST_OBSERVANCES):
        before, after = _read_offset(observance, "TZOFFSETFROM"), _read_offset(observance, "TZOFFSETTO")
        start = _read_clock(observance.line("DTSTART"))
        if before is None or after is None or start is None:
            continue
        found.append((start, before, after))
        dates = (Line("RDATE", value) for line in observance.lines("RDATE") for value in line.value.split(","))
        found += [(clock, before, after) for clock in map(_read_clock, dates) if clock is not None]
        rule_line = observance.line("RRULE")
        if rule_line is None:
            continue
        end = dt.datetime(min(year + 3, dt.MAXYEAR), 1, 1)  # noqa: DTZ001 - a clock reading
        try:
            rule = read_rule(rule_line.value)
            # The last change of a rule that has ended is what the clock has shown since.
            known = year if rule.until is None else min(year, rule.until.year)
            begin = dt.datetime(max(known - 1, 1), 1, 1)  # noqa: DTZ001 - a clock reading
            if isinstance(rule.until, dt.datetime):
                # RFC 5545 §3.6.5: the end is given in UTC, the onsets on the clock as it was before them.
                rule = replace(rule, until=rule.until.replace(tzinfo=None) + before)
            for clock in occurrences(rule, start, budget, begin):
                if clock >= end:
                    break
                found.append((clock, before, after))
        except (InvalidContent, BudgetSpent, OverflowError):
            continue
    return sorted(set(found))


def _read_offset(observance: Component, name: str) -> dt.timedelta | None:
    line = observance.line(name)
    text = "" if line is None else line.value.strip().lstrip("+")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in (4, 6)):
        return None
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:] or 0))
    return sign * offset if offset < dt.timedelta(hours=24) else None


def _read_clock(line: Line | None) -> dt.datetime | None:
    stamp = None if line is None else read_stamp(line.value)
    return stamp.replace(tzinfo=None) if isinstance(stamp, dt.datetime) else None
