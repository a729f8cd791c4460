"""The one door: the only code that writes entries.

`apply` is shown what is true of some entities now, compares it with what the index knew, and writes the difference:
new resources and entries, changed ones, tombstones for those that went. Told the same thing twice it writes nothing.
So the echo of our own write is nothing, and after a crash the feed repairs whatever is missing.

Numbers come from the collections' rows, which the caller has locked with `lock` in this transaction: modseqs and
uids therefore commit in order, and no reader can overtake a writer. A message never changes under its uid
(RFC 3501 §2.3.1.1): one that now renders differently leaves a tombstone and comes back under a new uid, its flags
with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import UID, CollectionId, EntityKey, Epoch, ETag, Href, ModSeq, ObjectUid
from gateway.formats.searching import Texts
from storage.database import Unit
from storage.locking import locked
from storage.state.card_texts import CardTexts
from storage.state.schema import UNREAD, State

VERSIONS_KEPT: Final = 8
"""How many former documents of a resource are kept to compare a client's write with."""


ALWAYS: Final = 1 << 60
"""Seconds from now that are no bound: what may happen at any time has this for its last instant, minus it for its first."""


@dataclass(slots=True)
class Numbers:
    """A collection's row while it is locked."""

    id: CollectionId
    epoch: Epoch
    modseq: ModSeq
    uid_next: UID
    members: int
    is_changed: bool = False

    def next_modseq(self) -> ModSeq:
        """The next number of the line."""
        self.modseq = ModSeq(self.modseq + 1)
        self.is_changed = True
        return self.modseq

    def next_uid(self) -> UID:
        """A uid nobody has had."""
        self.uid_next = UID(self.uid_next + 1)
        return UID(self.uid_next - 1)


@dataclass(frozen=True, slots=True)
class MessageFace:
    """What the index holds of a message beside its bytes, which are in the blob store under `digest`."""

    digest: str
    source_digest: str
    message_id: str
    body_digest: str
    date: int
    header: bytes
    summary: bytes


@dataclass(frozen=True, slots=True)
class Rendered:
    """A resource as it is to be served. `content` is None for messages."""

    object_uid: ObjectUid
    etag: ETag
    size: int
    content: bytes | None
    residue: bytes | None = None
    overflow: bytes | None = None
    first_instant: int | None = None
    last_instant: int | None = None
    timing: int | None = None
    """How it lies between the two (`gateway.formats.timing`)."""
    message: MessageFace | None = None
    texts: Texts = ()
    """What a card may be found by."""


