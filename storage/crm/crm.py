"""A mapping that has met its database: tables reflected, columns found, conditions and forms made.

Everything that can be wrong with a mapping shows here, before anything is served. What comes out is read-only and
shared by all threads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError, NotFound
from gateway.core.ids import EntityKey
from gateway.core.model import Principal, Shape
from gateway.formats import codec_for
from gateway.formats.codec import Codec
from storage.crm import keys, stated
from storage.crm.conditions import Scope, condition
from storage.crm.forms import Form, Place, Users, form
from storage.crm.forms.form import Shown, Side
from storage.crm.mapping import CrmMapping, EntityWords, View
from storage.crm.message_tables import MessageColumns, bind_message
from storage.crm.shared import Shared
from storage.crm.user_table import Zones, user_table

USER = "user"
"""What the users' table is called where entities are named."""

KEPT = "kept"
"""The entity of what the gateway keeps by itself: messages in mailboxes that are no view of the CRM."""


@dataclass(frozen=True)
class BoundEntity:
    """One entity with its tables."""

    name: str
    words: EntityWords
    table: sa.Table
    key: sa.Column[Any]
    owner: sa.Column[Any] | None
    alive: sa.ColumnElement[bool]
    forms: Mapping[str, Form]
    sides: Sequence[Side]
    shown: Sequence[Shown]
    message: MessageColumns | None

    @cached_property
    def derived(self) -> Mapping[str, frozenset[str]]:
        """For each field that is made of columns of others: these others."""
        return {
            name: frozenset(
                other
                for other, form in self.forms.items()
                if not form.is_derived and set(form.columns()) & set(made.columns())
            )
            for name, made in self.forms.items()
            if made.is_derived
        }

    def birth(self, who: Principal, now: dt.datetime) -> dict[str, Any]:
        """What a new row gets whatever it is: its key where we make it, stamps, what the mapping states."""
        made = keys.new_key(self.words.new_key)
        columns: dict[str, Any] = {} if made is None else {self.key.name: made}
        columns |= dict.fromkeys(self.words.stamps.values(), now)
        return columns | stated.columns(self.words.insert, self.table, who, now)

    def change(self, who: Principal, now: dt.datetime) -> dict[str, Any]:
        """What every change sets beside what is changed."""
        columns = {self.words.stamps["modified"]: now} if "modified" in self.words.stamps else {}
        return columns | stated.columns(self.words.update, self.table, who, now)

    def key_value(self, key: EntityKey) -> Any:
        """The key as its column has it. Raises NotFound for text that is no such key."""
        try:
            return self.key.type.python_type(key)
        except (ValueError, NotImplementedError):
            raise NotFound("No such row.") from None


@dataclass(frozen=True, slots=True)
class BoundUsers:
    """The users' columns; those the CRM has not are None.

    `base` is the users' table, `table` what their columns belong to: the same, or a select over it
    (`storage.crm.user_table`), whose other tables are the `sides`.
    """

    base: sa.Table
    table: sa.FromClause
    key: sa.ColumnElement[Any]
    login: sa.ColumnElement[Any]
    name: sa.ColumnElement[Any]
    address: sa.ColumnElement[Any]
    password: sa.ColumnElement[Any]
    timezone: sa.ColumnElement[Any] | None
    group: sa.ColumnElement[Any] | None
    active: sa.ColumnElement[Any] | None
    alive: sa.ColumnElement[bool]
    sides: Sequence[Side] = ()
    zones: Zones = field(default_factory=Zones)
    shown: tuple[str, ...] = ()
    """Columns of the users' table that are seen in name, address and zone."""

    def seen(self) -> list[sa.Column[Any]]:
        """The columns of the users' table whose change means something to the gateway."""
        own = [str(one.key) for one in (self.login, self.password, self.group, self.active) if one is not None]
        names = dict.fromkeys([*own, *self.shown, "deleted"])
        return [self.base.c[name] for name in names if name in self.base.c]


@dataclass(frozen=True, slots=True)
class BoundView:
    """One view; `filter` joins rows and users, or rows alone where the view is shared, and is None for kept mailboxes."""

    view: View
    entity: BoundEntity | None
    filter: sa.ColumnElement[bool] | None
    codec: Codec | None


