"""The part of `SqlStore` that keeps files and locks: one line a call, each one unit of work."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from gateway.core.files import Carrying, FileNode, FilePath, FileWritten, Quota
from gateway.core.keeping import LookChange
from gateway.core.locks import Lock, Lockable, LockMade, LockWish
from gateway.core.model import Condition, Principal
from storage import file_transfer
from storage.collection_locks import CollectionLocks
from storage.files_area import FilesArea
from storage.finding import Finding


class FileStore(Finding):
    """Implements `gateway.core.files.KeepsFiles` and `gateway.core.locks.KeepsLocks`."""

    _files: FilesArea
    _locks: CollectionLocks

    async def file(self, who: Principal, path: FilePath) -> FileNode:
        """See `KeepsFiles`."""
        return await self._database.read(lambda connection: self._files.node(connection, who, path))

    async def folder(self, who: Principal, path: FilePath) -> tuple[FileNode, Sequence[FileNode]]:
        """See `KeepsFiles`."""
        return await self._database.read(lambda connection: self._files.folder(connection, who, path))

    async def read_file(
        self, who: Principal, path: FilePath, start: int = 0, length: int | None = None
    ) -> tuple[FileNode, AsyncGenerator[bytes]]:
        """See `KeepsFiles`."""
        return await file_transfer.read(self._database, self._files, who, path, start, length)

    async def quota(self, who: Principal) -> Quota:
        """See `KeepsFiles`."""
        return await self._database.read(lambda connection: self._files.quota(connection, who))

    async def write_file(
        self,
        who: Principal,
        path: FilePath,
        content_type: str,
        chunks: AsyncIterator[bytes],
        size: int | None,
        when: Condition,
    ) -> FileWritten:
        """See `KeepsFiles`."""
        return await file_transfer.write(self._database, self._files, who, path, content_type, chunks, size, when)

    async def make_folder(self, who: Principal, path: FilePath, when: Condition) -> None:
        """See `KeepsFiles`."""
        await self._database.write(lambda unit: self._files.make_folder(unit, who, path, when))

    async def delete_tree(self, who: Principal, path: FilePath, when: Condition) -> Sequence[FilePath]:
        """See `KeepsFiles`."""
        return await self._database.write(lambda unit: self._files.delete(unit, who, path, when))

    async def carry_file(self, who: Principal, how: Carrying) -> bool:
        """See `KeepsFiles`."""
        return await self._database.write(lambda unit: self._files.carry(unit, who, how))

    async def change_file_look(self, who: Principal, path: FilePath, change: LookChange, when: Condition) -> None:
        """See `KeepsFiles`."""
        await self._database.write(lambda unit: self._files.change_look(unit, who, path, change, when))

    async def locks(self, who: Principal, at: Lockable) -> Sequence[Lock]:
        """See `KeepsLocks`."""
        if at.name is None:
            return await self._database.read(lambda connection: self._files.locks(connection, who))
        self._document(at.name)
        return await self._read(who, at.name, lambda connection, one, _: self._locks.live(connection, one))

    async def lock(self, who: Principal, at: Lockable, wish: LockWish, when: Condition) -> LockMade:
        """See `KeepsLocks`."""
        if at.name is None:
            return await self._database.write(lambda unit: self._files.lock(unit, who, at.path, wish, when))
        self._document(at.name)
        return await self._write(
            who, [at.name], lambda unit, ones: self._locks.grant(unit, ones[0], who, at, wish, when)
        )

    async def refresh_lock(self, who: Principal, at: Lockable, seconds: int, when: Condition) -> Lock:
        """See `KeepsLocks`."""
        if at.name is None:
            return await self._database.write(lambda unit: self._files.refresh(unit, who, at.path, seconds, when))
        self._document(at.name)
        return await self._write(
            who, [at.name], lambda unit, ones: self._locks.refresh(unit, ones[0], who, at, seconds, when)
        )

    async def unlock(self, who: Principal, at: Lockable, token: str) -> None:
        """See `KeepsLocks`."""
        if at.name is None:
            await self._database.write(lambda unit: self._files.unlock(unit, who, at.path, token))
            return
        self._document(at.name)
        await self._write(who, [at.name], lambda unit, ones: self._locks.take_away(unit, ones[0], who, at, token))
