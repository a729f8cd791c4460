"""Collections of documents that users make themselves, and what each user says of collections and entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql

from storage.state.schema import State

revision = "0004"
down_revision = "0003"

MYSQL = ("mysql", "mariadb")
BINARY = "Latin1_General_100_BIN2"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation=BINARY), "mssql")


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _long() -> sa.types.TypeEngine[str]:
    return (
        sa.Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL).with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")
    )


def upgrade() -> None:
    """Add the column and make the table, unless they are there: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    inspector = None if context.is_offline_mode() else sa.inspect(op.get_bind())
    collection = f"{state.prefix}collection"
    columns = inspector.get_columns(collection, schema=state.schema) if inspector is not None else []
    if "shape" not in {column["name"] for column in columns}:
        op.add_column(collection, sa.Column("shape", _text(10)), schema=state.schema)
    name = f"{state.prefix}look"
    if inspector is not None and inspector.has_table(name, schema=state.schema):
        return
    op.create_table(
        name,
        sa.Column("collection_id", _big(), nullable=False, primary_key=True, autoincrement=False),
        sa.Column("principal", _text(64), nullable=False, primary_key=True),
        sa.Column("uid", _big(), nullable=False, primary_key=True, autoincrement=False),
        sa.Column("words", _long(), nullable=False),
        schema=state.schema,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
