"""A column whose values are the keys of a dictionary in the CRM (`storage.crm.forms.lookup`).

    prefix = { column = "prefix_id", lookup = { table = "civicrm_option_value", key = "value", shows = "label",
                                                where = { option_group_id = 6 } }, missing = "keep" }

A word the dictionary lacks is refused, or, with `keep`, the document keeps it and the column is emptied.
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

    WORDS = ("column", "lookup", "missing")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.column = place.column(words.get("column"))
        self.lookup = Lookup(place, words["lookup"], self.column)
        self.missing = missing(place, words)

    def columns(self) -> Iterable[str]:
        return (self.column.name,)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, str]:
        key = self.place.key_column
        rows = connection.execute(sa.select(key, self.column).where(key.in_(keys), self.column.is_not(None))).all()
        shown = self.lookup.shown(connection, {row[1] for row in rows})
        return {row[0]: shown[row[1]] for row in rows if row[1] in shown}

    def read(self, row: Row, side: Any) -> Value:
        return str(side) if side else None

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
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
