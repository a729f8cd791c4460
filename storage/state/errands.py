"""Scheduling messages on their way: written with the change that they tell of, deleted with their delivery.

So a message is neither lost nor delivered twice, whatever ends in between. What cannot be delivered is tried again,
less and less often, and given up after some days.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import ObjectUid, PrincipalId
from storage.locking import locked
from storage.state.schema import State

AT_ONCE_WITHIN: Final = 60
"""Seconds that are left to whoever wrote it, before others look after a message."""
FIRST_AGAIN: Final = 30
LONGEST_AGAIN: Final = 6 * 3600
TRIES: Final = 20
"""With these pauses, a message is given up after four days."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One message. `source` is the resource it comes from (0: none any more), `address` the recipient's in it."""

    sender: PrincipalId
    recipient: PrincipalId
    method: str
    object_uid: ObjectUid
    address: str
    source: int
    content: bytes
    id: int = 0
    tries: int = 0


class Errands:
    """The errand table."""

    def __init__(self, state: State) -> None:
        self.table = state.errand

    def add(self, connection: Connection, errands: Sequence[Errand]) -> None:
        """Write down what is to be delivered."""
        due = int(time.time()) + AT_ONCE_WITHIN
        rows = [
            {"sender": one.sender, "recipient": one.recipient, "method": one.method, "object_uid": one.object_uid,
             "address": one.address[:255], "source": one.source, "content": one.content, "tries": 0, "due": due}
            for one in errands
        ]  # fmt: skip
        if rows:
            connection.execute(sa.insert(self.table), rows)

    def of(self, connection: Connection, sender: PrincipalId, limit: int) -> list[int]:
        """The oldest of a sender's that have not been tried yet."""
        table = self.table
        wanted = sa.select(table.c.id).where(table.c.sender == sender, table.c.tries == 0)
        return [row[0] for row in connection.execute(wanted.order_by(table.c.id).limit(limit))]

    def due(self, connection: Connection, limit: int) -> list[int]:
        """The oldest of anybody's that are to be tried now."""
        table = self.table
        wanted = sa.select(table.c.id).where(table.c.due <= int(time.time()))
        return [row[0] for row in connection.execute(wanted.order_by(table.c.id).limit(limit))]

    def take(self, connection: Connection, number: int) -> Errand | None:
        """One, held until the transaction ends; None where somebody else has delivered it."""
        table = self.table
        row = connection.execute(locked(sa.select(table).where(table.c.id == number), table)).first()
        if row is None:
            return None
        return Errand(
            PrincipalId(row.sender), PrincipalId(row.recipient), row.method, ObjectUid(row.object_uid), row.address,
            row.source, bytes(row.content), row.id, row.tries,
        )  # fmt: skip

    def drop(self, connection: Connection, number: int) -> None:
        """It has been delivered, or never will be."""
        connection.execute(sa.delete(self.table).where(self.table.c.id == number))

    def put_off(self, connection: Connection, number: int, tries: int) -> None:
        """It could not be delivered now."""
        pause = min(FIRST_AGAIN * 2**tries, LONGEST_AGAIN)
        changed = sa.update(self.table).where(self.table.c.id == number)
        connection.execute(changed.values(tries=tries + 1, due=int(time.time()) + pause))
