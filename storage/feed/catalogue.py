"""Which triggers of ours a database has, and what each is made of.

The catalogue is read, never guessed: SQLite and SQL Server keep a trigger's text, MySQL and MariaDB its statement,
PostgreSQL a row for the trigger and one for its function. Of each a *build* is made, a text that is the same exactly when the trigger
does what we would have it do; `storage.feed.triggers` makes the builds it wants to see. What bears our prefix and
leads to our outbox is ours, also when today's mapping does not ask for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.state.schema import State

PREFIX: Final = "crmgate_"

# PostgreSQL's pg_trigger.tgtype, by bits.
_FOR_EACH_ROW: Final = 1
_BITS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


@dataclass(frozen=True, slots=True)
class Found:
    """A trigger that is there. `table` as DROP TRIGGER wants it (SQL Server: the schema alone); empty where names are enough."""

    name: str
    table: str
    build: str
    is_ours: bool
    """Whether it leads to our outbox, whatever its name."""


def found(connection: Connection, kind: str, state: State, schemas: Collection[str] = ()) -> list[Found]:
    """Every trigger with our prefix. On MySQL and MariaDB only those on tables for which one has the TRIGGER right.

    `schemas`: those the mapping names; on PostgreSQL other tables count only where the search path finds them.
    """
    if kind == "postgresql":
        return list(_postgresql(connection, state, schemas))
    return list({"sqlite": _sqlite, "mysql": _mysql, "mssql": _sqlserver}[kind](connection, state))


def build_sqlite(create: str) -> str:
    """The text SQLite keeps of a CREATE TRIGGER."""
    return create


def build_mysql(table: str, event: str, statement: str) -> str:
    """`table` without quotes and schema."""
    return f"AFTER {event} ON {table.casefold()} {statement}"


def build_postgresql(table: str, event: str, source: str) -> str:
    """`table` without quotes and schema; `source`: the function's, between the dollar quotes."""
    level = 0 if event == "TRUNCATE" else _FOR_EACH_ROW
    return f"{level + _BITS[event]} {table} plpgsql definer {source}"


def build_sqlserver(create: str) -> str:
    """SQL Server keeps the text of a CREATE TRIGGER too."""
    return create


SQLSERVER: Final = """\
SELECT t.name, QUOTENAME(SCHEMA_NAME(o.schema_id)) AS home, m.definition, t.is_disabled
FROM sys.triggers t JOIN sys.objects o ON o.object_id = t.parent_id LEFT JOIN sys.sql_modules m ON m.object_id = t.object_id
WHERE t.parent_class = 1 AND t.is_ms_shipped = 0 AND LEFT(t.name, 8) = 'crmgate_'"""
"""A text that was encrypted, or that one may not see, is NULL."""


def _sqlserver(connection: Connection, state: State) -> Iterator[Found]:
    outbox = connection.dialect.identifier_preparer.format_table(state.outbox)
    for name, home, text, is_disabled in connection.exec_driver_sql(SQLSERVER):
        build = "" if is_disabled else str(text or "").strip()
        yield Found(name, home, build, f"INTO {outbox} " in str(text))


def _sqlite(connection: Connection, state: State) -> Iterator[Found]:
    wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    for name, text in connection.exec_driver_sql(wanted):
        if name.startswith(PREFIX):
            yield Found(name, "", text, state.outbox.name in text)


def _mysql(connection: Connection, state: State) -> Iterator[Found]:
    wanted = sa.text(
        "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement "
        "FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    )
    outbox = connection.dialect.identifier_preparer.format_table(state.outbox)
    for name, table, timing, event, statement in connection.execute(wanted):
        if name.startswith(PREFIX):
            build = f"{timing} {event} ON {table.casefold()} {statement}"
            yield Found(name, "", build, f"INTO {outbox} " in statement)


def _postgresql(connection: Connection, state: State, schemas: Collection[str]) -> Iterator[Found]:
    # A trigger on a partitioned table is repeated on each part (tgparentid); only the first is anybody's own.
    wanted = sa.text(
        "SELECT t.tgname, CAST(c.oid::regclass AS text) AS quoted, c.relname, t.tgtype, p.prosrc, l.lanname, "
        "pg_table_is_visible(c.oid) AS visible, h.nspname AS home, n.nspname = :schema AS ours, t.tgenabled IN ('O', 'A') AS enabled, "
        "p.prosecdef AND p.proconfig = ARRAY['search_path=pg_catalog'] AND p.proname = t.tgname "
        "AND t.tgqual IS NULL AND t.tgnargs = 0 AND CAST(t.tgattr AS text) = '' AS sound "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "JOIN pg_namespace h ON h.oid = c.relnamespace JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
        "WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND starts_with(CAST(t.tgname AS text), :prefix)"
    )
    for row in connection.execute(wanted, {"schema": state.schema, "prefix": PREFIX}):
        build = f"{row.tgtype} {row.relname} {row.lanname} definer {row.prosrc}"
        is_whole = row.ours and row.enabled and row.sound and (row.visible or row.home in schemas)
        yield Found(row.tgname, row.quoted, build if is_whole else "", bool(row.ours))
