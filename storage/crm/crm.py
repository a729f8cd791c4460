"""A mapping that has met its database: tables reflected, columns found, conditions and forms made.

Everything that can be wrong with a mapping shows here, before anything is served. What comes out is read-only and
shared by all threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError, NotFound
from gateway.core.ids import EntityKey
from gateway.core.model import Shape
from gateway.formats import codec_for
from gateway.formats.codec import Codec
from storage.crm.conditions import Scope, condition
from storage.crm.forms import Form, Place, Users, form
from storage.crm.forms.form import Shown, Side
from storage.crm.mapping import CrmMapping, EntityWords, View

USER = "user"
"""What the users' table is called where entities are named."""

KEPT = "kept"
"""The entity of what the gateway keeps by itself: messages in mailboxes that are no view of the CRM."""


@dataclass(frozen=True, slots=True)
class AddressTable:
    """Where an e-mail's recipients stand."""

    table: sa.Table
    parent: sa.Column[Any]
    kind: sa.Column[Any]
    address: sa.Column[Any]
    name: sa.Column[Any] | None
    alive: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageColumns:
    """Which columns make an e-mail: a column name for each of its parts, and the table of addresses."""

    columns: Mapping[str, sa.Column[Any]]
    addresses: AddressTable | None


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

    def key_value(self, key: EntityKey) -> Any:
        """The key as its column has it. Raises NotFound for text that is no such key."""
        try:
            return self.key.type.python_type(key)
        except (ValueError, NotImplementedError):
            raise NotFound("No such row.") from None


@dataclass(frozen=True, slots=True)
class BoundUsers:
    """The users' table with its columns; those the CRM has not are None."""

    table: sa.Table
    key: sa.Column[Any]
    login: sa.Column[Any]
    name: sa.Column[Any]
    address: sa.Column[Any]
    password: sa.Column[Any]
    timezone: sa.Column[Any] | None
    group: sa.Column[Any] | None
    active: sa.Column[Any] | None
    alive: sa.ColumnElement[bool]

    def seen(self) -> list[sa.Column[Any]]:
        """The columns whose change means something to the gateway."""
        own = [self.login, self.name, self.address, self.password, self.timezone, self.group, self.active]
        extra = [self.table.c[name] for name in ("deleted",) if name in self.table.c]
        return [column for column in own if column is not None] + extra


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
        table = self._table(words.table)

        def column(name: str) -> sa.Column[Any]:
            return self._column(table, name, "[crm.users]")

        def maybe(name: str) -> sa.Column[Any] | None:
            return column(name) if name else None

        scope = Scope(table, table, self._table)
        return BoundUsers(
            table=table,
            key=column(words.key),
            login=column(words.login),
            name=column(words.name),
            address=column(words.address),
            password=column(words.password),
            timezone=maybe(words.timezone),
            group=maybe(words.group),
            active=maybe(words.active),
            alive=self._condition(words.alive, scope, "[crm.users] alive"),
        )

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
        users = Users(self.users.table, self.users.key.name, self.users.address.name, self.users.name.name)
        forms = {
            name: form(Place(self.mapping.file, words.name, name, table, words.key, self._table), content, users)
            for name, content in words.fields.items()
        }
        message = self._message(words, table) if words.message else None
        sides = [side for made in forms.values() for side in made.sides()]
        if message is not None and message.addresses is not None:
            sides.append(Side(message.addresses.table, message.addresses.parent.name))
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

    def _message(self, words: EntityWords, table: sa.Table) -> MessageColumns:
        where = f"[entity.{words.name}.message]"
        content = dict(words.message)
        addresses = content.pop("addresses", None)
        known = {
            "message_id",
            "subject",
            "from_address",
            "from_name",
            "sent",
            "text",
            "html",
            "in_reply_to",
            "references",
        }
        if unknown := set(content) - known:
            raise ConfigError(f"{self.mapping.file}: {where}: unknown word {min(unknown)!r}")
        columns = {part: self._column(table, str(name), where) for part, name in content.items()}
        if addresses is None:
            return MessageColumns(columns, None)
        side = self._table(str(addresses.get("table", "")))
        return MessageColumns(
            columns,
            AddressTable(
                table=side,
                parent=self._column(side, str(addresses.get("parent")), where),
                kind=self._column(side, str(addresses.get("kind")), where),
                address=self._column(side, str(addresses.get("address")), where),
                name=self._column(side, str(addresses["name"]), where) if "name" in addresses else None,
                alive=dict(addresses.get("alive", {})),
            ),
        )

    def _view(self, view: View) -> BoundView:
        if not view.entity:
            return BoundView(view, None, None, None)
        entity = self.entities[view.entity]
        for column in view.set:
            self._column(entity.table, column, f"[view.{view.name}] set")
        user = None if view.is_shared else self.users.table
        seen = self._condition(view.filter, Scope(entity.table, user, self._table), f"[view.{view.name}] filter")
        made = None if view.shape is Shape.MESSAGE else codec_for(view.shape, entity.words.custom)
        return BoundView(view, entity, sa.and_(entity.alive, seen), made)
