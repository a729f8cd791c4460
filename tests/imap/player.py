"""Plays transcripts on `Connection`, in memory, against the real store.

    1C: text        client 1 sends a line; `{=}` or `{=+}` in it is the size of the lines that follow as 1L,
                    `{CRLF}` ends a line within one packet
    1L: text        a line of that literal (each ends with CRLF)
    1S: text        client 1 must hear this line next; `…` is anything, `§name` a number that stays what it was first
    ! what          something happens outside; the phrases are in `World.happens`
    # text          a comment

All lines a client hears must be expected, in order, before it speaks again and at the end. Nothing sleeps: a client
that expects a line waits for it.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from gateway.core.auth import BearerToken
from gateway.core.errors import NotAuthenticated, Unavailable
from gateway.core.model import Principal
from gateway.core.store import KeepsMail
from gateway.edits import Edits
from protocols.imap.capabilities import known
from protocols.imap.connection import Connection
from protocols.imap.narrowing import narrowing
from protocols.imap.service import Peer, Service
from protocols.imap.types import Limits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import principal

PATIENCE = 10.0
LIMITS = Limits(
    line=2_000, line_before_login=500, literal=1_000, literal_before_login=100, literals=5, message=2_000,
    failed_logins=3, failed_login_pause=0, bad_commands=5, per_user=4, notify_pause=0,
)  # fmt: skip


@dataclass
class Client:
    """One connection's other end: a transport that keeps lines."""

    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    chunks: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    rest: bytes = b""
    inflate: Any = None
    deflate: Any = None
    is_closed: bool = False
    is_encrypted: bool = False
    connection: Connection | None = None
    task: asyncio.Task[None] | None = None

    async def write(self, chunk: bytes) -> None:
        self.chunks.put_nowait(chunk)
        if self.inflate is not None:
            chunk = self.inflate.decompress(chunk)
        *lines, self.rest = (self.rest + chunk).split(b"\r\n")
        for line in lines:
            self.heard.put_nowait(line.decode("utf-8", "replace"))

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def start_tls(self) -> None:
        self.is_encrypted = True

    def close(self) -> None:
        self.is_closed = True
        self.heard.put_nowait("(closed)")


class Outage:
    """A store in front of a database that can go away."""

    def __init__(self, store: KeepsMail) -> None:
        self._store = store
        self.is_down = False

    def __getattr__(self, name: str) -> Any:
        if self.is_down:
            raise Unavailable("The database does not answer; please try again.")
        return getattr(self._store, name)


