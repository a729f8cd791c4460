"""Reads: the index and nothing else.

Each function gets the collection's row as it was read first, so the numbers it returns are never newer than its
list. A poll is that one row; changes are those above a modseq; a multiget is stored bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.changes import Changes
from gateway.core.errors import TokenExpired
from gateway.core.filter import CardFilter, TimeRange
from gateway.core.ids import UID, ETag, Href, ModSeq, ObjectUid, SyncToken
from gateway.core.model import Collection, Entry, Resource
from gateway.formats.timing import happens
from storage.database import AnyRow
from storage.state.card_texts import candidates
from storage.state.schema import State

_MOST_IN = 500


class Reading:
    """Entries, resources and changes of documents."""

    def __init__(self, state: State) -> None:
        self.state = state
        entry, tag = state.entry, state.schedule
        self._entry = sa.select(
            entry.c.href, entry.c.uid, entry.c.etag, entry.c.modseq, entry.c.size, tag.c.tag
        ).select_from(entry.outerjoin(tag, tag.c.resource_id == entry.c.resource_id))

    def entries(
        self,
        connection: Connection,
        collection: Collection,
        hrefs: Sequence[Href] | None,
        within: TimeRange | None = None,
        like: CardFilter | None = None,
    ) -> list[Entry]:
        """All entries in uid order, or those of `hrefs`; with `within` those that may happen then, with `like` match."""
        table = self.state.entry
        wanted = self._entry.where(table.c.collection_id == collection.id).order_by(table.c.uid)
        made: Callable[[AnyRow], Entry | None] = _entry
        if within is not None:
            wanted = wanted.add_columns(table.c.first_instant, table.c.last_instant, table.c.timing)
            wanted = wanted.where(*self._may_be(within))
            made = _Within(within)
        found_by = None if like is None else candidates(self.state, like)
        if found_by is not None:
            # Unordered: in the order of uids the whole collection would be walked through, and each entry looked for.
            wanted = wanted.where(table.c.resource_id.in_(found_by)).order_by(None)
        if hrefs is None:
            found = [one for row in connection.execute(wanted) if (one := made(row)) is not None]
            return found if found_by is None else sorted(found, key=lambda entry: entry.uid)
        found = []
        for start in range(0, len(hrefs), _MOST_IN):
            page = wanted.where(table.c.href.in_(hrefs[start : start + _MOST_IN]))
            found.extend(one for row in connection.execute(page) if (one := made(row)) is not None)
        return sorted(found, key=lambda entry: entry.uid)

    def _may_be(self, within: TimeRange) -> Iterator[sa.ColumnElement[bool]]:
        """That a resource may happen in a time."""
        if within.start is not None:
            yield self.state.entry.c.last_instant >= math.floor(within.start.timestamp())
        if within.end is not None:
            yield self.state.entry.c.first_instant <= math.ceil(within.end.timestamp())

    def resources(self, connection: Connection, collection: Collection, hrefs: Sequence[Href]) -> list[Resource]:
        """Content by href."""
        entry, resource, tag = self.state.entry, self.state.resource, self.state.schedule
        # The resource's own etag: an entry is brought up to date in the same transaction, but two reads are two moments.
        wanted = (
            sa.select(
                entry.c.href, entry.c.uid, resource.c.etag, entry.c.modseq, resource.c.size, tag.c.tag,
                resource.c.object_uid, resource.c.content,
            )
            .select_from(
                entry.join(resource, resource.c.id == entry.c.resource_id).outerjoin(
                    tag, tag.c.resource_id == resource.c.id
                )
            )
            .where(entry.c.collection_id == collection.id)
        )  # fmt: skip
        found: list[Resource] = []
        for start in range(0, len(hrefs), _MOST_IN):
            page = wanted.where(entry.c.href.in_(hrefs[start : start + _MOST_IN]))
            for row in connection.execute(page):
                found.append(Resource(_entry(row), ObjectUid(row[6]), bytes(row[7] or b"")))
        return found

    def changes(
        self, connection: Connection, collection: Collection, pruned: int, since: SyncToken | None, limit: int | None
    ) -> Changes:
        """See `Store.changes`; `pruned` is the modseq up to which tombstones are gone."""
        entry, tombstone = self.state.entry, self.state.tombstone
        if since is not None and not _is_usable(since, collection, pruned):
            raise TokenExpired("This sync token is not valid any more; start afresh.")
        if since is not None and since.modseq == collection.modseq:
            return Changes(collection, (), (), since, False)
        wanted = self._entry.where(entry.c.collection_id == collection.id).order_by(entry.c.modseq)
        gone: Sequence[AnyRow] = ()
        if since is not None:
            wanted = wanted.where(entry.c.modseq > since.modseq)
            back = sa.exists(
                sa.select(sa.literal(1)).where(
                    entry.c.collection_id == tombstone.c.collection_id, entry.c.href == tombstone.c.href
                )
            )
            missing = (
                sa.select(tombstone.c.href, sa.func.max(tombstone.c.modseq).label("modseq"))
                .where(tombstone.c.collection_id == collection.id, tombstone.c.modseq > since.modseq, sa.not_(back))
                .group_by(tombstone.c.href)
                .order_by(sa.text("modseq"))
            )
            gone = connection.execute(missing if limit is None else missing.limit(limit + 1)).all()
            if since.modseq < pruned_up_to(self.state, connection, collection):
                raise TokenExpired("This sync token is not valid any more; start afresh.")  # pruned while we read
        rows = connection.execute(wanted if limit is None else wanted.limit(limit + 1)).all()
        back_again = {row.href for row in rows}
        gone = [row for row in gone if row.href not in back_again]  # came back between the two reads
        if limit is None or len(rows) + len(gone) <= limit:
            return Changes(
                collection, [_entry(row) for row in rows], [Href(row.href) for row in gone], collection.token, False
            )
        # RFC 6578 §3.6: the token of what is sent, so that the rest comes next time.
        numbered = sorted([(row.modseq, True, row) for row in rows] + [(row.modseq, False, row) for row in gone])[
            :limit
        ]
        # What was read later may be newer than the collection's number, and something before it not in the list.
        sent = min(numbered[-1][0] if numbered else _start(since), collection.modseq)
        token = SyncToken(collection.id, collection.epoch, ModSeq(sent))
        return Changes(
            collection,
            [_entry(row) for _, stands, row in numbered if stands],
            [Href(row.href) for _, stands, row in numbered if not stands],
            token,
            True,
        )


class _Within:
    """Rows as entries, without those that are known not to happen in a window."""

    def __init__(self, within: TimeRange) -> None:
        self._start, self._end = (None if one is None else one.timestamp() for one in (within.start, within.end))

    def __call__(self, row: AnyRow) -> Entry | None:
        known = happens(row[6], row[7], row[8], self._start, self._end)
        return None if known is False else _entry(row, is_within=known is True)


def pruned_up_to(state: State, connection: Connection, collection: Collection) -> int:
    """The modseq up to which tombstones are gone by now."""
    wanted = sa.select(state.collection.c.pruned).where(state.collection.c.id == collection.id)
    return int(connection.execute(wanted).scalar() or 0)


def _start(since: SyncToken | None) -> int:
    return 0 if since is None else since.modseq


def _is_usable(token: SyncToken, collection: Collection, pruned: int) -> bool:
    return (
        token.collection == collection.id
        and token.epoch == collection.epoch
        and pruned <= token.modseq <= collection.modseq
    )


def _entry(row: AnyRow, *, is_within: bool = False) -> Entry:
    return Entry(Href(row[0]), UID(row[1]), ETag(row[2]), ModSeq(row[3]), row[4], is_within, row[5] or "")
