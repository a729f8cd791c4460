"""The table of links between a row and those it refers to, as a mapping says it beside a reference.

A link is brought back rather than doubled; with `delete` one that ends is marked, else its row is removed. With `moves` the one
to whom the row's column led before ends, and only that; else those that are there stay. Where
several count, the first in the order of the table's key is the one that is shown.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.conditions import constants, matches
from storage.crm.forms.form import Place, Side, Words, Writing

LINK_WORDS: Final = ("table", "parent", "ref", "where", "alive", "delete", "moves", "insert")
"""What `link` takes."""


def first_of(table: sa.Table, ref: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
    """The order in which the links of a row stand."""
    return [*table.primary_key, ref]


class LinkTable:
    """Links, living and not. Raises ConfigError where words and table do not agree."""

    def __init__(self, place: Place, words: Words) -> None:
        for name in words:
            if name not in LINK_WORDS:
                raise place.wrong(f"link: unknown word {name!r}{near(name, LINK_WORDS)}")
        self.table = place.table(str(words.get("table", "")))
        self.parent = place.column(words.get("parent"), self.table)
        self.ref = place.column(words.get("ref"), self.table)
        self.where, self.alive = dict(words.get("where", {})), dict(words.get("alive", {}))
        self.delete, self.insert = dict(words.get("delete", {})), dict(words.get("insert", {}))
        self.moves = bool(words.get("moves", False))
        for name in (*self.where, *self.alive, *self.delete, *self.insert):
            place.column(name, self.table)
        self.where, self.alive = constants(self.table, self.where), constants(self.table, self.alive)
        self.delete, self.insert = constants(self.table, self.delete), constants(self.table, self.insert)
        try:
            stated.check(self.insert)
            stated.check(self.delete)
        except ConfigError as wrong:
            raise place.wrong(f"link: {wrong}") from wrong

    def side(self) -> Side:
        """The table, as one whose change changes the row."""
        return Side(self.table, self.parent.name, self.where)

    def own(self) -> list[sa.ColumnElement[bool]]:
        """That a link is one of these, alive or not."""
        return [matches(self.table.c[name], value) for name, value in self.where.items()]

    def living(self) -> list[sa.ColumnElement[bool]]:
        """That a link counts."""
        return self.own() + [matches(self.table.c[name], value) for name, value in self.alive.items()]

    def order(self) -> list[sa.ColumnElement[Any]]:
        """The one that is shown first."""
        return first_of(self.table, self.ref)

    def hold(self, writing: Writing, parent: Any, ref: Any) -> None:
        """There is a link to this one, and it is alive."""
        connection = writing.connection
        mine = sa.and_(self.parent == parent, self.ref == ref, *self.own())
        if connection.execute(sa.select(self.ref).where(mine, *self.living())).first() is not None:
            return
        if self.alive and connection.execute(sa.update(self.table).where(mine).values(self.alive)).rowcount:
            return
        row = stated.columns(self.insert, self.table, writing.who, writing.now)
        row |= {**self.where, **self.alive, self.parent.name: parent, self.ref.name: ref}
        connection.execute(sa.insert(self.table).values(row))

    def drop(self, writing: Writing, parent: Any, but: Any = None, ref: Any = None) -> None:
        """There is no link any more, except to `but`; or, with `ref`, none to that one."""
        gone: sa.Update | sa.Delete = sa.delete(self.table)
        if self.delete:
            gone = sa.update(self.table).values(stated.columns(self.delete, self.table, writing.who, writing.now))
        gone = gone.where(self.parent == parent, *self.living())
        gone = gone if ref is None else gone.where(self.ref == ref)
        writing.connection.execute(gone if but is None else gone.where(self.ref != but))
