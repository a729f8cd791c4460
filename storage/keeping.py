"""Documents that the gateway keeps by itself: those of a user's own collections, and what stands beside CRM rows.

What a client puts is what is served, byte for byte; the CRM hears nothing of it and no rule is asked. Such a document
is a resource without a row, written through the one door like any other, so every kind of synchronisation sees it
alike. It may stand in a collection of the CRM too: there the gateway keeps what is no row of the CRM's.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.changes import Written
from gateway.core.errors import NoPermission, NotFound, PreconditionFailed, UidConflict, UnsupportedContent
from gateway.core.ids import UID, CollectionId, EntityKey, ETag, Href, ObjectUid
from gateway.core.model import Collection, Condition, Right
from gateway.core.store import Draft
from gateway.formats.searching import texts_of
from storage.crm.membership import NOWHERE
from storage.database import Again, Unit
from storage.indexer import Indexer
from storage.render import etag_of, times_of
from storage.state.index import Known, Numbers, Rendered, Seen
from storage.state.schema import HREF_LENGTH, UID_LENGTH

DOCUMENT: Final = "@document"
"""What the index calls the entity of documents without a row; no mapping can call one so."""
_EXTENSION: Final = ".ics"


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept document where it stands."""

    key: EntityKey
    uid: UID
    etag: ETag
    object_uid: ObjectUid
    content: bytes
    href: Href
    id: int
    """Of its resource."""


class Keeping:
    """Puts and deletes of kept documents."""

    def __init__(self, indexer: Indexer) -> None:
        self.indexer, self.state = indexer, indexer.state

    def put(self, unit: Unit, collection: Collection, href: Href, draft: Draft, when: Condition) -> Written:
        """See `Store.put`."""
        if draft.shape is not collection.shape:
            raise UnsupportedContent("This collection does not hold such things.")
        if len(href) > HREF_LENGTH or len(draft.object_uid) > UID_LENGTH:
            raise UnsupportedContent(f"Names and UIDs have at most {HREF_LENGTH} characters.")
        numbers = self.lock(unit.connection, {collection.id})
        held = self.find(unit.connection, collection.id, href)
        if not when.holds(held.etag if held else None):
            raise PreconditionFailed("It has been changed meanwhile.")
        wanted = Right.CHANGE if held else Right.CREATE
        if wanted not in collection.rights:
            raise NoPermission("You may read this collection but not change it.", wanted)
        if held is not None and not draft.is_named:
            draft = replace(draft, object_uid=held.object_uid)
        if held is not None and not same_uid(held.object_uid, draft.object_uid):
            raise UidConflict("The UID of what is stored here must not change.", href)
        check_uid(self.indexer, unit.connection, collection.id, draft.object_uid, href)
        etag = self.write(unit, collection.id, href, draft, numbers)
        return Written(href, etag, held is None, True)

    def write(
        self, unit: Unit, collection: CollectionId, href: Href, draft: Draft, numbers: dict[CollectionId, Numbers]
    ) -> ETag:
        """Have a document stand in a collection that is held (`numbers`), whoever may do so; its etag."""
        held = self.find(unit.connection, collection, href)
        key = held.key if held else EntityKey(uuid.uuid4().hex)
        rendered = _rendered(draft)
        known = self.indexer.index.known(unit.connection, DOCUMENT, [key])
        members = frozenset(known[key].entries if key in known else ()) | {collection}
        self._apply(unit, Seen(key, rendered, members, {collection: href}), known, numbers)
        return rendered.etag

    def delete(self, unit: Unit, collection: Collection, href: Href, when: Condition) -> None:
        """See `Store.delete`."""
        numbers = self.lock(unit.connection, {collection.id})
        held = self.find(unit.connection, collection.id, href)
        if not when.holds(held.etag if held else None):
            raise PreconditionFailed("It has been changed meanwhile.")
        if held is None:
            raise NotFound("There is no such item.")
        if Right.REMOVE not in collection.rights:
            raise NoPermission("Items of this collection are not deleted from here.", Right.REMOVE)
        self.remove(unit, collection.id, held.key, numbers)

    def move(self, unit: Unit, source: Collection, href: Href, target: Collection, new_href: Href) -> None:
        """Have it stand in another collection, or under another name; the caller has judged rights and conditions."""
        numbers = self.lock(unit.connection, {source.id, target.id})
        held = self.find(unit.connection, source.id, href)
        if held is None:
            raise Again  # somebody took it away between the caller's look and our lock
        known = self.indexer.index.known(unit.connection, DOCUMENT, [held.key])
        rendered = _unchanged(known[held.key], held.content)
        # Out of the one first: an entry keeps its name for as long as it stands.
        rest = frozenset(known[held.key].entries) - {source.id}
        self._apply(unit, Seen(held.key, rendered, rest), known, numbers)
        known = self.indexer.index.known(unit.connection, DOCUMENT, [held.key])
        self._apply(unit, Seen(held.key, rendered, rest | {target.id}, {target.id: new_href}), known, numbers)

    def empty(self, unit: Unit, collection: CollectionId) -> None:
        """Take everything that is kept out of a collection."""
        numbers = self.lock(unit.connection, {collection})
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(resource.c.row_key)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection, resource.c.entity == DOCUMENT)
        )
        for row in unit.connection.execute(wanted).all():
            self.remove(unit, collection, EntityKey(row[0]), numbers)

    def find(self, connection: Connection, collection: CollectionId, href: Href) -> Kept | None:
        """The kept document of that name; None where there is nothing, or a row of the CRM."""
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(
                resource.c.row_key, entry.c.uid, resource.c.etag, resource.c.object_uid, resource.c.content,
                entry.c.href, resource.c.id,
            )
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection, entry.c.href == href, resource.c.entity == DOCUMENT)
        )  # fmt: skip
        row = connection.execute(wanted).first()
        if row is None:
            return None
        key, uid, etag, object_uid, content, name, number = row
        return Kept(
            EntityKey(key), UID(uid), ETag(etag), ObjectUid(object_uid), bytes(content or b""), Href(name), number
        )

    def lock(self, connection: Connection, collections: set[CollectionId]) -> dict[CollectionId, Numbers]:
        """Hold collections until the transaction ends. Raises Again where one is gone."""
        numbers = self.indexer.index.lock(connection, collections)
        if not collections <= numbers.keys():
            raise Again  # somebody took the collection away meanwhile
        return numbers

    def remove(
        self, unit: Unit, collection: CollectionId, key: EntityKey, numbers: dict[CollectionId, Numbers]
    ) -> None:
        """Take one out of a collection that is held; where it stands nowhere else, it goes."""
        known = self.indexer.index.known(unit.connection, DOCUMENT, [key])
        rest = frozenset(known[key].entries) - {collection}
        content = b""
        if rest:
            content = self._content(unit.connection, known[key])
        rendered = _unchanged(known[key], content) if rest else None
        self._apply(unit, Seen(key, rendered, rest or NOWHERE), known, numbers)
        if not rest:
            tables = (
                (self.state.version, "resource_id"),
                (self.state.card_text, "resource_id"),
                (self.state.resource, "id"),
            )
            for table, column in tables:
                unit.connection.execute(sa.delete(table).where(table.c[column] == known[key].id))

    def _content(self, connection: Connection, known: Known) -> bytes:
        table = self.state.resource
        return bytes(connection.execute(sa.select(table.c.content).where(table.c.id == known.id)).scalar_one() or b"")

    def _apply(
        self, unit: Unit, seen: Seen, known: dict[EntityKey, Known], numbers: dict[CollectionId, Numbers]
    ) -> None:
        self.indexer.index.apply(unit, DOCUMENT, _EXTENSION, [seen], known, numbers)


