"""VTIMEZONE read by its own rules, for zones that no name explains (RFC 5545 §3.6.5).

The observances are expanded with our own capped rules, never a library's, because they are as much the sender's as
everything else in a document. What comes out is a common IANA zone whose clock goes the same in these years, so that
the CRM gets a name it can use; else the clock as described.
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from dataclasses import replace
from functools import lru_cache
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from gateway.formats.expansion import Budget, BudgetSpent, occurrences
from gateway.formats.moments import read_stamp
from gateway.formats.rules import read_rule
from gateway.formats.zones import Zone, common_zones, offsets, zone

_LONGEST_FOREIGN: Final = 16_000
_MOST_OBSERVANCES: Final = 200
_STEPS: Final = 20_000


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
