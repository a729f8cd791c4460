"""Message bytes by content hash, compressed, each held once however many messages have them."""

from __future__ import annotations

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
        self.message = state.message

    def store(self, connection: Connection, letters: Iterable[Letter]) -> None:
        """Keep these; those that are there already are held, so that nobody drops them before we commit."""
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

    def drop_unused(self, connection: Connection, digests: Iterable[str]) -> None:
        """Let go of those that no message has any more."""
        # Whoever is about to use one holds it; the statement after this one sees what he did.
        connection.execute(self._held(digests)).all()
        used = sa.exists(sa.select(sa.literal(1)).where(self.message.c.digest == self.table.c.digest))
        connection.execute(sa.delete(self.table).where(self.table.c.digest.in_(list(set(digests))), sa.not_(used)))
