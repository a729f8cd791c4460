"""Columns that say what kind of value a row has: a number at work, a private address.

    types = [ { set = { location_type_id = 2 }, types = ["work"] }, { set = { location_type_id = 4 }, types = [] },
              { set = { phone_type_id = 2 }, types = ["cell"] } ]

Entries that set the same columns answer one question together. A row's types are the first fitting answer to each;
a value takes of each question the answer with the most words that are all its own, and one without words, if there
is any, where it has none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.formats.sameness import normal_types
from gateway.runtime.lines import near
from storage.crm.conditions import constants
from storage.crm.forms.form import Place, Row

TYPE_WORDS: Final = ("set", "types")
"""What one of the `types` takes."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What columns hold, and which types that means."""

    set: Mapping[str, Any]
    types: tuple[str, ...]

    def fits(self, row: Row) -> bool:
        """Whether a row says this; a database may give a number for a truth, or a text for a number."""
        return all(_plain(row[name]) == _plain(value) for name, value in self.set.items())


class TypeColumns:
    """All questions of one table."""

    def __init__(self, place: Place, said: Any, table: sa.Table) -> None:
        self.questions: dict[frozenset[str], list[_Answer]] = {}
        self.found: dict[str, sa.Column[Any]] = {}
        if not isinstance(said, Sequence) or isinstance(said, str):
            raise place.wrong("types: expected a list of tables with set and types")
        for entry in said:
            if not isinstance(entry, Mapping) or not isinstance(entry.get("set"), Mapping) or not entry["set"]:
                raise place.wrong("types: expected tables with set and types")
            for name in entry:
                if name not in TYPE_WORDS:
                    raise place.wrong(f"types: unknown word {name!r}{near(name, TYPE_WORDS)}")
            for name in entry["set"]:
                self.found[name] = place.column(name, table)
            types = normal_types([str(kind) for kind in entry.get("types", ())])
            self.questions.setdefault(frozenset(entry["set"]), []).append(
                _Answer(constants(table, entry["set"]), types)
            )

    def columns(self) -> list[sa.Column[Any]]:
        """Every column that has an answer."""
        return list(self.found.values())

    def read(self, row: Row) -> tuple[str, ...]:
        """The types of a row."""
        answers = (self._held(question, row) for question in self.questions.values())
        return normal_types([kind for answer in answers if answer is not None for kind in answer.types])

    def told(self, types: Iterable[str]) -> tuple[str, ...]:
        """Those of a value's types that a row would have."""
        answers = (self._wanted(question, types) for question in self.questions.values())
        return normal_types([kind for answer in answers if answer is not None for kind in answer.types])

    def assign(self, types: Iterable[str], row: Row | None) -> dict[str, Any]:
        """The columns for a value's types; those that mean them already are left out."""
        columns: dict[str, Any] = {}
        for question in self.questions.values():
            answer = self._wanted(question, types)
            held = None if row is None else self._held(question, row)
            meant = held.types if held is not None else ()
            if row is not None and frozenset(meant) == frozenset(answer.types if answer is not None else ()):
                continue
            if answer is not None:
                columns |= answer.set
        return columns

    @staticmethod
    def _held(question: Sequence[_Answer], row: Row) -> _Answer | None:
        return next((answer for answer in question if answer.fits(row)), None)

    @staticmethod
    def _wanted(question: Sequence[_Answer], types: Iterable[str]) -> _Answer | None:
        given = set(normal_types(list(types)))
        fitting = [answer for answer in question if given.issuperset(answer.types)]
        return max(fitting, key=lambda answer: len(answer.types), default=None)


def _plain(value: Any) -> str | None:
    return None if value is None else str(int(value) if isinstance(value, bool) else value)
