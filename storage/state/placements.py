"""What users put into a collection, or took out of it, against the view's filter.

Moving a message out of the inbox hides it there and changes nothing in the CRM; putting it into another mailbox
places it. Rows say only what differs from the filter.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, EntityKey
from storage.state.schema import State


class Placements:
    """The placement table."""

    def __init__(self, state: State) -> None:
        self.table = state.placement

    def set(
        self, connection: Connection, collection: CollectionId, entity: str, keys: Sequence[EntityKey], *, is_in: bool
    ) -> None:
        """Place these, or hide them."""
        self.clear(connection, collection, entity, keys)
        if keys:
            connection.execute(
                sa.insert(self.table),
                [
                    {"collection_id": collection, "entity": entity, "row_key": key, "is_in": int(is_in)}
                    for key in dict.fromkeys(keys)
                ],
            )

    def clear(self, connection: Connection, collection: CollectionId, entity: str, keys: Sequence[EntityKey]) -> None:
        """Leave these to the filter again."""
        table = self.table
        connection.execute(
            sa.delete(table).where(
                table.c.collection_id == collection, table.c.entity == entity, table.c.row_key.in_(list(keys))
            )
        )
