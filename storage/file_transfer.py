"""Bytes of files on their way in and out, piece by piece: never more than a piece or two in memory.

Each piece is one unit of work, so a large file holds nobody up. Before the first byte of an upload is asked for, it is
judged as it will be in the end; what is refused then need not even be sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from sqlalchemy.engine import Connection

from gateway.core.errors import NoSpace, NotFound, TooLarge, Unavailable
from gateway.core.files import FileNode, FilePath, FileWritten
from gateway.core.model import Condition, Principal
from storage.database import Database
from storage.files_area import FilesArea, Judged, Upload, seen
from storage.state.blobs import digest
from storage.state.contents import PIECE, Piece


async def write(
    database: Database,
    area: FilesArea,
    who: Principal,
    path: FilePath,
    content_type: str,
    chunks: AsyncIterator[bytes],
    size: int | None,
    when: Condition,
) -> FileWritten:
    """See `KeepsFiles.write_file`."""
    judged = await database.read(lambda connection: area.judge(connection, who, path, size or 0, when))
    pieces: list[Piece] = []
    holds: list[int] = []
    try:
        upload = await _put_away(database, area, chunks, judged, pieces, holds)
        return await database.write(lambda unit: area.write(unit, who, path, content_type, upload, when))
    except BaseException:
        if holds:
            # Nobody may fill the disk with uploads that he breaks off.
            await database.write(lambda unit: area.contents.abandon(unit.connection, pieces, holds))
        raise


async def _put_away(
    database: Database,
    area: FilesArea,
    chunks: AsyncIterator[bytes],
    judged: Judged,
    pieces: list[Piece],
    holds: list[int],
) -> Upload:
    """Put all but the last piece away; `pieces` and `holds` say at any time what has been."""
    whole, size = hashlib.sha256(), 0
    held = bytearray()
    room = area.limits.quota - judged.tree.used + judged.held
    async for chunk in chunks:
        size += len(chunk)
        if size > area.limits.largest:
            raise TooLarge(f"A file has at most {area.limits.largest} bytes.", area.limits.largest)
        if size > room:
            raise NoSpace(f"Your files may take up {area.limits.quota} bytes in all; there is no room for this.")
        whole.update(chunk)
        held += chunk
        # The last piece is not put away by itself: a small file is one transaction.
        while len(held) > PIECE:
            content = bytes(held[:PIECE])
            del held[:PIECE]
            piece, hold = await database.write(lambda unit, one=content: area.contents.stage(unit.connection, one))  # type: ignore[misc]
            pieces.append(piece)
            holds.append(hold)
    last = bytes(held)
    if last:
        pieces.append(Piece(digest(last), len(last)))
    return Upload(whole.hexdigest(), size, pieces, holds, last)


async def read(
    database: Database, area: FilesArea, who: Principal, path: FilePath, start: int, length: int | None
) -> tuple[FileNode, AsyncGenerator[bytes]]:
    """See `KeepsFiles.read_file`."""

    def look(connection: Connection) -> tuple[FileNode, Sequence[Piece]]:
        node = area.node(connection, who, path)
        if node.is_folder:
            raise NotFound("A folder has no content.")
        row = area.row(connection, who, path)
        return seen(path, row), area.contents.pieces(connection, row.content, row.size)

    node, pieces = await database.read(look)
    end = node.size if length is None else min(node.size, start + length)
    return node, _pieces(database, area, pieces, start, end)


async def _pieces(
    database: Database, area: FilesArea, pieces: Sequence[Piece], start: int, end: int
) -> AsyncGenerator[bytes]:
    position = 0
    for piece in pieces:
        first, last = max(start - position, 0), min(end - position, piece.size)
        position += piece.size
        if first >= last:
            continue
        found = await database.read(lambda connection, one=piece: area.contents.blobs.load(connection, [one.digest]))  # type: ignore[misc]
        if piece.digest not in found:
            raise Unavailable("The file has been replaced meanwhile. Please try again.")
        content = found[piece.digest]
        yield content if last - first == piece.size else content[first:last]
