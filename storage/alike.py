"""Whether a message on its way in is here already: what keeps a repeated APPEND, or the other copy of a mail, one.

Byte for byte the same is the same, whoever brought it. The same id and body is the same among what the principal
sees; a stranger's copy with other header fields is not served in its place: it might have been blind-copied.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, EntityKey
from gateway.core.model import Principal
from storage.crm import messages
from storage.crm.bound import KEPT, BoundEntity
from storage.letter import Letter
from storage.state.schema import State


class Alike:
    """Looks for messages by what they are."""

    def __init__(self, state: State) -> None:
        self.state = state

    def kept(self, connection: Connection, collection: CollectionId, letter: Letter) -> EntityKey | None:
        """The message of a mailbox the gateway keeps that is this one, byte for byte."""
        message, resource, entry = self.state.message, self.state.resource, self.state.entry
        joined = message.join(resource, resource.c.id == message.c.resource_id)
        wanted = (
            sa.select(resource.c.row_key)
            .select_from(joined.join(entry, entry.c.resource_id == resource.c.id))
            .where(message.c.digest == letter.digest, resource.c.entity == KEPT, entry.c.collection_id == collection)
        )
        found = connection.execute(wanted.limit(1)).scalar()
        return None if found is None else EntityKey(found)

    def row(
        self,
        connection: Connection,
        entity: BoundEntity,
        who: Principal,
        letter: Letter,
        but: EntityKey | None = None,
    ) -> EntityKey | None:
        """The living row that is this message; `but` is not meant."""
        message, resource, entry = self.state.message, self.state.resource, self.state.entry
        table = self.state.collection
        facts, body = letter.facts, letter.body_digest
        seen = sa.exists(
            sa.select(sa.literal(1))
            .select_from(entry.join(table, table.c.id == entry.c.collection_id))
            .where(entry.c.resource_id == resource.c.id, table.c.principal.in_([who.id, ""]))
        )
        alike = [message.c.digest == letter.digest]
        if facts.message_id:
            alike.append(sa.and_(message.c.message_id == facts.message_id[:255], message.c.body_digest == body, seen))
        wanted = (
            sa.select(resource.c.row_key)
            .select_from(message.join(resource, resource.c.id == message.c.resource_id))
            .where(resource.c.entity == entity.name, sa.or_(*alike))
            .order_by(resource.c.id)
        )
        for row in connection.execute(wanted).all():
            if row.row_key == but:
                continue
            if messages.fetch(connection, entity, [entity.key_value(EntityKey(row.row_key))]):
                return EntityKey(row.row_key)
        return None
