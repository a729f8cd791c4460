"""The corridor in which both entrances meet: what is true of some rows now is shown to the index.

For a batch of keys of one entity: which collections they belong to, the collections locked, membership and rows read
again under the locks, documents rendered, `index.apply`. The client's writes, the follower and the first visit of a
collection all come through here; the order (lock, then read) is what makes any two of them agree.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Entity, MessageSource
from gateway.core.ids import CollectionId, EntityKey, Href, ObjectUid
from gateway.core.model import Shape
from storage import render_message
from storage.crm import messages
from storage.crm.bound import KEPT, BoundEntity
from storage.crm.crm import Crm
from storage.crm.membership import NOWHERE, Members, Membership
from storage.crm.rows import Fetched, Rows
from storage.database import Again, Unit
from storage.letter import Letter
from storage.reader_flags import ReaderFlags
from storage.render import object_uid, render
from storage.state.blobs import Blobs
from storage.state.folders import Folders
from storage.state.index import Index, Known, Numbers, Rendered, Seen
from storage.state.schema import UID_LENGTH, State

BATCH: Final = 500
"""Rows taken in one transaction."""
EXTENSIONS: Final = {
    Shape.CARD: ".vcf",
    Shape.EVENT: ".ics",
    Shape.TASK: ".ics",
    Shape.JOURNAL: ".ics",
    Shape.MESSAGE: ".eml",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """What a client's write adds to what its row says: its own document, its names, or a message's bytes."""

    object_uid: ObjectUid
    residue: bytes | None = None
    overflow: bytes | None = None
    hrefs: Mapping[CollectionId, Href] = field(default_factory=dict)
    letter: Letter | None = None
    date: int | None = None


class Indexer:
    """Brings the index up to date for given rows."""

    def __init__(self, crm: Crm, state: State, *, has_row_locks: bool) -> None:
        """`has_row_locks`: whether others may write while we do; on SQLite nobody can."""
        self.crm, self.state = crm, state
        self.index = Index(state)
        self.blobs = Blobs(state)
        self.membership = Membership(crm, state)
        self.rows = Rows(crm)
        self.reader_flags = ReaderFlags(crm, state, self.index)
        self.folders = Folders(state, crm.views)
        self.has_row_locks = has_row_locks

    def refresh(
        self,
        unit: Unit,
        entity: BoundEntity,
        keys: Sequence[Any],
        given: Mapping[EntityKey, Given] | None = None,
        required: CollectionId | None = None,
    ) -> dict[EntityKey, Known]:
        """Show the index what is true of these keys (column values) now; returns what it knew before.

        `required`: a collection the caller needs locked as well.
        """
        connection = unit.connection
        if self.crm.first_view(entity.name) is None:
            self.folders.rename(connection, entity, keys)
            return {}
        texts = [EntityKey(str(key)) for key in keys]

        def look() -> tuple[Members, dict[EntityKey, Known]]:
            return self.membership.of(connection, entity, keys), self.index.known(connection, entity.name, texts)

        members, known, numbers = self._hold(unit, look, set() if required is None else {required})
        seen = self._seen(unit, entity, keys, members, known, given or {})
        extension = EXTENSIONS[self.crm.shape_of(entity.name)]
        self.index.apply(unit, entity.name, extension, seen, known, numbers)
        self.reader_flags.hear(unit, entity, keys, numbers)
        self.folders.rename(connection, entity, keys)
        return known

    def place_kept(self, unit: Unit, made: Mapping[EntityKey, Rendered], keys: Sequence[EntityKey]) -> None:
        """The same for messages the gateway keeps by itself; `made` are the new ones among `keys`."""
        connection = unit.connection

        def look() -> tuple[Members, dict[EntityKey, Known]]:
            return self.membership.kept(connection, KEPT, keys), self.index.known(connection, KEPT, keys)

        members, known, numbers = self._hold(unit, look, set())
        seen = []
        for key in keys:
            rendered = made.get(key)
            if rendered is None and key in known:
                old = known[key]
                rendered = render_message.unchanged(old.object_uid, old.etag, old.size, old.digest, old.source_digest)
            seen.append(Seen(key, rendered, members.get(key, NOWHERE)))
        self.index.apply(unit, KEPT, EXTENSIONS[Shape.MESSAGE], seen, known, numbers)
        gone = [known[key] for key in keys if key in known and key not in members]
        if gone:
            self._forget(unit, gone)

    def _hold(
        self, unit: Unit, look: Callable[[], tuple[Members, dict[EntityKey, Known]]], required: set[CollectionId]
    ) -> tuple[Members, dict[EntityKey, Known], dict[CollectionId, Numbers]]:
        """Lock every collection concerned, all at once, and look again: what is seen then stays true."""
        members, known = look()
        wanted = _collections(members, known) | required
        numbers = self.index.lock(unit.connection, wanted)
        if self.has_row_locks:
            members, known = look()
        if not _collections(members, known) | required <= numbers.keys():
            raise Again  # somebody moved these, or took a mailbox away, between our look and our lock
        return members, known, numbers

    def _forget(self, unit: Unit, gone: Sequence[Known]) -> None:
        """A kept message that stands nowhere any more is no row of anybody's: its bytes go."""
        ids = [item.id for item in gone]
        state = self.state
        for column in (
            state.words.c.resource_id, state.heading.c.resource_id, state.message.c.resource_id, state.resource.c.id
        ):  # fmt: skip
            unit.connection.execute(sa.delete(column.table).where(column.in_(ids)))
        self.blobs.drop_unused(unit.connection, [item.digest for item in gone])

    def _seen(
        self,
        unit: Unit,
        entity: BoundEntity,
        keys: Sequence[Any],
        members: Members,
        known: Mapping[EntityKey, Known],
        given: Mapping[EntityKey, Given],
    ) -> list[Seen]:
        """What the rows say, for those that anybody sees or has seen."""
        concerned = [key for key in keys if str(key) in members or str(key) in known]
        if entity.message is not None:
            return self._seen_messages(unit, entity, concerned, members, known, given)
        fetched = self.rows.fetch(unit.connection, entity, concerned) if concerned else Fetched({}, {})
        new = [item.uid for key, item in fetched.entities.items() if item.uid and key not in known and key not in given]
        taken = self.index.uids(unit.connection, entity.name, new) | {uid for uid in new if new.count(uid) > 1}
        seen: list[Seen] = []
        for value in concerned:
            key = EntityKey(str(value))
            if key in fetched.unreadable:
                continue  # left as it was last served: a row that cannot be read has not been removed
            item = fetched.entities.get(key)
            gift = given.get(key)
            hrefs = gift.hrefs if gift is not None else {}
            if item is None:
                seen.append(Seen(key, None, NOWHERE))
                continue
            rendered = self._render(entity, item, known.get(key), gift, taken)
            if rendered is not None:
                seen.append(Seen(key, rendered, members.get(key, NOWHERE), hrefs))
        return seen

    def _render(
        self, entity: BoundEntity, item: Entity, known: Known | None, gift: Given | None, taken: set[str]
    ) -> Rendered | None:
        codec = self.crm.codec_of(entity.name)
        if codec is None:
            raise ValueError(f"{entity.name} has no documents")
        if gift is not None:
            return render(codec, item, gift.object_uid, gift.residue, gift.overflow, entity.derived, entity.joint)
        uid = known.object_uid if known else object_uid(self.crm.mapping.name, entity.name, item.key)
        if known is None and item.uid and item.uid not in taken and len(item.uid) <= UID_LENGTH:
            uid = ObjectUid(item.uid)
        try:
            residue, overflow = (known.residue, known.overflow) if known else (None, None)
            return render(codec, item, uid, residue, overflow, entity.derived, entity.joint)
        except Exception:
            # One row that cannot be shown must not stop the others; it stays as it was last served.
            log.exception("%s %s cannot be rendered", entity.name, item.key)
            return None

    def _seen_messages(
        self,
        unit: Unit,
        entity: BoundEntity,
        keys: Sequence[Any],
        members: Members,
        known: Mapping[EntityKey, Known],
        given: Mapping[EntityKey, Given],
    ) -> list[Seen]:
        connection = unit.connection
        sources, unreadable = self._sources(connection, entity, keys)
        digests = {key: messages.source_digest(source) for key, source in sources.items()}
        stale = [known[key].digest for key in sources if key in known and known[key].source_digest != digests[key]]
        originals = self.blobs.load(connection, [name for name in stale if name]) if stale else {}
        seen: list[Seen] = []
        fresh: list[Letter] = []
        for value in keys:
            key = EntityKey(str(value))
            if key in unreadable:
                continue  # as with documents: left as it was last served
            if key not in sources:
                seen.append(Seen(key, None, NOWHERE))
                continue
            gift, old = given.get(key), known.get(key)
            if gift is not None and gift.letter is not None:
                rendered = render_message.from_letter(gift.letter, digests[key], gift.date)
                fresh.append(gift.letter)
            elif old is not None and old.source_digest == digests[key]:
                rendered = render_message.unchanged(old.object_uid, old.etag, old.size, old.digest, digests[key])
            else:
                try:
                    rendered, letter = render_message.from_row(sources[key], originals.get(old.digest) if old else None)
                except Exception:
                    log.exception("%s %s cannot be rendered", entity.name, key)
                    continue
                fresh.append(letter)
            seen.append(Seen(key, rendered, members.get(key, NOWHERE), gift.hrefs if gift else {}))
        self.blobs.store(connection, fresh)
        return seen

    def _sources(
        self, connection: Connection, entity: BoundEntity, keys: Sequence[Any]
    ) -> tuple[dict[EntityKey, MessageSource], set[EntityKey]]:
        """The living rows, and the keys of those that cannot be read."""
        if not keys:
            return {}, set()
        try:
            return messages.fetch(connection, entity, keys), set()
        except (ValueError, TypeError, KeyError, OverflowError) as fault:
            if len(keys) == 1:
                log.warning("%s %s cannot be read: %s", entity.name, keys[0], type(fault).__name__)
                return {}, {EntityKey(str(keys[0]))}
        sources: dict[EntityKey, MessageSource] = {}
        unreadable: set[EntityKey] = set()
        for key in keys:
            one, bad = self._sources(connection, entity, [key])
            sources |= one
            unreadable |= bad
        return sources, unreadable


def _collections(members: Members, known: Mapping[EntityKey, Known]) -> set[CollectionId]:
    wanted: set[CollectionId] = set()
    for collections in members.values():
        wanted |= collections
    for item in known.values():
        wanted |= item.entries.keys()
    return wanted
