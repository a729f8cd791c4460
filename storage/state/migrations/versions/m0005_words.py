"""What is kept of messages' words. Those that are there already are noted, and their text is taken by and by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql

from storage.state.schema import State

revision = "0005"
down_revision = "0004"

MYSQL = ("mysql", "mariadb")
UNREAD = -1


def _big(name: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), **({"nullable": False} | more))


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    held = sa.LargeBinary().with_variant(mysql.LONGBLOB(), *MYSQL).with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]
    return sa.Column(name, held, nullable=nullable)


def _digest() -> sa.Column[Any]:
    held = sa.String(64).with_variant(mssql.NVARCHAR(64, collation="Latin1_General_100_BIN2"), "mssql")
    return sa.Column("digest", held, nullable=False)


def upgrade() -> None:
    """Make the tables and indexes that are not there (MariaDB keeps what was made before a crash), and note messages."""
    state: State = context.config.attributes["state"]
    there = None if context.is_offline_mode() else sa.inspect(op.get_bind())

    def table(name: str, *items: Any) -> None:
        if there is not None and there.has_table(state.prefix + name, schema=state.schema):
            return
        op.create_table(
            state.prefix + name,
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

    def index(of: str) -> None:
        made = f"{state.prefix}ix_{of}_segment"
        # What there is now, not what there was before the table was made.
        now = None if context.is_offline_mode() else sa.inspect(op.get_bind())
        if now is not None and any(
            held["name"] == made for held in now.get_indexes(state.prefix + of, schema=state.schema)
        ):
            return
        op.create_index(made, state.prefix + of, ["segment_id"], schema=state.schema)

    key = {"primary_key": True, "autoincrement": False}
    table(
        "words", _big("resource_id", **key), _digest(), _big("segment_id"), _bytes("header", nullable=True),
        _bytes("body", nullable=True),
    )  # fmt: skip
    index("words")
    sent_day = _big("sent_day", nullable=True)
    table("heading", _big("resource_id", **key), sent_day, _bytes("content"), _bytes("fields", nullable=True))
    table("segment", _big("id", primary_key=True, autoincrement=True), _big("messages"), _bytes("members"))
    table("posting", _big("bucket", **key), _big("segment_id", **key), _bytes("content"))
    index("posting")
    message = sa.table(f"{state.prefix}message", sa.column("resource_id"), sa.column("digest"), schema=state.schema)
    words = sa.table(
        f"{state.prefix}words",
        sa.column("resource_id"),
        sa.column("digest"),
        sa.column("segment_id", sa.BigInteger()),
        schema=state.schema,
    )
    noted = sa.exists(sa.select(sa.literal(1)).where(words.c.resource_id == message.c.resource_id))
    op.execute(
        sa.insert(words).from_select(
            ["resource_id", "digest", "segment_id"],
            sa.select(message.c.resource_id, message.c.digest, sa.literal_column(str(UNREAD))).where(sa.not_(noted)),
        )
    )
