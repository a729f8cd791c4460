"""Tombstones do not live for ever: beyond a number for each collection the oldest go, and the collection remembers up to where.

A token older than that is answered honestly afterwards (RFC 6578 §3.2 valid-sync-token; RFC 7162 §3.2.5.1 a full
resynchronisation), never with a gap.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import Unit
from storage.state import leftovers
from storage.state.blobs import Blobs
from storage.state.collections import OWN
from storage.state.contents import Contents
from storage.state.locks import Locks
from storage.state.looks import Looks
from storage.state.schema import State
from storage.state.shares import ShareTable

TOMBSTONES_KEPT: Final = 50_000
"""For each collection."""


def prune(unit: Unit, state: State, keep: int = TOMBSTONES_KEPT) -> int:
    """Drop the oldest tombstones beyond `keep` of each collection (how many went), and what nobody needs any more:
    what was said of things that are gone, bytes of former files, locks that have ended.
    """
    table, collection = state.tombstone, state.collection
    counted = sa.select(table.c.collection_id, sa.func.count().label("many")).group_by(table.c.collection_id)
    dropped = 0
    for row in unit.connection.execute(counted.having(sa.func.count() > keep)).all():
        cut = unit.connection.execute(
            sa.select(table.c.modseq)
            .where(table.c.collection_id == row.collection_id)
            .order_by(table.c.modseq.desc())
            .offset(keep)
            .limit(1)
        ).scalar_one()
        gone = sa.delete(table).where(table.c.collection_id == row.collection_id, table.c.modseq <= cut)
        dropped += unit.connection.execute(gone).rowcount
        unit.connection.execute(sa.update(collection).where(collection.c.id == row.collection_id).values(pruned=cut))
    Looks(state).prune(unit.connection)
    ShareTable(state, OWN).prune(unit.connection)
    Contents(state, Blobs(state)).prune(unit.connection)
    Locks(state).prune(unit.connection)
    leftovers.prune(unit.connection, state)
    return dropped
