"""What a side statement puts into a column, or looks for there.

5, "text", true                                     a constant
{ user = "key" }, { now = true }, { add = 1 }, …    as `insert` and `update` have it (`storage.crm.stated`)
{ text = "{first_name} {column:x}", as = "lower" }  made of the row (`storage.crm.derived`)
{ key = true }                                      the row's key
{ column = "smownerid" }                            what a column of the row holds
{ find = "TABLE.COLUMN", where = { … } }            what another table says; nothing where it has no such row
{ each = true }                                     of a statement that is run for each row of something: that row's
                                                    value, and in texts {each:NAME} any column of it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.conditions import matches
from storage.crm.derived import bind_derived
from storage.crm.present import Present

Tables = Callable[[str], sa.Table]
Row = Mapping[str, Any]
Value = Callable[[Present, Row | None], Any]
"""Makes the value for a row and, where there is one, for the row of `each`."""
OWN_WORDS: Final = ("text", "join", "first", "key", "column", "find", "each")
"""The words that tell a value of a side statement; else it is one of `storage.crm.stated`."""


class Values:
    """Columns of one table and their values. Raises ConfigError."""

    def __init__(
        self,
        words: Mapping[str, Any],
        table: sa.Table,
        tables: Tables,
        fields: Iterable[str],
        columns: Iterable[str],
        each: sa.Column[Any] | None = None,
    ) -> None:
        self.table = table
        self._each = each
        self._made: dict[str, Value] = {}
        self._fields, self._columns, self._tables = list(fields), list(columns), tables
        for name, word in words.items():
            if name not in table.c:
                raise ConfigError(f"table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
            try:
                self._made[name] = self._value(word, table.c[name])
            except ConfigError as wrong:
                raise ConfigError(f"{name}: {str(wrong).removeprefix(f'{name}: ')}") from wrong

    def of(self, present: Present, each: Row | None = None) -> dict[str, Any]:
        """The columns with their values."""
        return {name: make(present, each) for name, make in self._made.items()}

    def match(self, present: Present, each: Row | None = None) -> list[sa.ColumnElement[bool]]:
        """That the columns hold them."""
        held = self.of(present, each)
        return [
            self.table.c[name].is_(None) if value is None else matches(self.table.c[name], value)
            for name, value in held.items()
        ]

    def _value(self, word: Any, column: sa.Column[Any]) -> Value:
        if not isinstance(word, Mapping) or not set(word) & set(OWN_WORDS):
            stated.check({column.name: word})
            return lambda present, _: stated.columns(
                {column.name: word}, column.table, present.who, present.now
            )[column.name]  # fmt: skip
        if set(word) & {"text", "join", "first"}:
            each = None if self._each is None else self._each.table.c.keys()
            text = bind_derived(dict(word), self._fields, self._columns, each)
            return lambda present, row: text.of(present, row) or (None if column.nullable else "")
        if "find" in word:
            return self._find(word)
        if len(word) != 1:
            raise ConfigError(f"expected one of {', '.join(OWN_WORDS)}")
        if "key" in word:
            # A key may stand in a column of another kind: as text beside a number.
            return lambda present, _: column.type.python_type(present.key)
        if "each" in word:
            if self._each is None:
                raise ConfigError("each stands in a statement that has each")
            name = self._each.name
            return lambda _, row: row and row[name]
        name = str(word["column"])
        if name not in self._columns:
            raise ConfigError(f"there is no column {name!r}{near(name, self._columns)}")
        return lambda present, _: present.row.get(name)

    def _find(self, word: Mapping[str, Any]) -> Value:
        for name in word:
            if name not in ("find", "where"):
                raise ConfigError(f"unknown word {name!r} beside find")
        where, _, name = str(word["find"]).rpartition(".")
        if not where:
            raise ConfigError('find needs "TABLE.COLUMN"')
        table = self._tables(where)
        if name not in table.c:
            raise ConfigError(f"table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
        column = table.c[name]
        wanted = Values(dict(word.get("where", {})), table, self._tables, self._fields, self._columns, self._each)

        def find(present: Present, each: Row | None) -> Any:
            found = sa.select(column).where(*wanted.match(present, each)).order_by(column).limit(1)
            return present.connection.execute(found).scalar()

        return find
