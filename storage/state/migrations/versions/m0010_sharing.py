"""Collections that users share, and who acts for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql

from storage.state.schema import State

revision = "0010"
down_revision = "0009"


def _text(name: str, length: int, *, primary_key: bool = False) -> sa.Column[str]:
    kind = sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")
    return sa.Column(name, kind, primary_key=primary_key, nullable=False)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make what is not there: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    share, proxy = f"{state.prefix}share", f"{state.prefix}proxy"
    if not _has(state, share):
        _create(
            state,
            share,
            sa.Column("id", _big(), primary_key=True, autoincrement=True),
            sa.Column("collection_id", _big(), nullable=False),
            _text("principal", 64),
            _text("view", 100),
            _text("access", 10),
            _text("standing", 10),
            sa.Column("is_told", sa.Integer, nullable=False),
            _text("token", 40),
            _text("summary", 255),
            sa.Column("changed", _big(), nullable=False),
            sa.UniqueConstraint("collection_id", "principal"),
            sa.UniqueConstraint("principal", "view"),
        )
    if not _has(state, proxy):
        _create(
            state,
            proxy,
            _text("principal", 64, primary_key=True),
            _text("member", 64, primary_key=True),
            _text("access", 10),
        )
    index = f"{state.prefix}ix_proxy_member"
    if not _has_index(state, proxy, index):
        op.create_index(index, proxy, ["member"], schema=state.schema)


def _create(state: State, name: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *items,
        schema=state.schema,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        sqlite_autoincrement=True,
    )


def _has(state: State, table: str) -> bool:
    return not context.is_offline_mode() and sa.inspect(op.get_bind()).has_table(table, schema=state.schema)


def _has_index(state: State, table: str, index: str) -> bool:
    if context.is_offline_mode():
        return False
    found = sa.inspect(op.get_bind()).get_indexes(table, schema=state.schema)
    return index in {one["name"] for one in found}
