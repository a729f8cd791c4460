"""What a column holds and what that means, word by word: `values` of a column.

    values = { open = "NEEDS-ACTION", done = "COMPLETED" }
    values = { 0 = "NEEDS-ACTION", "1..99" = "IN-PROCESS", 100 = "COMPLETED" }

Two numbers parted by dots are all numbers from the one to the other; a client's word puts the first of them, unless
the column has another one of them already. In a column of truths `true` and `false`, or 1 and 0, are the words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.entities import Value

_RANGE: Final = re.compile(r"(-?\d+)\.\.(-?\d+)")


class Dictionary:
    """The words of one column."""

    def __init__(self, column: sa.ColumnElement[Any], values: Mapping[str, Any]) -> None:
        self.column = column
        self.values: Mapping[str, Any] = dict(values)
        told = ((_RANGE.fullmatch(word), meaning) for word, meaning in self.values.items())
        self.ranges = [(int(found[1]), int(found[2]), meaning) for found, meaning in told if found is not None]

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, word: object) -> bool:
        return word in self.values

    def meaning(self, held: Any) -> Value:
        """What it says of what the column holds; nothing where it lacks that."""
        if held is None:
            return None
        words = [str(held).lower() if isinstance(held, bool) else str(held)]
        if held in (0, 1):
            words += [str(bool(held)).lower(), str(int(held))]
        for word in words:
            if word in self.values:
                meaning: Value = self.values[word]
                return meaning
        return self._within(held)

    def held(self, word: str) -> Any:
        """A word as the column takes it."""
        if isinstance(self.column.type, sa.Boolean):
            return word in ("true", "1")
        if isinstance(self.column.type, sa.Integer):
            found = _RANGE.fullmatch(word)
            if word in ("true", "false"):
                return int(word == "true")
            return int(found[1]) if found else int(word) if re.fullmatch(r"-?\d+", word) else word
        return word

    def word(self, meaning: Value) -> str | None:
        """The first word that means this."""
        return next((word for word, told in self.values.items() if told == meaning), None)

    def nearest(self, number: int) -> str:
        """The word whose meaning, a number, is the nearest."""
        return min(self.values, key=lambda word: abs(int(self.values[word]) - number))

    def _within(self, held: Any) -> Value:
        if not self.ranges:
            return None
        try:
            number = float(held)
        except (TypeError, ValueError):
            return None
        return next((meaning for first, last, meaning in self.ranges if first <= number <= last), None)
