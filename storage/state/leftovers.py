"""What scheduling, files of events and pushes leave behind: gone with what it belonged to."""

from __future__ import annotations

import time
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.state.blobs import Blobs
from storage.state.schema import State

DAY: Final = 86_400
AT_ONCE: Final = 500


def prune(connection: Connection, state: State) -> None:
    """Tags and files of resources that stand nowhere, files of nothing that are a day old, registrations that have ended."""
    entry, attached, attachment, schedule = state.entry, state.attached, state.attachment, state.schedule
    for table in (attached, schedule):
        stands = sa.exists(sa.select(sa.literal(1)).where(entry.c.resource_id == table.c.resource_id))
        connection.execute(sa.delete(table).where(sa.not_(stands)))
    belongs = sa.exists(sa.select(sa.literal(1)).where(attached.c.managed_id == attachment.c.managed_id))
    lost = sa.select(attachment.c.managed_id, attachment.c.digest).where(
        sa.not_(belongs), attachment.c.made < int(time.time()) - DAY
    )
    rows = connection.execute(lost.limit(AT_ONCE)).all()
    if rows:
        connection.execute(sa.delete(attachment).where(attachment.c.managed_id.in_([row[0] for row in rows])))
        Blobs(state).drop_unused(connection, [row[1] for row in rows])
    connection.execute(sa.delete(state.push).where(state.push.c.expires < int(time.time())))