class Tokens:
    """Takes a token `for:LOGIN` for what it says."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    async def verify(self, token: BearerToken) -> Principal:
        login = token.token.removeprefix("for:")
        if login == token.token or token.login not in {"", login, f"{login}@crm.example"}:
            raise NotAuthenticated("The token is not valid.")
        return await asyncio.to_thread(principal, self._opened, login)


class World:
    """The CRM, the gateway, and the clients by number."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.store: Any = Outage(opened.store)
        self.service = Service(self.store, Edits(self.store), opened.authenticator, LIMITS, version="1")
        self.clients: dict[str, Client] = {}
        self.numbers: dict[str, str] = {}

    async def happens(self, what: str) -> None:
        """Everything that can happen outside."""
        if found := re.fullmatch(r"(\d) is (anna|ben)", what):
            client = await self._connect(found[1], is_private=True)
            self._send(client, f"in LOGIN {found[2]} {found[2]}\r\n".encode())
            assert (await self._hear(client)).startswith("in OK [CAPABILITY IMAP4rev1 ")
        elif found := re.fullmatch(r"(\d) compresses", what):
            client = self.clients[found[1]]
            client.inflate, client.deflate = zlib.decompressobj(-15), zlib.compressobj(9, zlib.DEFLATED, -15)
        elif found := re.fullmatch(r"(\S+) is withheld from (everybody|anna|the program (.*))", what):
            words = [found[1]]
            narrowed = narrowing(
                known(),
                words if found[2] == "everybody" else (),
                {"anna": words} if found[2] == "anna" else {},
                {found[3]: words} if found[3] else {},
            )
            self.service = replace(self.service, narrowing=narrowed)
        elif what == "tokens are taken":
            self.service = replace(self.service, tokens=Tokens(self.opened))
        elif found := re.fullmatch(r"(\d) is a stranger( in the clear)?( where TLS is offered)?", what):
            await self._connect(found[1], is_private=not found[2], may_start_tls=bool(found[3]))
        elif what == "long commands tell at once how far they have come":
            self.service = replace(self.service, limits=replace(LIMITS, progress=0))
        elif found := re.fullmatch(r"(\d) hangs up", what):
            client = self.clients.pop(found[1])
            assert client.connection is not None
            assert client.task is not None
            client.connection.lost()
            await client.task
        elif found := re.fullmatch(r"the server is told to stop (\d)", what):
            connection = self.clients[found[1]].connection
            assert connection is not None
            connection.stop()
        elif found := re.fullmatch(r'the CRM gets a mail for (\w+): "(.*)"', what):
            await asyncio.to_thread(self._mail_comes, found[1], found[2])
        elif found := re.fullmatch(r'in the CRM "(.*)" is deleted', what):
            await self._change(sa.update(schema.emails).where(schema.emails.c.subject == found[1]).values(deleted=1))
        elif found := re.fullmatch(r'in the CRM "(.*)" is now called "(.*)"', what):
            mails = schema.emails
            await self._change(sa.update(mails).where(mails.c.subject == found[1]).values(subject=found[2]))
        elif found := re.fullmatch(r'the CRM has (\d+) mails? called "(.*)"', what):
            assert await asyncio.to_thread(self._count, found[2]) == int(found[1])
        elif found := re.fullmatch(r"the database (goes away|is back)", what):
            self.store.is_down = found[1] == "goes away"
        else:
            raise AssertionError(f"nobody knows what this means: {what}")

    async def says(self, number: str, line: str, literal: bytes) -> None:
        client = self.clients[number]
        assert client.heard.empty(), f"{number} had not expected: {client.heard.get_nowait()}"
        size = str(len(literal))
        line = re.sub(r"§(\w+)", lambda found: self.numbers[found[1]], line)
        self._send(client, line.replace("{=", "{" + size).replace("{CRLF}", "\r\n").encode() + b"\r\n")

    async def sends(self, number: str, literal: bytes) -> None:
        self._send(self.clients[number], literal)

    async def hears(self, number: str, expected: str) -> None:
        line = await self._hear(self.clients[number])
        while line.startswith("* OK [MAILBOXID ") and "MAILBOXID" not in expected:
            # Every SELECT says it; conversations that are about something else need not.
            line = await self._hear(self.clients[number])
        pattern = "".join(self._piece(piece) for piece in re.split(r"(…|§\w+)", expected))
        found = re.fullmatch(pattern, line)
        assert found is not None, f"{number} expected: {expected}\n{number} heard:    {line}"
        self.numbers.update(found.groupdict())

    async def end(self) -> None:
        """Nothing may be left unheard."""
        for number, client in self.clients.items():
            left = [] if client.heard.empty() else [client.heard.get_nowait()]
            assert not left, f"{number} had not expected: {left[0]}"
            assert client.connection is not None
            assert client.task is not None
            client.connection.lost()
            await asyncio.wait_for(client.task, PATIENCE)

    def _piece(self, piece: str) -> str:
        if piece == "…":
            return ".*"
        if not piece.startswith("§"):
            return re.escape(piece)
        name = piece[1:]
        return self.numbers.get(name, rf"(?P<{name}>\d+)")

    async def _connect(self, number: str, *, is_private: bool, may_start_tls: bool = False) -> Client:
        client = self.clients[number] = Client()
        client.connection = Connection(self.service, client, Peer(is_private, may_start_tls))
        client.task = asyncio.ensure_future(client.connection.run())
        assert (await self._hear(client)).startswith("* OK [CAPABILITY IMAP4rev1 ")
        return client

    def _send(self, client: Client, chunk: bytes) -> None:
        assert client.connection is not None
        if client.deflate is not None:
            chunk = client.deflate.compress(chunk) + client.deflate.flush(zlib.Z_SYNC_FLUSH)
        client.connection.received(chunk)

    async def _hear(self, client: Client) -> str:
        return await asyncio.wait_for(client.heard.get(), PATIENCE)

    async def _change(self, statement: sa.Executable) -> None:
        def change() -> None:
            with self.opened.database.engine.begin() as connection:
                connection.execute(statement)
            self._follow()

        await asyncio.to_thread(change)

    def _mail_comes(self, login: str, subject: str) -> None:
        who = principal(self.opened, login)
        with self.opened.database.engine.begin() as connection:
            made = connection.execute(
                sa.insert(schema.emails).values(
                    message_id=f"<{subject.lower().replace(' ', '-')}@nordwind.example>", direction="in", subject=subject,
                    from_address="erika@nordwind.example", from_name="Erika", body_text=f"About {subject}.",
                )
            )  # fmt: skip
            key = made.inserted_primary_key
            assert key is not None
            connection.execute(
                sa.insert(schema.email_addresses).values(email_id=key[0], kind="to", address=who.address)
            )
        self._follow()

    def _count(self, subject: str) -> int:
        mails = schema.emails
        counted = sa.select(sa.func.count()).where(mails.c.subject == subject, mails.c.deleted == 0)
        return int(self.opened.database.read_now(lambda connection: connection.scalar(counted)) or 0)

    def _follow(self) -> None:
        while self.opened.follower.step():
            pass


async def play(name: str, steps: list[str], opened: Opened) -> None:
    """Play the lines of one file; the first thing that is not as written raises, with its line."""
    world = World(opened)
    at = 0
    try:
        while at < len(steps):
            step = steps[at]
            at += 1
            if not step.strip() or step.startswith("#"):
                continue
            if step.startswith("!"):
                await world.happens(step[1:].strip())
                continue
            number, kind, text = step[0], step[1], step[3:].removeprefix(" ")
            if kind == "C":
                await world.says(number, text, _literal(steps[at:], number) if "{=" in text else b"")
            elif kind == "L":
                literal = _literal(steps[at - 1 :], number)
                await world.sends(number, literal)
                while at < len(steps) and steps[at].startswith(f"{number}L:"):
                    at += 1
            else:
                await world.hears(number, text)
        await world.end()
    except AssertionError as wrong:
        raise AssertionError(f"{name}:{at}: {wrong}") from None
    except TimeoutError:
        raise AssertionError(f"{name}:{at}: nothing was heard") from None


def _literal(steps: list[str], number: str) -> bytes:
    """The next run of L lines of a client, as bytes."""
    out = b""
    for step in steps:
        if step.startswith(f"{number}L:"):
            out += step[3:].removeprefix(" ").encode() + b"\r\n"
        elif out or not step.startswith(f"{number}S:"):
            break
    return out
