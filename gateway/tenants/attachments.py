"""Files of calendar objects of all CRMs: each call goes to the store of the caller's realm."""

from __future__ import annotations

from gateway.core.attachments import KeptFile
from gateway.core.model import Principal
from gateway.tenants.callers import Callers


class AttachmentStores(Callers):
    """The interface of `gateway.core.attachments`."""

    async def keep_attachment(self, who: Principal, name: str, media_type: str, content: bytes) -> KeptFile:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.keep_attachment(me, name, media_type, content)

    async def attachment(self, who: Principal, managed_id: str) -> tuple[KeptFile, bytes]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.attachment(me, managed_id)
