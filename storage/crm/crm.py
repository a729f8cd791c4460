"""A mapping that has met its database: tables reflected, columns found, conditions and forms made.

Everything that can be wrong with a mapping shows here, all of it at once and before anything is served: words that
could not be read, tables and columns that are not there, columns of a kind a form cannot take, tables the gateway may
not read. What comes out is read-only and shared by all threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError, NotFound, UnsupportedContent
from gateway.core.ids import EntityKey
from gateway.core.model import Shape
from gateway.formats import codec_for
from gateway.formats.codec import Codec
from gateway.runtime.lines import ConfigErrors, near, problems_of
from storage.crm.conditions import Scope, condition
from storage.crm.forms import Form, Place, Reference, Users, form
from storage.crm.forms.form import Shown, Side
from storage.crm.mapping import CrmMapping, EntityWords, View
from storage.faults import readable

USER = "user"
"""What the users' table is called where entities are named."""

MESSAGE_WORDS: Final = (
    "message_id", "subject", "from_address", "from_name", "sent", "text", "html", "in_reply_to", "references", "addresses",
)  # fmt: skip
"""What `[entity.NAME.message]` takes: the column of each part, and the table of the recipients."""
ADDRESS_WORDS: Final = ("table", "parent", "kind", "address", "name", "alive")
"""What its `addresses` takes."""

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
        """Raises ConfigErrors, a line for each place where mapping and database do not agree."""
        self.mapping = mapping
        self._metadata = sa.MetaData()
        self._connection: Connection | None = connection
        self._problems = list(mapping.problems)
        self.entities: dict[str, BoundEntity] = {}
        self.views: dict[str, BoundView] = {}
        self._bind()
        self._probe(connection)
        self._connection = None
        if self._problems:
            raise ConfigErrors(self._problems)

    def _bind(self) -> None:
        broken = self.mapping.broken
        with self._noting():
            if "crm.users" not in broken:
                self.users = self._users()
        if not hasattr(self, "users"):
            return  # everything else speaks of users
        for name, words in self.mapping.entities.items():
            with self._noting():
                if f"entity.{name}" not in broken:
                    self.entities[name] = self._entity(words)
        for name, view in self.mapping.views.items():
            with self._noting():
                if f"view.{name}" not in broken and (not view.entity or view.entity in self.entities):
                    self.views[name] = self._view(view)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What is wrong inside is noted, and the next thing looked at."""
        try:
            yield
        except ConfigError as wrong:
            self._problems.extend(problems_of(wrong))

    def _probe(self, connection: Connection) -> None:
        """Whether every table may be read, in all its columns: better said now than at the first request."""
        for table in self._metadata.tables.values():
            try:
                connection.execute(sa.select(*table.columns).where(sa.false())).close()
            except sa.exc.DBAPIError as fault:
                connection.rollback()
                self._problems.append(
                    f"{self.mapping.file}: the database account may not read the table {table.fullname!r}: "
                    f"{readable(fault)}"
                )

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
            known = sa.inspect(self._connection).get_table_names(schema or None)
            raise ConfigError(f"the database has no table {name!r}{near(bare, known)}") from None
        if self._connection.dialect.name == "sqlite":
            for column in table.columns:
                if isinstance(column.type, sa.DateTime):
                    column.type = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
        return table

    def _table_at(self, name: str, *path: str | int) -> sa.Table:
        try:
            return self._table(name)
        except ConfigError as wrong:
            raise self.mapping.wrong(path, str(wrong)) from wrong

    def _column(self, table: sa.Table, name: object, *path: str | int) -> sa.Column[Any]:
        if not isinstance(name, str) or name not in table.c:
            raise self.mapping.wrong(path, f"table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
        return table.c[name]

    def _users(self) -> BoundUsers:
        words = self.mapping.users
        table = self._table_at(words.table, "crm", "users", "table")
        found: dict[str, sa.Column[Any]] = {}
        for name in ("key", "login", "name", "address", "password", "timezone", "group", "active"):
            if column := getattr(words, name):
                with self._noting():
                    found[name] = self._column(table, column, "crm", "users", name)
        alive: sa.ColumnElement[bool] = sa.true()
        with self._noting():
            alive = self._condition(words.alive, Scope(table, table, self._table), "crm", "users", "alive")
        if not found.keys() >= {"key", "login", "name", "address", "password"}:
            raise ConfigErrors(())
        return BoundUsers(
            table=table,
            key=found["key"],
            login=found["login"],
            name=found["name"],
            address=found["address"],
            password=found["password"],
            timezone=found.get("timezone"),
            group=found.get("group"),
            active=found.get("active"),
            alive=alive,
        )

    def _condition(self, text: str, scope: Scope, *path: str | int) -> sa.ColumnElement[bool]:
        if not text:
            return sa.true()
        try:
            return condition(text, scope)
        except ConfigError as wrong:
            raise self.mapping.wrong(path, str(wrong)) from wrong

    def _entity(self, words: EntityWords) -> BoundEntity:
        path = ("entity", words.name)
        table = self._table_at(words.table, *path, "table")
        key = self._column(table, words.key, *path, "key")
        for column in words.delete:
            with self._noting():
                self._column(table, column, *path, "delete", column)
        for stamp, column in words.stamps.items():
            with self._noting():
                self._column(table, column, *path, "stamps", stamp)
        forms: dict[str, Form] = {}
        for name, content in words.fields.items():
            with self._noting():
                forms[name] = self._form(words, name, content, table)
        message, owner = None, None
        alive: sa.ColumnElement[bool] = sa.true()
        with self._noting():
            message = self._message(words, table) if words.message else None
        with self._noting():
            owner = self._column(table, words.owner, *path, "owner") if words.owner else None
        with self._noting():
            alive = self._condition(words.alive, Scope(table, None, self._table), *path, "alive")
        sides = [side for made in forms.values() for side in made.sides()]
        if message is not None and message.addresses is not None:
            sides.append(Side(message.addresses.table, message.addresses.parent.name))
        return BoundEntity(
            name=words.name,
            words=words,
            table=table,
            key=key,
            owner=owner,
            alive=alive,
            forms=forms,
            sides=sides,
            shown=[shown for made in forms.values() for shown in made.shown()],
            message=message,
        )

    def _form(self, words: EntityWords, name: str, content: Any, table: sa.Table) -> Form:
        users = Users(self.users.table, self.users.key.name, self.users.address.name, self.users.name.name)
        said = self.mapping.columns.get((words.name, name))
        path = ("entity", words.name, *(("custom", said) if said else ("fields", name)))
        place = Place(self.mapping.sources.at(*path), words.name, name, table, words.key, self._table)
        try:
            made = form(place, content, users)
        except ConfigError as wrong:
            # The database does not know where in the file it was asked about, nor a form that it stands in `custom`.
            text = str(wrong).removeprefix(f"{place.file}: [entity.{words.name}.fields] {name}: ")
            raise self.mapping.wrong(path, text) from wrong
        except (TypeError, ValueError, AttributeError, KeyError) as wrong:
            raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong
        if isinstance(made, Reference) and made.entity not in self.mapping.entities:
            raise place.wrong(f"there is no entity {made.entity!r}{near(made.entity, self.mapping.entities)}")
        return made

    def _message(self, words: EntityWords, table: sa.Table) -> MessageColumns:
        path = ("entity", words.name, "message")
        columns: dict[str, sa.Column[Any]] = {}
        for part, name in words.message.items():
            with self._noting():
                if part not in MESSAGE_WORDS:
                    raise self.mapping.wrong((*path, part), f"unknown word {part!r}{near(part, MESSAGE_WORDS)}")
                if part != "addresses":
                    columns[part] = self._column(table, name, *path, part)
        said = words.message.get("addresses")
        return MessageColumns(columns, None if said is None else self._addresses(said, *path, "addresses"))

    def _addresses(self, said: Any, *path: str) -> AddressTable:
        if not isinstance(said, dict):
            raise self.mapping.wrong(path, "expected a table")
        unknown = [name for name in said if name not in ADDRESS_WORDS]
        if unknown:
            raise self.mapping.wrong((*path, unknown[0]), f"unknown word{near(unknown[0], ADDRESS_WORDS)}")
        side = self._table_at(str(said.get("table", "")), *path, "table")
        for column in said.get("alive", {}):
            self._column(side, column, *path, "alive", column)
        return AddressTable(
            table=side,
            parent=self._column(side, said.get("parent"), *path, "parent"),
            kind=self._column(side, said.get("kind"), *path, "kind"),
            address=self._column(side, said.get("address"), *path, "address"),
            name=self._column(side, said["name"], *path, "name") if "name" in said else None,
            alive=dict(said.get("alive", {})),
        )

    def _view(self, view: View) -> BoundView:
        if not view.entity:
            return BoundView(view, None, None, None)
        path = ("view", view.name)
        entity = self.entities[view.entity]
        for column in view.set:
            with self._noting():
                self._column(entity.table, column, *path, "set", column)
        user = None if view.is_shared else self.users.table
        seen = self._condition(view.filter, Scope(entity.table, user, self._table), *path, "filter")
        try:
            made = None if view.shape is Shape.MESSAGE else codec_for(view.shape, entity.words.custom)
        except UnsupportedContent as wrong:
            raise self.mapping.wrong((*path, "shape"), str(wrong)) from wrong
        return BoundView(view, entity, sa.and_(entity.alive, seen), made)
