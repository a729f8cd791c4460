"""How far a long command has come, told now and then (RFC 9585 INPROGRESS), so that no client gives it up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from protocols.imap.encoder import quoted, status
from protocols.imap.session import Session

T = TypeVar("T")


class Progress:
    """One command's; it says nothing before the first interval is over."""

    def __init__(self, session: Session, goal: int) -> None:
        self._session, self._goal = session, goal
        self._due = self._now() + session.limits.progress

    async def passed(self, done: int) -> None:
        """So much of the goal is done."""
        if self._now() >= self._due:
            # RFC 9585 §4: what is done stays below the goal.
            await self._say(b"%d %d" % (min(done, self._goal - 1), self._goal))

    async def during(self, work: Awaitable[T]) -> T:
        """Wait for something of which nobody knows how far it has come."""
        doing = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait([doing], timeout=max(0.0, self._due - self._now())))[0]:
                await self._say(b"NIL NIL")
        finally:
            doing.cancel()
        return doing.result()

    async def _say(self, numbers: bytes) -> None:
        session = self._session
        session.out.add(b"* ", status(b"OK", b"INPROGRESS (%b %b)" % (quoted(session.tag), numbers), "Still at it."))
        await session.out.flush()
        self._due = self._now() + session.limits.progress

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
