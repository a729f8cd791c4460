"""What rows of polled entities looked like when they were last looked at: a digest for each, and a mark for the whole.

The mark is a row of its own (`EVERY_ROW`). It is there once an entity's rows have all been looked at, and holds the
newest modification stamp seen, as text; empty where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey
from storage.state.outbox import EVERY_ROW
from storage.state.schema import State


class Polled:
    """The table `polled`. Only whoever follows writes it."""

    def __init__(self, state: State) -> None:
        self.table = state.polled

    def of(self, connection: Connection, entity: str, keys: Sequence[EntityKey]) -> dict[EntityKey, str]:
        """The digests of these rows, as far as they are known."""
        table = self.table
        wanted = sa.select(table.c.row_key, table.c.digest)
        found = connection.execute(wanted.where(table.c.entity == entity, table.c.row_key.in_(keys)))
        return {EntityKey(row.row_key): row.digest for row in found}

    def keys(self, connection: Connection, entity: str, after: str, limit: int) -> list[EntityKey]:
        """The next keys that are known, behind `after`."""
        table = self.table
        wanted = sa.select(table.c.row_key).where(table.c.entity == entity, table.c.row_key > after)
        found = connection.execute(wanted.order_by(table.c.row_key).limit(limit))
        return [EntityKey(row.row_key) for row in found]

    def put(self, connection: Connection, entity: str, digests: Mapping[EntityKey, str]) -> None:
        """Remember how these rows look now."""
        there = self.of(connection, entity, list(digests))
        table = self.table
        if there:
            connection.execute(
                sa.update(table)
                .where(table.c.entity == entity, table.c.row_key == sa.bindparam("b_key"))
                .values(digest=sa.bindparam("b_digest")),
                [{"b_key": key, "b_digest": digests[key]} for key in sorted(there)],
            )
        new = [{"entity": entity, "row_key": key, "digest": digests[key]} for key in sorted(digests.keys() - there)]
        if new:
            connection.execute(sa.insert(table), new)

    def forget(self, connection: Connection, entity: str, keys: Iterable[EntityKey]) -> None:
        """These rows are gone."""
        table = self.table
        one = sa.delete(table).where(table.c.entity == entity, table.c.row_key == sa.bindparam("b_key"))
        rows = [{"b_key": key} for key in sorted(keys)]
        if rows:
            connection.execute(one, rows)

    def mark(self, connection: Connection, entity: str) -> str | None:
        """The newest stamp seen; None where not every row has been looked at yet."""
        return self.of(connection, entity, [EVERY_ROW]).get(EVERY_ROW)

    def set_mark(self, connection: Connection, entity: str, mark: str) -> None:
        """Every row has been looked at, and this is the newest stamp."""
        self.put(connection, entity, {EVERY_ROW: mark})
