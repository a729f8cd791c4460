"""When a calendar object happens, beside each of its entries, so that a window is a stretch of one index.

What is there already gets its bounds from its resource; how it lies between them (`timing`) is known once it is
rendered again, and until then it is read to answer, as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from storage.state.schema import State

revision = "0008"
down_revision = "0006"

ALWAYS = 1 << 60


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what is not there yet: MariaDB keeps what was made before a crash. The bounds may be filled in twice."""
    state: State = context.config.attributes["state"]
    name = f"{state.prefix}entry"
    inspector = None if context.is_offline_mode() else sa.inspect(op.get_bind())
    columns = inspector.get_columns(name, schema=state.schema) if inspector is not None else []
    present = {column["name"] for column in columns}
    for column, kind in (("first_instant", _big()), ("last_instant", _big()), ("timing", sa.Integer())):
        if column not in present:
            op.add_column(name, sa.Column(column, kind), schema=state.schema)
    entry = sa.table(name, *map(sa.column, ("resource_id", "first_instant", "last_instant")), schema=state.schema)
    resource = sa.table(
        f"{state.prefix}resource",
        *map(sa.column, ("id", "entity", "content", "first_instant", "last_instant")),
        schema=state.schema,
    )
    for column, open_end in (("first_instant", -ALWAYS), ("last_instant", ALWAYS)):
        bound = sa.select(sa.func.coalesce(resource.c[column], sa.literal_column(str(open_end))))
        known = bound.where(resource.c.id == entry.c.resource_id).scalar_subquery()
        op.execute(sa.update(entry).values({column: known}))
    indexes = inspector.get_indexes(name, schema=state.schema) if inspector is not None else []
    made = f"{state.prefix}ix_entry_time"
    if made not in {index["name"] for index in indexes}:
        op.create_index(made, name, ["collection_id", "last_instant"], schema=state.schema)
