"""The part of `SqlStore` that keeps files: one line a call, each one unit of work."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from gateway.core.files import Carrying, FileNode, FilePath, FileWritten, Quota
from gateway.core.keeping import LookChange
from gateway.core.model import Condition, Principal
from storage import file_transfer
from storage.database import Database
from storage.files_area import FilesArea


class FileStore:
    """Implements `gateway.core.files.KeepsFiles`."""

    def __init__(self, database: Database, files: FilesArea) -> None:
        self._database, self._files = database, files

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
