"""What rows looked like that no trigger watches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql

from storage.state.schema import State

revision = "0003"
down_revision = "0002"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")


def upgrade() -> None:
    """Make the table, unless it is there: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    name = f"{state.prefix}polled"
    if not context.is_offline_mode() and sa.inspect(op.get_bind()).has_table(name, schema=state.schema):
        return
    op.create_table(
        name,
        sa.Column("entity", _text(60), nullable=False, primary_key=True),
        sa.Column("row_key", _text(64), nullable=False, primary_key=True),
        sa.Column("digest", _text(64), nullable=False),
        schema=state.schema,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
