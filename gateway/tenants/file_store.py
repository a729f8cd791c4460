"""Files and locks of all CRMs as one store: the part of `Stores` that `KeepsFiles` and `KeepsLocks` name."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from gateway.core.files import Carrying, FileNode, FilePath, FileWritten, Quota
from gateway.core.keeping import LookChange
from gateway.core.locks import Lock, Lockable, LockMade, LockWish
from gateway.core.model import Condition, Principal
from gateway.tenants.callers import Callers


class FileStores(Callers):
    """Sends each call to the store of the caller's realm."""

    async def file(self, who: Principal, path: FilePath) -> FileNode:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.file(me, path)

    async def folder(self, who: Principal, path: FilePath) -> tuple[FileNode, Sequence[FileNode]]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.folder(me, path)

    async def read_file(
        self, who: Principal, path: FilePath, start: int = 0, length: int | None = None
    ) -> tuple[FileNode, AsyncGenerator[bytes]]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.read_file(me, path, start, length)

    async def quota(self, who: Principal) -> Quota:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.quota(me)

    async def write_file(
        self,
        who: Principal,
        path: FilePath,
        content_type: str,
        chunks: AsyncIterator[bytes],
        size: int | None,
        when: Condition,
    ) -> FileWritten:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.write_file(me, path, content_type, chunks, size, when)

    async def make_folder(self, who: Principal, path: FilePath, when: Condition) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.make_folder(me, path, when)

    async def delete_tree(self, who: Principal, path: FilePath, when: Condition) -> Sequence[FilePath]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.delete_tree(me, path, when)

    async def carry_file(self, who: Principal, how: Carrying) -> bool:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.carry_file(me, how)

    async def change_file_look(self, who: Principal, path: FilePath, change: LookChange, when: Condition) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.change_file_look(me, path, change, when)

    async def locks(self, who: Principal, at: Lockable) -> Sequence[Lock]:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.locks(me, at)

    async def lock(self, who: Principal, at: Lockable, wish: LockWish, when: Condition) -> LockMade:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.lock(me, at, wish, when)

    async def refresh_lock(self, who: Principal, at: Lockable, seconds: int, when: Condition) -> Lock:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.refresh_lock(me, at, seconds, when)

    async def unlock(self, who: Principal, at: Lockable, token: str) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.unlock(me, at, token)
