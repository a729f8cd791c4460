"""Pushes of all CRMs: each call goes to the store of the caller's realm."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.ids import ModSeq
from gateway.core.model import CollectionName, Principal
from gateway.core.pushing import PushRegistration, PushTarget
from gateway.tenants.callers import Callers


class PushStores(Callers):
    """The interface of `gateway.core.pushing`."""

    async def register_push(
        self, who: Principal, name: CollectionName, target: PushTarget, expires: int | None
    ) -> PushRegistration:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.register_push(me, name, target, expires)

    async def unregister_push(self, who: Principal, registration: str) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.unregister_push(me, registration)

    async def hush_pushes(
        self, who: Principal, name: CollectionName, before: ModSeq, registrations: Sequence[str] | None
    ) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.hush_pushes(me, name, before, registrations)
