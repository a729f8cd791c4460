"""The outbox, a queue and not a log: rows are taken, applied and deleted in one transaction.

What is not applied stays. The ids of the rows to delete are noted *before* the CRM's rows are read: whatever the CRM
commits later has a row of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

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

    def is_empty(self, connection: Connection, but: Collection[int] = ()) -> bool:
        """Whether there is nothing to do, `but` these ids; costs next to nothing."""
        return connection.execute(self._but(sa.select(self.table.c.id), but).limit(1)).first() is None

    def _but(self, wanted: sa.Select[Any], but: Collection[int]) -> sa.Select[Any]:
        return wanted.where(self.table.c.id.not_in(sorted(but))) if but else wanted

    def take(self, connection: Connection, limit: int, but: Collection[int] = ()) -> Sequence[Noted]:
        """The oldest rows, `but` these ids."""
        wanted = self._but(sa.select(self.table.c.id, self.table.c.entity, self.table.c.row_key), but)
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
