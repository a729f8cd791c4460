"""The stores of all CRMs as one (`gateway.core.keeping.FullStore`): each call goes to the store of the caller's realm.

What comes back is the CRM's own, but for the numbers of collections, which are made unlike those of all others on
their way out and given back on their way in. The number of another realm's collection, in a sync token that somebody
has got hold of, is that of no collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from gateway.core.changes import Changes, Written
from gateway.core.filter import CardFilter, TimeRange
from gateway.core.ids import UID, CollectionId, Href, ModSeq, SyncToken
from gateway.core.keeping import Look, LookChange, Placing, Spot
from gateway.core.mail import Appended, Copied, Flagged, FlagMode, Flags, MailboxChanges, MessageContent, Need
from gateway.core.model import (
    UNCONDITIONAL,
    Collection,
    CollectionName,
    Condition,
    Entry,
    Principal,
    Resource,
    Role,
    Section,
    Shape,
)
from gateway.core.realms import inside, outside
from gateway.core.searching import Asked, Heading, Sifted
from gateway.core.store import Decide, Draft, Subscription
from gateway.tenants.attachments import AttachmentStores
from gateway.tenants.file_store import FileStores
from gateway.tenants.more import MoreStores
from gateway.tenants.people import PeopleOfRealms
from gateway.tenants.pushing import PushStores
from gateway.tenants.scheduling import ScheduleStores
from gateway.tenants.tenant import Tenant, shown

Watch = Callable[[Iterable[CollectionId]], AbstractContextManager[Subscription]]
"""Wakes whoever waits for collections by the numbers they have outside their realms."""


class Stores(PeopleOfRealms, ScheduleStores, PushStores, AttachmentStores, MoreStores, FileStores):
    """One store in front of many."""

    def __init__(self, tenants: Mapping[str, Tenant], watch: Watch) -> None:
        super().__init__(tenants)
        self._watch = watch

    async def collections(self, who: Principal, section: Section | None = None) -> Sequence[Collection]:
        """See the interface."""
        store, me, number = self._of(who)
        return [shown(one, number, who.realm) for one in await store.collections(me, section)]

    async def collection(self, who: Principal, name: CollectionName) -> Collection:
        """See the interface."""
        store, me, number = self._of(who)
        return shown(await store.collection(me, name), number, who.realm)

    async def entries(
        self,
        who: Principal,
        name: CollectionName,
        hrefs: Sequence[Href] | None = None,
        within: TimeRange | None = None,
        like: CardFilter | None = None,
    ) -> tuple[Collection, Sequence[Entry]]:
        """See the interface."""
        store, me, number = self._of(who)
        collection, entries = await store.entries(me, name, hrefs, within, like)
        return shown(collection, number, who.realm), entries

    async def resources(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href]
    ) -> tuple[Collection, Sequence[Resource]]:
        """See the interface."""
        store, me, number = self._of(who)
        collection, resources = await store.resources(me, name, hrefs)
        return shown(collection, number, who.realm), resources

    async def changes(
        self, who: Principal, name: CollectionName, since: SyncToken | None, limit: int | None = None
    ) -> Changes:
        """See the interface."""
        store, me, number = self._of(who)
        known = None if since is None else replace(since, collection=inside(number, since.collection))
        found = await store.changes(me, name, known, limit)
        token = replace(found.token, collection=outside(number, found.token.collection))
        return replace(found, collection=shown(found.collection, number, who.realm), token=token)

    async def put(
        self, who: Principal, name: CollectionName, href: Href, draft: Draft, when: Condition, decide: Decide
    ) -> Written:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.put(me, name, href, draft, when, decide)

    async def delete(self, who: Principal, name: CollectionName, href: Href, when: Condition, decide: Decide) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.delete(me, name, href, when, decide)

    def watch(self, collections: Iterable[CollectionId]) -> AbstractContextManager[Subscription]:
        """See the interface."""
        return self._watch(collections)

    async def mailbox(self, who: Principal, name: CollectionName, since: ModSeq | None) -> MailboxChanges:
        """See the interface."""
        store, me, number = self._of(who)
        found = await store.mailbox(me, name, since)
        return replace(found, collection=shown(found.collection, number, who.realm))

    async def contents(
        self, who: Principal, name: CollectionName, uids: Sequence[UID], need: Need
    ) -> Sequence[MessageContent]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.contents(me, name, uids, need)

    async def sift(
        self, who: Principal, name: CollectionName, asked: Sequence[Asked], among: Sequence[UID] | None = None
    ) -> Sequence[Sifted]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.sift(me, name, asked, among)

    async def headings(self, who: Principal, name: CollectionName) -> Sequence[tuple[UID, Heading]]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.headings(me, name)

    async def counts(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, tuple[int, int]]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.counts(me, names)

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
        store, me, _ = self._of(who)
        return await store.flag(me, name, uids, mode, flags, unchanged_since)

    async def append(
        self, who: Principal, name: CollectionName, raw: bytes, flags: Flags, date: int | None, decide: Decide
    ) -> Appended:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.append(me, name, raw, flags, date, decide)

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
        store, me, _ = self._of(who)
        return await store.copy(me, source, uids, target, decide, is_move=is_move)

    async def expunge(
        self, who: Principal, name: CollectionName, uids: Sequence[UID] | None, decide: Decide
    ) -> Sequence[UID]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.expunge(me, name, uids, decide)

    async def create_mailbox(self, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.create_mailbox(me, name, role)

    async def rename_mailbox(self, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.rename_mailbox(me, old, new)

    async def delete_mailbox(self, who: Principal, name: CollectionName) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.delete_mailbox(me, name)

    async def create_collection(self, who: Principal, name: CollectionName, shape: Shape, look: Look) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.create_collection(me, name, shape, look)

    async def delete_collection(self, who: Principal, name: CollectionName, when: Condition = UNCONDITIONAL) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.delete_collection(me, name, when)

    async def rename_collection(
        self, who: Principal, old: CollectionName, new: CollectionName, when: Condition = UNCONDITIONAL
    ) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.rename_collection(me, old, new, when)

    async def place(self, who: Principal, placing: Placing, decide: Decide) -> Written:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.place(me, placing, decide)

    async def looks(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href] | None = None
    ) -> Mapping[Href, Look]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.looks(me, name, hrefs)

    async def change_look(
        self,
        who: Principal,
        name: CollectionName,
        href: Href | None,
        change: LookChange,
        when: Condition = UNCONDITIONAL,
    ) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.change_look(me, name, href, change, when)

    async def spot(self, who: Principal, spot: Spot) -> Look:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.spot(me, spot)

    async def change_spot(self, who: Principal, spot: Spot, change: LookChange) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.change_spot(me, spot, change)