class Crm:
    """The whole of it."""

    def __init__(self, mapping: CrmMapping, connection: Connection) -> None:
        """Raises ConfigError where mapping and database do not agree."""
        self.mapping = mapping
        self._metadata = sa.MetaData()
        self._connection: Connection | None = connection
        self._shared: dict[str, Shared] = {}
        self.users = self._users()
        self.entities = {name: self._entity(words) for name, words in mapping.entities.items()}
        self.views = {name: self._view(view) for name, view in mapping.views.items()}
        self._connection = None

    def views_of(self, entity: str) -> Iterator[BoundView]:
        """The views that show this entity."""
        return (bound for bound in self.views.values() if bound.view.entity == entity)

    def shape_of(self, entity: str) -> Shape:
        """The shape an entity is served in; an entity has one."""
        return next(bound.view.shape for bound in self.views_of(entity))

    def codec_of(self, entity: str) -> Codec | None:
        """The codec of the entity's documents; None for messages."""
        return next((bound.codec for bound in self.views_of(entity)), None)

    def dependants(self, entity: str) -> Iterator[tuple[BoundEntity, Shown]]:
        """Which other entities show something of this one, and how to find them."""
        for bound in self.entities.values():
            for shown in bound.shown:
                if shown.entity == entity:
                    yield bound, shown

    def _table(self, name: str) -> sa.Table:
        if self._connection is None:
            raise RuntimeError("tables are looked up while the mapping is bound")
        schema, _, bare = name.rpartition(".")
        try:
            table = sa.Table(
                bare, self._metadata, schema=schema or None, autoload_with=self._connection, resolve_fks=False
            )
        except sa.exc.NoSuchTableError:
            raise ConfigError(f"{self.mapping.file}: the database has no table {name!r}") from None
        if self._connection.dialect.name == "sqlite":
            for column in table.columns:
                if isinstance(column.type, sa.DateTime):
                    column.type = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
        return table

    def _column(self, table: sa.Table, name: str, key: str) -> sa.Column[Any]:
        if name not in table.c:
            raise ConfigError(f"{self.mapping.file}: {key}: table {table.name!r} has no column {name!r}")
        return table.c[name]

    def _users(self) -> BoundUsers:
        words = self.mapping.users
        base = self._table(words.table)

        def own(within: sa.Table, name: str) -> sa.Column[Any]:
            return self._column(within, name, "[crm.users]")

        for name in (words.key, words.login, words.password):
            own(base, name)
        made = user_table(base, words, self.shared, own, self._table)
        table = made.table

        def column(name: str) -> sa.ColumnElement[Any]:
            return own(base, name) if table is base else table.c[name] if name in table.c else own(base, name)

        def maybe(name: str) -> sa.ColumnElement[Any] | None:
            return column(name) if name else None

        scope = Scope(table, table, self._table)
        return BoundUsers(
            base=base,
            table=table,
            sides=made.sides,
            zones=made.zones,
            shown=made.seen,
            key=column(words.key),
            login=column(words.login),
            name=column(made.name),
            address=column(made.address),
            password=column(words.password),
            timezone=maybe(made.timezone),
            group=maybe(words.group),
            active=maybe(words.active),
            alive=self._condition(words.alive, scope, "[crm.users] alive"),
        )

    def shared(self, name: str) -> Shared:
        """A table of shared values by its name in `[crm.shared]`."""
        if name not in self._shared:
            where = f"{self.mapping.file}: [crm.shared.{name}]"
            if not isinstance(self.mapping.shared.get(name), dict):
                raise ConfigError(f"{where}: there is no such table of words")
            self._shared[name] = Shared(where, self.mapping.shared[name], self._table)
        return self._shared[name]

    def _stated(self, words: Mapping[str, Any], table: sa.Table, where: str) -> None:
        for column in words:
            self._column(table, column, where)
        try:
            stated.check(words)
        except ConfigError as wrong:
            raise ConfigError(f"{self.mapping.file}: {where}: {wrong}") from wrong

    def _condition(self, text: str, scope: Scope, key: str) -> sa.ColumnElement[bool]:
        if not text:
            return sa.true()
        try:
            return condition(text, scope)
        except ConfigError as wrong:
            raise ConfigError(f"{self.mapping.file}: {key}: {wrong}") from wrong

    def _entity(self, words: EntityWords) -> BoundEntity:
        table = self._table(words.table)
        where = f"[entity.{words.name}]"
        key = self._column(table, words.key, where)
        for column in (*words.delete, *words.stamps.values()):
            self._column(table, column, where)
        self._stated(words.insert, table, f"{where} insert")
        self._stated(words.update, table, f"{where} update")
        try:
            keys.check(words.new_key)
        except ConfigError as wrong:
            raise ConfigError(f"{self.mapping.file}: {where} new_key: {wrong}") from wrong
        users = Users(self.users.key, self.users.address, self.users.name, self.users.table)
        place = partial(Place, self.mapping.file, words.name)
        outside = partial(place, base=table, key=words.key, table=self._table, shared=self.shared)
        forms = {
            name: form(outside(field=name, zone=self.mapping.days), content, users)
            for name, content in words.fields.items()
        }
        message = bind_message(outside(field="message"), words.message) if words.message else None
        sides = [side for made in forms.values() for side in made.sides()]
        if message is not None:
            sides += message.sides(key)
        return BoundEntity(
            name=words.name,
            words=words,
            table=table,
            key=key,
            owner=self._column(table, words.owner, where) if words.owner else None,
            alive=self._condition(words.alive, Scope(table, None, self._table), f"{where} alive"),
            forms=forms,
            sides=sides,
            shown=[shown for made in forms.values() for shown in made.shown()],
            message=message,
        )

    def _view(self, view: View) -> BoundView:
        if not view.entity:
            return BoundView(view, None, None, None)
        entity = self.entities[view.entity]
        self._stated(view.set, entity.table, f"[view.{view.name}] set")
        user = None if view.is_shared else self.users.table
        seen = self._condition(view.filter, Scope(entity.table, user, self._table), f"[view.{view.name}] filter")
        made = None if view.shape is Shape.MESSAGE else codec_for(view.shape, entity.words.custom)
        return BoundView(view, entity, sa.and_(entity.alive, seen), made)
