"""The names of records' mailboxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql

from storage.state.schema import State

revision = "0012"
down_revision = "0011"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")


def upgrade() -> None:
    """Add the column and its index, unless they are there: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    name, index = f"{state.prefix}collection", f"{state.prefix}ix_collection_title"
    inspector = None if context.is_offline_mode() else sa.inspect(op.get_bind())
    columns = inspector.get_columns(name, schema=state.schema) if inspector is not None else []
    if "title" not in {column["name"] for column in columns}:
        op.add_column(name, sa.Column("title", _text(255)), schema=state.schema)
    indexes = inspector.get_indexes(name, schema=state.schema) if inspector is not None else []
    if index not in {one["name"] for one in indexes}:
        op.create_index(index, name, ["title"], schema=state.schema)
