"""`SqlStore`: the Store over CRM, index, residue and bus.

Each call finds the collection among the views the principal has, reads its row first and does its work in one unit.
What a name does not lead to for this principal is NotFound, whatever it may be for others: there is no other way to
a collection than through the caller's own home.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.engine import Connection

from gateway.core.changes import Changes, Written
from gateway.core.errors import NoPermission, NotFound
from gateway.core.files import FileLimits
from gateway.core.filter import CardFilter, TimeRange
from gateway.core.ids import UID, CollectionId, Href, ModSeq, ObjectUid, SyncToken
from gateway.core.keeping import Look, LookChange, Placing, Spot
from gateway.core.mail import Appended, Copied, Flagged, FlagMode, Flags, MailboxChanges, MessageContent, Need
from gateway.core.mail_more import Incoming
from gateway.core.model import (
    UNCONDITIONAL,
    Collection,
    CollectionName,
    Condition,
    Entry,
    Principal,
    Resource,
    Right,
    Role,
    Section,
    Shape,
)
from gateway.core.scheduling import UserTimes
from gateway.core.searching import Asked, Heading, Phrase, Sifted
from gateway.core.store import Decide, Draft
from storage.among_people import AmongPeople
from storage.among_pushes import AmongPushes
from storage.attachments import AmongAttachments, Attachments
from storage.busy_times import BusyTimes
from storage.crm.bound import BoundView
from storage.database import Database, Unit
from storage.deliveries import Deliveries
from storage.documents import Documents
from storage.feed.bus import Bus, Watch
from storage.file_store import FileStore
from storage.files_area import FilesArea
from storage.filing import Filing
from storage.indexer import Indexer
from storage.invitations import Invitations
from storage.mailing import Mailing
from storage.more_mail import MoreMail
from storage.own_collections import OwnCollections
from storage.paging import pages
from storage.people import People
from storage.pushes import Pushes
from storage.reading import Reading
from storage.state.collections import OWN, Collections
from storage.state.looks import HOME, ITSELF
from storage.state.proxies import Proxies
from storage.state.shares import ShareTable
from storage.visits import Visits
from storage.words.sifting import Sifting
from storage.writing import Writing


class SqlStore(AmongPeople, AmongPushes, AmongAttachments, MoreMail, FileStore):
    """Implements `gateway.core.keeping.FullStore`."""

    def __init__(
        self,
        database: Database,
        collections: Collections,
        indexer: Indexer,
        visits: Visits,
        bus: Bus,
        people: People,
        limits: FileLimits,
    ) -> None:
        mailing = Mailing(indexer.state, indexer.index, indexer.blobs, indexer.reader_flags)
        self._people, self._proxies = people, Proxies(indexer.state)
        self._shares = ShareTable(indexer.state, OWN)
        writing = Writing(indexer)
        super().__init__(database, collections, visits, mailing, Filing(indexer, mailing, writing))
        self._bus = bus
        self._reading = Reading(indexer.state)
        self._sifting = Sifting(indexer.state)
        self.attachments = Attachments(indexer.state, collections)
        self._documents = Documents(indexer, writing, self.attachments)
        self._looks, self._locks = self._documents.looks, self._documents.locks
        self._files = FilesArea(indexer.state, indexer.blobs, limits)
        self._own = OwnCollections(collections, self._documents.keeping)
        self._busy_times = BusyTimes(self, database, visits.users, people)
        self.scheduling = scheduling = self._documents.scheduling
        self.pushes = Pushes(database, collections, visits.users)
        invitations = Invitations(collections, scheduling.users)
        self.deliveries = Deliveries(database, scheduling, invitations, self.attachments)

    # --- any collection --------------------------------------------------------------------------------------------

    async def collections(self, who: Principal, section: Section | None = None) -> Sequence[Collection]:
        """See the interface."""

        def look(connection: Connection) -> tuple[list[Collection], bool]:
            living = self._collections.home(connection, who)
            is_whole = living.keys() >= self._collections.everybodys.keys()
            if section in (None, Section.MAILBOXES):
                rows, has_all = self._collections.record_folders(connection, who)
                living, is_whole = {**living, **{row.view: row for row in rows}}, is_whole and has_all
            seen = [(self._collections.seen(self._collections.bound(name), row), row) for name, row in living.items()]
            return self._lent(connection, seen), is_whole

        found, is_whole = await self._database.read(look)
        if not is_whole:
            await self._database.at_length(self._visits.enter_home, who)
            await self._database.at_length(self._visits.enter_folders, who)
            found, _ = await self._database.read(look)
        wanted = [one for one in found if section is None or one.name.section is section]
        return sorted(wanted, key=lambda one: (one.name.section.value, one.order, one.name.slug))

    async def collection(self, who: Principal, name: CollectionName) -> Collection:
        """See the interface."""
        return await self._read(who, name, lambda _connection, collection, _row: collection)

    async def entries(
        self,
        who: Principal,
        name: CollectionName,
        hrefs: Sequence[Href] | None = None,
        within: TimeRange | None = None,
        like: CardFilter | None = None,
    ) -> tuple[Collection, Sequence[Entry]]:
        """See the interface."""
        return await self._read(
            who, name, lambda connection, one, _: (one, self._reading.entries(connection, one, hrefs, within, like))
        )

    async def resources(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href]
    ) -> tuple[Collection, Sequence[Resource]]:
        """See the interface."""
        return await self._read(
            who, name, lambda connection, one, _: (one, self._reading.resources(connection, one, hrefs))
        )

    async def changes(
        self, who: Principal, name: CollectionName, since: SyncToken | None, limit: int | None = None
    ) -> Changes:
        """See the interface."""
        return await self._read(
            who, name, lambda connection, one, row: self._reading.changes(connection, one, row.pruned, since, limit)
        )

    async def put(
        self, who: Principal, name: CollectionName, href: Href, draft: Draft, when: Condition, decide: Decide
    ) -> Written:
        """See the interface."""
        bound = self._document(name)
        written = await self._write(
            who, [name], lambda unit, ones: self._documents.put(unit, (bound, ones[0]), who, href, draft, when, decide)
        )
        await self.deliveries.after()
        return written

    async def delete(self, who: Principal, name: CollectionName, href: Href, when: Condition, decide: Decide) -> None:
        """See the interface."""
        bound = self._document(name)
        await self._write(
            who, [name], lambda unit, ones: self._documents.delete(unit, (bound, ones[0]), who, href, when, decide)
        )
        await self.deliveries.after()

    def watch(self, collections: Iterable[CollectionId]) -> Watch:
        """See the interface."""
        return self._bus.watch(collections)

    def _at_home(self, unit: Unit, who: Principal, name: CollectionName, lacks: Right) -> Principal:
        """The principal, where a name is one in his own home. Raises NotFound, NoPermission."""
        if name.of:
            self._acting(unit.connection, who, name.of)
            raise NoPermission("Collections are made and taken away by the one whose home it is.", lacks)
        return who

    # --- documents -------------------------------------------------------------------------------------------------

    async def create_collection(self, who: Principal, name: CollectionName, shape: Shape, look: Look) -> None:
        """See `KeepsDocuments`."""
        await self._database.write(
            lambda unit: self._own.create(unit, self._at_home(unit, who, name, Right.CREATE), name, shape, look)
        )

    async def delete_collection(self, who: Principal, name: CollectionName, when: Condition = UNCONDITIONAL) -> None:
        """See `KeepsDocuments`."""
        bound = self._document(name)

        def work(unit: Unit) -> None:
            self._at_home(unit, who, name, Right.REMOVE)
            self._guard_whole(unit, bound, who, when)
            self._own.delete(unit, who, name)

        await self._database.write(work)

    def _guard_whole(self, unit: Unit, bound: BoundView, who: Principal, when: Condition) -> None:
        """A collection's URL is about to go, with the locks below it. Raises Locked where a token is lacking."""
        row = self._collections.row(unit.connection, bound, who)
        # Of what another shares only the share is to go: nothing of it is locked.
        if row is not None and not row.access:
            collection = self._collections.seen(bound, row)
            self._locks.guard_whole(unit.connection, collection, who, when, is_removal=True)
            self._locks.forget(unit.connection, collection, None)

    async def rename_collection(
        self, who: Principal, old: CollectionName, new: CollectionName, when: Condition = UNCONDITIONAL
    ) -> None:
        """See `KeepsDocuments`."""
        bound = self._document(old)

        def work(unit: Unit) -> None:
            for name, lacks in ((old, Right.REMOVE), (new, Right.CREATE)):
                self._at_home(unit, who, name, lacks)
            self._guard_whole(unit, bound, who, when)
            self._own.rename(unit, who, old, new)

        await self._database.write(work)

    async def place(self, who: Principal, placing: Placing, decide: Decide) -> Written:
        """See `KeepsDocuments`."""
        bounds = (self._document(placing.source), self._document(placing.target))
        written = await self._write(
            who,
            [placing.source, placing.target],
            lambda unit, ones: self._documents.place(
                unit, (bounds[0], ones[0]), (bounds[1], ones[1]), who, placing, decide
            ),
        )
        await self.deliveries.after()
        return written

    async def looks(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href] | None = None
    ) -> Mapping[Href, Look]:
        """See `KeepsDocuments`."""
        return await self._read(
            who, name, lambda connection, one, _: self._looks.of_entries(connection, one.id, who.id, hrefs)
        )

    async def change_look(
        self,
        who: Principal,
        name: CollectionName,
        href: Href | None,
        change: LookChange,
        when: Condition = UNCONDITIONAL,
    ) -> None:
        """See `KeepsDocuments`."""

        def work(unit: Unit, ones: list[Collection]) -> None:
            if href is None:
                self._locks.guard_whole(unit.connection, ones[0], who, when, is_removal=False)
            else:
                self._locks.guard(unit.connection, ones[0], who, href, when)
            uid = ITSELF
            if href is not None:
                entries = self._reading.entries(unit.connection, ones[0], [href])
                if not entries:
                    raise NotFound("There is no such item.")
                uid = entries[0].uid
            self._looks.change(unit.connection, ones[0].id, who.id, uid, change)

        await self._write(who, [name], work)

    async def spot(self, who: Principal, spot: Spot) -> Look:
        """See `KeepsDocuments`."""
        return await self._database.read(lambda connection: self._looks.spot(connection, who.id, spot))

    async def change_spot(self, who: Principal, spot: Spot, change: LookChange) -> None:
        """See `KeepsDocuments`."""
        await self._database.write(
            lambda unit: self._looks.change(unit.connection, HOME, who.id, UID(spot.value), change)
        )

    async def busy_times(
        self, who: Principal, addresses: Sequence[str], wanted: TimeRange, but: ObjectUid | None = None
    ) -> Sequence[UserTimes]:
        """See `KnowsTimes`."""
        return [await self._busy_times.of(who, address, wanted, but) for address in addresses]

    # --- mailboxes -------------------------------------------------------------------------------------------------

    async def mailbox(self, who: Principal, name: CollectionName, since: ModSeq | None) -> MailboxChanges:
        """See the interface."""
        self._mailbox(name)
        return await self._read(
            who, name, lambda connection, one, row: self._mailing.changes(connection, one, row.pruned, who.id, since)
        )

    async def contents(
        self, who: Principal, name: CollectionName, uids: Sequence[UID], need: Need
    ) -> Sequence[MessageContent]:
        """See the interface."""
        self._mailbox(name)
        return await self._read(
            who, name, lambda connection, one, _: self._mailing.contents(connection, one, uids, need)
        )

    async def sift(
        self, who: Principal, name: CollectionName, asked: Sequence[Asked], among: Sequence[UID] | None = None
    ) -> Sequence[Sifted]:
        """See the interface. Texts are looked at a page at a time, so that others get their turn."""
        self._mailbox(name)
        plans = await self._read(
            who, name, lambda connection, one, _: self._sifting.plan(connection, one.id, asked, among)
        )
        answers: list[Sifted] = []
        for question, plan in zip(asked, plans, strict=True):
            found, unknown = list(plan.found), list(plan.unknown)
            for page in pages(plan.doubtful) if isinstance(question, Phrase) else ():
                has, has_not = await self._database.read(
                    lambda connection, q=question, p=page: self._sifting.settle(connection, q, p)  # type: ignore[misc]
                )
                found += has
                unknown += has_not
            answers.append(Sifted(found, unknown))
        return answers

    async def headings(self, who: Principal, name: CollectionName) -> Sequence[tuple[UID, Heading]]:
        """See the interface."""
        self._mailbox(name)
        return await self._read(who, name, lambda connection, one, _: self._sifting.headings(connection, one.id))

    async def counts(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, tuple[int, int]]:
        """See the interface."""
        known: list[Collection] = []
        for name in names:
            with contextlib.suppress(NotFound):
                known.append(await self.collection(who, name))
        found = await self._database.read(
            lambda connection: self._mailing.counts(connection, [one.id for one in known], who.id)
        )
        return {one.name: (found[one.id][0], max(0, one.count - found[one.id][1])) for one in known}

    async def flag(
        self,
        who: Principal,
        name: CollectionName,
        uids: Sequence[UID],
        mode: FlagMode,
        flags: Flags,
        unchanged_since: ModSeq | None = None,
    ) -> Flagged:
        """See the interface."""
        self._mailbox(name)
        return await self._write(
            who,
            [name],
            lambda unit, ones: self._mailing.flag(unit, ones[0], who.id, uids, mode, flags, unchanged_since),
        )

    async def append(
        self, who: Principal, name: CollectionName, raw: bytes, flags: Flags, date: int | None, decide: Decide
    ) -> Appended:
        """See the interface."""
        (appended,) = await self.append_all(who, name, [Incoming(raw, flags, date)], decide)
        return appended

    async def copy(
        self,
        who: Principal,
        source: CollectionName,
        uids: Sequence[UID],
        target: CollectionName,
        decide: Decide,
        *,
        is_move: bool,
    ) -> Copied:
        """See the interface."""
        bounds = (self._mailbox(source), self._mailbox(target))
        return await self._write(
            who,
            [source, target],
            lambda unit, ones: self._filing.copy(unit, bounds, (ones[0], ones[1]), who, uids, decide, is_move=is_move),
        )

    async def expunge(
        self, who: Principal, name: CollectionName, uids: Sequence[UID] | None, decide: Decide
    ) -> Sequence[UID]:
        """See the interface."""
        bound = self._mailbox(name)
        return await self._write(
            who, [name], lambda unit, ones: self._filing.expunge(unit, bound, ones[0], who, uids, decide)
        )

    async def create_mailbox(self, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """See the interface."""
        self._mailbox(name)
        if role is not Role.NONE:
            # All that the mapping makes must be there, or two mailboxes could have one role.
            await self.collections(who)
        await self._database.write(lambda unit: self._mailboxes.create(unit, who, name, role))

    async def rename_mailbox(self, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """See the interface."""
        self._mailbox(old)
        await self._database.write(lambda unit: self._mailboxes.rename(unit, who, old, new))

    async def delete_mailbox(self, who: Principal, name: CollectionName) -> None:
        """See the interface."""
        self._mailbox(name)
        await self._database.write(lambda unit: self._mailboxes.delete(unit, who, name))
