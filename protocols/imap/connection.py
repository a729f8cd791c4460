"""A conversation without a socket: bytes are fed in, chunks are awaited out.

Commands run strictly one after another in the order they came, whatever was sent ahead. Every failure becomes an
answer in one place (`_answered`). News are told at the end of each command, EXPUNGE among them except where sequence
numbers are in use. The one thing read outside commands are the lines that AUTHENTICATE and IDLE ask for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from gateway.core.errors import GatewayError, TokenExpired, Unavailable
from protocols.imap import capabilities
from protocols.imap.commands import COMMANDS, Command, Ok
from protocols.imap.cursor import TAG, Cursor
from protocols.imap.deflate import Broken as NotDeflate
from protocols.imap.deflate import Inflater
from protocols.imap.encoder import status
from protocols.imap.errors import Bad, Bye, ImapError, answer, server_bug
from protocols.imap.framing import Announced, Complete, Event, Framer, Overflow, RawCommand
from protocols.imap.output import Output, Transport
from protocols.imap.service import Peer, Service
from protocols.imap.session import Session
from protocols.imap.states import HOLDS_EXPUNGE, STATES, State
from protocols.imap.types import Limits
from protocols.imap.view import Broken

capabilities.check(COMMANDS)

log = logging.getLogger(__name__)

_HIGH: Final = 256 * 1024
"""Bytes that may wait unread while a command runs; then the socket is not read."""
_LOW: Final = 64 * 1024
_DISCARD: Final = 4
"""A refused message that the client sends all the same is passed over if it is no larger than so many permitted ones."""


class Connection:
    """One client, from greeting to BYE."""

    def __init__(self, service: Service, transport: Transport, peer: Peer) -> None:
        limits = service.limits
        self._limits: Limits = limits
        self._transport = transport
        self._framer = Framer(limits.line_before_login, limits.literals)
        self._output = Output(transport)
        self._arrived = asyncio.Event()
        self._is_lost = False
        self._is_stopping = False
        self._is_paused = False
        self._inflater: Inflater | None = None
        self._bad_in_a_row = 0
        self._ends = asyncio.get_running_loop().time() + limits.login
        self.session = Session(service, self._output, self, peer)

    def received(self, chunk: bytes) -> None:
        """Bytes from the client."""
        if self._inflater is None:
            self._framer.feed(chunk)
        else:
            self._inflater.feed(chunk)
        self._arrived.set()
        if self._waiting() > _HIGH and not self._is_paused:
            self._is_paused = True
            self._transport.pause()

    def _waiting(self) -> int:
        return len(self._framer) + (0 if self._inflater is None else len(self._inflater))

    def _inflate(self) -> bool:
        """Inflate some of what has come compressed, while there is room for it; whether anything came of it."""
        if self._inflater is None or len(self._framer) >= _HIGH:
            return False
        try:
            inflated = self._inflater.take(_LOW)
        except NotDeflate:
            raise Bye("That is no compressed data.") from None
        self._framer.feed(inflated)
        return bool(inflated)

    def lost(self) -> None:
        """The client is gone. What runs is finished; nothing more is read."""
        self._is_lost = True
        self._arrived.set()

    def stop(self) -> None:
        """Say BYE as soon as the command that runs is answered."""
        self._is_stopping = True
        self._arrived.set()

    async def run(self) -> None:
        """The whole conversation. Ends when it does; raises nothing."""
        session = self.session
        try:
            self._output.add(b"* ", status(b"OK", f"CAPABILITY {session.capabilities()}", "crmgate is ready."))
            await self._output.flush()
            while session.state is not State.LOGOUT:
                await self._step(await self._next_event())
        except Bye as bye:
            await self._say_bye(bye)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except Exception:
            log.exception("a conversation failed")
        finally:
            session.close()
            self._transport.close()

    async def line(self, wake: asyncio.Event | None = None, patience: float | None = None) -> bytes | None:
        """The next line; None where `wake` was set or the time ran out before it came."""
        ends = None if patience is None else asyncio.get_running_loop().time() + patience
        while True:
            line = self._framer.next_line()
            self._relieve()
            if line is not None:
                return line
            if self._inflate():
                continue
            if len(self._framer) > self._limits.line_before_login:
                raise Bye("That line is too long.", "TOOBIG")
            if wake is not None and wake.is_set():
                return None
            left = None if ends is None else ends - asyncio.get_running_loop().time()
            if left is not None and left <= 0:
                return None
            await self._wait(wake, left)

    async def _next_event(self) -> Event:
        while True:
            event = self._framer.next()
            self._relieve()
            if event is not None:
                return event
            if self._inflate():
                continue
            notifying = self.session.notifying
            if notifying is not None and notifying.stirred.is_set() and not self._is_lost:
                # RFC 5465 §3: no command runs; it is told at once.
                await self._heard()
            else:
                await self._wait(None if notifying is None else notifying.stirred, None)

    async def _heard(self) -> None:
        try:
            await self.session.hear(is_idle=False)
        except (Broken, TokenExpired):
            raise Bye("This mailbox is not what it was; please select it again.") from None
        except Unavailable:
            # What could not be read is asked for when something moves again.
            if self.session.notifying is not None:
                self.session.notifying.stirred.clear()
        await self._output.flush()

    async def _wait(self, wake: asyncio.Event | None, patience: float | None) -> None:
        """Until bytes come, `wake` is set, or `patience` is over; raises Bye when the client has been away for too long."""
        if self._is_lost:
            raise ConnectionResetError
        if self._is_stopping:
            raise Bye("The server is going down; please come back.", "UNAVAILABLE")
        self._arrived.clear()
        timeout = self._autologout()
        is_patient = patience is None or timeout < patience
        try:
            async with asyncio.timeout(timeout if is_patient else patience):
                await (self._arrived.wait() if wake is None else _either(self._arrived, wake))
        except TimeoutError:
            if is_patient:
                raise Bye("You have been quiet for too long.") from None

    def _autologout(self) -> float:
        if self.session.state is not State.NOT_AUTHENTICATED:
            return self._limits.idle
        left = self._ends - asyncio.get_running_loop().time()
        return max(0.0, min(self._limits.idle_before_login, left))

    def _relieve(self) -> None:
        if self._is_paused and self._waiting() < _LOW:
            self._is_paused = False
            self._transport.resume()

    async def _step(self, event: Event) -> None:
        if isinstance(event, Announced):
            await self._announced(event)
            return
        if isinstance(event, Overflow):
            error = Bad(f"Too much of it: the {event.what.value} limit is passed.", "TOOBIG")
            self._say_error(event.tag, error)
            self._count_bad(error)
        else:
            assert isinstance(event, Complete)
            await self._run(event.command)
        await self._output.flush()
        if self.session.state is not State.NOT_AUTHENTICATED:
            self._framer.line = self._limits.line

    async def _announced(self, event: Announced) -> None:
        """Takes the literal, or says why not before it is sent."""
        error = await self._answered(self._admit(event))
        if not isinstance(error, ImapError):
            if event.is_sync:
                self._output.add(b"+ Go on.")
                await self._output.flush()
            self._framer.accept()
            return
        limits = self._limits
        most = limits.literal_before_login
        if self.session.state is not State.NOT_AUTHENTICATED:
            most = limits.message * _DISCARD
        if not event.is_sync and event.size > most:
            # RFC 7888 §4: the only way not to read what comes is to hang up.
            raise Bye("That literal is too large.", "TOOBIG")
        self._say_error(event.command.tag, error)
        self._framer.refuse()
        await self._output.flush()
        self._count_bad(error)

    async def _admit(self, event: Announced) -> Ok:
        cursor = self._cursor(event.command)
        cursor.expect_tag()
        command = self._command(cursor)
        await command.admit(self.session, cursor, event)
        return Ok("")

    def _cursor(self, raw: RawCommand) -> Cursor:
        session = self.session
        return Cursor(raw, is_utf8=session.is_utf8, may_name_charset="UTF8=ACCEPT" not in session.enabled)

    def _command(self, cursor: Cursor) -> Command[Any]:
        cursor.expect_space()
        name = cursor.expect_word("a command")
        if name == b"UID":
            cursor.expect_space()
            name = b"UID " + cursor.expect_word("a command")
        command = COMMANDS.get(name)
        if command is None:
            raise Bad("There is no such command.")
        if self.session.state not in STATES[name]:
            raise Bad(f"Not now: the state is {self.session.state.value}.")
        return command

    async def _run(self, raw: RawCommand) -> None:
        """One command and its tagged response."""
        cursor = self._cursor(raw)
        try:
            tag = cursor.expect_tag()
        except Bad as error:
            self._say_error(b"*", error)
            self._count_bad(error)
            return
        self.session.tag = tag
        outcome = await self._answered(self._executed(cursor))
        if isinstance(outcome, ImapError):
            self._say_error(tag, outcome)
            self._count_bad(outcome)
            if self.session.failed_logins >= self._limits.failed_logins:
                raise Bye("Too many failed logins.")
            return
        self._bad_in_a_row = 0
        self._output.add(tag, b" ", status(b"OK", outcome.code, outcome.text))
        if outcome.starts_tls:
            await self._start_tls()
        if outcome.starts_deflate:
            await self._output.flush()
            self._output.deflate()
            # RFC 4978 §3: what follows the line of the command is compressed already.
            self._inflater = Inflater()
            self._inflater.feed(self._framer.drain())

    async def _start_tls(self) -> None:
        await self._output.flush()
        # RFC 3501 §6.2.1: whatever came in the clear is forgotten, commands sent ahead above all.
        self._framer.clear()
        self._transport.start_tls()
        self.session.peer.is_private = True
        self.session.peer.may_start_tls = False

    async def _executed(self, cursor: Cursor) -> Ok:
        session = self.session
        command = self._command(cursor)
        arguments = command.parse(cursor)
        if command.name.startswith(b"UID ") and session.selected.moved.is_set():
            # So that `UID FETCH n:*` holds what has come by now.
            await self._news(command, may_expunge=False)
        try:
            outcome: Ok = await command.run(session, arguments)
        except (ImapError, GatewayError):
            await self._news(command, may_expunge=command.name not in HOLDS_EXPUNGE)
            raise
        await self._news(command, may_expunge=command.name not in HOLDS_EXPUNGE)
        return outcome

    async def _news(self, command: Command[Any], *, may_expunge: bool) -> None:
        session = self.session
        if session.state is not State.SELECTED:
            return
        selected = session.selected
        if not (command.wants_news or session.hears_selected):
            return
        if not (command.wants_news or selected.moved.is_set() or (may_expunge and selected.view.has_news())):
            return
        try:
            await session.refresh(may_expunge=may_expunge)
        except Unavailable:
            # Whoever asked for news must hear that there is no answer; for others they come later.
            if command.wants_news:
                raise

    async def _answered(self, doing: Coroutine[Any, Any, Ok]) -> Ok | ImapError:
        """The one place where a failure becomes an answer."""
        try:
            return await doing
        except ImapError as error:
            return error
        except (Broken, TokenExpired):
            raise Bye("This mailbox is not what it was; please select it again.") from None
        except GatewayError as error:
            return answer(error)
        except (Bye, ConnectionError):
            raise
        except Exception:
            log.exception("a command failed")
            return server_bug()

    def _say_error(self, tag: bytes, error: ImapError) -> None:
        clean = tag if TAG.fullmatch(tag) else b"*"
        self._output.add(clean, b" ", status(error.status.encode("ascii"), error.code, error.text))

    def _count_bad(self, error: ImapError) -> None:
        if not isinstance(error, Bad):
            return
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= self._limits.bad_commands:
            raise Bye("Too many commands that are none.")

    async def _say_bye(self, bye: Bye) -> None:
        self._output.add(b"* ", status(b"BYE", bye.code, bye.text))
        try:
            async with asyncio.timeout(5):
                await self._output.flush()
        except (ConnectionError, TimeoutError):
            pass


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