def same_uid(one: ObjectUid, other: ObjectUid) -> bool:
    """Whether two UIDs are one: some clients put `urn:uuid:` before it, some take it off."""
    return one.removeprefix("urn:uuid:") == other.removeprefix("urn:uuid:")


def check_uid(indexer: Indexer, connection: Connection, collection: CollectionId, uid: ObjectUid, href: Href) -> None:
    """Raises UidConflict where another item of the collection has this UID."""
    bare = uid.removeprefix("urn:uuid:")
    entry, resource = indexer.state.entry, indexer.state.resource
    wanted = (
        sa.select(entry.c.href)
        .select_from(resource.join(entry, resource.c.id == entry.c.resource_id))
        .where(resource.c.object_uid.in_([bare, f"urn:uuid:{bare}"]), entry.c.collection_id == collection)
    )
    found = connection.execute(wanted.where(entry.c.href != href).limit(1)).scalar()
    if found is not None:
        raise UidConflict("Another item of this collection has the same UID.", Href(found))


def _rendered(draft: Draft) -> Rendered:
    known = times_of(draft.document)
    return Rendered(
        draft.object_uid,
        etag_of(draft.content),
        len(draft.content),
        draft.content,
        first_instant=known.first,
        last_instant=known.last,
        timing=known.timing,
        texts=texts_of(draft.document),
    )


def _unchanged(known: Known, content: bytes) -> Rendered:
    """The same again: its resource is not written, for its etag is the one that is known."""
    return Rendered(known.object_uid, known.etag, known.size, content)
