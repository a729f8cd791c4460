"""Occurrences of one recurrence rule, in clock time, paid for step by step (RFC 5545 §3.3.10).

A rule is walked period by period (its FREQ times its INTERVAL). For each period the days that fit are found by
intersecting sets, then joined with times, cut by BYSETPOS, and given out in order. Every period and every candidate,
taken or rejected, is spent from a `Budget`; a rule that finds nothing until the year 9999 runs out of budget like
any other. Without COUNT the walk begins near where it is asked to, not at DTSTART.

Everything here is naive date-times: the clock on the wall of the rule's zone, which is how RFC 5545 means rules.
Days are proleptic ordinals inside, because sets of integers are cheap.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from gateway.formats.rules import Rule

_PERIOD_SECONDS: Final = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
_LAST_ORDINAL: Final = dt.date.max.toordinal()


class BudgetSpent(Exception):
    """More steps than were granted."""


class Budget:
    """How many steps an expansion may still take. Shared by all rules of a request, or made for one."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Raises BudgetSpent where that many are not left."""
        self.left -= steps
        if self.left < 0:
            raise BudgetSpent


def occurrences(
    rule: Rule, start: dt.datetime, budget: Budget, after: dt.datetime | None = None
) -> Iterator[dt.datetime]:
    """The rule's occurrences from `start` on, in order, without end where the rule has none.

    `after`: the caller wants none that lie before this moment; some may be given out all the same. An aware UNTIL
    must have been made local by the caller. Raises BudgetSpent.
    """
    left = rule.count
    for candidates in _periods(rule, start, budget, after if rule.count is None else None):
        for moment in candidates:
            if moment < start:
                continue
            if _is_past(rule, moment):
                return
            yield moment
            if left is not None:
                left -= 1
                if left == 0:
                    return


def _is_past(rule: Rule, moment: dt.datetime) -> bool:
    until = rule.until
    if until is None:
        return False
    return moment > until if isinstance(until, dt.datetime) else moment.date() > until


def _periods(rule: Rule, start: dt.datetime, budget: Budget, after: dt.datetime | None) -> Iterator[list[dt.datetime]]:
    """Candidates of each period, sorted; may lie before `start` in the first one."""
    if rule.frequency in _PERIOD_SECONDS:
        yield from _short_periods(rule, start, budget, after)
        return
    times = _times(rule, start)
    for days in _day_sets(rule, start, budget, after):
        budget.spend(1 + len(days) * len(times))
        moments = [dt.datetime.combine(dt.date.fromordinal(day), time) for day in sorted(days) for time in times]
        yield _at_positions(rule, moments)


def _times(rule: Rule, start: dt.datetime) -> list[dt.time]:
    hours = rule.by_hour or (start.hour,)
    minutes = rule.by_minute or (start.minute,)
    seconds = rule.by_second or (start.second,)
    return sorted({dt.time(h, m, min(s, 59)) for h in hours for m in minutes for s in seconds})


def _at_positions(rule: Rule, moments: list[dt.datetime]) -> list[dt.datetime]:
    if not rule.by_position:
        return moments
    size = len(moments)
    places = {place - 1 if place > 0 else size + place for place in rule.by_position}
    return [moments[place] for place in sorted(places) if 0 <= place < size]


