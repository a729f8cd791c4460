"""Reads and flags of mailboxes: columns, content, counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import TokenExpired
from gateway.core.ids import UID, CollectionId, ModSeq, PrincipalId
from gateway.core.mail import NO_FLAGS, Flagged, FlagMode, Flags, MailboxChanges, MessageContent, MessageRow, Need
from gateway.core.model import Collection
from storage.database import Unit
from storage.paging import pages
from storage.reader_flags import ReaderFlags
from storage.reading import pruned_up_to
from storage.render_message import read_summary
from storage.state import flags as flag_words
from storage.state.blobs import Blobs
from storage.state.flags import FlagTable
from storage.state.index import Index
from storage.state.schema import State

_PRUNED: Final = "What has gone since then is not known any more."


class Mailing:
    """What a mailbox is asked for."""

    def __init__(self, state: State, index: Index, blobs: Blobs, reader_flags: ReaderFlags) -> None:
        self.state, self.index, self.blobs, self.reader_flags = state, index, blobs, reader_flags
        self.flags = FlagTable(state)

    def rows(
        self, connection: Connection, collection: Collection, principal: PrincipalId, uids: Sequence[UID] | None = None
    ) -> Iterator[MessageRow]:
        """The mailbox's columns in uid order, for all messages or for some."""
        entry, message, flag = self.state.entry, self.state.message, self.state.flag
        mine = sa.and_(
            flag.c.collection_id == entry.c.collection_id, flag.c.uid == entry.c.uid, flag.c.principal == principal
        )
        wanted = (
            sa.select(entry.c.uid, entry.c.modseq, entry.c.size, message.c.date, flag.c.flags, flag.c.modseq)
            .select_from(entry.join(message, message.c.resource_id == entry.c.resource_id).outerjoin(flag, mine))
            .where(entry.c.collection_id == collection.id)
            .order_by(entry.c.uid)
        )
        read = flag_words.read
        parts = [wanted] if uids is None else [wanted.where(entry.c.uid.in_(page)) for page in pages(sorted(uids))]
        for part in parts:
            for uid, modseq, size, date, flags, flagged in connection.execute(part).all():
                newest = modseq if flagged is None or flagged < modseq else flagged
                yield MessageRow(uid, newest, size, date, read(flags) if flags else NO_FLAGS)

    def changes(
        self, connection: Connection, collection: Collection, pruned: int, principal: PrincipalId, since: ModSeq | None
    ) -> MailboxChanges:
        """See `KeepsMail.mailbox`."""
        if since is None:
            return MailboxChanges(collection, list(self.rows(connection, collection, principal)), ())
        if since < pruned:
            raise TokenExpired(_PRUNED)
        if since >= collection.modseq:
            return MailboxChanges(collection, (), ())
        entry, flag = self.state.entry, self.state.flag
        moved = sa.select(entry.c.uid).where(entry.c.collection_id == collection.id, entry.c.modseq > since)
        flagged = sa.select(flag.c.uid).where(
            flag.c.collection_id == collection.id, flag.c.principal == principal, flag.c.modseq > since
        )
        uids = [UID(row[0]) for row in connection.execute(moved.union(flagged))]
        vanished = self.vanished(connection, collection, pruned, since)
        return MailboxChanges(collection, list(self.rows(connection, collection, principal, uids)), vanished)

    def vanished(self, connection: Connection, collection: Collection, pruned: int, since: ModSeq) -> list[UID]:
        """See `RemembersGone.vanished`; `pruned` is the modseq up to which tombstones are gone."""
        if not pruned <= since <= collection.modseq:
            raise TokenExpired(_PRUNED)
        tombstone = self.state.tombstone
        gone = sa.select(tombstone.c.uid).where(tombstone.c.collection_id == collection.id, tombstone.c.modseq > since)
        vanished = [UID(row[0]) for row in connection.execute(gone.order_by(tombstone.c.uid))]
        if since < pruned_up_to(self.state, connection, collection):
            raise TokenExpired(_PRUNED)  # pruned while we read
        return vanished

    def contents(
        self, connection: Connection, collection: Collection, uids: Sequence[UID], need: Need
    ) -> list[MessageContent]:
        """See `KeepsMail.contents`."""
        entry, message = self.state.entry, self.state.message
        columns: list[Any] = [entry.c.uid, message.c.digest, entry.c.saved]
        columns.append(message.c.summary if Need.SUMMARY in need else sa.null())
        columns.append(message.c.header if Need.HEADER in need else sa.null())
        wanted = (
            sa.select(*columns)
            .select_from(entry.join(message, message.c.resource_id == entry.c.resource_id))
            .where(entry.c.collection_id == collection.id)
            .order_by(entry.c.uid)
        )
        found: list[MessageContent] = []
        for page in pages(sorted(uids)):
            rows = connection.execute(wanted.where(entry.c.uid.in_(page))).all()
            raws = self.blobs.load(connection, [row[1] for row in rows]) if Need.RAW in need else {}
            for uid, digest, saved, summary, header in rows:
                if Need.RAW in need and digest not in raws:
                    continue  # replaced between two reads: it is under another uid now
                found.append(
                    MessageContent(
                        UID(uid),
                        read_summary(bytes(summary)) if summary is not None else None,
                        bytes(header) if header is not None else None,
                        raws.get(digest),
                        digest,
                        saved,
                    )
                )
        return found

    def counts(
        self, connection: Connection, collections: Sequence[CollectionId], principal: PrincipalId
    ) -> dict[CollectionId, tuple[int, int]]:
        """Total size, and how many the principal has seen, of each."""
        entry, flag = self.state.entry, self.state.flag
        sizes = sa.select(entry.c.collection_id, sa.func.sum(entry.c.size)).where(
            entry.c.collection_id.in_(collections)
        )
        seen = sa.select(flag.c.collection_id, sa.func.sum(flag.c.is_seen)).where(
            flag.c.collection_id.in_(collections), flag.c.principal == principal
        )
        size_of = {row[0]: int(row[1] or 0) for row in connection.execute(sizes.group_by(entry.c.collection_id))}
        seen_of = {row[0]: int(row[1] or 0) for row in connection.execute(seen.group_by(flag.c.collection_id))}
        return {one: (size_of.get(one, 0), seen_of.get(one, 0)) for one in collections}

    def marked(
        self, connection: Connection, collections: Sequence[CollectionId], principal: PrincipalId
    ) -> dict[CollectionId, int]:
        r"""How many messages of each the principal has flagged \Deleted."""
        flag = self.state.flag
        wanted = sa.select(flag.c.collection_id, sa.func.count()).where(
            flag.c.collection_id.in_(collections),
            flag.c.principal == principal,
            flag.c.flags.contains("\\Deleted", autoescape=True),
        )
        found = {row[0]: int(row[1]) for row in connection.execute(wanted.group_by(flag.c.collection_id))}
        return {one: found.get(one, 0) for one in collections}

    def flag(
        self,
        unit: Unit,
        collection: Collection,
        principal: PrincipalId,
        uids: Sequence[UID],
        mode: FlagMode,
        given: Flags,
        unchanged_since: ModSeq | None,
    ) -> Flagged:
        """See `KeepsMail.flag`. All that change do so at one modseq."""
        connection = unit.connection
        given = flag_words.clean(given)
        numbers = self.index.lock(connection, [collection.id])[collection.id]
        standing = list(self.rows(connection, collection, principal, uids))
        conflicting = [row.uid for row in standing if unchanged_since is not None and row.modseq > unchanged_since]
        refused = set(conflicting)
        wanted: dict[UID, Flags] = {}
        for row in standing:
            if row.uid in refused:
                continue
            made = flag_words.met(row.flags, mode, given)
            if made != row.flags:
                wanted[row.uid] = made
        if wanted:
            modseq = numbers.next_modseq()
            self.flags.write(connection, collection.id, principal, wanted, modseq)
            self.index.write_numbers(connection, [numbers])
            self.reader_flags.tell(connection, collection.id, principal, wanted)
            unit.publish([collection.id])
            standing = [
                MessageRow(row.uid, modseq, row.size, row.date, wanted[row.uid]) if row.uid in wanted else row
                for row in standing
            ]
        return Flagged([row for row in standing if row.uid not in refused], conflicting)
