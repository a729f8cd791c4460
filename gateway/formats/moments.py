"""Dates, times and durations as lines state them (RFC 5545 §3.3.4–3.3.6, §3.3.14; RFC 6350 §4.3).

A `Moment` is a clock reading and the zone it is meant in; what it is in UTC follows. Spellings that old or careless
programs write are read: a redundant VALUE=DATE-TIME, extended ISO form, fractions of seconds, missing seconds,
a leap second.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.params import first_param
from gateway.formats.zones import FLOATING, UTC, Zone, resolve, zone

_STAMP: Final = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[T ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?(?:[.,][0-9]{1,9})?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_CACHED_LENGTH: Final = 100
_DURATION: Final = re.compile(
    r"([+-])?P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`clock` is a date, or a naive date-time read off the clocks of `zone`."""

    clock: dt.date | dt.datetime
    zone: Zone

    @property
    def is_date(self) -> bool:
        """Whether this is a whole day."""
        return not isinstance(self.clock, dt.datetime)

    @property
    def aware(self) -> dt.datetime:
        """The instant, in its own zone; of a date its midnight there. Floating times count as UTC."""
        clock = self.clock if isinstance(self.clock, dt.datetime) else dt.datetime.combine(self.clock, dt.time())
        return clock.replace(tzinfo=self.zone.rules)

    @property
    def utc(self) -> dt.datetime:
        """The instant in UTC; midnight UTC at the ends of the calendar, where zones would leave it."""
        try:
            return self.aware.astimezone(dt.UTC)
        except OverflowError:
            return self.aware.replace(tzinfo=dt.UTC)


def read_stamp(text: str) -> dt.date | dt.datetime | None:
    """The date, naive date-time or aware date-time (where the text says `Z` or an offset) of a text; None for others."""
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        return None
    try:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        if found[4] is None:
            return dt.date(year, month, day)
        # RFC 5545 §3.3.12: a leap second is read as the second before it.
        clock = dt.datetime(year, month, day, int(found[4]), int(found[5]), min(int(found[6] or 0), 59))  # noqa: DTZ001 - a clock reading
        if found[7] is None:
            return clock
        return clock.replace(tzinfo=dt.UTC if found[7] in "Zz" else _offset(found[7]))
    except ValueError:
        return None


def read_moment(line: Line | None, document: Component) -> Moment | None:
    """The moment of a date-time property; None where there is none that can be understood."""
    return None if line is None else read_moment_of(line.value, line, document)


def read_moment_of(value: str, line: Line, document: Component) -> Moment | None:
    """The moment a value has with the parameters of its line (RDATE and EXDATE hold many)."""
    params = line.params
    # One document is asked for the same few times again and again, and many documents have them alike.
    found = (_read_cached if len(value) + len(params) <= _CACHED_LENGTH else _read)(value, params)
    if isinstance(found, _InZone):
        return Moment(found.clock, resolve(found.name, document, found.clock.year))
    return found


@dataclass(frozen=True, slots=True)
class _InZone:
    """A clock reading in a zone that only its document may explain."""

    clock: dt.datetime
    name: str


def _read(value: str, params: str) -> Moment | _InZone | None:
    stamp = read_stamp(value)
    if stamp is None:
        return None
    if not isinstance(stamp, dt.datetime):
        return Moment(stamp, FLOATING)
    line = Line("", value, params)
    if params and (first_param(line, "VALUE") or "").upper() == "DATE":
        return Moment(stamp.date(), FLOATING)
    if stamp.tzinfo is not None:
        try:
            return Moment(stamp.astimezone(dt.UTC).replace(tzinfo=None), UTC)
        except OverflowError:
            return Moment(stamp.replace(tzinfo=None), UTC)
    name = first_param(line, "TZID") if params else None
    if not name:
        return Moment(stamp, FLOATING)
    known = zone(name)
    return _InZone(stamp, name) if known is None else Moment(stamp, known)


_read_cached = lru_cache(maxsize=4_096)(_read)


def read_duration(text: str) -> dt.timedelta | None:
    """The duration of a text; None for what is none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or text.strip()[-1:] in "Pp":
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


def write_minutes(minutes: int) -> str:
    """A duration of so many minutes in its shortest usual form: `-PT15M`, `P1D`, `PT0S`."""
    sign, minutes = ("-", -minutes) if minutes < 0 else ("", minutes)
    if minutes == 0:
        return "PT0S"
    if minutes % 1440 == 0:
        return f"{sign}P{minutes // 1440}D"
    return f"{sign}PT{minutes // 60}H" if minutes % 60 == 0 else f"{sign}PT{minutes}M"


def write_date(date: dt.date) -> str:
    """`20261124`."""
    return f"{date.year:04}{date.month:02}{date.day:02}"


def write_clock(moment: dt.datetime) -> str:
    """`20261124T091500`, without zone."""
    return f"{write_date(moment)}T{moment.hour:02}{moment.minute:02}{moment.second:02}"


def write_utc(moment: dt.datetime) -> str:
    """`20261124T091500Z` of an aware date-time."""
    return write_clock(moment.astimezone(dt.UTC)) + "Z"


def _offset(text: str) -> dt.timezone:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").ljust(4, "0")
    return dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
