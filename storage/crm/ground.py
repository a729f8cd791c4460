"""Where a mapping is bound: how its tables and columns are looked for, and what is wrong with it noted.

Nothing that is wrong stops the look at the rest: it is noted with file, line and word, and all of it is said at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.runtime.lines import ConfigErrors, near, problems_of
from storage.crm import stated
from storage.crm.clocks import Clocks
from storage.crm.conditions import Scope, heard
from storage.crm.conditions import condition as parsed
from storage.crm.files import Files
from storage.crm.forms.form import Side
from storage.crm.mapping import CrmMapping
from storage.crm.mapping import shown as shown_as
from storage.crm.shared import Shared

_PREFIX: Final = "{prefix}"
"""Stands for `[crm] prefix` in the names of tables."""


class Ground:
    """One mapping in front of one database."""

    def __init__(self, mapping: CrmMapping, connection: Connection, files: Files) -> None:
        self.mapping, self.connection, self.files = mapping, connection, files
        self.clocks = Clocks(mapping.zone, mapping.days)
        self.metadata = sa.MetaData()
        self.problems = list(mapping.problems)
        self._shared: dict[str, Shared] = {}

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What is wrong inside is noted, and the next thing looked at."""
        try:
            yield
        except ConfigError as wrong:
            self.problems.extend(problems_of(wrong))

    @contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """What is wrong inside is noted with the place it was said at."""
        with self.noting():
            try:
                yield
            except ConfigErrors:
                raise
            except ConfigError as wrong:
                raise self.mapping.wrong(path, str(wrong)) from wrong
            except (TypeError, ValueError, AttributeError, KeyError) as wrong:
                raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong

    def table(self, name: str) -> sa.Table:
        """A table by its name, reflected once. Raises ConfigError where there is none."""
        name = name.replace(_PREFIX, self.mapping.prefix)
        schema, _, bare = name.rpartition(".")
        try:
            with warnings.catch_warnings():
                # A column of a kind that SQLAlchemy does not know, a point on a map, is none that a mapping names.
                warnings.filterwarnings("ignore", "Did not recognize type", sa.exc.SAWarning)
                table = sa.Table(
                    bare,
                    self.metadata,
                    schema=schema or None,
                    autoload_with=self.connection,
                    resolve_fks=False,
                    # SQL Server lets a table with triggers have no OUTPUT, which is how it would return new keys.
                    implicit_returning=self.connection.dialect.name != "mssql",
                )
        except sa.exc.NoSuchTableError:
            known = sa.inspect(self.connection).get_table_names(schema or None)
            raise ConfigError(f"the database has no table {name!r}{near(bare, known)}") from None
        if self.connection.dialect.name == "sqlite":
            for column in table.columns:
                if isinstance(column.type, sa.DateTime):
                    column.type = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
        return table

    def table_at(self, name: str, *path: str | int) -> sa.Table:
        """The same; what is wrong is said of the word at `path`."""
        try:
            return self.table(name)
        except ConfigError as wrong:
            raise self.mapping.wrong(path, str(wrong)) from wrong

    def column(self, table: sa.Table, name: object, *path: str | int) -> sa.Column[Any]:
        """A column of a table. Raises ConfigErrors, said of the word at `path`."""
        if not isinstance(name, str) or name not in table.c:
            raise self.mapping.wrong(path, f"table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
        return table.c[name]

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
            made = Shared(f"{self.mapping.sources.at(*path)}: {shown_as(path)}", words, self.table)
        except (TypeError, ValueError, AttributeError) as wrong:
            raise self.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong
        self._shared[name] = made
        return made

    def check_stated(self, words: Mapping[str, Any], table: sa.Table, *path: str) -> None:
        """Note what is wrong with columns and what they are stated to get."""
        for column, word in words.items():
            with self.noting():
                self.column(table, column, *path, column)
                try:
                    stated.check({column: word})
                except ConfigError as wrong:
                    text = str(wrong).removeprefix(f"{column}: ")
                    raise self.mapping.wrong((*path, column), text) from wrong

    def condition(self, text: str, scope: Scope, *path: str | int) -> sa.ColumnElement[bool]:
        """A condition; without one everything holds it."""
        if not text:
            return sa.true()
        try:
            return parsed(text, scope)
        except ConfigError as wrong:
            raise self.mapping.wrong(path, str(wrong)) from wrong

    def hear(self, text: str, scope: Scope, key: sa.Column[Any], sides: list[Side]) -> None:
        """Have the tables watched that a condition asks about a row."""
        for name, column, of in heard(text, scope):
            table = self.table(name)
            known = any(
                side.table is table and side.parent == column and not (side.where or side.via) for side in sides
            )
            if of == key.key and not known:
                sides.append(Side(table, column))
