"""Files of calendar objects: bytes in the blobs, and which resources have them.

A resource has the files whose MANAGED-IDs its document names, provided that whoever wrote it could have had them
himself: he brought the file, or sees another resource that has it. So a copied event has its files, and a name that
somebody has guessed or overheard opens nothing. What belongs to nothing any more goes after a day.
"""

from __future__ import annotations

import secrets
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.attachments import KeptFile
from gateway.core.errors import NotFound
from gateway.core.model import Principal
from gateway.scheduling.attachments import managed_in
from storage.database import Unit
from storage.finding import Finding
from storage.state.blobs import Blobs, digest
from storage.state.collections import Collections
from storage.state.schema import State


class Attachments:
    """The tables of attachments."""

    def __init__(self, state: State, collections: Collections) -> None:
        self.state, self._collections = state, collections
        self.blobs = Blobs(state)

    def keep(self, unit: Unit, who: Principal, name: str, media_type: str, content: bytes) -> KeptFile:
        """See `KeepsAttachments`."""
        self.blobs.store(unit.connection, [content])
        made = KeptFile(secrets.token_urlsafe(24), name, media_type, len(content))
        unit.connection.execute(
            sa.insert(self.state.attachment).values(
                managed_id=made.managed_id, digest=digest(content), name=name, media_type=media_type,
                size=made.size, principal=who.id, made=int(time.time()),
            )
        )  # fmt: skip
        return made

    def load(self, connection: Connection, who: Principal, managed_id: str) -> tuple[KeptFile, bytes]:
        """See `KeepsAttachments`."""
        table = self.state.attachment
        row = connection.execute(sa.select(table).where(table.c.managed_id == managed_id)).first()
        if row is None or not self._is_seen(connection, who, managed_id):
            raise NotFound("There is no such file.")
        content = self.blobs.load(connection, [row.digest]).get(row.digest)
        if content is None:
            raise NotFound("There is no such file.")
        return KeptFile(row.managed_id, row.name, row.media_type, row.size), content

    def follow(self, connection: Connection, resource: int, content: bytes, who: Principal) -> None:
        """Have a resource, just written by this principal, have the files that its document names."""
        table = self.state.attached
        held = {
            str(row[0])
            for row in connection.execute(sa.select(table.c.managed_id).where(table.c.resource_id == resource))
        }
        named = managed_in(content)
        gone = held - named
        if gone:
            connection.execute(
                sa.delete(table).where(table.c.resource_id == resource, table.c.managed_id.in_(sorted(gone)))
            )
        new = [one for one in sorted(named - held) if self._may_have(connection, who, one)]
        if new:
            connection.execute(sa.insert(table), [{"resource_id": resource, "managed_id": one} for one in new])

    def _may_have(self, connection: Connection, who: Principal, managed_id: str) -> bool:
        table = self.state.attachment
        owner = connection.execute(sa.select(table.c.principal).where(table.c.managed_id == managed_id)).scalar()
        return owner is not None and (owner == who.id or self._is_seen(connection, who, managed_id))

    def _is_seen(self, connection: Connection, who: Principal, managed_id: str) -> bool:
        """Whether it belongs to anything in the principal's home."""
        entry, attached = self.state.entry, self.state.attached
        wanted = (
            sa.select(entry.c.collection_id)
            .select_from(attached.join(entry, entry.c.resource_id == attached.c.resource_id))
            .where(attached.c.managed_id == managed_id)
        )
        standing = {row[0] for row in connection.execute(wanted)}
        return bool(standing) and any(row.id in standing for row in self._collections.home(connection, who).values())


class AmongAttachments(Finding):
    """Implements `KeepsAttachments`."""

    attachments: Attachments

    async def keep_attachment(self, who: Principal, name: str, media_type: str, content: bytes) -> KeptFile:
        """See `KeepsAttachments`."""
        return await self._database.write(lambda unit: self.attachments.keep(unit, who, name, media_type, content))

    async def attachment(self, who: Principal, managed_id: str) -> tuple[KeptFile, bytes]:
        """See `KeepsAttachments`."""
        return await self._database.read(lambda connection: self.attachments.load(connection, who, managed_id))
