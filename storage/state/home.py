"""Where the gateway's own tables live: a schema, or on MariaDB and MySQL a database; on SQLite nothing but a prefix."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from storage.feed.sqlserver import OWNER
from storage.state import migrations
from storage.state.schema import State


def version(state: State) -> sa.Table:
    """The table in which it says which form our tables have."""
    return sa.Table(migrations.version_table(state), sa.MetaData(), schema=state.schema)


def make(state: State, dialect: sa.Dialect) -> list[str]:
    """The statements that make it, unless it is there."""
    if state.schema is None:
        return []
    name = dialect.identifier_preparer.quote_schema(state.schema)
    if dialect.name == "postgresql":
        return [f"CREATE SCHEMA IF NOT EXISTS {name}"]
    if dialect.name == "mssql":
        # Of one owner with the CRM's tables: who may write these needs no right on the outbox.
        made, bare = (text.replace("'", "''") for text in (f"CREATE SCHEMA {name} AUTHORIZATION {OWNER}", state.schema))
        return [f"IF SCHEMA_ID(N'{bare}') IS NULL EXEC(N'{made}')"]
    return [f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"]


def empty(state: State, dialect: sa.Dialect) -> list[str]:
    """The statements that drop all that is ours in it."""
    preparer = dialect.identifier_preparer
    tables: Iterable[sa.Table] = [*reversed(state.metadata.sorted_tables), version(state)]
    statements = [f"DROP TABLE IF EXISTS {preparer.format_table(table)}" for table in tables]
    if dialect.name == "mssql":
        statements.append(f"DROP SEQUENCE IF EXISTS {preparer.format_sequence(state.outbox_numbers)}")
    return statements


def remove(state: State, dialect: sa.Dialect) -> list[str]:
    """The statement that takes it away once it is empty."""
    if state.schema is None:
        return []
    kind = "DATABASE" if dialect.name in ("mysql", "mariadb") else "SCHEMA"
    return [f"DROP {kind} IF EXISTS {dialect.identifier_preparer.quote_schema(state.schema)}"]
