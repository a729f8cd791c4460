"""The outbox, a queue and not a log: rows are taken, applied and deleted in one transaction.

What is not applied stays. The ids of the rows to delete are noted *before* the CRM's rows are read: whatever the CRM
commits later has a row of its own. A row whose key is `EVERY_ROW` asks for a full comparison of its entity; it is
not taken with the others, and goes when the comparison has come to its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey
from storage.state.schema import State

EVERY_ROW: Final = EntityKey("*")
"""The key that stands for all of an entity's rows."""


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
        """Whether there is no changed row to look at, `but` these ids; costs next to nothing."""
        return connection.execute(self._rows(sa.select(self.table.c.id), but).limit(1)).first() is None

    def _rows(self, wanted: sa.Select[Any], but: Collection[int]) -> sa.Select[Any]:
        wanted = wanted.where(self.table.c.row_key != EVERY_ROW)
        return wanted.where(self.table.c.id.not_in(sorted(but))) if but else wanted

    def take(self, connection: Connection, limit: int, but: Collection[int] = ()) -> Sequence[Noted]:
        """The oldest rows that name a row, `but` these ids."""
        wanted = self._rows(sa.select(self.table.c.id, self.table.c.entity, self.table.c.row_key), but)
        rows = connection.execute(wanted.order_by(self.table.c.id).limit(limit))
        return [Noted(row.id, row.entity, EntityKey(row.row_key)) for row in rows]

    def owed(self, connection: Connection, entities: Iterable[str]) -> Sequence[Noted]:
        """The rows that ask for a full comparison of one of these."""
        wanted = sa.select(self.table.c.id, self.table.c.entity, self.table.c.row_key)
        wanted = wanted.where(self.table.c.entity.in_(list(entities)), self.table.c.row_key == EVERY_ROW)
        rows = connection.execute(wanted.order_by(self.table.c.id))
        return [Noted(row.id, row.entity, EVERY_ROW) for row in rows]

    def owe(self, connection: Connection, entities: Iterable[str]) -> None:
        """Ask for a full comparison of these."""
        for statement in self.owing(entities):
            connection.execute(statement)

    def owing(self, entities: Iterable[str]) -> list[sa.Insert]:
        """The statements of `owe`."""
        return [sa.insert(self.table).values(entity=entity, row_key=EVERY_ROW) for entity in sorted(entities)]

    def note(self, connection: Connection, entity: str, keys: Iterable[EntityKey]) -> None:
        """Say that these have changed, as the triggers do."""
        rows = [{"entity": entity, "row_key": key} for key in keys]
        if rows:
            connection.execute(sa.insert(self.table), rows)

    def concerns(self, connection: Connection, entity: str, key: EntityKey) -> bool:
        """Whether anything waits that may have changed this row."""
        wanted = sa.select(self.table.c.id).where(
            self.table.c.entity == entity, self.table.c.row_key.in_([key, EVERY_ROW])
        )
        return connection.execute(wanted.limit(1)).first() is not None

    def waiting(self, connection: Connection, most: int) -> int:
        """How many rows wait, counted up to `most`."""
        some = sa.select(self.table.c.id).limit(most).subquery()
        return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())

    def of(self, connection: Connection, entity: str, keys: Sequence[EntityKey]) -> list[int]:
        """The ids of the rows that name these keys."""
        found = sa.select(self.table.c.id).where(self.table.c.entity == entity, self.table.c.row_key.in_(keys))
        return [row.id for row in connection.execute(found)]

    def delete(self, connection: Connection, ids: Iterable[int]) -> None:
        """Rows whose change has been applied in this transaction."""
        listed = sorted(ids)
        if listed and connection.dialect.name in ("mysql", "mariadb"):
            # A list makes MariaDB read a small table through, and wait for rows of others who wait for us.
            one = sa.delete(self.table).where(self.table.c.id == sa.bindparam("b_id"))
            connection.execute(one, [{"b_id": id_} for id_ in listed])
            return
        for start in range(0, len(listed), 500):
            connection.execute(sa.delete(self.table).where(self.table.c.id.in_(listed[start : start + 500])))
