"""Folders and files that users keep, and write locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql
from sqlalchemy.engine import Inspector

from storage.state.schema import State

revision = "0009"
down_revision = "0012"

MYSQL = ("mysql", "mariadb")
BINARY = "Latin1_General_100_BIN2"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation=BINARY), "mssql")


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")


def _longer() -> sa.types.TypeEngine[str]:
    return (
        sa.Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL).with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")
    )


class _Making:
    """Makes what is not there: MariaDB keeps what was made before a crash."""

    def __init__(self, state: State, inspector: Inspector | None) -> None:
        self.state, self.inspector = state, inspector

    def table(self, bare: str, *items: sa.schema.SchemaItem) -> None:
        """One table."""
        name = self.state.prefix + bare
        if self.inspector is not None and self.inspector.has_table(name, schema=self.state.schema):
            return
        op.create_table(
            name,
            *items,
            schema=self.state.schema,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_bin",
            sqlite_autoincrement=True,
        )

    def index(self, bare: str, table: str, *columns: str) -> None:
        """One index."""
        name = f"{self.state.prefix}ix_{bare}"
        there = set()
        if self.inspector is not None:
            self.inspector.clear_cache()
            there = {
                one["name"] for one in self.inspector.get_indexes(self.state.prefix + table, schema=self.state.schema)
            }
        if name not in there:
            op.create_index(name, self.state.prefix + table, list(columns), schema=self.state.schema)


def upgrade() -> None:
    """Make the tables and their indexes."""
    state: State = context.config.attributes["state"]
    making = _Making(state, None if context.is_offline_mode() else sa.inspect(op.get_bind()))
    making.table(
        "tree",
        sa.Column("principal", _text(64), nullable=False, primary_key=True),
        sa.Column("used", _big(), nullable=False),
        sa.Column("nodes", _big(), nullable=False),
    )
    making.table(
        "file",
        sa.Column("id", _big(), nullable=False, primary_key=True, autoincrement=True),
        sa.Column("principal", _text(64), nullable=False),
        sa.Column("parent", _big(), nullable=False),
        sa.Column("name", _text(255), nullable=False),
        sa.Column("is_folder", sa.Integer, nullable=False),
        sa.Column("content", _text(64), nullable=False),
        sa.Column("size", _big(), nullable=False),
        sa.Column("content_type", _text(255), nullable=False),
        sa.Column("etag", _text(40), nullable=False),
        sa.Column("created", _big(), nullable=False),
        sa.Column("modified", _big(), nullable=False),
        sa.Column("words", _longer()),
        sa.UniqueConstraint("principal", "parent", "name"),
    )
    making.index("file_content", "file", "content")
    making.table(
        "piece",
        sa.Column("content", _text(64), nullable=False, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False, primary_key=True, autoincrement=False),
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("size", _big(), nullable=False),
    )
    making.index("piece_digest", "piece", "digest")
    making.table(
        "hold",
        sa.Column("id", _big(), nullable=False, primary_key=True, autoincrement=True),
        sa.Column("digest", _text(64), nullable=False),
        sa.Column("until", _big(), nullable=False),
    )
    making.index("hold_digest", "hold", "digest")
    making.index("hold_until", "hold", "until")
    making.table(
        "write_lock",
        sa.Column("token", _text(64), nullable=False, primary_key=True),
        sa.Column("realm", _text(80), nullable=False),
        sa.Column("path", _long(), nullable=False),
        sa.Column("principal", _text(64), nullable=False),
        sa.Column("is_exclusive", sa.Integer, nullable=False),
        sa.Column("is_deep", sa.Integer, nullable=False),
        sa.Column("owner", _long(), nullable=False),
        sa.Column("timeout", _big(), nullable=False),
        sa.Column("expires", _big(), nullable=False),
    )
    making.index("write_lock_realm", "write_lock", "realm", "expires")
    making.index("write_lock_expires", "write_lock", "expires")
