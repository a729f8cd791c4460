"""Rows held until the transaction ends: `FOR UPDATE`, and what SQL Server has in its place."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

_HELD: Final = "WITH (UPDLOCK, ROWLOCK)"


def locked(wanted: sa.Select[Any], table: sa.FromClause) -> sa.Select[Any]:
    """The same select, which holds the rows of `table` that it finds. SQLite has one writer and needs nothing."""
    if isinstance(table, sa.Table):
        wanted = wanted.with_hint(table, _HELD, "mssql")
    return wanted.with_for_update()
