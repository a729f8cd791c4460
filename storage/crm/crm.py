"""A mapping that has met its database: tables reflected, columns found, conditions and forms made.

Everything that can be wrong with a mapping shows here, all of it at once and before anything is served: words that
could not be read, tables and columns that are not there, columns of a kind a form cannot take, tables the gateway may
not read. What comes out is read-only and shared by all threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError, UnsupportedContent
from gateway.core.model import Shape
from gateway.formats import codec_for
from gateway.formats.codec import Codec
from gateway.runtime.lines import ConfigErrors, near, problems_of
from storage.crm import counters, keys, stated
from storage.crm.also import Also
from storage.crm.bound import BoundEntity, BoundUsers, BoundView
from storage.crm.clocks import Clocks
from storage.crm.conditions import Scope, condition, heard
from storage.crm.derived import Derived, bind_derived
from storage.crm.files import Files
from storage.crm.forms import Form, Place, Reference, Users, form
from storage.crm.forms.form import Shown, Side
from storage.crm.forms.owner_link import bind_owner
from storage.crm.mapping import CrmMapping, EntityWords, UserWords, View
from storage.crm.mapping import shown as shown_as
from storage.crm.message_files import MessageFiles
from storage.crm.message_tables import MessageColumns
from storage.crm.message_words import Ground, bind_message
from storage.crm.parts import Body, Part, bind_body
from storage.crm.shared import Shared
from storage.crm.user_groups import groups
from storage.crm.user_password import held_password
from storage.crm.user_table import UserTable, Zones, user_table
from storage.faults import readable

T = TypeVar("T")

_NEEDED: Final = ("key", "login", "name", "address")
"""Without these columns there are no users."""
_PREFIX: Final = "{prefix}"
"""Stands for `[crm] prefix` in the names of tables."""


class Crm:
    """The whole of it."""

    def __init__(self, mapping: CrmMapping, connection: Connection, files: Files | None = None) -> None:
        """Raises ConfigErrors, a line for each place where mapping and database do not agree."""
        self.mapping = mapping
        self.clocks = Clocks(mapping.zone, mapping.days)
        self.files = files or Files(None)
        self._metadata = sa.MetaData()
        self._connection: Connection | None = connection
        self._problems = list(mapping.problems)
        self._shared: dict[str, Shared] = {}
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
        self._check_polled()

    def _check_polled(self) -> None:
        """Whether the tables that get no triggers are any the mapping reads; only where all of it could be bound."""
        read = {name for table in self._metadata.tables.values() for name in (table.name, table.fullname)}
        for name in self.mapping.polled if not self._problems else ():
            if name not in read:
                wrong = self.mapping.wrong(("crm", "polled"), f"no entity reads the table {name!r}{near(name, read)}")
                self._problems.extend(wrong.problems)

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
        name = name.replace(_PREFIX, self.mapping.prefix)
        schema, _, bare = name.rpartition(".")
        try:
            with warnings.catch_warnings():
                # A column of a kind that SQLAlchemy does not know, a point on a map, is none that a mapping names.
                warnings.filterwarnings("ignore", "Did not recognize type", sa.exc.SAWarning)
                table = sa.Table(
                    bare,
                    self._metadata,
                    schema=schema or None,
                    autoload_with=self._connection,
                    resolve_fks=False,
                    # SQL Server lets a table with triggers have no OUTPUT, which is how it would return new keys.
                    implicit_returning=self._connection.dialect.name != "mssql",
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
        path = ("crm", "users")
        base = self._table_at(words.table, *path, "table")
        absent = set()
        for name in (*_NEEDED, "timezone", "group", "active"):
            said = getattr(words, name)
            for column in said if isinstance(said, list) else [said]:
                if isinstance(column, str) and column and column not in base.c:
                    absent.add(name)
                    with self._noting():
                        self._column(base, column, *path, name)
        lacking: dict[str, Any] = dict.fromkeys(absent - set(_NEEDED), "")
        words = replace(words, **lacking)
        made, held, belongs = UserTable(base, "", "", "", (), (), Zones()), None, None
        with self._noting():
            if not absent & set(_NEEDED):
                made = self._user_table(base, words)
        with self._noting():
            held = self._user_part("password", lambda: held_password(base, words.password, self._table))
        with self._noting():
            belongs = self._user_part("groups", lambda: groups(words.groups, self._table))
        table = made.table
        alive: sa.ColumnElement[bool] = sa.true()
        with self._noting():
            alive = self._condition(words.alive, Scope(table, table, self._table), *path, "alive")
        if not made.name:
            raise ConfigErrors(())
        return BoundUsers(
            base=base,
            table=table,
            sides=[*made.sides, *([belongs.side()] if belongs is not None else [])],
            held=held,
            groups=belongs,
            zones=made.zones,
            clocks=self.clocks,
            shown=made.seen,
            key=table.c[words.key],
            login=table.c[words.login],
            name=table.c[made.name],
            address=table.c[made.address],
            password=table.c[held.column] if held is not None else None,
            timezone=table.c[made.timezone] if made.timezone else None,
            group=table.c[words.group] if words.group else None,
            active=table.c[words.active] if words.active else None,
            alive=alive,
        )

    def _user_part(self, name: str, made: Callable[[], T]) -> T:
        try:
            return made()
        except (ConfigError, TypeError, ValueError) as wrong:
            raise self.mapping.wrong(("crm", "users", name), str(wrong).removeprefix(f"{name}: ")) from wrong

    def _user_table(self, base: sa.Table, words: UserWords) -> UserTable:
        try:
            return user_table(base, words, self.shared, self._table)
        except ConfigErrors:
            raise
        except (ConfigError, TypeError, ValueError) as wrong:
            raise self.mapping.wrong(("crm", "users"), str(wrong)) from wrong

    def shared(self, name: str) -> Shared:
        """A table of shared values by its name in `[crm.shared]`.

        Raises ConfigErrors for what is wrong there, ConfigError where there is none of this name.
        """
        if name in self._shared:
            return self._shared[name]
        path = ("crm", "shared", name)
        words = self.mapping.shared.get(name)
        if not isinstance(words, dict):
            raise ConfigError(f"there is no [crm.shared.{name}]{near(name, self.mapping.shared)}")
        try:
            made = Shared(f"{self.mapping.sources.at(*path)}: {shown_as(path)}", words, self._table)
        except (TypeError, ValueError, AttributeError) as wrong:
            raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong
        self._shared[name] = made
        return made

    def _stated(self, words: Mapping[str, Any], table: sa.Table, *path: str) -> None:
        for column, word in words.items():
            with self._noting():
                self._column(table, column, *path, column)
                try:
                    stated.check({column: word})
                except ConfigError as wrong:
                    text = str(wrong).removeprefix(f"{column}: ")
                    raise self.mapping.wrong((*path, column), text) from wrong

    def _condition(self, text: str, scope: Scope, *path: str | int) -> sa.ColumnElement[bool]:
        if not text:
            return sa.true()
        try:
            return condition(text, scope)
        except ConfigError as wrong:
            raise self.mapping.wrong(path, str(wrong)) from wrong

    def _entity(self, words: EntityWords) -> BoundEntity:
        path = ("entity", words.name)
        body = self._body(words)
        table = body.table
        for column in words.delete:
            with self._noting():
                self._column(table, column, *path, "delete", column)
        if words.uid:
            with self._noting():
                self._column(table, words.uid, *path, "uid")
        for stamp, column in words.stamps.items():
            with self._noting():
                self._column(table, column, *path, "stamps", stamp)
        self._stated(words.insert, table, *path, "insert")
        self._stated(words.update, table, *path, "update")
        new_key: str | counters.Counter = keys.AUTOINCREMENT
        number: counters.Number | counters.Highest | None = None
        with self._at(*path, "new_key"):
            new_key = counters.bind_key(words.new_key, self._table)
        with self._at(*path, "number"):
            number = counters.bind_number(words.number, self._table, table) if words.number else None
            if number is not None:
                self._column(table, number.column, *path, "number", "column")
        forms: dict[str, Form] = {}
        for name, content in words.fields.items():
            with self._noting():
                forms[name] = self._form(words, name, content, table)
        message, owner, owner_link = None, None, None
        alive: sa.ColumnElement[bool] = sa.true()
        asked = ""
        with self._noting():
            message = self._message(words, body) if words.message else None
        with self._noting():
            if isinstance(words.owner, Mapping):
                owner_link = bind_owner(
                    words.owner, self._table, lambda what: self.mapping.wrong((*path, "owner"), what)
                )
            else:
                owner = self._column(table, words.owner, *path, "owner") if words.owner else None
        with self._noting():
            alive = self._condition(words.alive, Scope(table, None, self._table), *path, "alive")
            asked = words.alive
        derived: dict[str, Derived] = {}
        for name, said in words.derived.items():
            with self._at(*path, "derived", name):
                self._column(table, name, *path, "derived", name)
                derived[name] = bind_derived(said, forms, table.c.keys())
        also: list[Also] = []
        for which, said in enumerate(words.also):
            with self._at(*path, "also", which):
                scope = Scope(table, None, self._table)
                also.append(Also(said, self._table, partial(condition, scope=scope), forms, table.c.keys()))
        sides = [Side(part.table, part.key.name, part.set) for part in body.parts[1:]]
        sides += [side for made in forms.values() for side in made.sides()]
        if message is not None:
            sides += message.sides(body)
        if owner_link is not None:
            sides.append(owner_link.side())
        self._hear(asked, Scope(table, None, self._table), body.key, sides)
        return BoundEntity(
            name=words.name,
            words=words,
            body=body,
            new_key=new_key,
            number=number,
            derived_columns=derived,
            also=also,
            owner=owner,
            alive=alive,
            forms=forms,
            sides=sides,
            shown=[shown for made in forms.values() for shown in made.shown()],
            message=message,
            owner_link=owner_link,
            clocks=self.clocks,
        )

    def _body(self, words: EntityWords) -> Body:
        path = ("entity", words.name)
        if words.tables[0].keys() == {"table", "key"} and len(words.tables) == 1:
            table = self._table_at(words.table, *path, "table")
            return Body(words.name, [Part(table, self._column(table, words.key, *path, "key"), {})])

        def wrong(number: int, word: str, what: str) -> ConfigError:
            return self.mapping.wrong((*path, "tables", number, word), what)

        return bind_body(words.name, words.tables, self._table, wrong)

    @contextmanager
    def _at(self, *path: str | int) -> Iterator[None]:
        """What is wrong inside is noted with the place it was said at."""
        with self._noting():
            try:
                yield
            except ConfigErrors:
                raise
            except ConfigError as wrong:
                raise self.mapping.wrong(path, str(wrong)) from wrong
            except (TypeError, ValueError, AttributeError, KeyError) as wrong:
                raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong

    def _form(self, words: EntityWords, name: str, content: Any, table: sa.Table) -> Form:
        users = Users(self.users.key, self.users.address, self.users.name, self.users.table)
        said = self.mapping.columns.get((words.name, name))
        path = ("entity", words.name, *(("custom", said) if said else ("fields", name)))
        file = self.mapping.sources.at(*path)
        place = Place(
            file, words.name, name, table, words.key, self._table, self.shared, self.clocks, words.fields, self.files
        )
        try:
            made = form(place, content, users)
        except ConfigErrors:
            raise
        except ConfigError as wrong:
            # The database does not know where in the file it was asked about, nor a form that it stands in `custom`.
            text = str(wrong).removeprefix(f"{place.file}: [entity.{words.name}.fields] {name}: ")
            raise self.mapping.wrong(path, text) from wrong
        except (TypeError, ValueError, AttributeError, KeyError) as wrong:
            raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong
        if isinstance(made, Reference) and made.entity not in self.mapping.entities:
            raise place.wrong(f"there is no entity {made.entity!r}{near(made.entity, self.mapping.entities)}")
        return made

    def _message(self, words: EntityWords, body: Body) -> MessageColumns:
        path = ("entity", words.name, "message")

        def wrong(what: str, *within: str | int) -> ConfigError:
            return self.mapping.wrong((*path, *within), what)

        def column(of: sa.Table, name: object, *within: str | int) -> sa.Column[Any]:
            return self._column(of, name, *path, *within)

        def other(name: str, *within: str | int) -> sa.Table:
            return self._table_at(name, *path, *within)

        def shared(name: object, *within: str | int) -> Shared:
            try:
                return self.shared(str(name))
            except ConfigErrors:
                raise
            except ConfigError as lacking:
                raise wrong(str(lacking), *within) from lacking

        def files(said: Mapping[str, Any]) -> MessageFiles:
            return MessageFiles(said, body, self._table, self.files, self.clocks)

        ground = Ground(body.table, body.parts[0], other, column, shared, files, wrong, self._noting, self.clocks)
        return bind_message(ground, words.message)

    def _view(self, view: View) -> BoundView:
        if not view.entity:
            return BoundView(view, None, None, None)
        path = ("view", view.name)
        entity = self.entities[view.entity]
        self._stated(view.set, entity.table, *path, "set")
        for word, said in (("reader", view.reader), ("expunge", view.expunge)):
            for column in said:
                if not any(column in one.table.c for one in (entity.message.readers if entity.message else ())):
                    with self._noting():
                        raise self.mapping.wrong((*path, word, column), f"no table of readers has a column {column!r}")
        user = None if view.is_shared else self.users.table
        in_groups = self.users.in_groups if user is not None and self.users.groups is not None else None
        seen = self._condition(view.filter, Scope(entity.table, user, self._table, in_groups), *path, "filter")
        try:
            made = None if view.shape is Shape.MESSAGE else codec_for(view.shape, entity.words.custom)
        except UnsupportedContent as wrong:
            raise self.mapping.wrong((*path, "shape"), str(wrong)) from wrong
        self._hear(view.filter, Scope(entity.table, user, self._table, in_groups), entity.key, entity.sides)
        return BoundView(view, entity, sa.and_(entity.alive, seen), made)

    def _hear(self, text: str, scope: Scope, key: sa.Column[Any], sides: list[Side]) -> None:
        """Have the tables watched that a condition asks about a row."""
        for name, column, of in heard(text, scope):
            table = self._table(name)
            known = any(
                side.table is table and side.parent == column and not (side.where or side.via) for side in sides
            )
            if of == key.key and not known:
                sides.append(Side(table, column))
