"""The interfaces of `gateway.core.mail_more` for all CRMs: each call goes to the store of the caller's realm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Appended
from gateway.core.mail_more import Incoming
from gateway.core.model import CollectionName, Principal
from gateway.core.store import Decide
from gateway.tenants.callers import Callers


class MoreStores(Callers):
    """What mailboxes have beside their messages."""

    async def subscriptions(self, who: Principal) -> Mapping[str, bool]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.subscriptions(me)

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.subscribe(me, mailbox, is_on=is_on)

    async def vanished(self, who: Principal, name: CollectionName, since: ModSeq) -> Sequence[UID]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.vanished(me, name, since)

    async def append_all(
        self, who: Principal, name: CollectionName, messages: Sequence[Incoming], decide: Decide
    ) -> Sequence[Appended]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.append_all(me, name, messages, decide)

    async def replace(
        self,
        who: Principal,
        source: CollectionName,
        uid: UID,
        target: CollectionName,
        message: Incoming,
        decide: Decide,
    ) -> Appended | None:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.replace(me, source, uid, target, message, decide)

    async def marked(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, int]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.marked(me, names)

    async def own_mailboxes(self, who: Principal) -> tuple[int, int]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.own_mailboxes(me)

    async def annotations(self, who: Principal, name: CollectionName | None) -> Mapping[str, bytes]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.annotations(me, name)

    async def annotate(self, who: Principal, name: CollectionName | None, changes: Mapping[str, bytes | None]) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.annotate(me, name, changes)