def _day_sets(rule: Rule, start: dt.datetime, budget: Budget, after: dt.datetime | None) -> Iterator[set[int]]:
    """The days of each period that fit, as ordinals. Ends with the calendar, or once UNTIL is passed."""
    begin = after if after is not None and after > start else start
    last = _LAST_ORDINAL if rule.until is None else min(_LAST_ORDINAL, rule.until.toordinal() + 1)
    if rule.frequency == "YEARLY":
        skipped = (begin.year - start.year) // rule.interval
        for year in range(start.year + skipped * rule.interval, dt.date.fromordinal(last).year + 1, rule.interval):
            budget.spend()
            yield _days_of_year(rule, start, year)
    elif rule.frequency == "MONTHLY":
        first = start.year * 12 + start.month - 1
        skipped = (begin.year * 12 + begin.month - 1 - first) // rule.interval
        end = dt.date.fromordinal(last)
        for month in range(first + skipped * rule.interval, end.year * 12 + end.month, rule.interval):
            budget.spend()
            yield _days_of_month(rule, start, month // 12, month % 12 + 1)
    else:
        length = 7 if rule.frequency == "WEEKLY" else 1
        first = start.toordinal()
        if length == 7:
            first -= (start.weekday() - rule.week_start) % 7
        step = length * rule.interval
        skipped = max(0, begin.toordinal() - first) // step
        for day in range(first + skipped * step, last + 1, step):
            budget.spend()
            yield _days_of_span(rule, start, day, length)


def _days_of_year(rule: Rule, start: dt.datetime, year: int) -> set[int]:
    first, beyond = _first(year, 1), _first(year + 1, 1)
    months = rule.by_month or tuple(range(1, 13))
    narrowed: list[set[int]] = []
    if rule.by_year_day:
        size = beyond - first
        narrowed.append({first + day - 1 if day > 0 else beyond + day for day in rule.by_year_day if abs(day) <= size})
    if rule.by_month_day:
        narrowed.append({day for month in months for day in _month_days(rule.by_month_day, year, month)})
    if rule.by_week_number:
        narrowed.append(_days_of_weeks(rule, year))
    if rule.by_day:
        if rule.by_month:
            narrowed.append({day for month in months for day in _weekdays(rule, *_month(year, month))})
        else:
            narrowed.append(_weekdays(rule, first, beyond))
    elif rule.by_week_number and not (rule.by_year_day or rule.by_month_day):
        narrowed.append({day for day in range(first, beyond) if (day + 6) % 7 == start.weekday()})
    if not narrowed:
        months = rule.by_month or (start.month,)
        return {day for month in months for day in _month_days((start.day,), year, month)}
    if rule.by_month:
        narrowed.append({day for month in months for day in range(*_month(year, month))})
    return set.intersection(*narrowed)


def _days_of_month(rule: Rule, start: dt.datetime, year: int, month: int) -> set[int]:
    if rule.by_month and month not in rule.by_month:
        return set()
    first, beyond = _month(year, month)
    if not rule.by_day:
        days = set(_month_days(rule.by_month_day or (start.day,), year, month))
    else:
        days = _weekdays(rule, first, beyond)
        if rule.by_month_day:
            days &= set(_month_days(rule.by_month_day, year, month))
    return days


def _days_of_span(rule: Rule, start: dt.datetime, first: int, length: int) -> set[int]:
    """A week or a day. Ordinals of BYDAY mean nothing here (RFC 5545 §3.3.10)."""
    wanted = {weekday for _, weekday in rule.by_day}
    if not wanted and length == 7:
        wanted = {start.weekday()}
    days = (day for day in range(max(first, 1), min(first + length, _LAST_ORDINAL + 1)))
    return {day for day in days if (not wanted or (day + 6) % 7 in wanted) and _date_fits(rule, day)}


def _date_fits(rule: Rule, ordinal: int) -> bool:
    if not (rule.by_month or rule.by_month_day or rule.by_year_day):
        return True
    date = dt.date.fromordinal(ordinal)
    if rule.by_month and date.month not in rule.by_month:
        return False
    if rule.by_month_day and ordinal not in _month_days(rule.by_month_day, date.year, date.month):
        return False
    first, beyond = _first(date.year, 1), _first(date.year + 1, 1)
    return not rule.by_year_day or bool({ordinal - first + 1, ordinal - beyond} & set(rule.by_year_day))


def _first(year: int, month: int) -> int:
    """Ordinal of the first of a month; of the day after the calendar's last where it ends."""
    return dt.date(year, month, 1).toordinal() if year <= dt.MAXYEAR else _LAST_ORDINAL + 1


def _month(year: int, month: int) -> tuple[int, int]:
    return _first(year, month), _first(year + month // 12, month % 12 + 1)


def _month_days(numbers: tuple[int, ...], year: int, month: int) -> list[int]:
    first, beyond = _month(year, month)
    size = beyond - first
    return [first + number - 1 if number > 0 else beyond + number for number in numbers if abs(number) <= size]


def _weekdays(rule: Rule, first: int, beyond: int) -> set[int]:
    """The days of a month or year that BYDAY names, ordinals counted within it."""
    days: set[int] = set()
    for place, weekday in rule.by_day:
        nearest = first + (weekday - (first + 6)) % 7
        every = range(nearest, beyond, 7)
        if place == 0:
            days.update(every)
        elif abs(place) <= len(every):
            days.add(every[place - 1 if place > 0 else place])
    return days


def _days_of_weeks(rule: Rule, year: int) -> set[int]:
    """The days of a year that lie in the weeks BYWEEKNO names, counted as ISO 8601 does from WKST."""
    days: set[int] = set()
    for numbered in (year - 1, year, year + 1):
        if not 1 <= numbered < dt.MAXYEAR:
            continue
        first, beyond = _week_one(rule, numbered), _week_one(rule, numbered + 1)
        weeks = (beyond - first) // 7
        for number in rule.by_week_number:
            week = number - 1 if number > 0 else weeks + number
            if 0 <= week < weeks:
                days.update(range(first + 7 * week, first + 7 * week + 7))
    low, high = _first(year, 1), _first(year + 1, 1)
    return {day for day in days if low <= day < high}


def _week_one(rule: Rule, year: int) -> int:
    fourth = dt.date(year, 1, 4).toordinal()
    return fourth - ((fourth + 6) % 7 - rule.week_start) % 7


def _short_periods(
    rule: Rule, start: dt.datetime, budget: Budget, after: dt.datetime | None
) -> Iterator[list[dt.datetime]]:
    """Hours, minutes or seconds: the lists of larger units narrow, those of smaller ones widen."""
    step = _PERIOD_SECONDS[rule.frequency] * rule.interval
    begin = start if rule.frequency == "SECONDLY" else start.replace(second=0)
    if rule.frequency == "HOURLY":
        begin = begin.replace(minute=0)
    delta = dt.timedelta(seconds=step)
    if after is not None and after > begin:
        begin += ((after - begin) // delta) * delta
    minutes = rule.by_minute or (start.minute,)
    seconds = rule.by_second or (start.second,)
    weekdays = {weekday for _, weekday in rule.by_day}
    while True:
        budget.spend()
        if _is_past(rule, begin):
            return
        if (
            (not rule.by_hour or begin.hour in rule.by_hour)
            and (rule.frequency == "HOURLY" or not rule.by_minute or begin.minute in rule.by_minute)
            and (rule.frequency != "SECONDLY" or not rule.by_second or begin.second in rule.by_second)
            and (not weekdays or begin.weekday() in weekdays)
            and _date_fits(rule, begin.toordinal())
        ):
            if rule.frequency == "SECONDLY":
                moments = [begin]
            elif rule.frequency == "MINUTELY":
                moments = [begin.replace(second=min(second, 59)) for second in seconds]
            else:
                moments = [begin.replace(minute=m, second=min(s, 59)) for m in minutes for s in seconds]
            budget.spend(len(moments))
            yield _at_positions(rule, moments)
        try:
            begin += delta
        except OverflowError:
            return
