"""A date that may have a time.

    due = { moment = "date_end", day = "date_end_date", edge = "after" }         # the day in a column of its own
    start = { moment = "date_start", day = "date_start_date", day_with = "date_end_date" }
    due = { moment = "datep2", all_day = "fulldayevent", edge = "23:59:59" }     # a flag says that it is a day
    due = { moment = "date_due", whole_days = "midnights" }                      # midnight says so
    start = { moment = ["date_start", "time_start"], day_with = "due_date" }     # a day where the other one is

    start = { moment = "datep", like = "due" }                                   # there is always one

Where it is a day, the moment is an edge of it: the midnight of the CRM's own zone (`[crm] days`) before it, or the one
after it with `edge = "after"`; with `edge = "23:59:59"` what a clock shows on it. A column of `day` that is set says all.
Where the column of `day_with` is set, the day alone is told: a task's start and end are of one kind (RFC 5545
§3.8.2.3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from gateway.core.entities import Value
from storage.crm.clocks import instant_in, midnight, midnight_in, reading_in
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing
from storage.crm.forms.times import clock_time, is_set, times

_DAY = dt.timedelta(days=1)


class DayOrMoment(Form):
    """One value, a day or a moment."""

    WORDS = ("moment", "day", "all_day", "whole_days", "edge", "day_with", "like")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.moment = times(place, words.get("moment"))
        self.day = times(place, words["day"]) if "day" in words else None
        self.day_with = place.column(words["day_with"]) if "day_with" in words else None
        self.all_day = place.column(words["all_day"]) if "all_day" in words else None
        self.like = str(words.get("like", ""))
        self.default = self.like or None
        self.is_by_midnights = "whole_days" in words
        if words.get("whole_days", "midnights") != "midnights":
            raise place.wrong('whole_days can be "midnights"')
        if sum((self.day is not None, self.all_day is not None, self.is_by_midnights)) > 1:
            raise place.wrong("say one of day, all_day and whole_days")
        edge = str(words.get("edge", "before"))
        self.is_after = edge == "after"
        self.clock: dt.timedelta | None = None
        if edge not in ("before", "after"):
            try:
                self.clock = clock_time(edge)
            except ValueError:
                raise place.wrong('edge is before, after, or a time like "23:59:59"') from None

    def columns(self) -> Iterable[str]:
        known = (self.day_with, self.all_day)
        own = [*self.moment.names, *(self.day.names if self.day is not None else ())]
        return [*own, *(column.name for column in known if column is not None)]

    def read(self, row: Row, side: object) -> Value:
        day = self.day.reading(row) if self.day is not None else None
        if day is not None:
            return day.date()
        moment = self.moment.instant(row)
        if moment is None:
            return None
        if self.all_day is not None and row[self.all_day.name]:
            return self._day(row, moment)
        if self.day_with is not None and is_set(row, self.day_with):
            return reading_in(moment, self.place.clocks.days).date()
        if self.is_by_midnights:
            day_ = self._day(row, moment)
            return day_ if self._edge(day_) == moment else moment
        return moment

    def _day(self, row: Row, moment: dt.datetime) -> dt.date:
        """The day of which the moment is the edge."""
        if self.clock is not None:
            return (self.moment.reading(row) or moment).date()
        reading = reading_in(moment, self.place.clocks.days)
        return reading.date() - _DAY if self.is_after and reading == midnight(reading.date()) else reading.date()

    def _edge(self, day: dt.date) -> dt.datetime:
        if self.clock is not None:
            return instant_in(midnight(day) + self.clock, self.moment.zone)
        return midnight_in(day + _DAY if self.is_after else day, self.place.clocks.days)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        day = self.day.nothing() if self.day is not None else {}
        if self.like and (value is None or value == ""):
            value = writing.fields.get(self.like)
            if not isinstance(value, dt.date):
                return Assigned({} if row is not None else self.moment.of_instant(writing.now.instant))
        if value is None or value == "":
            return Assigned(self.moment.nothing() | day)
        flag = {} if self.all_day is None else {self.all_day.name: 0 if isinstance(value, dt.datetime) else 1}
        if isinstance(value, dt.datetime):
            moment = instant_in(value, writing.who.timezone)
            return Assigned(self.moment.of_instant(moment, row) | day | flag)
        if not isinstance(value, dt.date):
            raise self.refuse("is no date.")
        if self.day is not None:
            day = self.day.of_reading(midnight(value), row)
        if self.clock is not None:
            return Assigned(self.moment.of_reading(midnight(value) + self.clock, row) | day | flag)
        return Assigned(self.moment.of_instant(self._edge(value), row) | day | flag)
