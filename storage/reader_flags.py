"""Flags that the CRM keeps for each reader of an e-mail, and those of IMAP, made one.

What a client sets is written into the user's row in the CRM in the same transaction (`tell`); what the CRM says in such
a row is set on every entry of the message that the user sees (`hear`), in whichever mailbox it stands. Where both
differ the CRM has the last word: a client's word is the CRM's by then. All other flags are the gateway's alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import UID, CollectionId, EntityKey, PrincipalId
from gateway.core.mail import NO_FLAGS, Flags
from storage.crm.bound import BoundEntity
from storage.crm.crm import Crm
from storage.crm.message_tables import Readers
from storage.crm.reader_rows import kept_flags, read_flags, set_columns, write_flags
from storage.database import Unit
from storage.state.flags import FlagTable
from storage.state.index import Index, Numbers
from storage.state.schema import State


class ReaderFlags:
    """The flags of one CRM's readers."""

    def __init__(self, crm: Crm, state: State, index: Index) -> None:
        self.crm, self.state, self.index = crm, state, index
        self.flags = FlagTable(state)

    def tell(
        self, connection: Connection, collection: CollectionId, principal: PrincipalId, flags: Mapping[UID, Flags]
    ) -> None:
        """A user has set these flags on entries of a collection: say so to the CRM."""
        if not any(_readers(entity) for entity in self.crm.entities.values()):
            return
        entry, resource = self.state.entry, self.state.resource
        wanted = sa.select(entry.c.uid, resource.c.entity, resource.c.row_key).select_from(
            entry.join(resource, resource.c.id == entry.c.resource_id)
        )
        told: dict[str, dict[Any, Flags]] = defaultdict(dict)
        uids = list(flags)
        for start in range(0, len(uids), 500):
            batch = entry.c.uid.in_(uids[start : start + 500])
            for uid, name, key in connection.execute(wanted.where(entry.c.collection_id == collection, batch)):
                if name in self.crm.entities:
                    told[name][self.crm.entities[name].key_value(EntityKey(key))] = flags[UID(uid)]
        for name, of_keys in told.items():
            write_flags(connection, _readers(self.crm.entities[name]), principal, of_keys)

    def put(
        self, connection: Connection, entity: BoundEntity, principal: PrincipalId, keys: Sequence[EntityKey], said: Any
    ) -> None:
        """A user has put messages somewhere: what his rows in the CRM get for it."""
        set_columns(connection, _readers(entity), principal, [entity.key_value(key) for key in keys], said)

    def hear(
        self, unit: Unit, entity: BoundEntity, keys: Sequence[Any], numbers: Mapping[CollectionId, Numbers]
    ) -> None:
        """Set what the CRM says of these e-mails. `numbers` holds every collection they are in, locked."""
        kept = kept_flags(_readers(entity))
        if not kept or not keys:
            return
        connection = unit.connection
        said = read_flags(connection, _readers(entity), keys)
        for (collection, principal), uids in self._entries(connection, entity, keys, said).items():
            held = self.flags.of(connection, collection, principal, list(uids))
            changed: dict[UID, Flags] = {}
            for uid, theirs in uids.items():
                ours = held[uid].flags if uid in held else NO_FLAGS
                if ours & kept != theirs:
                    changed[uid] = (ours - kept) | theirs
            if changed:
                line = numbers[collection]
                self.flags.write(connection, collection, principal, changed, line.next_modseq())
                self.index.write_numbers(connection, [line])
                unit.publish([collection])

    def _entries(
        self,
        connection: Connection,
        entity: BoundEntity,
        keys: Sequence[Any],
        said: Mapping[tuple[EntityKey, PrincipalId], Flags],
    ) -> Mapping[tuple[CollectionId, PrincipalId], Mapping[UID, Flags]]:
        """For each reader and each collection of his: the entries of these e-mails, and what the CRM says of them."""
        entry, resource, collection = self.state.entry, self.state.resource, self.state.collection
        wanted = (
            sa.select(entry.c.collection_id, entry.c.uid, resource.c.row_key, collection.c.principal)
            .select_from(
                resource.join(entry, resource.c.id == entry.c.resource_id).join(
                    collection, collection.c.id == entry.c.collection_id
                )
            )
            .where(resource.c.entity == entity.name, resource.c.row_key.in_([str(key) for key in keys]))
        )
        readers: dict[EntityKey, dict[PrincipalId, Flags]] = defaultdict(dict)
        for (key, principal), flags in said.items():
            readers[key][principal] = flags
        found: dict[tuple[CollectionId, PrincipalId], dict[UID, Flags]] = defaultdict(dict)
        for where, uid, key, owner in connection.execute(wanted):
            for principal, flags in readers[EntityKey(key)].items():
                if owner in ("", principal):
                    found[CollectionId(where), principal][UID(uid)] = flags
        return found


def _readers(entity: BoundEntity) -> Sequence[Readers]:
    return entity.message.readers if entity.message is not None else ()
