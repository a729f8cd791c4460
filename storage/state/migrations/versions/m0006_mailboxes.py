"""What mailboxes have beside their messages: subscriptions and annotations, a role for those that
users make, and when each message came to stand in one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql

from storage.state.schema import State

revision = "0006"
down_revision = "0005"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")


def _bytes() -> sa.types.TypeEngine[bytes]:
    made = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
    return made.with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]


def upgrade() -> None:
    """Make what is not there: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    collection = f"{state.prefix}collection"
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    if not _has(state, collection, "role"):
        role = sa.Column("role", _text(20), nullable=False, server_default="")
        op.add_column(collection, role, schema=state.schema)
    if not _has(state, f"{state.prefix}entry", "saved"):
        op.add_column(f"{state.prefix}entry", sa.Column("saved", number), schema=state.schema)
    made: dict[str, list[sa.schema.SchemaItem]] = {
        "subscription": [
            sa.Column("principal", _text(64), primary_key=True),
            sa.Column("mailbox", _text(255), primary_key=True),
            sa.Column("is_on", sa.Integer, nullable=False),
        ],
        "annotation": [
            sa.Column("collection_id", number, primary_key=True, autoincrement=False),
            sa.Column("principal", _text(64), primary_key=True),
            sa.Column("name", _text(255), primary_key=True),
            sa.Column("content", _bytes(), nullable=False),
        ],
    }
    for name, columns in made.items():
        if _has(state, f"{state.prefix}{name}"):
            continue
        op.create_table(
            f"{state.prefix}{name}",
            *columns,
            schema=state.schema,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_bin",
        )


def _has(state: State, table: str, column: str = "") -> bool:
    if context.is_offline_mode():
        return False
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table(table, schema=state.schema):
        return False
    return not column or any(one["name"] == column for one in inspector.get_columns(table, schema=state.schema))
