"""A date that may have a time: one column for the day, one for the instant.

    due = { moment = "date_end", day = "date_end_date", edge = "after" }
    start = { moment = "date_start", day = "date_start_date", day_with = "date_end_date" }

Where the day is set it says all; the instant beside it is a midnight of the CRM's own zone (`[crm] days`): the one
before the day, or the one after it with `edge = "after"`. Otherwise the instant counts, naive UTC; but
where the column of `day_with` is set, its day alone: a task's start and end are of one kind (RFC 5545 §3.8.2.3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.entities import Value
from storage.crm.clocks import midnight_in, naive_utc, read_day, read_instant
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing


class DayOrMoment(Form):
    """Two columns, one value."""

    WORDS = ("moment", "day", "edge", "day_with")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.moment, self.day = place.column(words.get("moment")), place.column(words.get("day"))
        self.day_with = place.column(words["day_with"]) if "day_with" in words else None
        self.edge = str(words.get("edge", "before"))
        if self.edge not in ("before", "after"):
            raise place.wrong("edge is before or after")

    def columns(self) -> Iterable[str]:
        known = (self.moment, self.day, self.day_with)
        return [column.name for column in known if column is not None]

    def read(self, row: Row, side: Any) -> Value:
        day = read_day(row[self.day.name])
        if day is not None:
            return day
        held = row[self.moment.name]
        if held is None:
            return None
        moment = read_instant(held)
        if self.day_with is not None and row[self.day_with.name] and isinstance(moment, dt.datetime):
            return moment.astimezone(ZoneInfo(self.place.zone)).date()
        return moment

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if value is None or value == "":
            return Assigned({self.moment.name: None, self.day.name: None})
        if isinstance(value, dt.datetime):
            return Assigned({self.moment.name: naive_utc(value, writing.who.timezone), self.day.name: None})
        if not isinstance(value, dt.date):
            raise self.refuse("is no date.")
        edge = value + dt.timedelta(days=1) if self.edge == "after" else value
        return Assigned({self.moment.name: midnight_in(edge, self.place.zone), self.day.name: value})
