"""What a product is to discovery: its tables, the prefix of their names, and the fields its owners have added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Custom:
    """One field somebody added. `base`: the table of the record it belongs to; `table`, `key`: where it stands itself.

    `type`: a word of the form `column`; `values`: what the column holds = what people read. `words`: what else the
    form needs to be told. `of`: constants of the base table that its records have.
    """

    base: str
    table: str
    key: str
    column: str
    label: str
    type: str = "text"
    values: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A product in a database. `prefix` is what the names of its tables begin with, where that is anybody's choice."""

    product: Product
    prefix: str = ""

    def custom(self, connection: Connection) -> list[Custom]:
        """The fields that were added, of tables and columns that are there."""
        tables = set(sa.inspect(connection).get_table_names())
        columns: dict[str, set[str]] = {}
        made = []
        for one in self.product.custom(connection, self.prefix):
            if one.table not in tables:
                continue
            if one.table not in columns:
                columns[one.table] = set(column_names(connection, one.table))
            if one.column in columns[one.table]:
                made.append(one)
        return made


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `preset` is the name of its preset; `tables`, with the prefix before them, all have to be there."""

    title: str
    preset: str
    tables: Sequence[str]
    custom: Callable[[Connection, str], Iterable[Custom]]
    prefix_of: str = ""
    """A table whose name, without this end, is the prefix."""

    def found(self, connection: Connection, tables: Sequence[str]) -> Found | None:
        """The product, if these tables are its own."""
        there = set(tables)
        prefixes = [""]
        if self.prefix_of:
            prefixes = [name.removesuffix(self.prefix_of) for name in sorted(there) if name.endswith(self.prefix_of)]
        for prefix in prefixes:
            if there.issuperset(f"{prefix}{name}" for name in self.tables):
                return Found(self, prefix)
        return None


def rows(connection: Connection, statement: str) -> list[sa.RowMapping]:
    """What a statement finds, by the names of its columns in small letters."""
    return list(connection.execute(sa.text(statement)).mappings())


def column_names(connection: Connection, table: str) -> list[str]:
    """What a table's columns are called; their types may be any."""
    nothing = sa.select(sa.text("*")).select_from(sa.table(table)).where(sa.false())
    return list(connection.execute(nothing).keys())


def kind_of(column: sa.types.TypeEngine[Any]) -> str:
    """The word of the form `column` for a column's type."""
    kinds: Sequence[tuple[type[Any], str]] = (
        (sa.Boolean, "bool"), (sa.Integer, "int"), (sa.Numeric, "number"), (sa.DateTime, "datetime"), (sa.Date, "date"),
    )  # fmt: skip
    return next((word for kind, word in kinds if isinstance(column, kind)), "text")
