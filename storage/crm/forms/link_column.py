"""A field in the link between this row and one it refers to.

    title = { of_link = "account_contact", parent = "contact_id", ref = "account_id", base = "account_id",
              column = "role", alive = { deleted = 0 } }

The link meant is the one to what the base column names. Without such a link there is no room for the value: the
document keeps it, and it is written with the next change once there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from storage.crm.conditions import matches
from storage.crm.forms.form import Form, Place, Row, Side, Words, Writing, text_fits


class LinkColumn(Form):
    """Text in a link row."""

    WORDS = ("of_link", "parent", "ref", "base", "column", "alive")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.table = place.table(str(words["of_link"]))
        self.parent = place.column(words.get("parent"), self.table)
        self.ref = place.column(words.get("ref"), self.table)
        self.held = place.column(words.get("column"), self.table)
        self.base = place.column(words.get("base"))
        self.alive = [
            matches(place.column(name, self.table), value) for name, value in dict(words.get("alive", {})).items()
        ]

    def sides(self) -> Iterable[Side]:
        return (Side(self.table, self.parent.name),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        key, base = self.place.key_column, self.place.base
        joined = base.join(self.table, sa.and_(self.parent == key, self.ref == self.base, *self.alive))
        found = connection.execute(sa.select(key, self.held).select_from(joined).where(key.in_(keys)))
        return {row[0]: row[1] for row in found}

    def read(self, row: Row, side: Any) -> Value:
        return str(side) if side else None

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        text = value if isinstance(value, str) and value else None
        if text is not None:
            text_fits(self, self.held, text)
        base = sa.select(self.base).where(self.place.key_column == key)
        ref = writing.connection.execute(base).scalar()
        if ref is None:
            return text
        mine = sa.and_(self.parent == key, self.ref == ref, *self.alive)
        done = writing.connection.execute(sa.update(self.table).where(mine).values({self.held.name: text}))
        # A driver may count only rows that became different, so none changed is not yet none there.
        if done.rowcount or writing.connection.execute(sa.select(self.ref).where(mine)).first() is not None:
            return None
        return text
