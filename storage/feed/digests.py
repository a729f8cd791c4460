"""How rows of one polled entity look: one short text for each key, which differs when any of its polled tables does.

What is compared is what the tables hold, in all columns and as the driver gives it: no column's type can make it
fail, and a filter may look at any column. Long texts and bytes are digested by the database where it can, so that
they do not cross the network; pictures and the like that the mapping does not read are left out. One statement a
table and batch.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey
from storage.crm.conditions import matches
from storage.faults import is_unreadable
from storage.feed.triggers import Watched

_BYTES: Final = (sa.LargeBinary, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)
_LONG: Final = (*_BYTES, sa.Text, mysql.TINYTEXT, mysql.MEDIUMTEXT, mysql.LONGTEXT)
_DIGESTING: Final = ("postgresql", "mysql", "mariadb")
UNREADABLE: Final = "unreadable"
"""The digest of a row of which the driver cannot make values."""


class Digests:
    """Of one entity, over those of its tables that are polled."""

    def __init__(self, parts: Sequence[Watched], read: Collection[str], dialect: str) -> None:
        """`read`: names of columns the mapping reads; only of bytes does it matter."""
        self._dialect = dialect
        self._parts = [self._select(one, frozenset(read)) for one in parts]

    def of(self, connection: Connection, keys: Sequence[Any]) -> dict[EntityKey, str]:
        """The digests of these keys (column values); a row that is gone has that of nothing."""
        try:
            return self._of(connection, keys)
        except (ValueError, TypeError, OverflowError, sa.exc.DBAPIError) as fault:
            is_bad_row = not isinstance(fault, sa.exc.DBAPIError) or isinstance(fault, sa.exc.DataError)
            if not is_bad_row and not is_unreadable(fault):  # type: ignore[arg-type]
                raise
            if len(keys) == 1:
                return {EntityKey(str(keys[0])): UNREADABLE}
        half = len(keys) // 2
        return self.of(connection, keys[:half]) | self.of(connection, keys[half:])

    def _of(self, connection: Connection, keys: Sequence[Any]) -> dict[EntityKey, str]:
        held: Mapping[EntityKey, list[list[str]]] = {EntityKey(str(key)): [[] for _ in self._parts] for key in keys}
        for number, (column, wanted) in enumerate(self._parts):
            rows: dict[str, list[str]] = defaultdict(list)
            for key, *values in connection.execute(wanted.where(column.in_(keys))):
                rows[str(key)].append(repr(values))
            for name, texts in rows.items():
                if name in held:
                    held[EntityKey(name)][number] = sorted(texts)
        return {key: hashlib.blake2b(repr(rows).encode(), digest_size=16).hexdigest() for key, rows in held.items()}

    def _select(self, one: Watched, read: frozenset[str]) -> tuple[sa.ColumnElement[Any], sa.Select[Any]]:
        """The column that has the entity's key, and the statement that reads the table's rows."""
        table = one.table
        only = [table.c[name] for name in one.only] if one.only else list(table.columns)
        columns = [self._held(column) for column in only if column.name in read or not isinstance(column.type, _BYTES)]
        if one.via is None:
            key: sa.ColumnElement[Any] = table.c[one.column]
            wanted = sa.select(key, *columns).where(
                *(matches(table.c[name], value) for name, value in one.where.items())
            )
            return key, wanted
        far = one.via.table
        key = far.c[one.column]
        joined = far.join(table, far.c[one.via.ref] == table.c[one.via.key])
        told = (matches(far.c[name], value) for name, value in one.where.items())
        return key, sa.select(key, *columns).select_from(joined).where(*told)

    def _held(self, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
        if isinstance(column.type, _LONG) and self._dialect in _DIGESTING:
            return sa.func.md5(column)
        return sa.type_coerce(column, sa.types.NullType())
