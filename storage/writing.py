"""A client's write of a document: one transaction from the condition to the index.

The row is locked and the index brought up to date first, so the condition is judged against what the CRM holds this
moment. What the client changed is the difference between its document and the one it had: with If-Match that is
what is served now; without, the former document that is nearest to what came. Only those fields go to the CRM, past
the rules; the document itself becomes the residue, and what is served is rendered from both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.changes import Written
from gateway.core.entities import Fields, Value
from gateway.core.errors import (
    NoPermission,
    NotFound,
    PreconditionFailed,
    Refused,
    UidConflict,
    UnsupportedContent,
)
from gateway.core.ids import EntityKey, ETag, Href, ObjectUid
from gateway.core.model import Collection, Condition, Principal, Right
from gateway.core.store import Decide, Draft, Proposal
from gateway.formats.codec import Codec
from gateway.formats.contentline import parse
from gateway.formats.sameness import changed
from storage.crm.bound import BoundEntity, BoundView
from storage.database import Unit
from storage.feed.triggers import polled
from storage.indexer import Given, Indexer
from storage.keeping import check_uid, same_uid
from storage.render import etag_of, read_overflow, write_overflow
from storage.state.outbox import Outbox
from storage.state.placements import Placements
from storage.state.schema import HREF_LENGTH, UID_LENGTH

DEPENDANTS_AT_ONCE = 20
"""Up to so many other entities that show a changed one are refreshed with it; more are the follower's."""


