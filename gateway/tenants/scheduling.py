"""Scheduling of all CRMs: each call goes to the store of the caller's realm, and knows nobody beyond it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.filter import TimeRange
from gateway.core.ids import ObjectUid
from gateway.core.model import Principal
from gateway.core.scheduling import UserTimes
from gateway.tenants.callers import Callers


class ScheduleStores(Callers):
    """The interfaces of `gateway.core.scheduling`."""

    async def busy_times(
        self, who: Principal, addresses: Sequence[str], wanted: TimeRange, but: ObjectUid | None = None
    ) -> Sequence[UserTimes]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.busy_times(me, addresses, wanted, but)
