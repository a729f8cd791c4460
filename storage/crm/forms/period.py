"""When something is: start and end, whole days, and the zone the times are meant in.

    period = { start = "starts_at", end = "ends_at", all_day = "all_day", zone = "timezone" }

    period = { start = "date_start", end = "date_end", all_day = "is_all_day",
               first_day = "date_start_date", last_day = "date_end_date" }

Times are naive UTC in the columns. With `first_day` and `last_day` (inclusive) whole days stand there, and start and
end hold the midnights of the CRM's own zone (`[crm] days`) around them. Without them a whole-day period is the first day at 00:00 and the day after the last at
00:00, and no zone ever shifts it. Floating times, which a CRM has no word for, are taken in the user's own zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from gateway.core.entities import Period, Value
from storage.crm.clocks import midnight, midnight_in, naive_utc, read_day, read_instant
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits


class PeriodColumns(Form):
    """Start, end, a flag for whole days, a zone."""

    WORDS = ("start", "end", "all_day", "zone", "first_day", "last_day")

    is_required = True

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.start = place.column(words.get("start"))
        self.end = place.column(words.get("end"))
        self.all_day = place.column(words["all_day"]) if "all_day" in words else None
        self.zone = place.column(words["zone"]) if "zone" in words else None
        self.days: tuple[sa.Column[Any], sa.Column[Any]] | None = None
        if "first_day" in words or "last_day" in words:
            self.days = place.column(words.get("first_day")), place.column(words.get("last_day"))

    def columns(self) -> Iterable[str]:
        known = (self.start, self.end, self.all_day, self.zone, *(self.days or ()))
        return [column.name for column in known if column is not None]

    def read(self, row: Row, side: Any) -> Value:
        start, end = read_instant(row[self.start.name]), read_instant(row[self.end.name])
        if self.days is not None and row[self.days[0].name] and (self.all_day is None or row[self.all_day.name]):
            first, last = (read_day(row[column.name]) for column in self.days)
            return Period(first, max(first, last or first) + dt.timedelta(days=1)) if first else None
        if start is None:
            return None
        if self.all_day is not None and row[self.all_day.name]:
            first = start.date()
            last = end.date() if end is not None else first
            return Period(first, max(last, first + dt.timedelta(days=1)))
        zone = (row[self.zone.name] if self.zone is not None else None) or "UTC"
        return Period(start, start if end is None else max(start, end), str(zone))

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if not isinstance(value, Period):
            raise self.refuse("is missing: the CRM needs a start.")
        start, end, zone = value.start, value.end, value.zone
        if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
            if not zone:
                zone = writing.who.timezone
                # A floating clock reading comes as if it were UTC.
                start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
            columns: dict[str, Any] = {self.start.name: naive_utc(start, zone), self.end.name: naive_utc(end, zone)}
            columns |= {column.name: None for column in self.days or ()}
        else:
            if self.all_day is None:
                raise self.refuse("of whole days is nothing this CRM can hold.")
            columns = {self.start.name: midnight(start), self.end.name: midnight(end)}
            if self.days is not None:
                home = self.place.zone
                columns = {self.start.name: midnight_in(start, home), self.end.name: midnight_in(end, home)}
                columns |= {self.days[0].name: start, self.days[1].name: end - dt.timedelta(days=1)}
        if self.all_day is not None:
            columns[self.all_day.name] = 1 if value.is_all_day else 0
        if self.zone is not None and not value.is_all_day:
            columns[self.zone.name] = text_fits(self, self.zone, zone) if zone else None
        return Assigned(columns)
