"""IDLE (RFC 2177): the client waits, and is told what moves, until it says DONE."""

from __future__ import annotations

import asyncio

from protocols.imap.commands.command import Ok, Plain
from protocols.imap.errors import Bad, Bye
from protocols.imap.session import Session
from protocols.imap.states import State


class Idle(Plain):
    """IDLE, in any state after login."""

    name = b"IDLE"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Woken by the store; DONE may come with the next commands in one packet (iOS does so)."""
        session.out.add(b"+ idling")
        moved = session.selected.moved if session.state is State.SELECTED else None
        if session.notifying is not None:
            moved = session.notifying.stirred
        clock = asyncio.get_running_loop().time
        ends = clock() + session.limits.idle
        while True:
            if moved is not None and moved.is_set():
                await self._news(session)
            await session.out.flush()
            line = await session.input.line(moved, min(session.limits.keepalive, max(0.0, ends - clock())))
            if line is not None:
                if line.strip().upper() == b"DONE":
                    return Ok("Done.")
                raise Bad("Expected DONE.")
            if clock() >= ends:
                # RFC 2177 §3: a client that idles is to say so anew within half an hour.
                raise Bye("Idle for too long.")
            if moved is None or not moved.is_set():
                session.out.add(b"* OK Still here.")

    @staticmethod
    async def _news(session: Session) -> None:
        if session.notifying is None:
            await session.refresh(may_expunge=True)
        else:
            await session.hear(is_idle=True)
