"""Which mailboxes a principal has said he wants listed, or not, by name.

Rows say only what he said: everything else is subscribed while it is there. A row stays when its mailbox goes, because
only he may take it back (RFC 3501 §6.3.6).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import TooLarge
from gateway.core.ids import PrincipalId
from storage.state.schema import NAME_LENGTH, State

MOST: Final = 2_000
"""Names one principal may say something of."""


class SubscriptionTable:
    """The subscription table."""

    def __init__(self, state: State) -> None:
        self.table = state.subscription

    def of(self, connection: Connection, principal: PrincipalId) -> dict[str, bool]:
        """What he has said, by mailbox name."""
        table = self.table
        wanted = sa.select(table.c.mailbox, table.c.is_on).where(table.c.principal == principal)
        return {row.mailbox: bool(row.is_on) for row in connection.execute(wanted)}

    def set(self, connection: Connection, principal: PrincipalId, mailbox: str, *, is_on: bool) -> None:
        """Say something of one. Raises TooLarge."""
        if len(mailbox) > NAME_LENGTH:
            raise TooLarge(f"A mailbox's name has at most {NAME_LENGTH} characters.", NAME_LENGTH)
        table = self.table
        mine = table.c.principal == principal
        said = sa.and_(mine, table.c.mailbox == mailbox)
        if connection.execute(sa.update(table).where(said).values(is_on=int(is_on))).rowcount:
            return
        if connection.execute(sa.select(table.c.is_on).where(said)).first() is not None:
            return  # MariaDB counts only rows that it changed
        if connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one() >= MOST:
            raise TooLarge(f"At most {MOST} subscriptions are kept.", MOST)
        connection.execute(sa.insert(table).values(principal=principal, mailbox=mailbox, is_on=int(is_on)))
