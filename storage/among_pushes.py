"""The store's calls for pushes (`gateway.core.pushing.KeepsPushes`), each one line over `storage.pushes`."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.ids import ModSeq
from gateway.core.model import CollectionName, Principal
from gateway.core.pushing import PushRegistration, PushTarget
from storage.finding import Finding
from storage.pushes import Pushes


class AmongPushes(Finding):
    """Implements `KeepsPushes`."""

    pushes: Pushes

    async def register_push(
        self, who: Principal, name: CollectionName, target: PushTarget, expires: int | None
    ) -> PushRegistration:
        """See `KeepsPushes`."""
        return await self._write(
            who, [name], lambda unit, ones: self.pushes.register(unit, ones[0], who, target, expires)
        )

    async def unregister_push(self, who: Principal, registration: str) -> None:
        """See `KeepsPushes`."""
        await self._database.write(lambda unit: self.pushes.unregister(unit, who, registration))

    async def hush_pushes(
        self, who: Principal, name: CollectionName, before: ModSeq, registrations: Sequence[str] | None
    ) -> None:
        """See `KeepsPushes`."""
        await self._write(who, [name], lambda unit, ones: self.pushes.hush(unit, ones[0], who, before, registrations))
