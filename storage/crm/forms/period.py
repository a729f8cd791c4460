"""When something is: start and end, whole days, and the zone the times are meant in.

    period = { start = "starts_at", end = "ends_at", all_day = "all_day", zone = "timezone" }
    period = { start = ["date_start", "time_start"], end = ["due_date", "time_end"], hours = "duration_hours",
               minutes = "duration_minutes", whole_days = "midnights" }
    period = { start = "activity_date_time", minutes = "duration", usual = 30 }
    period = { start = "datep", end = "datep2", seconds = "durationp", all_day = "fulldayevent",
               edges = ["00:00:00", "23:59:59"] }
    period = { start = "date_start", end = "date_end", all_day = "is_all_day",
               first_day = "date_start_date", last_day = "date_end_date" }

Whole days stand in the columns in one of four ways: as first and last day, with start and end at the midnights of
`[crm] days` around them; with `edges` as what a clock shows on the first and on the last day; with `whole_days` as the
midnights of `[crm] days`, which is how they are known; else as the first day at 00:00 and the day after the last at
00:00. What a clock shows, no zone ever shifts. Floating times, which a CRM has no word for, are taken in the user's own zone. An end
before its start is one in the hour that the clock shows again; a moment there that no column can tell is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from gateway.core.entities import Period, Value
from storage.crm.clocks import instant_in, midnight, midnight_in, reading_in
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits
from storage.crm.forms.lengths import Length
from storage.crm.forms.times import Times, clock_time, times

_DAY = dt.timedelta(days=1)


class PeriodColumns(Form):
    """Start, end or length, a flag for whole days, a zone."""

    WORDS = (
        "start", "end", "hours", "minutes", "seconds", "usual", "all_day", "edges", "whole_days", "first_day",
        "last_day", "zone",
    )  # fmt: skip

    is_required = True

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.start = times(place, words.get("start"))
        self.length = Length(place, words)
        if "end" not in words and not self.length.columns:
            raise place.wrong("the end is missing: say end, or minutes")
        self.end = times(place, words["end"]) if "end" in words else None
        self.all_day = place.column(words["all_day"]) if "all_day" in words else None
        self.zone = place.column(words["zone"]) if "zone" in words else None
        self.days: tuple[Times, Times] | None = None
        if "first_day" in words or "last_day" in words:
            self.days = times(place, words.get("first_day")), times(place, words.get("last_day"))
        self.edges = _edges(place, words["edges"]) if "edges" in words else None
        self.is_by_midnights = "whole_days" in words
        if words.get("whole_days", "midnights") != "midnights":
            raise place.wrong('whole_days can be "midnights"')
        if self.is_by_midnights and (self.all_day is not None or self.days is not None or self.edges is not None):
            raise place.wrong("whole_days stands alone: without all_day, edges, first_day and last_day")
        if self.edges is not None and self.all_day is None and self.days is None:
            raise place.wrong("edges need a column that tells whole days: all_day, or first_day and last_day")

    def columns(self) -> Iterable[str]:
        moments = (self.start, self.end, *(self.days or ()))
        known = [name for one in moments if one is not None for name in one.names]
        known += [column.name for column in (self.all_day, self.zone) if column is not None]
        return [*known, *self.length.names]

    def read(self, row: Row, side: Any) -> Value:
        is_flagged = self.all_day is not None and bool(row[self.all_day.name])
        if self.days is not None and (self.all_day is None or is_flagged):
            first, last = (one.reading(row) for one in self.days)
            if first is not None:
                return Period(first.date(), max(first, last or first).date() + _DAY)
        start, end = self._instants(row)
        if start is None or end is None:
            return None
        if is_flagged:
            return self._whole_days(row, start, end)
        if self.is_by_midnights and end > start and self._is_midnight(start) and self._is_midnight(end):
            return Period(self._day(start), self._day(end))
        # Without a column for it nobody knows the zone: a series repeats by the clock its document says.
        return Period(start, end, None if self.zone is None else str(row[self.zone.name] or "UTC"))

    def _instants(self, row: Row) -> tuple[dt.datetime | None, dt.datetime | None]:
        start = self.start.instant(row)
        if start is None:
            return None, None
        end = self.end.instant(row) if self.end is not None else None
        if self.end is None or end is None:
            return start, start + self.length.read(row)
        if end < start:
            end = self.end.instant(row, is_later=True) or end
        return start, max(start, end)

    def _whole_days(self, row: Row, start: dt.datetime, end: dt.datetime) -> Period:
        first = (self.start.reading(row) or start).date()
        held = self.end.reading(row) if self.end is not None else None
        last = held or reading_in(end, self.start.zone)
        if self.edges is None and last == midnight(last.date()):
            last -= _DAY
        return Period(first, max(first, last.date()) + _DAY)

    def _day(self, moment: dt.datetime) -> dt.date:
        return reading_in(moment, self.place.clocks.days).date()

    def _is_midnight(self, moment: dt.datetime) -> bool:
        return moment == midnight_in(self._day(moment), self.place.clocks.days)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if not isinstance(value, Period):
            raise self.refuse("is missing: the CRM needs a start.")
        start, end, zone = value.start, value.end, value.zone
        if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
            if not zone:
                zone = writing.who.timezone
                # A floating clock reading comes as if it were UTC.
                start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
            columns = self._timed(instant_in(start, zone), instant_in(end, zone), row)
        else:
            columns = self._of_days(start, end - _DAY, row)
        if self.all_day is not None:
            columns[self.all_day.name] = 1 if value.is_all_day else 0
        if self.zone is not None and not value.is_all_day:
            columns[self.zone.name] = text_fits(self, self.zone, zone) if zone else None
        return Assigned(columns)

    def _timed(self, start: dt.datetime, end: dt.datetime, row: Row | None) -> dict[str, Any]:
        columns = self.start.of_instant(start, row)
        if self.end is not None:
            columns |= self.end.of_instant(end, row)
        columns |= self.length.of(end - start)
        for day in self.days or ():
            columns |= day.nothing()
        told = self._instants({**(row or {}), **columns})
        for moment, back, place in zip((start, end), told, (self.start, self.end or self.start), strict=True):
            if back is not None and back != moment and reading_in(back, place.zone) == reading_in(moment, place.zone):
                raise self.refuse(
                    "is in the hour that the clock shows twice when summer time ends, which the CRM cannot tell apart."
                )
        return columns

    def _of_days(self, first: dt.date, last: dt.date, row: Row | None) -> dict[str, Any]:
        if self.all_day is None and self.days is None and not self.is_by_midnights:
            raise self.refuse("of whole days is nothing this CRM can hold.")
        if self.edges is None and (self.days is not None or self.is_by_midnights):
            home = self.place.clocks.days
            start, end = midnight_in(first, home), midnight_in(last + _DAY, home)
            columns = self.start.of_instant(start, row)
            columns |= self.end.of_instant(end, row) if self.end is not None else {}
        else:
            opens, closes = midnight(first), midnight(last + _DAY)
            if self.edges is not None:
                opens, closes = opens + self.edges[0], midnight(last) + self.edges[1]
            start, end = instant_in(opens, self.start.zone), instant_in(closes, (self.end or self.start).zone)
            columns = self.start.of_reading(opens, row)
            columns |= self.end.of_reading(closes, row) if self.end is not None else {}
        for held, day in zip(self.days or (), (first, last), strict=False):
            columns |= held.of_reading(midnight(day), row)
        return columns | self.length.of(end - start)


def _edges(place: Place, said: Any) -> tuple[dt.timedelta, dt.timedelta]:
    try:
        first, last = said
        return clock_time(str(first)), clock_time(str(last))
    except (TypeError, ValueError):
        raise place.wrong('edges are two times, of the first and of the last day: ["00:00:00", "23:59:59"]') from None
