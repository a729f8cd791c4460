"""Bytes of messages and files by content hash, compressed, each held once however many have them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.letter import Letter
from storage.locking import locked
from storage.state.schema import State


class Blobs:
    """The blob table."""

    def __init__(self, state: State) -> None:
        self.table = state.blob
        self._users = (
            state.message.c.digest,
            state.file.c.content,
            state.piece.c.digest,
            state.hold.c.digest,
            state.attachment.c.digest,
        )

    def store(self, connection: Connection, contents: Iterable[bytes | Letter]) -> None:
        """Keep these; those that are there already are held, so that nobody drops them before we commit."""
        letters = (one if isinstance(one, Letter) else Letter(one) for one in contents)
        wanted = {letter.digest: letter for letter in letters}
        if not wanted:
            return
        found = self._held(wanted)
        there = {row.digest for row in connection.execute(found)}
        rows = [
            {"digest": name, "size": len(letter.raw), "content": letter.packed}
            for name, letter in wanted.items()
            if name not in there
        ]
        if rows:
            connection.execute(sa.insert(self.table), rows)

    def load(self, connection: Connection, digests: Iterable[str]) -> Mapping[str, bytes]:
        """The contents of those that are there."""
        wanted = sa.select(self.table.c.digest, self.table.c.content).where(self.table.c.digest.in_(list(set(digests))))
        return {row.digest: zlib.decompress(row.content) for row in connection.execute(wanted)}

    def _held(self, digests: Iterable[str]) -> sa.Select[Any]:
        named = self.table.c.digest.in_(sorted(set(digests)))
        return locked(sa.select(self.table.c.digest).where(named).order_by(self.table.c.digest), self.table)

    def hold(self, connection: Connection, digests: Iterable[str]) -> None:
        """Keep anybody from dropping these before we commit."""
        connection.execute(self._held(digests)).all()

    def drop_unused(self, connection: Connection, digests: Iterable[str]) -> None:
        """Let go of those that no message and no file has any more."""
        # Whoever is about to use one holds it; the statement after this one sees what he did.
        self.hold(connection, digests)
        unused = [sa.not_(sa.exists(sa.select(sa.literal(1)).where(one == self.table.c.digest))) for one in self._users]
        connection.execute(sa.delete(self.table).where(self.table.c.digest.in_(list(set(digests))), *unused))


def digest(content: bytes) -> str:
    """The name a content is kept under: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
