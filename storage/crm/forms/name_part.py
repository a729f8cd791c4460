"""A part of a name that the CRM keeps whole in one column.

    first_name = { part = "first", of = "name" }
    last_name = { part = "last", of = "name", required = true }

The fields of one column are read together and written together (`storage.crm.names`): who changes the first name
changes the column, and the other parts in it stay. What means the same is not written. A client that parts the name
elsewhere keeps its own parting as long as the whole is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.core.entities import Fields, Value
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits
from storage.crm.names import PARTS, Name, joined, split


class NamePart(Form):
    """One part, and what it knows of the others of its column."""

    WORDS = ("part", "of", "required")

    is_joint = True

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.part = str(words["part"])
        if self.part not in PARTS:
            raise place.wrong(f"there is no part {self.part!r}; say one of {', '.join(PARTS)}")
        self.column = place.column(words.get("of"))
        self.is_required = bool(words.get("required", False))
        siblings = {field: said for field, said in place.fields.items() if _is_part_of(said, self.column.name)}
        self.fields: Mapping[str, str] = {str(said["part"]): field for field, said in siblings.items()}
        """The parts of this column, and the field of each."""
        if len(self.fields) != len(siblings):
            raise place.wrong(f"two fields are the same part of {self.column.name!r}")
        self.together = frozenset(siblings)

    def columns(self) -> Iterable[str]:
        return (self.column.name,)

    def read(self, row: Row, side: Any) -> Value:
        return self._held(row).parts.get(self.part)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        given = {part: writing.fields[field] for part, field in self.fields.items() if field in writing.fields}
        before = self._held(row)
        after = joined(before.with_parts({part: str(text) if text else "" for part, text in given.items()}))
        if row is not None and after == joined(before):
            return Assigned({})
        if not after:
            if self.is_required:
                raise self.refuse("must not be empty.")
            return Assigned({self.column.name: None if self.column.nullable else ""})
        return Assigned({self.column.name: text_fits(self, self.column, after)})

    def means_same(self, stated: Fields, fields: Fields) -> bool:
        """The same whole name, however a client parts it. A name with the last name first is no other name."""
        said, held = (
            joined(Name({part: str(of[field]) for part, field in self.fields.items() if of.get(field)}))
            for of in (stated, fields)
        )
        return said.split() == held.split()

    def _held(self, row: Row | None) -> Name:
        held = None if row is None else row[self.column.name]
        return split(str(held or ""), self.fields)


def _is_part_of(said: Any, column: str) -> bool:
    return isinstance(said, Mapping) and "part" in said and said.get("of") == column
