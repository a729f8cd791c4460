"""The tables of one entity: usually one, in some CRMs several with a row each under the same key.

    tables = [
      { table = "vtiger_crmentity", key = "crmid", set = { setype = "Contacts" } },
      { table = "vtiger_contactdetails", key = "contactid" },
    ]

They are read as one: a select over all of them, joined to the first, stands where a single table would stand, and
nothing may be written through it. Writing puts each column where it lives, in the order of the list; a row is made in
every table, also an empty one, because products lose sight of records that lack one. A name that two tables have is
the first one's; the other's is written `table.column`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.clocks import Now
from storage.crm.conditions import constants as constants_of
from storage.locking import locked

PART_WORDS: Final = ("table", "key", "set")
"""What one of `tables` takes."""
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One table. `set`: constants of its rows, which tell them from those of others that share the table."""

    table: sa.Table
    key: sa.Column[Any]
    set: Columns


class Body:
    """All tables of an entity, the first of which makes the key.

    `table` is read from: the table itself where there is one, else the select over all; `key` is its key.
    """

    def __init__(self, name: str, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self.homes: dict[str, tuple[Part, sa.Column[Any]]] = {}
        for part in self.parts:
            for column in part.table.columns:
                taken = column.name in self.homes
                self.homes[f"{part.table.name}.{column.name}" if taken else column.name] = part, column
        first = self.parts[0]
        self.table, self.key = first.table, first.key
        if len(self.parts) > 1:
            source: sa.FromClause = first.table
            for part in self.parts[1:]:
                source = source.outerjoin(part.table, part.key == first.key)
            wide = sa.select(*(column.label(label) for label, (_, column) in self.homes.items())).select_from(source)
            # It has the columns of a table, and nothing that only a table has is asked of it.
            self.table = cast("sa.Table", wide.subquery(f"whole_{name}"))
            self.key = self.table.c[first.key.name]

    def home(self, name: str) -> Part:
        """The table a column lives in."""
        return self.homes[name][0]

    def stated(self, words: Columns, who: Principal, now: Now) -> dict[str, Any]:
        """What the mapping states for these columns, ready to be written."""
        made: dict[str, Any] = {}
        for name, word in words.items():
            part, column = self.homes[name]
            made[name] = stated.columns({column.name: word}, part.table, who, now)[column.name]
        return made

    def insert(self, connection: Connection, columns: Columns) -> Any:
        """A row in every table; returns the key."""
        split = self._split(columns)
        first = self.parts[0]
        result = connection.execute(sa.insert(first.table).values({**first.set, **split[first]}))
        key = split[first].get(first.key.name)
        if key is None:
            key = result.inserted_primary_key[0] if result.inserted_primary_key else None
        for part in self.parts[1:]:
            connection.execute(sa.insert(part.table).values({**part.set, **split[part], part.key.name: key}))
        return key

    def update(self, connection: Connection, key: Any, columns: Columns) -> None:
        """Write columns of one row; a table that lacks its row of the record gets it."""
        split = self._split(columns)
        for part in self.parts:
            values = split[part]
            if not values:
                continue
            done = connection.execute(sa.update(part.table).where(part.key == key).values(values))
            if part is self.parts[0] or done.rowcount:
                continue
            # A driver may count only rows that became different, so none changed is not yet none there.
            if connection.execute(sa.select(part.key).where(part.key == key)).first() is None:
                plain = {name: value for name, value in values.items() if not isinstance(value, sa.ColumnElement)}
                connection.execute(sa.insert(part.table).values({**part.set, **plain, part.key.name: key}))

    def mark(self, connection: Connection, keys: Sequence[Any], columns: Columns) -> None:
        """Write the same columns of many rows."""
        split = self._split(columns)
        for part in self.parts:
            if split[part]:
                connection.execute(sa.update(part.table).where(part.key.in_(keys)).values(split[part]))

    def remove(self, connection: Connection, keys: Sequence[Any]) -> None:
        """Take rows out of every table, the last first."""
        for part in reversed(self.parts):
            connection.execute(sa.delete(part.table).where(part.key.in_(keys)))

    def lock(self, connection: Connection, key: Any) -> None:
        """Hold the rows of all tables against other writers until the transaction ends."""
        for part in self.parts:
            connection.execute(locked(sa.select(part.key).where(part.key == key), part.table)).all()

    def _split(self, columns: Columns) -> dict[Part, dict[str, Any]]:
        split: dict[Part, dict[str, Any]] = {part: {} for part in self.parts}
        for name, value in columns.items():
            part, column = self.homes[name]
            split[part][column.name] = value
        return split


def bind_body(
    name: str,
    tables: Sequence[Mapping[str, Any]],
    table: Callable[[str], sa.Table],
    wrong: Callable[[int, str, str], ConfigError],
) -> Body:
    """Find the tables. `wrong(number, word, what)` makes the complaint. Raises ConfigError."""
    parts: list[Part] = []
    for number, words in enumerate(tables):
        for word in words:
            if word not in PART_WORDS:
                raise wrong(number, word, f"unknown word {word!r}{near(word, PART_WORDS)}")
        try:
            found = table(str(words.get("table", "")))
        except ConfigError as fault:
            raise wrong(number, "table", str(fault)) from fault
        key, constants = words.get("key", "id"), words.get("set", {})
        if not isinstance(constants, Mapping):
            raise wrong(number, "set", "expected a table of columns and values")
        for column in (key, *constants):
            if not isinstance(column, str) or column not in found.c:
                hint = near(column, found.c.keys())
                raise wrong(
                    number, "key" if column is key else "set", f"table {found.name!r} has no column {column!r}{hint}"
                )
        parts.append(Part(found, found.c[key], constants_of(found, constants)))
    return Body(name, parts)
