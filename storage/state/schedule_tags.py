"""Schedule tags: of documents by which people are invited, a word that changes only with what is of consequence."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.state.schema import State


class ScheduleTags:
    """The schedule table."""

    def __init__(self, state: State) -> None:
        self.table = state.schedule

    def of(self, connection: Connection, resource: int) -> str:
        """The tag of a resource; empty where it has none."""
        wanted = sa.select(self.table.c.tag).where(self.table.c.resource_id == resource)
        return str(connection.execute(wanted).scalar() or "")

    def renew(self, connection: Connection, resource: int) -> str:
        """Give it another tag, or its first."""
        tag = uuid.uuid4().hex
        there = sa.update(self.table).where(self.table.c.resource_id == resource)
        if not connection.execute(there.values(tag=tag)).rowcount:
            connection.execute(sa.insert(self.table).values(resource_id=resource, tag=tag))
        return tag

    def drop(self, connection: Connection, resource: int) -> None:
        """It invites nobody any more."""
        connection.execute(sa.delete(self.table).where(self.table.c.resource_id == resource))
