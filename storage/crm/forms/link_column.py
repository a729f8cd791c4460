"""A field in the link between this row and one it refers to.

    title = { of_link = "account_contact", parent = "contact_id", ref = "account_id", base = "account_id",
              column = "role", alive = { deleted = 0 } }

The link meant is the one to what the base column names; without `base` the first of those that count, which is the one
a reference by link shows. Without such a link there is no room for the value: the document keeps it, and it is
written with the next change once there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from storage.crm.conditions import matches
from storage.crm.forms.form import Form, Place, Row, Side, Words, Writing, text_fits
from storage.crm.forms.link import first_of


class LinkColumn(Form):
    """Text in a link row."""

    WORDS = ("of_link", "parent", "ref", "base", "column", "alive")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.table = place.table(str(words["of_link"]))
        self.parent = place.column(words.get("parent"), self.table)
        self.ref = place.column(words.get("ref"), self.table)
        self.held = place.column(words.get("column"), self.table)
        self.base = place.column(words["base"]) if "base" in words else None
        self.alive = [
            matches(place.column(name, self.table), value) for name, value in dict(words.get("alive", {})).items()
        ]

    def sides(self) -> Iterable[Side]:
        return (Side(self.table, self.parent.name),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        key, base = self.place.key_column, self.place.base
        if self.base is not None:
            joined = base.join(self.table, sa.and_(self.parent == key, self.ref == self.base, *self.alive))
            wanted = sa.select(key, self.held).select_from(joined).where(key.in_(keys))
        else:
            wanted = sa.select(self.parent, self.held).where(self.parent.in_(keys), *self.alive)
            wanted = wanted.order_by(self.parent, *first_of(self.table, self.ref))
        found: dict[Any, Any] = {}
        for row in connection.execute(wanted):
            found.setdefault(row[0], row[1])
        return found

    def read(self, row: Row, side: Any) -> Value:
        return str(side) if side else None

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        text = value if isinstance(value, str) and value else None
        if text is not None:
            text_fits(self, self.held, text)
        if self.base is not None:
            meant = sa.select(self.base).where(self.place.key_column == key)
        else:
            meant = sa.select(self.ref).where(self.parent == key, *self.alive)
            meant = meant.order_by(*first_of(self.table, self.ref)).limit(1)
        ref = writing.connection.execute(meant).scalar()
        if ref is None:
            return text
        mine = sa.and_(self.parent == key, self.ref == ref, *self.alive)
        done = writing.connection.execute(sa.update(self.table).where(mine).values({self.held.name: text}))
        # A driver may count only rows that became different, so none changed is not yet none there.
        if done.rowcount or writing.connection.execute(sa.select(self.ref).where(mine)).first() is not None:
            return None
        return text
