"""Writes of messages: appended, copied, moved, expunged.

A message appended to a view of the CRM becomes an e-mail row with its addresses and body, its bytes kept as they
came; the same message twice is one row and one entry. In other mailboxes the gateway keeps it by itself. Copying and
moving place one CRM e-mail in further mailboxes and hide it where it left; the CRM's row is not touched by either.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from gateway.core.errors import NoPermission, NotFound
from gateway.core.ids import UID, CollectionId, EntityKey, PrincipalId
from gateway.core.mail import NO_FLAGS, Appended, Copied, FlagMode, Flags
from gateway.core.model import Collection, Principal, Right
from gateway.core.store import Decide, Proposal
from gateway.formats.mime_message import MessageFacts
from storage.alike import Alike
from storage.crm import messages
from storage.crm.bound import KEPT, BoundEntity, BoundView
from storage.database import Again, Unit
from storage.indexer import Given, Indexer
from storage.letter import Letter
from storage.mailing import Mailing
from storage.render_message import from_letter, uid_of
from storage.state import flags as flag_words
from storage.state.placements import Placements
from storage.writing import Writing


@dataclass(frozen=True, slots=True)
class _Standing:
    """A message where it stands: its uid there and what it is. `date`: internal, seconds since 1970."""

    uid: UID
    resource: int
    entity: str
    key: EntityKey
    digest: str
    date: int


class Filing:
    """What changes mailboxes."""

    def __init__(self, indexer: Indexer, mailing: Mailing, writing: Writing) -> None:
        self.indexer, self.mailing, self.writing = indexer, mailing, writing
        self.state = indexer.state
        self.placements = Placements(indexer.state)
        self.alike = Alike(indexer.state)

    def append(
        self,
        unit: Unit,
        bound: BoundView,
        collection: Collection,
        who: Principal,
        letter: Letter,
        flags: Flags,
        date: int | None,
        decide: Decide,
    ) -> Appended:
        """See `KeepsMail.append`."""
        if Right.CREATE not in collection.rights:
            raise NoPermission("You may read this mailbox but not add to it.")
        flags = flag_words.clean(flags)
        entity, key = self._take_in(unit, bound, collection, who, letter, date, decide)
        uid = self._uid(unit.connection, collection.id, entity, key)
        held = self.mailing.flags.of(unit.connection, collection.id, who.id, [uid])
        have = held[uid].flags if uid in held else NO_FLAGS
        # Whoever stores a message wants to have it, the one he had marked for deletion too.
        wanted = flag_words.met(have - {"\\Deleted"}, FlagMode.ADD, flags)
        if wanted != have:
            self._add_flags(unit, collection.id, who.id, {uid: wanted})
        return Appended(collection.epoch, uid)

    def copy(
        self,
        unit: Unit,
        bounds: tuple[BoundView, BoundView],
        collections: tuple[Collection, Collection],
        who: Principal,
        uids: Sequence[UID],
        decide: Decide,
        *,
        is_move: bool,
    ) -> Copied:
        """See `KeepsMail.copy`. `bounds` and `collections`: source, then target."""
        source, target = collections
        if Right.CREATE not in target.rights:
            raise NoPermission("You may read that mailbox but not add to it.")
        if is_move and Right.REMOVE not in source.rights:
            raise NoPermission("Messages are not moved out of this mailbox.")
        connection = unit.connection
        standing = self._held(unit, source.id, uids, target.id)
        if source.id == target.id:
            return Copied(target.epoch, [(one.uid, one.uid) for one in standing])
        carried = self.mailing.flags.of(connection, source.id, who.id, [one.uid for one in standing])
        landed: dict[UID, tuple[str, EntityKey]] = {}
        for one in standing:
            landed[one.uid] = self._land(unit, bounds[1], target, who, one, decide)
        self._put(unit, bounds[1], who, list(landed.values()), None if is_move else source.id)
        self._show(unit, list(landed.values()), target.id, who)
        pairs = [(one.uid, self._uid(connection, target.id, *landed[one.uid])) for one in standing]
        self._add_flags(
            unit, target.id, who.id, {there: carried[here].flags for here, there in pairs if here in carried}
        )
        if is_move:
            self._leave(unit, bounds[0], source, standing)
        return Copied(target.epoch, pairs)

    def expunge(
        self,
        unit: Unit,
        bound: BoundView,
        collection: Collection,
        who: Principal,
        uids: Sequence[UID] | None,
        decide: Decide,
    ) -> Sequence[UID]:
        """See `KeepsMail.expunge`."""

        def look() -> list[UID]:
            rows = self.mailing.rows(unit.connection, collection, who.id, uids)
            return [row.uid for row in rows if "\\Deleted" in row.flags]

        marked = look()
        if not marked:
            return ()
        if Right.REMOVE not in collection.rights or bound.view.delete == "refuse":
            raise NoPermission("Messages of this mailbox are not deleted from here.")
        standing = self._held(unit, collection.id, marked)
        if self.indexer.has_row_locks and look() != marked:
            raise Again  # somebody has taken a mark away or set one
        for one in standing:
            decide(Proposal(who, collection, one.entity, {}, {}, is_removal=True))
        if bound.view.delete == "mark" and bound.entity is not None:
            own = [bound.entity.key_value(one.key) for one in standing if one.entity == bound.entity.name]
            self.writing.remove(unit, bound, bound.entity, collection, own, who)
        else:
            if bound.entity is not None and bound.view.expunge:
                own = [one.key for one in standing if one.entity == bound.entity.name]
                self.indexer.reader_flags.put(unit.connection, bound.entity, who.id, own, bound.view.expunge)
            self._leave(unit, bound, collection, standing)
        return [one.uid for one in standing]

    def _take_in(
        self,
        unit: Unit,
        bound: BoundView,
        collection: Collection,
        who: Principal,
        letter: Letter,
        date: int | None,
        decide: Decide,
    ) -> tuple[str, EntityKey]:
        """The message's row (or the gateway's own item), standing in the collection."""
        connection = unit.connection
        if bound.entity is None:
            self.indexer.index.lock(connection, [collection.id])
            known = self.alike.kept(connection, collection.id, letter)
            if known is not None:
                return KEPT, known
            key = EntityKey(uuid.uuid4().hex)
            self.indexer.blobs.store(connection, [letter])
            self.placements.set(connection, collection.id, KEPT, [key], is_in=True)
            self.indexer.place_kept(unit, {key: from_letter(letter, "", date)}, [key])
            return KEPT, key
        entity = bound.entity
        facts = letter.facts
        key_known = self.alike.row(connection, entity, who, letter)
        if key_known is not None:
            self._place(unit, collection.id, entity, [key_known], who)
            return entity.name, key_known
        decide(Proposal(who, collection, entity.name, None, _fields(facts)))
        users, files = self.indexer.crm.users, letter.files if takes_files(entity) else []
        value = messages.insert(connection, entity, users, facts, bound.view.set, who, files)
        self.indexer.rows.settle(connection, entity, value, who, "insert")
        key = EntityKey(str(value))
        if bound.view.reader:
            self.indexer.reader_flags.put(connection, entity, who.id, [key], bound.view.reader)
        noted = self.writing.outbox.of(connection, entity.name, [key])
        given = {key: Given(uid_of(letter), letter=letter, date=date)}
        self._tie(unit, collection.id, entity, [value], who)
        members = self.indexer.membership.of(connection, entity, [value])
        if collection.id not in members.get(key, frozenset()):
            self.placements.set(connection, collection.id, entity.name, [key], is_in=True)
        self.indexer.refresh(unit, entity, [value], given, required=collection.id)
        self.writing.outbox.delete(connection, noted)
        if self.indexer.has_row_locks and self.alike.row(connection, entity, who, letter, but=key) is not None:
            raise Again  # it was stored twice at the same moment, and now that we hold the mailbox the other is there
        return entity.name, key

    def _land(
        self, unit: Unit, bound: BoundView, target: Collection, who: Principal, one: _Standing, decide: Decide
    ) -> tuple[str, EntityKey]:
        """What the message is in its new mailbox; one the gateway keeps becomes an e-mail row in a view of the CRM."""
        if bound.entity is not None and one.entity != bound.entity.name:
            raw = self.indexer.blobs.load(unit.connection, [one.digest])[one.digest]
            return self._take_in(unit, bound, target, who, Letter(raw), one.date, decide)
        return one.entity, one.key

    def _put(
        self,
        unit: Unit,
        bound: BoundView,
        who: Principal,
        landed: Sequence[tuple[str, EntityKey]],
        source: CollectionId | None,
    ) -> None:
        """Tell the CRM where the user has them now; in `source` they stay although the CRM has them elsewhere."""
        if bound.entity is None or not bound.view.reader:
            return
        entity, connection = bound.entity, unit.connection
        keys = [key for name, key in landed if name == entity.name]
        self.indexer.reader_flags.put(connection, entity, who.id, keys, bound.view.reader)
        if source is not None:
            members = self.indexer.membership.of(connection, entity, [entity.key_value(key) for key in keys])
            lost = [key for key in keys if source not in members.get(key, frozenset())]
            self.placements.set(connection, source, entity.name, lost, is_in=True)

    def _show(self, unit: Unit, landed: Sequence[tuple[str, EntityKey]], target: CollectionId, who: Principal) -> None:
        self._each_entity(landed, lambda entity, keys: self._place(unit, target, entity, keys, who))

    def _place(
        self,
        unit: Unit,
        target: CollectionId,
        entity: BoundEntity | None,
        keys: Sequence[EntityKey],
        who: Principal,
    ) -> None:
        """Have these stand in the target, by the filter or against it."""
        connection = unit.connection
        if entity is None:
            self.placements.set(connection, target, KEPT, keys, is_in=True)
            self.indexer.place_kept(unit, {}, keys)
            return
        self.placements.clear(connection, target, entity.name, keys)
        values = [entity.key_value(key) for key in keys]
        self._tie(unit, target, entity, values, who)
        members = self.indexer.membership.of(connection, entity, values)
        against = [key for key in keys if target not in members.get(key, frozenset())]
        self.placements.set(connection, target, entity.name, against, is_in=True)
        self.indexer.refresh(unit, entity, values, required=target)

    def _tie(
        self, unit: Unit, target: CollectionId, entity: BoundEntity, values: Sequence[Any], who: Principal
    ) -> None:
        """What is put into a record's mailbox is linked to the record."""
        folder = self.indexer.folders.of(unit.connection, target)
        if folder is not None:
            folder[0].put(unit.connection, folder[1], values, who, entity.clocks.now())

    def empty(self, unit: Unit, bound: BoundView, collection: Collection) -> None:
        """Take everything out of a mailbox."""
        entry = self.state.entry
        self.indexer.index.lock(unit.connection, [collection.id])
        held = sa.select(entry.c.uid).where(entry.c.collection_id == collection.id)
        uids = [UID(row[0]) for row in unit.connection.execute(held)]
        self._leave(unit, bound, collection, self._held(unit, collection.id, uids))

    def _leave(self, unit: Unit, bound: BoundView, source: Collection, standing: Sequence[_Standing]) -> None:
        """Take these out of a mailbox and touch nothing else."""
        connection = unit.connection

        def leave(entity: BoundEntity | None, keys: Sequence[EntityKey]) -> None:
            if entity is None:
                self.placements.clear(connection, source.id, KEPT, keys)
                self.indexer.place_kept(unit, {}, keys)
                return
            self.placements.clear(connection, source.id, entity.name, keys)
            values = [entity.key_value(key) for key in keys]
            if (folder := self.indexer.folders.of(connection, source.id)) is not None:
                folder[0].take(connection, folder[1], values)
            members = self.indexer.membership.of(connection, entity, values)
            shown = [key for key in keys if source.id in members.get(key, frozenset())]
            self.placements.set(connection, source.id, entity.name, shown, is_in=False)
            self.indexer.refresh(unit, entity, values, required=source.id)

        self._each_entity([(one.entity, one.key) for one in standing], leave)

    def _each_entity(
        self,
        items: Sequence[tuple[str, EntityKey]],
        act: Callable[[BoundEntity | None, Sequence[EntityKey]], None],
    ) -> None:
        for name in dict.fromkeys(entity for entity, _ in items):
            keys = list(dict.fromkeys(key for entity, key in items if entity == name))
            act(None if name == KEPT else self.indexer.crm.entities[name], keys)

    def _held(
        self, unit: Unit, collection: CollectionId, uids: Sequence[UID], *others: CollectionId
    ) -> list[_Standing]:
        """Those of `uids` that stand there, every mailbox in which they stand locked, and the others."""
        connection, entry = unit.connection, self.state.entry
        standing = self._standing(connection, collection, uids)
        wanted = {collection, *others}
        for start in range(0, len(standing), 500):
            ids = [one.resource for one in standing[start : start + 500]]
            found = sa.select(entry.c.collection_id).where(entry.c.resource_id.in_(ids)).distinct()
            wanted |= {CollectionId(row[0]) for row in connection.execute(found)}
        self.indexer.index.lock(connection, wanted)
        if self.indexer.has_row_locks and self._standing(connection, collection, uids) != standing:
            raise Again  # somebody has taken some of them elsewhere
        return standing

    def _standing(self, connection: Connection, collection: CollectionId, uids: Sequence[UID]) -> list[_Standing]:
        entry, resource, message = self.state.entry, self.state.resource, self.state.message
        wanted = (
            sa.select(
                entry.c.uid, resource.c.id, resource.c.entity, resource.c.row_key, message.c.digest, message.c.date
            )
            .select_from(
                entry.join(resource, resource.c.id == entry.c.resource_id).join(
                    message, message.c.resource_id == resource.c.id
                )
            )
            .where(entry.c.collection_id == collection)
            .order_by(entry.c.uid)
        )
        found: list[_Standing] = []
        ordered = sorted(uids)
        for start in range(0, len(ordered), 500):
            for row in connection.execute(wanted.where(entry.c.uid.in_(ordered[start : start + 500]))):
                found.append(_Standing(UID(row[0]), row[1], row[2], EntityKey(row[3]), row[4], row[5]))
        return found

    def _uid(self, connection: Connection, collection: CollectionId, entity: str, key: EntityKey) -> UID:
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(entry.c.uid)
            .select_from(resource.join(entry, resource.c.id == entry.c.resource_id))
            .where(resource.c.entity == entity, resource.c.row_key == key, entry.c.collection_id == collection)
        )
        uid = connection.execute(wanted).scalar()
        if uid is None:
            raise NotFound("The CRM does not show this message there.")
        return UID(uid)

    def _add_flags(self, unit: Unit, collection: CollectionId, principal: PrincipalId, flags: dict[UID, Flags]) -> None:
        if not flags:
            return
        numbers = self.indexer.index.lock(unit.connection, [collection])[collection]
        self.mailing.flags.write(unit.connection, collection, principal, flags, numbers.next_modseq())
        self.indexer.index.write_numbers(unit.connection, [numbers])
        self.indexer.reader_flags.tell(unit.connection, collection, principal, flags)
        unit.publish([collection])


def takes_files(entity: BoundEntity) -> bool:
    """Whether the CRM keeps what is attached to messages."""
    return entity.message is not None and entity.message.files is not None


def _fields(facts: MessageFacts) -> dict[str, Value]:
    """What the rules are shown of a message."""
    fields: dict[str, Any] = {"summary": facts.subject, "description": facts.text, "message_id": facts.message_id}
    return fields
