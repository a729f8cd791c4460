"""Bytes of files: one blob, or for what is large the pieces of a content, each a blob that others may share.

A content is named by the SHA-256 of all its bytes. One of a single piece is that blob and nothing else, so a file and
a message with the same bytes are held once. An upload puts its pieces away one by one, each in a transaction of its
own that holds the blob; the last transaction makes a content of them. Nothing is dropped at once: what a file had is
held for a while longer, so that whoever is reading it gets to its end, and goes when the tables are pruned.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.state.blobs import Blobs, digest
from storage.state.schema import State

T = TypeVar("T")

PIECE: Final = 1 << 20
"""Bytes of a piece; the last may have fewer."""
UPLOAD_HELD: Final = 24 * 3600
"""Seconds until a piece of an upload that came to no end may go."""
READ_HELD: Final = 3600
"""Seconds a content stays that no file has any more."""
EMPTY: Final = digest(b"")
_PAGE: Final = 500
_AT_ONCE: Final = 2_000
"""About how many blobs one pruning drops: whoever else wants to write is waiting."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a content: the blob that has it, and how many bytes."""

    digest: str
    size: int


class Contents:
    """Pieces, holds and the blobs behind them."""

    def __init__(self, state: State, blobs: Blobs) -> None:
        self.piece, self.hold, self.file = state.piece, state.hold, state.file
        self.blobs = blobs

    def stage(self, connection: Connection, content: bytes) -> tuple[Piece, int]:
        """Put a piece of an upload away; the number of its hold."""
        piece = Piece(digest(content), len(content))
        self.blobs.store(connection, [content])
        made = connection.execute(
            sa.insert(self.hold).values(digest=piece.digest, until=int(time.time()) + UPLOAD_HELD)
        )
        key = made.inserted_primary_key
        assert key is not None
        return piece, int(key[0])

    def finish(
        self, connection: Connection, content: str, pieces: Sequence[Piece], holds: Sequence[int], last: bytes
    ) -> None:
        """Make a content of pieces, which are there but for the `last`; the caller gives it to a file at once."""
        if last:
            self.blobs.store(connection, [last])
        if len(pieces) > 1:
            self._hold_blobs(connection, [piece.digest for piece in pieces])
            known = sa.select(self.piece.c.number).where(self.piece.c.content == content).limit(1)
            if connection.execute(known).first() is None:
                rows = [
                    {"content": content, "number": number, "digest": piece.digest, "size": piece.size}
                    for number, piece in enumerate(pieces)
                ]
                connection.execute(sa.insert(self.piece), rows)
        for page in _pages(holds):
            connection.execute(sa.delete(self.hold).where(self.hold.c.id.in_(page)))

    def pieces(self, connection: Connection, content: str, size: int) -> list[Piece]:
        """What a content is made of, in order."""
        if size == 0:
            return []
        wanted = sa.select(self.piece.c.digest, self.piece.c.size).where(self.piece.c.content == content)
        rows = connection.execute(wanted.order_by(self.piece.c.number)).all()
        return [Piece(row.digest, row.size) for row in rows] or [Piece(content, size)]

    def release(self, connection: Connection, contents: Sequence[str]) -> None:
        """A file has let go of these; they go later, unless another has them."""
        until = int(time.time()) + READ_HELD
        rows = [{"digest": one, "until": until} for one in dict.fromkeys(contents) if one != EMPTY]
        if rows:
            connection.execute(sa.insert(self.hold), rows)

    def prune(self, connection: Connection) -> None:
        """Drop what nobody holds any more and no file has."""
        over = sa.select(self.hold.c.id, self.hold.c.digest).where(self.hold.c.until < int(time.time()))
        dropped = 0
        for row in connection.execute(over.order_by(self.hold.c.until).limit(_AT_ONCE)).all():
            if dropped >= _AT_ONCE:
                return
            connection.execute(sa.delete(self.hold).where(self.hold.c.id == row.id))
            dropped += self._drop(connection, row.digest)

    def abandon(self, connection: Connection, pieces: Sequence[Piece], holds: Sequence[int]) -> None:
        """An upload has come to no end: what it has put away goes, but for what others have too."""
        for page in _pages(holds):
            connection.execute(sa.delete(self.hold).where(self.hold.c.id.in_(page)))
        for part in _pages(sorted({piece.digest for piece in pieces})):
            self.blobs.drop_unused(connection, part)

    def _drop(self, connection: Connection, name: str) -> int:
        """Drop a content that no file has; how many blobs were looked at."""
        parts = sa.select(self.piece.c.digest).where(self.piece.c.content == name)
        digests = [row.digest for row in connection.execute(parts)]
        # Whoever makes a content of the same pieces holds their blobs first, and so is before or after all this.
        self._hold_blobs(connection, digests)
        is_used = sa.select(self.file.c.id).where(self.file.c.content == name).limit(1)
        if connection.execute(is_used).first() is not None:
            return 1
        if digests:
            connection.execute(sa.delete(self.piece).where(self.piece.c.content == name))
        for page in _pages(sorted({*digests, name})):
            self.blobs.drop_unused(connection, page)
        return len(digests) + 1

    def _hold_blobs(self, connection: Connection, digests: Sequence[str]) -> None:
        for page in _pages(sorted(set(digests))):
            self.blobs.hold(connection, page)


def _pages(items: Sequence[T]) -> Iterator[list[T]]:
    return (list(items[start : start + _PAGE]) for start in range(0, len(items), _PAGE))
