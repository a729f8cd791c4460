"""How long before something a CRM reminds of it: minutes, seconds, or an amount and a unit; and when that is.

    minutes = "reminder_time"
    seconds = "timer_popup"
    amount = "offsetvalue", unit = "offsetunit", units = { i = 1, h = 60, d = 1440, w = 10080 }

A CRM that keeps several of these beside one another gets all of them. A column that holds no number says nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from storage.crm.clocks import Clocks
from storage.crm.forms.form import Row, Words

OFFSET_WORDS: Final = ("minutes", "seconds", "amount", "unit", "units")
_NAMED: Final = re.compile(r"\{(minutes|seconds|amount|unit)\}")
_LAST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Offset:
    """The columns of one length of time."""

    minutes: sa.Column[Any] | None
    seconds: sa.Column[Any] | None
    amount: sa.Column[Any] | None
    unit: sa.Column[Any] | None
    units: Mapping[str, int]
    """What the unit's column holds → how many minutes that is."""

    @classmethod
    def of(cls, words: Words, column: Callable[[object], sa.Column[Any]]) -> Offset:
        """Bind the words. Raises ConfigError, and ValueError for units that are none."""
        found = {
            name: column(words[name]) if name in words else None for name in ("minutes", "seconds", "amount", "unit")
        }
        units = {str(word): int(length) for word, length in dict(words.get("units", {})).items()}
        if (found["amount"] is None) != (not units) or (found["unit"] is not None and not units):
            raise ValueError("amount, unit and units go together")
        if any(length < 1 for length in units.values()):
            raise ValueError("units are whole minutes")
        return cls(**found, units=units)

    def columns(self) -> list[sa.Column[Any]]:
        """All of them."""
        return [one for one in (self.minutes, self.seconds, self.amount, self.unit) if one is not None]

    def read(self, row: Row) -> int | None:
        """Minutes; None where the columns say nothing. `row` is asked by the columns' names."""
        if self.minutes is not None:
            return _number(row[self.minutes.name])
        if self.seconds is not None:
            seconds = _number(row[self.seconds.name])
            return None if seconds is None else round(seconds / 60)
        if self.amount is not None:
            amount = _number(row[self.amount.name])
            word = "" if self.unit is None else str(row[self.unit.name])
            length = self.units.get(word, next(iter(self.units.values())) if self.unit is None else None)
            return None if amount is None or length is None else amount * length
        return None

    def write(self, minutes: int) -> dict[str, Any]:
        """What the columns get."""
        amount, unit = self._split(minutes)
        said = ((self.minutes, minutes), (self.seconds, minutes * 60), (self.amount, amount), (self.unit, unit))
        return {column.name: fitting(column, value) for column, value in said if column is not None}

    def fill(self, words: Mapping[str, Any], minutes: int) -> dict[str, Any]:
        """Stated values with the length put in where texts name it (`{minutes}`, `{amount}`, `{unit}`)."""
        amount, unit = self._split(minutes)
        named = {"minutes": minutes, "seconds": minutes * 60, "amount": amount, "unit": unit}
        return {
            name: _NAMED.sub(lambda found: str(named[found[1]]), word) if isinstance(word, str) else word
            for name, word in words.items()
        }

    def _split(self, minutes: int) -> tuple[int, str]:
        """The largest unit that leaves nothing over."""
        whole = [(length, word) for word, length in self.units.items() if minutes % length == 0]
        length, word = max(whole, default=(1, ""), key=lambda one: one[0] if minutes else -one[0])
        return minutes // length, word


def fitting(column: sa.Column[Any], value: Any) -> Any:
    """A value as its column takes it: a number that stands in text, JSON that was written as text."""
    if isinstance(column.type, sa.JSON) and isinstance(value, str):
        return json.loads(value)
    return str(value) if isinstance(column.type, sa.String) and isinstance(value, int) else value


def written_moment(column: sa.Column[Any], moment: dt.datetime, clocks: Clocks) -> Any:
    """A moment as a column has it: by its clock, or in seconds since 1970 where it holds numbers."""
    if not isinstance(column.type, sa.Integer):
        return clocks.of(column).of_instant(moment)
    seconds = int(moment.timestamp())
    # Beyond 2038 such a column holds its last moment, which is better than no event.
    return seconds if isinstance(column.type, sa.BigInteger) else min(seconds, _LAST)


def read_moment(column: sa.Column[Any], held: Any, clocks: Clocks) -> dt.datetime | None:
    """The reverse of `written_moment`."""
    if held is None or not isinstance(column.type, sa.Integer):
        return clocks.of(column).instant(held)
    return dt.datetime.fromtimestamp(int(held), dt.UTC) if int(held) > 0 else None


def _number(held: Any) -> int | None:
    try:
        return int(held)
    except (TypeError, ValueError):
        return None
