"""A column whose values are the keys of a dictionary in the CRM (`storage.crm.forms.lookup`).

    prefix = { column = "prefix_id", lookup = { table = "civicrm_option_value", key = "value", shows = "label",
                                                where = { option_group_id = 6 } }, missing = "keep" }

    status = { column = "stage_id", lookup = { table = "crm_stage", shows = "name", json = "en_US" },
               values = { New = "NEEDS-ACTION", Qualified = "IN-PROCESS", Won = "COMPLETED" } }

A word the dictionary lacks is refused, or, with `keep`, the document keeps it and the column is emptied. With `values`
the words mean something: what shows as a word that is not among them means nothing, and of several that mean the
same the one that is there stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing
from storage.crm.forms.lookup import Lookup, missing


class LookedUp(Form):
    """One column, one word of the dictionary."""

    WORDS = ("column", "lookup", "missing", "values")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.column = place.column(words.get("column"))
        self.lookup = Lookup(place, words["lookup"], self.column)
        self.missing = missing(place, words)
        self.values = {str(word): meaning for word, meaning in dict(words.get("values", {})).items()}

    def columns(self) -> Iterable[str]:
        return (self.column.name,)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, str]:
        key = self.place.key_column
        rows = connection.execute(sa.select(key, self.column).where(key.in_(keys), self.column.is_not(None))).all()
        shown = self.lookup.shown(connection, {row[1] for row in rows})
        return {row[0]: shown[row[1]] for row in rows if row[1] in shown}

    def read(self, row: Row, side: Any) -> Value:
        return self._meaning(str(side)) if side else None

    def _meaning(self, shown: str) -> Value:
        meaning: Value = self.values.get(shown) if self.values else shown
        return meaning

    def _assign_meaning(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        held = None if row is None else row[self.column.name]
        shown = self.lookup.shown(writing.connection, [held]).get(held) if held is not None else None
        if value in (None, "") or (shown is not None and self._meaning(shown) == value):
            return Assigned({})
        for word, meaning in self.values.items():
            found = self.lookup.find(writing.connection, word, {}) if meaning == value else None
            if found is not None:
                return Assigned({self.column.name: found})
        raise self.refuse(f"cannot be {value!r} in this CRM.")

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if self.values:
            return self._assign_meaning(value, row, writing)
        name = str(value).strip() if value is not None else ""
        held = None if row is None else row[self.column.name]
        if not name:
            # What shows as nothing is not emptied by the same nothing coming back.
            if held is None or not self.lookup.shown(writing.connection, [held]):
                return Assigned({})
            return Assigned({self.column.name: None if self.column.nullable else ""})
        if held is not None:
            shown = self.lookup.shown(writing.connection, [held]).get(held, "")
            if shown.casefold() == name.casefold():
                return Assigned({})
        found = self.lookup.find(writing.connection, name, {})
        if found is not None:
            return Assigned({self.column.name: found})
        if self.missing == "refuse":
            raise self.refuse(f"“{name}” is not known to the CRM.")
        return Assigned({self.column.name: None} if self.column.nullable else {}, name)
