"""Values that several rows of the CRM share: one row for each address or number, whoever has it.

    [crm.shared.email]
    table = "email_address"             # the shared rows
    value = "name"
    found_by = { column = "lower", as = "lower" }
    alive = { deleted = 0 }
    new_key = "{clock}{hex4}"
    link = { table = "entity_email_address", parent = "entity_id", ref = "email_address_id", primary = "primary",
             alive = { deleted = 0 }, delete = { deleted = 1 } }

A shared row is found by its folded value, brought back where it was marked as deleted, made where nobody has it, and
never edited: who else shows it would be changed with it. Links are marked, revived and never doubled; `insert` says
what else a new link gets (`storage.crm.stated`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from gateway.runtime.lines import ConfigErrors, near
from storage.crm import keys, stated
from storage.crm.clocks import Now
from storage.crm.conditions import constants, matches
from storage.crm.folds import FOLDS
from storage.crm.forms.form import Side, Via

__all__ = ["FOLDS", "LINK_WORDS", "WORDS", "Link", "Shared"]

WORDS: Final = (
    "table", "key", "value", "as", "found_by", "also", "type", "types", "alive", "set", "new_key", "link",
)  # fmt: skip
"""What `[crm.shared.NAME]` takes."""
LINK_WORDS: Final = ("table", "parent", "ref", "primary", "alive", "delete", "insert")
"""What its `link` takes."""


@dataclass(frozen=True, slots=True)
class Link:
    """The table between entities and shared rows. `where` tells the entity's own links from others'."""

    table: sa.Table
    parent: sa.Column[Any]
    ref: sa.Column[Any]
    primary: sa.Column[Any] | None
    alive: Mapping[str, Any]
    delete: Mapping[str, Any]
    insert: Mapping[str, Any]
    where: Mapping[str, Any]

    def own(self) -> list[sa.ColumnElement[bool]]:
        """That a link is one of this entity's kind, alive or not."""
        return [matches(self.table.c[name], value) for name, value in self.where.items()]

    def living(self) -> list[sa.ColumnElement[bool]]:
        """That a link counts."""
        return self.own() + [matches(self.table.c[name], value) for name, value in self.alive.items()]

    def order(self) -> list[sa.ColumnElement[Any]]:
        """The primary one first, then as they were made."""
        first = [] if self.primary is None else [sa.case((matches(self.primary, 1), 0), else_=1)]
        return [*first, *self.table.primary_key, self.ref]