class Writing:
    """Puts and deletes of cards, events and tasks."""

    def __init__(self, indexer: Indexer) -> None:
        self.indexer = indexer
        self.state = indexer.state
        self.outbox = Outbox(indexer.state)
        self.placements = Placements(indexer.state)
        self._polled = frozenset(one.entity for one in polled(indexer.crm))

    def put(
        self,
        unit: Unit,
        bound: BoundView,
        collection: Collection,
        who: Principal,
        href: Href,
        draft: Draft,
        when: Condition,
        decide: Decide,
    ) -> Written:
        """See `Store.put`."""
        if bound.entity is None or bound.codec is None or draft.shape is not bound.view.shape:
            raise UnsupportedContent("This collection does not hold such things.")
        if len(href) > HREF_LENGTH or len(draft.object_uid) > UID_LENGTH:
            raise UnsupportedContent(f"Names and UIDs have at most {HREF_LENGTH} characters.")
        entity, codec = bound.entity, bound.codec
        standing = self._standing(unit.connection, collection, href)
        if standing is None:
            return self._create(unit, bound, entity, codec, collection, who, href, draft, when, decide)
        key = entity.key_value(standing)
        self._freshen(unit, entity, key)
        held = self._held(unit.connection, collection, href)
        if not when.holds(held[0] if held else None):
            raise PreconditionFailed("It has been changed meanwhile.")
        if held is None:
            raise NotFound("The CRM does not have this any more.")
        if Right.CHANGE not in collection.rights:
            raise NoPermission("You may read this collection but not change it.", Right.CHANGE)
        etag, content, uid, residue_left = held
        if not draft.is_named:
            draft = replace(draft, object_uid=uid)
        if not same_uid(uid, draft.object_uid):
            raise UidConflict("The UID of what is stored here must not change.", href)
        after = codec.read(draft.document)
        before = self._base(unit.connection, collection, href, codec, content, after, is_exact=bool(when.any_of))
        changes = decide(Proposal(who, collection, entity.name, before, changed(before, after)))
        changes = entity.completed(changes, lambda: codec.read(parse(content)[0]))
        left = self.indexer.rows.update(unit.connection, entity, key, changes, who)
        overflow = {field: value for field, value in read_overflow(residue_left).items() if field not in changes}
        given = Given(draft.object_uid, draft.content, write_overflow(overflow | left), {collection.id: href})
        self._settle(unit, entity, key, given, collection)
        return self._written(unit.connection, collection, href, draft, is_new=False, etag=etag)

    def _create(
        self,
        unit: Unit,
        bound: BoundView,
        entity: BoundEntity,
        codec: Codec,
        collection: Collection,
        who: Principal,
        href: Href,
        draft: Draft,
        when: Condition,
        decide: Decide,
    ) -> Written:
        if not when.holds(None):
            raise PreconditionFailed("It is not there (any more).")
        if Right.CREATE not in collection.rights:
            raise NoPermission("You may read this collection but not add to it.", Right.CREATE)
        check_uid(self.indexer, unit.connection, collection.id, draft.object_uid, href)
        stated: dict[str, Value] = {
            field: value for field, value in codec.read(draft.document).items() if value not in (None, (), "")
        }
        fields = decide(Proposal(who, collection, entity.name, None, stated))
        preset = {**bound.view.set, **entity.named(draft.object_uid)}
        # What is put into another's calendar is his, whoever puts it there.
        value, left = self.indexer.rows.insert(unit.connection, entity, fields, preset, who, collection.owner or who)
        given = Given(draft.object_uid, draft.content, write_overflow(left), {collection.id: href})
        self._settle(unit, entity, value, given, collection)
        if self._held(unit.connection, collection, href) is None:
            raise Refused("It would not be shown in this collection; put it into another one.", "membership")
        # Now that the collection is locked: whoever used the UID at the same moment has been first.
        check_uid(self.indexer, unit.connection, collection.id, draft.object_uid, href)
        return self._written(unit.connection, collection, href, draft, is_new=True, etag=ETag(""))

    def delete(
        self,
        unit: Unit,
        bound: BoundView,
        collection: Collection,
        who: Principal,
        href: Href,
        when: Condition,
        decide: Decide,
    ) -> None:
        """See `Store.delete`."""
        standing = self._standing(unit.connection, collection, href)
        if bound.entity is None or bound.codec is None or standing is None:
            if not when.holds(None):
                raise PreconditionFailed("It is not there (any more).")
            raise NotFound("There is no such item.")
        entity, codec = bound.entity, bound.codec
        key = entity.key_value(standing)
        self._freshen(unit, entity, key)
        held = self._held(unit.connection, collection, href)
        if not when.holds(held[0] if held else None):
            raise PreconditionFailed("It has been changed meanwhile.")
        if held is None:
            raise NotFound("There is no such item.")
        if Right.REMOVE not in collection.rights or bound.view.delete == "refuse":
            raise NoPermission("Items of this collection are not deleted from here.", Right.REMOVE)
        before = codec.read(parse(held[1])[0])
        decide(Proposal(who, collection, entity.name, before, {}, is_removal=True))
        self.remove(unit, bound, entity, collection, [key], who)

    def remove(
        self,
        unit: Unit,
        bound: BoundView,
        entity: BoundEntity,
        collection: Collection,
        keys: Sequence[Any],
        who: Principal,
    ) -> None:
        """What the view says a delete is, for keys (column values) whose rows the caller has judged."""
        connection = unit.connection
        texts = [EntityKey(str(key)) for key in keys]
        if bound.view.delete == "mark":
            self.indexer.rows.mark_deleted(connection, entity, keys, who)
        else:
            self.placements.set(connection, collection.id, entity.name, texts, is_in=False)
        noted = self.outbox.of(connection, entity.name, texts)
        self.indexer.refresh(unit, entity, keys, required=collection.id)
        self.close(unit, entity, keys, noted)

    def _settle(self, unit: Unit, entity: BoundEntity, key: Any, given: Given, collection: Collection) -> None:
        """Bring the index up to date for a row just written, and take our own echo out of the outbox."""
        text = EntityKey(str(key))
        noted = self.outbox.of(unit.connection, entity.name, [text])
        self.indexer.refresh(unit, entity, [key], {text: given}, required=collection.id)
        self.close(unit, entity, [key], noted)

    def close(self, unit: Unit, entity: BoundEntity, keys: Sequence[Any], noted: Sequence[int]) -> None:
        """Our own echo (`noted`) goes, unless there are more dependants than are refreshed here."""
        if not self._leave_dependants(unit, entity, keys):
            self.outbox.delete(unit.connection, noted)
        elif entity.name in self._polled:
            self.outbox.note(unit.connection, entity.name, [EntityKey(str(key)) for key in keys])

    def _leave_dependants(self, unit: Unit, entity: BoundEntity, keys: Sequence[Any]) -> bool:
        """Refresh the few entities that show these; True where there are many, and the follower is to do it."""
        found: list[tuple[BoundEntity, list[Any]]] = []
        for other, shown in self.indexer.crm.dependants(entity.name):
            rows = unit.connection.execute(shown.dependants(keys).limit(DEPENDANTS_AT_ONCE + 1))
            found.append((other, sorted({row[0] for row in rows})))
        if sum(len(others) for _, others in found) > DEPENDANTS_AT_ONCE:
            return True
        for other, others in found:
            if others:
                self.indexer.refresh(unit, other, others)
        return False

    def _freshen(self, unit: Unit, entity: BoundEntity, key: Any) -> None:
        """Hold the row and let the index catch up with whatever the CRM did to it a moment ago.

        While the row is held nobody changes it, and what was changed before has a row in the outbox; of a table
        that is polled the outbox knows nothing yet, so there the row itself is looked at.
        """
        self.indexer.rows.lock(unit.connection, entity, key)
        if entity.name in self._polled or self.outbox.concerns(unit.connection, entity.name, EntityKey(str(key))):
            self.indexer.refresh(unit, entity, [key])

    def _standing(self, connection: Connection, collection: Collection, href: Href) -> EntityKey | None:
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(resource.c.row_key)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection.id, entry.c.href == href)
        )
        found = connection.execute(wanted).scalar()
        return None if found is None else EntityKey(found)

    def _held(
        self, connection: Connection, collection: Collection, href: Href
    ) -> tuple[ETag, bytes, ObjectUid, bytes | None] | None:
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(resource.c.etag, resource.c.content, resource.c.object_uid, resource.c.overflow)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection.id, entry.c.href == href)
        )
        row = connection.execute(wanted).first()
        return None if row is None else (ETag(row[0]), bytes(row[1] or b""), ObjectUid(row[2]), row[3])

    def _base(
        self,
        connection: Connection,
        collection: Collection,
        href: Href,
        codec: Codec,
        content: bytes,
        after: Fields,
        *,
        is_exact: bool,
    ) -> Fields:
        """What the client had before it made its changes, as far as can be told."""
        current = codec.read(parse(content)[0])
        if is_exact:
            return current
        best, fewest = current, len(changed(current, after))
        entry, version = self.state.entry, self.state.version
        wanted = (
            sa.select(version.c.content)
            .select_from(version.join(entry, entry.c.resource_id == version.c.resource_id))
            .where(entry.c.collection_id == collection.id, entry.c.href == href)
            .order_by(version.c.id.desc())
        )
        for row in connection.execute(wanted):
            if fewest == 0:
                break
            former = codec.read(parse(bytes(row[0]))[0])
            many = len(changed(former, after))
            if many < fewest:
                best, fewest = former, many
        return best

    def _written(
        self, connection: Connection, collection: Collection, href: Href, draft: Draft, *, is_new: bool, etag: ETag
    ) -> Written:
        held = self._held(connection, collection, href)
        if held is None:
            return Written(href, etag, is_new, False)
        return Written(href, held[0], is_new, held[0] == etag_of(draft.content))
