"""Days and instants between the CRM's columns and the world.

Columns hold naive UTC, or days that no zone shifts. What old rows and old products hold instead of "nothing" (an
empty text, a date of zeros) reads as nothing. A client's floating time is a clock reading: it becomes an instant in
the zone its user lives in. At the ends of the calendar, where a zone would leave it, clocks are taken for UTC.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def now() -> dt.datetime:
    """The present as columns have it: naive UTC, whole seconds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


def is_nothing(held: Any) -> bool:
    """Whether a column holds no date: also MySQL's way to have none in a column that must have one."""
    return held is None or held == "" or (isinstance(held, str) and held.startswith("0000-00-00"))


def read_instant(held: Any) -> dt.datetime | None:
    """What a column of naive UTC instants holds, aware, in whole seconds. Raises ValueError for what is no instant."""
    if is_nothing(held):
        return None
    moment: dt.datetime = held if isinstance(held, dt.datetime) else dt.datetime.fromisoformat(str(held))
    moment = moment.replace(microsecond=0)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def read_day(held: Any) -> dt.date | None:
    """What a column of days holds. Raises ValueError for what is no day."""
    if is_nothing(held):
        return None
    if isinstance(held, dt.datetime):
        return held.date()
    return held if isinstance(held, dt.date) else dt.date.fromisoformat(str(held)[:10])


def naive_utc(moment: dt.datetime, zone: str) -> dt.datetime:
    """An instant, or a clock reading in `zone`, as columns have it."""
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(zone))
        return aware.astimezone(dt.UTC).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


def day_of(moment: dt.datetime, zone: str) -> dt.date:
    """The day a moment is on: by the clock it was read from; of an instant in UTC, where its user lives (`zone`)."""
    if str(moment.tzinfo) != "UTC":
        return moment.date()
    try:
        return moment.astimezone(zone_of(zone)).date()
    except OverflowError:
        return moment.date()


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day that no zone shifts."""
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day, not an instant


def midnight_in(day: dt.date, zone: str) -> dt.datetime:
    """The beginning of a day in a zone, as naive UTC."""
    return naive_utc(midnight(day), zone)


def zone_of(name: str) -> dt.tzinfo:
    """A zone by its name; UTC for names that are none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC
