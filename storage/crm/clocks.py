"""Days and instants between the CRM's columns and the world.

A column of plain date-times holds what a clock in the CRM's own zone (`[crm] zone`) shows; MySQL's TIMESTAMP (in our
sessions, whose zone is UTC) and PostgreSQL's timestamptz hold instants, whatever that zone is. Days begin in the zone
of `[crm] days`, and a column of days is shifted by none. A reading that the clock skips in spring means the moment as
long after the jump; one that it shows twice in autumn means the first of the two (RFC 5545 §3.3.5). What old rows and old
products hold instead of "nothing" (an empty text, a date of zeros) reads as nothing. A client's floating time is a
clock reading in the zone its user lives in. At the ends of the calendar, where a zone would leave it, clocks are
taken for UTC.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql


def now() -> dt.datetime:
    """The present, in whole seconds."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def is_nothing(held: Any) -> bool:
    """Whether a column holds no date: also MySQL's way to have none in a column that must have one."""
    return held is None or held == "" or (isinstance(held, str) and held.startswith("0000-00-00"))


def instant_in(moment: dt.datetime, zone: str, *, is_later: bool = False) -> dt.datetime:
    """An instant in UTC, of one or of a clock reading in `zone`; `is_later`: of two instants read alike the second."""
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(zone), fold=int(is_later))
        return aware.astimezone(dt.UTC).replace(fold=0)
    except OverflowError:
        return moment.replace(tzinfo=dt.UTC, fold=0)


def reading_in(moment: dt.datetime, zone: str) -> dt.datetime:
    """What a clock in `zone` shows at an instant."""
    try:
        return moment.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)
    except OverflowError:
        return moment.replace(tzinfo=None, fold=0)


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day as a clock shows it."""
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day, not an instant


def midnight_in(day: dt.date, zone: str) -> dt.datetime:
    """The instant at which a day begins in a zone, be it that the clock skips the hour after midnight."""
    return instant_in(midnight(day), zone)


def day_of(moment: dt.datetime, zone: str) -> dt.date:
    """The day a moment is on: by the clock it was read from; of an instant in UTC, where its user lives (`zone`)."""
    return moment.date() if str(moment.tzinfo) != "UTC" else reading_in(moment, zone).date()


def zone_of(name: str) -> dt.tzinfo:
    """A zone by its name; UTC for names that are none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two zones of a CRM: of its plain date-times, and the one in which its days begin."""

    zone: str = "UTC"
    days: str = "UTC"

    def of(self, column: sa.ColumnElement[Any]) -> Clock:
        """How this column tells time."""
        kind = column.type
        is_aware = isinstance(kind, sa.DateTime) and (kind.timezone or isinstance(kind, mssql.DATETIMEOFFSET))
        is_instant = is_aware or isinstance(kind, mysql.TIMESTAMP)
        length = kind.length if isinstance(kind, sa.String) else None
        return Clock(self, is_aware, is_instant, isinstance(kind, sa.Date), isinstance(kind, sa.String), length)

    def now(self) -> Now:
        """The present, for any column."""
        return Now(now(), self)


@dataclass(frozen=True, slots=True)
class Clock:
    """How one column tells time: as readings of a clock, as instants, or as days."""

    clocks: Clocks
    is_aware: bool
    is_instant: bool
    is_day: bool
    is_text: bool
    length: int | None

    @property
    def zone(self) -> str:
        """The zone of the clock one reads here."""
        return self.clocks.days if self.is_instant or self.is_day else self.clocks.zone

    def instant(self, held: Any, *, is_later: bool = False) -> dt.datetime | None:
        """What the column holds, in UTC. Raises ValueError for what is no date."""
        moment = _parsed(held)
        if moment is None or moment.tzinfo is not None or not self.is_instant:
            return moment and instant_in(moment, self.zone, is_later=is_later)
        return moment.replace(tzinfo=dt.UTC)

    def reading(self, held: Any) -> dt.datetime | None:
        """What the column holds as its clock shows it: no zone shifts what is a reading itself."""
        moment = _parsed(held)
        if moment is None or (moment.tzinfo is None and not self.is_instant):
            return moment
        return reading_in(moment.replace(tzinfo=moment.tzinfo or dt.UTC), self.zone)

    def day(self, held: Any) -> dt.date | None:
        """The day the column holds. Raises ValueError for what is none."""
        reading = self.reading(str(held)[:10] if isinstance(held, str) else held)
        return reading and reading.date()

    def of_instant(self, moment: dt.datetime) -> Any:
        """An instant as the column has it."""
        if self.is_instant:
            return moment if self.is_aware else moment.astimezone(dt.UTC).replace(tzinfo=None)
        return self._typed(reading_in(moment, self.zone))

    def of_reading(self, reading: dt.datetime) -> Any:
        """What a clock shows as the column has it."""
        return self.of_instant(instant_in(reading, self.zone)) if self.is_instant else self._typed(reading)

    def _typed(self, reading: dt.datetime) -> Any:
        if self.is_text:
            return reading.isoformat(" ", "seconds")[: {10: 10, 16: 16}.get(self.length or 0)]
        return reading.date() if self.is_day else reading


@dataclass(frozen=True, slots=True)
class Now:
    """One moment, the same for every column of a write."""

    instant: dt.datetime
    clocks: Clocks

    def on(self, column: sa.ColumnElement[Any]) -> Any:
        """As this column has it."""
        return self.clocks.of(column).of_instant(self.instant)


def _parsed(held: Any) -> dt.datetime | None:
    if is_nothing(held):
        return None
    if isinstance(held, dt.datetime):
        return held.replace(microsecond=0)
    return midnight(held) if isinstance(held, dt.date) else dt.datetime.fromisoformat(str(held)).replace(microsecond=0)
