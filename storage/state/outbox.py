"""The outbox, a queue and not a log: rows are taken, applied and deleted in one transaction.

What is not applied stays. The ids of the rows to delete are noted *before* the CRM's rows are read: whatever the CRM
commits later has a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey
from storage.state.schema import State


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of the outbox."""

    id: int
    entity: str
    key: EntityKey


class Outbox:
    """The outbox table."""

    def __init__(self, state: State) -> None:
        self.table = state.outbox

    def is_empty(self, connection: Connection) -> bool:
        """Whether there is nothing to do; costs next to nothing."""
        return connection.execute(sa.select(self.table.c.id).limit(1)).first() is None

    def take(self, connection: Connection, limit: int) -> Sequence[Noted]:
        """The oldest rows."""
        wanted = sa.select(self.table.c.id, self.table.c.entity, self.table.c.row_key)
        rows = connection.execute(wanted.order_by(self.table.c.id).limit(limit))
        return [Noted(row.id, row.entity, EntityKey(row.row_key)) for row in rows]

    def of(self, connection: Connection, entity: str, keys: Sequence[EntityKey]) -> list[int]:
        """The ids of the rows that name these keys."""
        found = sa.select(self.table.c.id).where(self.table.c.entity == entity, self.table.c.row_key.in_(keys))
        return [row.id for row in connection.execute(found)]

    def delete(self, connection: Connection, ids: Iterable[int]) -> None:
        """Rows whose change has been applied in this transaction."""
        listed = list(ids)
        for start in range(0, len(listed), 500):
            connection.execute(sa.delete(self.table).where(self.table.c.id.in_(listed[start : start + 500])))
