"""Scheduling, files of calendar objects, and pushes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql, mysql

from storage.state.schema import State

revision = "0011"
down_revision = "0007"

MYSQL = ("mysql", "mariadb")
BINARY = "Latin1_General_100_BIN2"
OPTIONS: dict[str, Any] = {
    f"{product}_{word}": value
    for product in MYSQL
    for word, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation=BINARY), "mssql")


def _long() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _bytes() -> sa.types.TypeEngine[bytes]:
    return (
        sa.LargeBinary().with_variant(mysql.LONGBLOB(), *MYSQL).with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]
    )


def _must(name: str, kind: sa.types.TypeEngine[Any], *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, primary_key=key, autoincrement=False if key else "auto")


def upgrade() -> None:
    """Make the tables that are not there: MariaDB keeps what was made before a crash."""
    _make("schedule", [_must("resource_id", _big(), key=True), _must("tag", _text(40))])
    _make(
        "errand",
        [
            sa.Column("id", _big(), nullable=False, primary_key=True, autoincrement=True),
            _must("sender", _text(64)),
            _must("recipient", _text(64)),
            _must("method", _text(20)),
            _must("object_uid", _text(255)),
            _must("address", _text(255)),
            _must("source", _big()),
            _must("content", _bytes()),
            _must("tries", sa.Integer()),
            _must("due", _big()),
        ],
        "due",
        "sender",
        sqlite_autoincrement=True,
    )
    _make(
        "attachment",
        [
            _must("managed_id", _text(64), key=True),
            _must("digest", _text(64)),
            _must("name", _text(255)),
            _must("media_type", _text(127)),
            _must("size", _big()),
            _must("principal", _text(64)),
            _must("made", _big()),
        ],
        "digest",
    )
    _make("attached", [_must("resource_id", _big(), key=True), _must("managed_id", _text(64), key=True)], "managed_id")
    _make(
        "push",
        [
            _must("name", _text(64), key=True),
            _must("collection_id", _big()),
            _must("principal", _text(64)),
            _must("resource_digest", _text(64)),
            _must("words", _long()),
            _must("expires", _big()),
            _must("known", _big()),
            sa.UniqueConstraint("collection_id", "principal", "resource_digest"),
        ],
    )
    _make("secret", [_must("name", _text(60), key=True), _must("value", _long())])


def _make(name: str, items: list[sa.schema.SchemaItem], *indexed: str, **options: Any) -> None:
    state: State = context.config.attributes["state"]
    inspector = None if context.is_offline_mode() else sa.inspect(op.get_bind())
    table = f"{state.prefix}{name}"
    is_there = inspector is not None and inspector.has_table(table, schema=state.schema)
    if not is_there:
        op.create_table(table, *items, schema=state.schema, **OPTIONS, **options)
    held = inspector.get_indexes(table, schema=state.schema) if inspector is not None and is_there else []
    for column in indexed:
        index = f"{state.prefix}ix_{name}_{column}"
        if index not in {one["name"] for one in held}:
            op.create_index(index, table, [column], schema=state.schema)
