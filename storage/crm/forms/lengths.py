"""How long something takes, in columns of hours, minutes or seconds that together make the length.

    { hours = "duration_hours", minutes = "duration_minutes" }      # 1 and 30
    { minutes = "duration", usual = 30 }                            # 90; where the column says nothing, 30
    { hours = "duration" }                                          # 1.5 where the column holds fractions

Beside an end the columns are kept in step with it, and are read where the end is missing. What is less than their
smallest unit is left out, unless its column holds fractions.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa

from storage.crm.forms.form import Place, Row, Words

_UNITS: Final = (("hours", 3600), ("minutes", 60), ("seconds", 1))


class Length:
    """The columns that are there, with the seconds of each unit; there may be none."""

    def __init__(self, place: Place, words: Words) -> None:
        self.columns = [(place.column(words[unit]), seconds) for unit, seconds in _UNITS if unit in words]
        self.usual = words.get("usual", 0)
        if not isinstance(self.usual, int) or isinstance(self.usual, bool) or self.usual < 0:
            raise place.wrong("usual is a number of minutes")
        for column, _ in self.columns:
            if not isinstance(column.type, sa.Integer | sa.Numeric | sa.Float | sa.String):
                held = type(column.type).__name__.upper()
                raise place.wrong(f"column {column.name!r} is {held} in the database, which is no length")

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [column.name for column, _ in self.columns]

    def read(self, row: Row) -> dt.timedelta:
        """The length; the usual one where no column says any. Raises ValueError for what is no number."""
        held = [(row[column.name], seconds) for column, seconds in self.columns if row[column.name] not in (None, "")]
        if not held:
            return dt.timedelta(minutes=self.usual)
        try:
            total = sum((Decimal(str(value)) * seconds for value, seconds in held), Decimal())
        except InvalidOperation:
            raise ValueError("a length is no number") from None
        return dt.timedelta(seconds=max(0, int(total)))

    def of(self, length: dt.timedelta) -> dict[str, Any]:
        """The columns for a length."""
        rest = max(0, int(length.total_seconds()))
        columns: dict[str, Any] = {}
        for column, seconds in self.columns:
            if isinstance(column.type, sa.Float) and seconds == self.columns[-1][1]:
                columns[column.name] = rest / seconds
                continue
            count, rest = divmod(rest, seconds)
            columns[column.name] = str(count) if isinstance(column.type, sa.String) else count
        return columns
