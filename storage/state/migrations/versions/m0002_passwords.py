"""Passwords the gateway keeps by itself, of users whose CRM keeps none that can be verified."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql

from storage.state.schema import State

revision = "0002"
down_revision = "0001"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")


def upgrade() -> None:
    """Make the table, unless a crash on MariaDB left it."""
    state: State = context.config.attributes["state"]
    name = f"{state.prefix}password"
    if not context.is_offline_mode() and sa.inspect(op.get_bind()).has_table(name, schema=state.schema):
        return
    op.create_table(
        name,
        sa.Column("principal", _text(64), primary_key=True),
        sa.Column("login", _text(255), nullable=False),
        sa.Column("hash", _text(255), nullable=False),
        schema=state.schema,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
