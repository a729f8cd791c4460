"""A moment in columns: one of them, or two, the day in one and what the clock shows in another.

    "starts_at"                         # one column
    ["date_start", "time_start"]        # a date, and a time or text: HH:MM, HH:MM:SS; nothing there is midnight

Two columns are a reading of a clock in `[crm] zone`. A clock's text that means the same time stays as it is written.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from storage.crm.clocks import Clocks, instant_in, is_nothing, reading_in
from storage.crm.forms.form import Place, Row

_UNFIT: Final = (sa.Integer, sa.Numeric, sa.Float, sa.Boolean, sa.LargeBinary)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d*)?)?")
_DAY: Final = dt.timedelta(days=1)


class Times:
    """Where one moment stands. What is written are columns of the base row."""

    def __init__(
        self, clocks: Clocks, column: sa.ColumnElement[Any], time: sa.ColumnElement[Any] | None = None
    ) -> None:
        self.clocks = clocks
        self.column, self.time = column, time
        self.clock = clocks.of(column)

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [str(one.key) for one in (self.column, self.time) if one is not None]

    @property
    def zone(self) -> str:
        """The zone of the clock one reads here."""
        return self.clock.zone if self.time is None else self.clocks.zone

    def reading(self, row: Row) -> dt.datetime | None:
        """What the clock shows. Raises ValueError for what is no date or no time."""
        held = row[self.column.key]
        if self.time is None:
            return self.clock.reading(held)
        day = self.clock.day(held)
        if day is None:
            return None
        return dt.datetime(day.year, day.month, day.day) + clock_time(row[self.time.key])  # noqa: DTZ001 - a reading

    def instant(self, row: Row, *, is_later: bool = False) -> dt.datetime | None:
        """The moment in UTC; `is_later`: of two that are read alike the second."""
        if self.time is None:
            return self.clock.instant(row[self.column.key], is_later=is_later)
        reading = self.reading(row)
        return reading and instant_in(reading, self.zone, is_later=is_later)

    def of_instant(self, moment: dt.datetime, row: Row | None = None) -> dict[str, Any]:
        """The columns for a moment; `row` as it is, None for a new one."""
        if self.time is None:
            return {str(self.column.key): self.clock.of_instant(moment)}
        return self.of_reading(reading_in(moment, self.zone), row)

    def of_reading(self, reading: dt.datetime, row: Row | None = None) -> dict[str, Any]:
        """The columns for what the clock shows."""
        day = {str(self.column.key): self.clock.of_reading(reading)}
        if self.time is None:
            return day
        reading = reading.replace(microsecond=0)
        if isinstance(self.time.type, sa.String):
            length = self.time.type.length
            is_short = length is not None and length < len("09:00:00")
            shown = reading.strftime("%H:%M" if is_short else "%H:%M:%S")
            if row is not None and _is_clock(row[self.time.key], reading, is_short=is_short):
                shown = row[self.time.key]
            return day | {str(self.time.key): shown}
        return day | {str(self.time.key): reading.time()}

    def nothing(self) -> dict[str, Any]:
        """The columns for no moment at all."""
        held = (one for one in (self.column, self.time) if one is not None)
        return {str(one.key): "" if isinstance(one.type, sa.String) and not _may_lack(one) else None for one in held}


def times(place: Place, said: Any) -> Times:
    """The columns a mapping names: one, or a list of a day's and a time's. Raises ConfigError."""
    if isinstance(said, list) and len(said) != 2:
        raise place.wrong("expected a column, or two: the day's and the time's")
    first, second = said if isinstance(said, list) else (said, None)
    column = place.column(first)
    time = None if second is None else place.column(second)
    if isinstance(column.type, _UNFIT):
        raise place.wrong(f"column {first!r} is {type(column.type).__name__.upper()} in the database, which is no date")
    if time is not None and not isinstance(time.type, sa.Time | sa.String):
        raise place.wrong(f"column {second!r} is {type(time.type).__name__.upper()} in the database, which is no time")
    return Times(place.clocks, column, time)


def clock_time(held: Any) -> dt.timedelta:
    """What a column of times holds, from midnight on; nothing there is midnight. Raises ValueError."""
    if held is None or held == "":
        return dt.timedelta()
    if isinstance(held, dt.time):
        return dt.timedelta(hours=held.hour, minutes=held.minute, seconds=held.second)
    if isinstance(held, dt.timedelta):  # as MySQL's drivers tell a time
        found = held
    else:
        made = _CLOCK.fullmatch(str(held).strip())
        if made is None:
            raise ValueError(f"{held!r} is no time")
        hours, minutes, seconds = (int(part or 0) for part in made.groups())
        if minutes > 59 or seconds > 59:
            raise ValueError(f"{held!r} is no time")
        found = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if not dt.timedelta() <= found <= _DAY:
        raise ValueError(f"{held!r} is no time")
    return found


def is_set(row: Mapping[Any, Any], column: sa.ColumnElement[Any]) -> bool:
    """Whether a column holds a date at all."""
    return not is_nothing(row[column.key])


def _is_clock(held: Any, reading: dt.datetime, *, is_short: bool) -> bool:
    try:
        found = clock_time(held)
    except ValueError:
        return False
    seconds = 0 if is_short else reading.second
    return bool(held) and found == dt.timedelta(hours=reading.hour, minutes=reading.minute, seconds=seconds)


def _may_lack(column: sa.ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", True))
