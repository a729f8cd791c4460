"""What users note about mailboxes, and about the server: values under names, each one's own or shared (RFC 5464).

The names are kept in small letters, because they are compared so. Collection 0 is the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import OverQuota, TooLarge
from gateway.core.ids import CollectionId, PrincipalId
from gateway.core.mail_more import ANNOTATION_LARGEST, ANNOTATIONS_MOST, PRIVATE
from storage.state.schema import NAME_LENGTH, State

SERVER: Final = CollectionId(0)
_SHARED: Final = ""


class AnnotationTable:
    """The annotation table."""

    def __init__(self, state: State) -> None:
        self.table = state.annotation

    def of(self, connection: Connection, collection: CollectionId, principal: PrincipalId) -> dict[str, bytes]:
        """The principal's own and the shared ones."""
        table = self.table
        wanted = sa.select(table.c.name, table.c.content).where(
            table.c.collection_id == collection, table.c.principal.in_([principal, _SHARED])
        )
        return {row.name: bytes(row.content) for row in connection.execute(wanted)}

    def change(
        self,
        connection: Connection,
        collection: CollectionId,
        principal: PrincipalId,
        changes: Mapping[str, bytes | None],
    ) -> None:
        """Set these, or (None) take them away. Raises TooLarge, OverQuota."""
        table = self.table
        for name, content in changes.items():
            owner = principal if name.startswith(PRIVATE) else _SHARED
            theirs = sa.and_(table.c.collection_id == collection, table.c.principal == owner)
            connection.execute(sa.delete(table).where(theirs, table.c.name == name))
            if content is None:
                continue
            if len(name) > NAME_LENGTH or len(content) > ANNOTATION_LARGEST:
                raise TooLarge(f"A note has at most {ANNOTATION_LARGEST} bytes.", ANNOTATION_LARGEST)
            if connection.execute(sa.select(sa.func.count()).where(theirs)).scalar_one() >= ANNOTATIONS_MOST:
                raise OverQuota(f"At most {ANNOTATIONS_MOST} notes are kept of one mailbox.", ANNOTATIONS_MOST)
            row = {"collection_id": collection, "principal": owner, "name": name, "content": content}
            connection.execute(sa.insert(table).values(row))
