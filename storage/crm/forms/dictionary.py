"""What a column holds and what that means, word by word: `values` of a column.

    values = { open = "NEEDS-ACTION", done = "COMPLETED" }
    values = { Held = ["CONFIRMED", "TENTATIVE"], "" = "CONFIRMED" }
    values = { 0 = "NEEDS-ACTION", "1..99" = "IN-PROCESS", 100 = "COMPLETED" }

Of several meanings the first is read, and all are written as the word. `""` is an empty column. Two numbers parted by
dots are all numbers from the one to the other; a client's word puts the first of them, unless the column has another
one of them already. In a column of truths `true` and `false`, or 1 and 0, are the words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.entities import Value

_NUMBER: Final = re.compile(r"-?\d+")
_RANGE: Final = re.compile(r"(-?\d+)\.\.(-?\d+)")


class Dictionary:
    """The words of one column. `meanings`: each word's, the one that is read first."""

    def __init__(self, column: sa.ColumnElement[Any], values: Mapping[str, Any]) -> None:
        """Raises ValueError for a word that means nothing."""
        self.column = column
        self.meanings = {str(word): list(of) if isinstance(of, list) else [of] for word, of in values.items()}
        if not all(self.meanings.values()):
            raise ValueError("a word means something, or is not there")
        told = ((word, _RANGE.fullmatch(word)) for word in self.meanings)
        self.ranges = [(int(found[1]), int(found[2]), word) for word, found in told if found is not None]

    def __bool__(self) -> bool:
        return bool(self.meanings)

    def __contains__(self, word: object) -> bool:
        return word in self.meanings

    def word(self, held: Any) -> str:
        """What the column holds as the dictionary has it: nothing is `""`, a truth `true` or `false`, or 1 or 0."""
        if held is None:
            return ""
        words = [str(held).lower() if isinstance(held, bool) else str(held)]
        if held in (0, 1):
            words += [str(bool(held)).lower(), str(int(held))]
        return next((word for word in words if word in self.meanings), None) or self._range(held) or words[0]

    def meaning(self, held: Any) -> Value:
        """What it says of what the column holds; nothing where it lacks that."""
        meanings = self.meanings.get(self.word(held))
        return meanings[0] if meanings else None

    def may_mean(self, held: Any, value: Value) -> bool:
        """Whether a value is one of the meanings of what the column holds, or both are nothing."""
        return self.meaning(held) == value or value in self.meanings.get(self.word(held), ())

    def told(self, value: Value) -> str | None:
        """The first word that means a value."""
        return next((word for word, of in self.meanings.items() if value in of), None)

    def nearest(self, number: int) -> str:
        """The word whose meaning, a number, is the nearest."""
        return min(self.meanings, key=lambda word: abs(int(self.meanings[word][0]) - number))

    def held(self, word: str) -> Any:
        """A word as the column takes it."""
        if word == "" and getattr(self.column, "nullable", True):
            return None
        if isinstance(self.column.type, sa.Boolean):
            return word in ("true", "1")
        if isinstance(self.column.type, sa.Integer):
            if word in ("true", "false"):
                return int(word == "true")
            found = _RANGE.fullmatch(word)
            return int(found[1]) if found else int(word) if _NUMBER.fullmatch(word) else word
        return word

    def _range(self, held: Any) -> str | None:
        try:
            number = float(held) if self.ranges else None
        except (TypeError, ValueError):
            return None
        return next((word for first, last, word in self.ranges if number is not None and first <= number <= last), None)