class Shared:
    """One table of shared rows. Raises ConfigErrors where words and tables do not agree."""

    def __init__(self, where: str, words: Mapping[str, Any], table: Callable[[str], sa.Table]) -> None:
        self._place, self._tables = where, table
        self._known(words, WORDS)
        self.table = self._table_of(words)
        self.key = self._column(words.get("key", "id"))
        self.value = self._column(words.get("value"))
        self.type = self._column(words["type"]) if "type" in words else None
        self.types = {str(word): str(kind) for word, kind in dict(words.get("types", {})).items()}
        self.form = self._fold(words.get("as", "same"))
        found = dict(words.get("found_by", {"column": words.get("value"), "as": words.get("as", "same")}))
        self.found_by, self.fold = self._column(found.get("column")), self._fold(found.get("as", "same"))
        self.also = {self._column(name).name: self._fold(fold) for name, fold in dict(words.get("also", {})).items()}
        alive, given = dict(words.get("alive", {})), dict(words.get("set", {}))
        for name in (*alive, *given):
            self._column(name)
        self.alive: Mapping[str, Any] = constants(self.table, alive)
        self.set: Mapping[str, Any] = constants(self.table, given)
        try:
            stated.check(self.set)
        except ConfigError as wrong:
            raise self._wrong(f"set: {wrong}") from wrong
        self.new_key = str(words.get("new_key", keys.AUTOINCREMENT))
        try:
            keys.check(self.new_key)
        except ConfigError as wrong:
            raise self._wrong(f"new_key: {wrong}") from wrong
        self._link = dict(words.get("link", {}))
        self._known(self._link, LINK_WORDS)

    def _wrong(self, what: str) -> ConfigErrors:
        return ConfigErrors([f"{self._place}: {what}"])

    def _known(self, words: Mapping[str, Any], known: Sequence[str]) -> None:
        unknown = [f"unknown word {name!r}{near(name, known)}" for name in words if name not in known]
        if unknown:
            raise self._wrong("; ".join(unknown))

    def _table_of(self, words: Mapping[str, Any]) -> sa.Table:
        try:
            return self._tables(str(words.get("table", "")))
        except ConfigError as wrong:
            raise self._wrong(str(wrong)) from wrong

    def _fold(self, name: object) -> Callable[[str], str]:
        if name not in FOLDS:
            raise self._wrong(f"{name!r} is none of {', '.join(sorted(FOLDS))}{near(name, FOLDS)}")
        return FOLDS[str(name)]

    def _column(self, name: object, table: sa.Table | None = None) -> sa.Column[Any]:
        within = self.table if table is None else table
        if not isinstance(name, str) or name not in within.c:
            raise self._wrong(f"table {within.name!r} has no column {name!r}{near(name, within.c.keys())}")
        return within.c[name]

    def link(self, where: Mapping[str, Any]) -> Link:
        """The link table as one kind of entity uses it. Raises ConfigErrors, or ConfigError for a `where` that is no column."""
        words = self._link
        if not words:
            raise self._wrong("link is missing: say which table joins entities and shared rows")
        table = self._table_of(words)
        alive, delete = dict(words.get("alive", {})), dict(words.get("delete", {}))
        insert = dict(words.get("insert", {}))
        for name in (*alive, *delete, *insert):
            self._column(name, table)
        for word, said in (("insert", insert), ("delete", delete)):
            try:
                stated.check(said)
            except ConfigError as wrong:
                raise self._wrong(f"link: {word}: {wrong}") from wrong
        for name in where:
            if name not in table.c:
                raise ConfigError(f"where: table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
        return Link(
            table=table,
            parent=self._column(words.get("parent"), table),
            ref=self._column(words.get("ref"), table),
            primary=self._column(words["primary"], table) if "primary" in words else None,
            alive=constants(table, alive),
            delete=constants(table, delete),
            insert=insert,
            where=constants(table, where),
        )

    def living(self) -> list[sa.ColumnElement[bool]]:
        """That a shared row counts."""
        return [matches(self.table.c[name], value) for name, value in self.alive.items()]

    def sides(self, link: Link) -> list[Side]:
        """Links, and the shared rows by way of them."""
        via = Via(link.table, link.ref.name, self.key.name)
        return [
            Side(link.table, link.parent.name, link.where),
            Side(self.table, link.parent.name, link.where, via),
        ]

    def first(self, link: Link, owner: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        """The primary value of the entity whose key is `owner`, as a column of a select that has it."""
        joined = link.table.join(self.table, link.ref == self.key)
        found = sa.select(self.value).select_from(joined).where(link.parent == owner, *link.living(), *self.living())
        return found.order_by(*link.order()).limit(1).correlate_except(link.table, self.table).scalar_subquery()

    def is_of(self, link: Link, owner: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
        """That the entity whose key is `owner` has this value."""
        joined = link.table.join(self.table, link.ref == self.key)
        found = sa.select(sa.literal(1)).select_from(joined)
        found = found.where(link.parent == owner, self.found_by == self.fold(text), *link.living(), *self.living())
        return sa.exists(found.correlate_except(link.table, self.table))

    def key_of(self, connection: Connection, text: str, who: Principal, now: Now, types: Iterable[str] = ()) -> Any:
        """The key of the shared row of this value: a living one, else one brought back, else a new one."""
        wanted = sa.select(self.key).where(self.found_by == self.fold(text)).order_by(self.key).limit(1)
        found = connection.execute(wanted.where(*self.living())).scalar()
        if found is not None:
            return found
        found = connection.execute(wanted).scalar() if self.alive else None
        if found is not None:
            connection.execute(sa.update(self.table).where(self.key == found).values(dict(self.alive)))
            return found
        row: dict[str, Any] = {self.value.name: self.form(text), self.found_by.name: self.fold(text)}
        row |= {name: fold(text) for name, fold in self.also.items()}
        row |= dict(self.alive) | stated.columns(self.set, self.table, who, now)
        if self.type is not None:
            row[self.type.name] = self.word(types)
        made = keys.new_key(self.new_key)
        if made is not None:
            row[self.key.name] = made
        done = connection.execute(sa.insert(self.table).values(row))
        return made if made is not None else done.inserted_primary_key[0] if done.inserted_primary_key else None

    def word(self, types: Iterable[str]) -> str | None:
        """The CRM's word for the first type that it has one for; its word for anything else where there is one."""
        given = set(types)
        for word, kind in self.types.items():
            if kind and kind in given:
                return word
        return next((word for word, kind in self.types.items() if not kind), None)

    def kinds(self, word: object) -> tuple[str, ...]:
        """The types the CRM's word stands for."""
        kind = self.types.get(str(word), "")
        return (kind,) if kind else ()
