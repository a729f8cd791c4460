"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql

from storage.state.schema import State

revision = "0001"
down_revision = None

MYSQL = ("mysql", "mariadb")
BINARY = "Latin1_General_100_BIN2"


def _bytes() -> Any:
    return sa.LargeBinary().with_variant(mysql.LONGBLOB(), *MYSQL).with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]


def _big() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, _big(), primary_key=True, autoincrement=False)


def _id() -> sa.Column[Any]:
    return sa.Column("id", _big(), primary_key=True, autoincrement=True)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _big(), nullable=False)


def _text(name: str, length: int, *, primary_key: bool = False) -> sa.Column[Any]:
    held = sa.String(length).with_variant(mssql.NVARCHAR(length, collation=BINARY), "mssql")
    return sa.Column(name, held, nullable=False, primary_key=primary_key)


def _long(name: str) -> sa.Column[Any]:
    held = sa.Text().with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")
    return sa.Column(name, held, nullable=False)


def upgrade() -> None:
    """Make every table and index that is not there: MariaDB keeps what was made before a crash."""
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

    def index(name: str, of: str, *columns: str) -> None:
        made = f"{state.prefix}ix_{name}"
        if there is not None and any(
            held["name"] == made for held in there.get_indexes(state.prefix + of, schema=state.schema)
        ):
            return
        op.create_index(made, state.prefix + of, list(columns), schema=state.schema)

    table(
        "collection",
        _id(),
        _text("view", 100),
        _text("principal", 64),
        _number("epoch"),
        _number("modseq"),
        _number("uid_next"),
        _number("pruned"),
        _number("members"),
        sa.Column("is_built", sa.Integer, nullable=False),
        sa.UniqueConstraint("view", "principal"),
    )
    table(
        "resource",
        _id(),
        _text("entity", 60),
        _text("row_key", 64),
        _text("variant", 20),
        _text("object_uid", 255),
        _text("etag", 40),
        _number("size"),
        sa.Column("content", _bytes()),
        sa.Column("residue", _bytes()),
        sa.Column("overflow", _bytes()),
        sa.Column("first_instant", _big()),
        sa.Column("last_instant", _big()),
        sa.UniqueConstraint("entity", "row_key", "variant"),
    )
    index("resource_object_uid", "resource", "object_uid")
    table(
        "message",
        _key("resource_id"),
        _text("digest", 64),
        _text("source_digest", 64),
        _text("message_id", 255),
        _text("body_digest", 64),
        _number("date"),
        sa.Column("header", _bytes(), nullable=False),
        sa.Column("summary", _bytes(), nullable=False),
    )
    index("message_message_id", "message", "message_id")
    index("message_digest", "message", "digest")
    table(
        "blob",
        _text("digest", 64, primary_key=True),
        _number("size"),
        sa.Column("content", _bytes(), nullable=False),
    )
    table(
        "entry",
        _key("collection_id"),
        _key("uid"),
        _number("resource_id"),
        _text("href", 255),
        _text("etag", 40),
        _number("size"),
        _number("modseq"),
        sa.UniqueConstraint("collection_id", "href"),
        sa.UniqueConstraint("resource_id", "collection_id"),
    )
    index("entry_modseq", "entry", "collection_id", "modseq")
    table("tombstone", _key("collection_id"), _key("uid"), _text("href", 255), _number("modseq"))
    index("tombstone_modseq", "tombstone", "collection_id", "modseq")
    table(
        "flag",
        _key("collection_id"),
        _text("principal", 64, primary_key=True),
        _key("uid"),
        _long("flags"),
        sa.Column("is_seen", sa.Integer, nullable=False),
        _number("modseq"),
    )
    index("flag_modseq", "flag", "collection_id", "principal", "modseq")
    table(
        "placement",
        _key("collection_id"),
        _text("entity", 60, primary_key=True),
        _text("row_key", 64, primary_key=True),
        sa.Column("is_in", sa.Integer, nullable=False),
    )
    index("placement_row", "placement", "entity", "row_key")
    table(
        "version",
        _id(),
        _number("resource_id"),
        _text("etag", 40),
        sa.Column("content", _bytes(), nullable=False),
    )
    index("version_resource", "version", "resource_id", "etag")
    if op.get_context().dialect.name == "mssql":
        # No IDENTITY: a CRM that asks for @@IDENTITY after its own INSERT must not be told our trigger's number.
        numbers = state.outbox_numbers
        op.execute(sa.schema.CreateSequence(numbers))
        following = sa.Column("id", sa.BigInteger(), server_default=numbers.next_value(), primary_key=True)
        table("outbox", following, _text("entity", 60), _text("row_key", 64))
    else:
        table("outbox", _id(), _text("entity", 60), _text("row_key", 64))
    index("outbox_row", "outbox", "entity", "row_key")
    table("lease", _text("name", 60, primary_key=True), _text("holder", 100), _number("expires"))
    table("counter", _text("name", 60, primary_key=True), _number("value"))