@dataclass(frozen=True, slots=True)
class Known:
    """A resource as the index has it. `entries` maps collections to (uid, href, etag)."""

    id: int
    object_uid: ObjectUid
    etag: ETag
    size: int
    residue: bytes | None
    overflow: bytes | None
    source_digest: str
    digest: str
    entries: Mapping[CollectionId, tuple[UID, Href, ETag]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is true of one entity now. `rendered` is None where it is gone, and where it cannot be shown to anybody."""

    key: EntityKey
    rendered: Rendered | None
    members: frozenset[CollectionId]
    hrefs: Mapping[CollectionId, Href] = field(default_factory=dict)


@dataclass(slots=True)
class _Work:
    """Rows to write, gathered over a batch."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)


class Index:
    """Entries, resources and their numbers, in one database."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.texts = CardTexts(state)

    def lock(self, connection: Connection, collections: Iterable[CollectionId]) -> dict[CollectionId, Numbers]:
        """Hold these collections until the transaction ends, in ascending order so that nobody waits in a ring."""
        table = self.state.collection
        wanted = (
            sa.select(table.c.id, table.c.epoch, table.c.modseq, table.c.uid_next, table.c.members)
            .where(table.c.id.in_(sorted(collections)))
            .order_by(table.c.id)
        )
        return {row.id: Numbers(*row) for row in connection.execute(locked(wanted, table))}

    def known(self, connection: Connection, entity: str, keys: Sequence[EntityKey]) -> dict[EntityKey, Known]:
        """What the index has of these entities."""
        resource, entry, message = self.state.resource, self.state.entry, self.state.message
        joined = resource.outerjoin(message, message.c.resource_id == resource.c.id)
        wanted = sa.select(
            resource.c.id, resource.c.row_key, resource.c.object_uid, resource.c.etag, resource.c.size,
            resource.c.residue, resource.c.overflow, message.c.source_digest, message.c.digest,
        ).select_from(joined).where(resource.c.entity == entity, resource.c.row_key.in_(keys))  # fmt: skip
        rows = connection.execute(wanted).all()
        if not rows:
            return {}
        standing: dict[int, dict[CollectionId, tuple[UID, Href, ETag]]] = {row.id: {} for row in rows}
        entries = sa.select(entry.c.resource_id, entry.c.collection_id, entry.c.uid, entry.c.href, entry.c.etag)
        for row in connection.execute(entries.where(entry.c.resource_id.in_(list(standing)))):
            standing[row.resource_id][row.collection_id] = (row.uid, row.href, row.etag)
        return {
            row.row_key: Known(
                row.id, row.object_uid, row.etag, row.size, row.residue, row.overflow,
                row.source_digest or "", row.digest or "", standing[row.id],
            )
            for row in rows
        }  # fmt: skip

    def apply(
        self,
        unit: Unit,
        entity: str,
        extension: str,
        seen: Sequence[Seen],
        known: Mapping[EntityKey, Known],
        numbers: Mapping[CollectionId, Numbers],
    ) -> None:
        """Write the difference between `seen` and `known`. `numbers` holds every collection concerned, locked."""
        connection = unit.connection
        ids = {key: item.id for key, item in known.items()}
        ids |= self._write_resources(connection, entity, seen, known)
        taken = self._taken(connection, entity, extension, seen, known)
        work = _Work()
        for item in seen:
            before = known[item.key].entries if item.key in known else {}
            members = item.members if item.rendered is not None else frozenset()
            for collection in sorted(before.keys() - members):
                self._remove(work, numbers[collection], before[collection])
            if item.rendered is None:
                continue
            for collection in sorted(members):
                held = before.get(collection)
                if held is not None and held[2] == item.rendered.etag:
                    continue
                href = (
                    held[1]
                    if held
                    else item.hrefs.get(collection) or _free(taken, collection, entity, item.key, extension)
                )
                self._stand(work, numbers[collection], ids[item.key], item.rendered, held, href)
        self._write_entries(connection, work)
        changed = [one for one in numbers.values() if one.is_changed]
        self.write_numbers(connection, changed)
        unit.publish(one.id for one in changed)

    def uids(self, connection: Connection, entity: str, uids: Sequence[str]) -> set[str]:
        """Those of these UIDs that a document of this entity has already."""
        if not uids:
            return set()
        resource = self.state.resource
        wanted = sa.select(resource.c.object_uid).where(resource.c.entity == entity, resource.c.object_uid.in_(uids))
        return {row[0] for row in connection.execute(wanted)}

    def write_numbers(self, connection: Connection, changed: Sequence[Numbers]) -> None:
        """Put locked numbers back into their rows."""
        if not changed:
            return
        table = self.state.collection
        connection.execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("b_id"))
            .values(
                modseq=sa.bindparam("b_modseq"), uid_next=sa.bindparam("b_uid_next"), members=sa.bindparam("b_members")
            ),
            [
                {"b_id": one.id, "b_modseq": one.modseq, "b_uid_next": one.uid_next, "b_members": one.members}
                for one in changed
            ],
        )

    @staticmethod
    def _remove(work: _Work, numbers: Numbers, held: tuple[UID, Href, ETag]) -> None:
        numbers.members -= 1
        uid, href, _ = held
        work.removed.append({"collection_id": numbers.id, "uid": uid, "href": href, "modseq": numbers.next_modseq()})

    def _stand(
        self,
        work: _Work,
        numbers: Numbers,
        resource: int,
        rendered: Rendered,
        held: tuple[UID, Href, ETag] | None,
        href: Href,
    ) -> None:
        """An entry that is new or shows something new."""
        if held is not None and rendered.message is None:
            work.changed.append(
                {"b_collection": numbers.id, "b_uid": held[0], "b_etag": rendered.etag, "b_size": rendered.size,
                 "b_modseq": numbers.next_modseq()}
                | {f"b_{name}": value for name, value in _times(rendered).items()}
            )  # fmt: skip
            return
        if held is not None:
            self._remove(work, numbers, held)
        uid, modseq = numbers.next_uid(), numbers.next_modseq()
        numbers.members += 1
        work.entries.append(
            {"collection_id": numbers.id, "uid": uid, "resource_id": resource, "href": href, "etag": rendered.etag,
             "size": rendered.size, "modseq": modseq, "saved": int(time.time())}
             | _times(rendered)
        )  # fmt: skip
        if held is not None:
            work.flags.append({"b_collection": numbers.id, "b_old": held[0], "b_new": uid, "b_modseq": modseq})

    def _write_entries(self, connection: Connection, work: _Work) -> None:
        entry, tombstone, flag = self.state.entry, self.state.tombstone, self.state.flag
        if work.flags:
            connection.execute(
                sa.update(flag)
                .where(flag.c.collection_id == sa.bindparam("b_collection"), flag.c.uid == sa.bindparam("b_old"))
                .values(uid=sa.bindparam("b_new"), modseq=sa.bindparam("b_modseq")),
                work.flags,
            )
        if work.removed:
            gone = [{"b_collection": row["collection_id"], "b_uid": row["uid"]} for row in work.removed]
            for table in (entry, flag):
                connection.execute(
                    sa.delete(table).where(
                        table.c.collection_id == sa.bindparam("b_collection"), table.c.uid == sa.bindparam("b_uid")
                    ),
                    gone,
                )
            connection.execute(sa.insert(tombstone), work.removed)
        if work.changed:
            connection.execute(
                sa.update(entry)
                .where(entry.c.collection_id == sa.bindparam("b_collection"), entry.c.uid == sa.bindparam("b_uid"))
                .values({name: sa.bindparam(f"b_{name}") for name in ("etag", "size", "modseq", *_TIMES)}),
                work.changed,
            )
        if work.entries:
            connection.execute(sa.insert(entry), work.entries)

    def _write_resources(
        self, connection: Connection, entity: str, seen: Sequence[Seen], known: Mapping[EntityKey, Known]
    ) -> dict[EntityKey, int]:
        """Insert and update resources; returns the ids of the new ones."""
        resource = self.state.resource
        new: dict[EntityKey, Rendered] = {}
        changed: list[tuple[int, Rendered]] = []
        for item in seen:
            if item.rendered is None:
                continue
            if item.key not in known:
                new[item.key] = item.rendered
            elif known[item.key].etag != item.rendered.etag or known[item.key].source_digest != _source(item.rendered):
                changed.append((known[item.key].id, item.rendered))
        if changed:
            self._keep_versions(connection, [id_ for id_, _ in changed])
            names = ("object_uid", "etag", "size", "content", "residue", "overflow", "first_instant", "last_instant")
            connection.execute(
                sa.update(resource)
                .where(resource.c.id == sa.bindparam("b_id"))
                .values({name: sa.bindparam(f"b_{name}") for name in names}),
                [{"b_id": id_} | {f"b_{name}": getattr(made, name) for name in names} for id_, made in changed],
            )
        ids: dict[EntityKey, int] = {}
        if new:
            connection.execute(
                sa.insert(resource),
                [
                    {"entity": entity, "row_key": key, "variant": "", "object_uid": made.object_uid, "etag": made.etag,
                     "size": made.size, "content": made.content, "residue": made.residue, "overflow": made.overflow,
                     "first_instant": made.first_instant, "last_instant": made.last_instant}
                    for key, made in new.items()
                ],
            )  # fmt: skip
            found = sa.select(resource.c.row_key, resource.c.id)
            found = found.where(resource.c.entity == entity, resource.c.row_key.in_(list(new)))
            ids = {EntityKey(row.row_key): row.id for row in connection.execute(found)}
        messages = [(ids[key], made) for key, made in new.items()] + changed
        self.texts.write(connection, [(ids[key], made.texts) for key, made in new.items()], is_new=True)
        self.texts.write(connection, [(id_, made.texts) for id_, made in changed if made.message is None])
        self._write_messages(connection, [(id_, made.message) for id_, made in messages if made.message is not None])
        return ids

    def _write_messages(self, connection: Connection, messages: Sequence[tuple[int, MessageFace]]) -> None:
        if not messages:
            return
        table = self.state.message
        ids = [id_ for id_, _ in messages]
        words, heading = self.state.words, self.state.heading
        for former in (table, words, heading):
            connection.execute(sa.delete(former).where(former.c.resource_id.in_(ids)))
        names = ("digest", "source_digest", "message_id", "body_digest", "date", "header", "summary")
        connection.execute(
            sa.insert(table),
            [{"resource_id": id_} | {name: getattr(facts, name) for name in names} for id_, facts in messages],
        )
        # Their text is taken later (`storage.words`); until then searches read them.
        connection.execute(
            sa.insert(words),
            [{"resource_id": id_, "digest": facts.digest, "segment_id": UNREAD} for id_, facts in messages],
        )

    def _keep_versions(self, connection: Connection, ids: Sequence[int]) -> None:
        """Put documents aside before they are overwritten; the oldest beyond a few go."""
        resource, version = self.state.resource, self.state.version
        current = sa.select(resource.c.id, resource.c.etag, resource.c.content)
        current = current.where(resource.c.id.in_(ids), resource.c.content.is_not(None))
        connection.execute(sa.insert(version).from_select(["resource_id", "etag", "content"], current))
        rank = sa.func.row_number().over(partition_by=version.c.resource_id, order_by=version.c.id.desc())
        ranked = sa.select(version.c.id, rank.label("rank")).where(version.c.resource_id.in_(ids)).subquery()
        old = [row.id for row in connection.execute(sa.select(ranked.c.id).where(ranked.c.rank > VERSIONS_KEPT))]
        if old:
            connection.execute(sa.delete(version).where(version.c.id.in_(old)))

    def _taken(
        self,
        connection: Connection,
        entity: str,
        extension: str,
        seen: Sequence[Seen],
        known: Mapping[EntityKey, Known],
    ) -> set[tuple[CollectionId, Href]]:
        """Which of the names that new entries would get by themselves a client has used for something else."""
        wanted: set[Href] = set()
        collections: set[CollectionId] = set()
        for item in seen:
            if item.rendered is None:
                continue
            new = item.members - (known[item.key].entries.keys() if item.key in known else frozenset())
            unnamed = new - item.hrefs.keys()
            if unnamed:
                wanted.add(_name(entity, item.key, extension))
                collections |= unnamed
        if not wanted:
            return set()
        entry = self.state.entry
        found = sa.select(entry.c.collection_id, entry.c.href).where(
            entry.c.collection_id.in_(collections), entry.c.href.in_(wanted)
        )
        return {(row.collection_id, row.href) for row in connection.execute(found)}


_TIMES: Final = ("first_instant", "last_instant", "timing")


def _times(rendered: Rendered) -> dict[str, int | None]:
    """What an entry holds of when its document happens; nothing of a message."""
    if rendered.message is not None:
        return dict.fromkeys(_TIMES)
    first, last = rendered.first_instant, rendered.last_instant
    return {
        "first_instant": -ALWAYS if first is None else first,
        "last_instant": ALWAYS if last is None else last,
        "timing": rendered.timing,
    }


def _source(rendered: Rendered) -> str:
    return rendered.message.source_digest if rendered.message is not None else ""


def _name(entity: str, key: EntityKey, extension: str) -> Href:
    return Href(f"{entity}-{key}{extension}")


def _free(
    taken: set[tuple[CollectionId, Href]], collection: CollectionId, entity: str, key: EntityKey, extension: str
) -> Href:
    """The name a row gets by itself; where a client took it for something else, one that nobody would think of."""
    href = _name(entity, key, extension)
    return href if (collection, href) not in taken else Href(f"{entity}-{key}-crm{extension}")
