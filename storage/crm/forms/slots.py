"""A list of values in a fixed number of columns.

    emails = { slots = ["email", "email2"] }                       # in order, types are the document's own
    phones = { slots = { work = "phone", cell = "mobile" } }       # one column a type

A value for which no column is free is left over: the document keeps it, and it is served all the same. So it is with the
types of a value that got a column whose type is another: a home fax among faxes stays a home fax.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.core.entities import Completed, Typed, Value
from gateway.formats.sameness import same_types
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits

_RANK: Final[tuple[str, ...]] = ("fax", "pager", "cell", "home", "work")
"""Which type tells most: a work fax is a fax, a home mobile is a mobile."""


class Slots(Form):
    """Columns in order, each with its type or with none."""

    WORDS = ("slots", "plain")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        slots = words["slots"]
        if isinstance(slots, dict):
            self.slots = [(str(kind), place.column(column)) for kind, column in slots.items()]
        elif isinstance(slots, list) and slots:
            self.slots = [("", place.column(column)) for column in slots]
        else:
            raise place.wrong("slots must be a list of columns or a table type = column")
        self.is_plain = bool(words.get("plain", False))

    def columns(self) -> Iterable[str]:
        return [column.name for _, column in self.slots]

    def read(self, row: Row, side: Any) -> Value:
        held = [
            Typed(str(row[column.name]), (kind,) if kind else ()) for kind, column in self.slots if row[column.name]
        ]
        return tuple(item.value for item in held) if self.is_plain else tuple(held)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        columns: dict[str, Any] = {column.name: None for _, column in self.slots}
        left: list[Typed | Completed] = []
        waiting: list[Typed] = []
        for item in _typed(value):
            column = self._typed_slot(item, columns)
            if column is None:
                waiting.append(item)
            else:
                left += self._put(item, column, columns)
        for item in waiting:
            free = self._free_slot(item, columns)
            if free is None:
                left.append(item)
            else:
                left += self._put(item, free, columns)
        for _, column in self.slots:
            if columns[column.name] is None and not column.nullable:
                columns[column.name] = ""
        return Assigned(columns, tuple(left) or None)

    def _put(self, item: Typed, column: Any, columns: dict[str, Any]) -> list[Completed]:
        """Give a value its column; what it is completed to where the column's type says something else."""
        columns[column.name] = text_fits(self, column, item.value)
        kind = next(kind for kind, one in self.slots if one is column)
        if self.is_plain or not kind or same_types((kind,), item.types):
            return []
        return [Completed(Typed(str(columns[column.name]), (kind,)), item)]

    def _typed_slot(self, item: Typed, columns: dict[str, Any]) -> Any:
        """The free column of the type that says most about the value."""
        kinds = [kind for kind in _RANK if kind in item.types] or list(item.types)
        for wanted in kinds[:1]:
            for kind, column in self.slots:
                if kind == wanted and columns[column.name] is None:
                    return column
        return None

    def _free_slot(self, item: Typed, columns: dict[str, Any]) -> Any:
        """A column without a type of its own; for a value without a telling type, any that is free."""
        telling = any(kind in _RANK for kind in item.types)
        for kind, column in self.slots:
            if columns[column.name] is None and (not kind or not telling):
                return column
        return None


def _typed(value: Value) -> list[Typed]:
    if not isinstance(value, tuple):
        return [Typed(value)] if isinstance(value, str) and value else []
    return [item if isinstance(item, Typed) else Typed(str(item)) for item in value]
