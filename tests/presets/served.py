"""A product behind its preset, served by the gateway's real HTTP and IMAP servers, and users' programs that ask them.

The servers run on an event loop in a thread of its own, one for each process that runs tests (Twisted's reactor can be
had once in a process); the programs are the standard library's and block, so that tests read from top to bottom. The
follower takes a step only when a test changes rows by `sql`, which is when the CRM does something by itself.

    with served(opened) as gateway:
        anna = gateway.user("anna")
        lines(one_of(anna.documents("my-contacts").values(), "Erika"), "FN:Dr. Erika Mustermann")
        anna.put("my-contacts", "c1.vcf", card("UID:c1", "FN:Ada Neu", "N:Neu;Ada;;;"))
        assert [one.subject for one in anna.messages("INBOX")] == ["AW: Your offer 2026-001"]

A view's name says whether it is under calendars, under address books or a mailbox: `Served` knows from the mapping.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import datetime as dt
import email
import email.policy
import functools
import http.client
import imaplib
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated
from gateway.core.model import SECTION_OF, Principal
from gateway.edits import Edits
from gateway.runtime.loop import attach_twisted, new_loop
from protocols.discovery.dav import location
from storage.opened import Opened
from tests.dav.client import Answer, multiget_body, propfind_body, resources, sync_body
from tests.presets.documents import unfolded

T = TypeVar("T")
Row = dict[str, object]
HOST = "127.0.0.1"
PATIENCE = 60.0


class _LoginIsPassword:
    """Judges by the CRM's users, and takes the login for the password: for products whose hashes are of no interest."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    async def authenticate(self, credentials: Credentials) -> Principal:
        found = await self._opened.database.read(lambda on: self._opened.users.find(on, credentials.login))
        if found is None or credentials.password != credentials.login:
            raise NotAuthenticated("Login or password is wrong.")
        return found[0]


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = new_loop()
    started = threading.Event()

    def go() -> None:
        asyncio.set_event_loop(loop)
        attach_twisted(loop)
        loop.call_soon(started.set)
        loop.run_forever()

    thread = threading.Thread(target=go, name="served", daemon=True)
    thread.start()
    assert started.wait(PATIENCE)

    def end() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)

    atexit.register(end)
    return loop


def _do(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run_coroutine_threadsafe(work(), _loop()).result(PATIENCE)


@contextlib.contextmanager
def served(opened: Opened, *, by_hash: bool = False) -> Iterator[Served]:
    """Serve until the block ends. A user's password is his login, or with `by_hash` what the CRM's hash says."""
    authenticator = opened.authenticator if by_hash else _LoginIsPassword(opened)

    async def start() -> tuple[Any, Any]:
        # The reactor is there only once the loop is.
        from protocols.dav.server import listen as listen_dav
        from protocols.imap.server import listen as listen_imap
        from protocols.imap.types import Limits

        opened.bus.attach(asyncio.get_running_loop())
        edits = Edits(opened.store)
        dav = await listen_dav(opened.store, edits, authenticator, HOST, 0, redirect=location)
        limits = Limits(failed_login_pause=0)
        return dav, await listen_imap(opened.store, edits, authenticator, HOST, 0, limits=limits)

    async def stop() -> None:
        for server in servers:
            await server.stop()

    servers = _do(start)
    try:
        yield Served(opened, servers[0].port, servers[1].port)
    finally:
        _do(stop)


@dataclass(frozen=True)
class Served:
    """A served CRM."""

    opened: Opened
    http_port: int
    imap_port: int

    def user(self, login: str, password: str | None = None) -> User:
        """One of its users; the password is the login unless said."""
        return User(self, login, login if password is None else password)

    def sql(self, statement: str, **values: object) -> int:
        """What the CRM does by itself, taken over by the gateway; how many rows. Quotes are MariaDB's."""
        with self.opened.database.engine.begin() as connection:
            changed = connection.execute(sa.text(self._own(statement)), values).rowcount
        self.settle()
        return changed

    def settle(self) -> None:
        """Let the gateway take over whatever the CRM has done."""
        while self.opened.follower.step():
            pass

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Rows, truths as 0 and 1 and times as text, so that all products read alike. Quotes are MariaDB's."""
        with self.opened.database.engine.connect() as connection:
            found = connection.execute(sa.text(self._own(statement)), values).mappings().all()
        return [{name: _plain(value) for name, value in row.items()} for row in found]

    def row(self, statement: str, **values: object) -> Row:
        """The one row there is."""
        (only,) = self.rows(statement, **values)
        return only

    def path(self, login: str, view: str) -> str:
        """Where a calendar or an address book of a user's is."""
        section = SECTION_OF[self.opened.crm.views[view].view.shape]
        return f"/dav/{section.value}/{quote(login, safe='')}/{view}/"

    def _own(self, statement: str) -> str:
        return statement.replace("`", '"') if self.opened.database.dialect == "postgresql" else statement


@dataclass(frozen=True)
class Mail:
    """A message as IMAP gives it."""

    uid: int
    flags: frozenset[str]
    raw: bytes

    @property
    def text(self) -> str:
        """All of it."""
        return self.raw.decode()

    @property
    def parsed(self) -> email.message.EmailMessage:
        """As the standard library understands it."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def subject(self) -> str:
        """Its subject, decoded."""
        return str(self.parsed["Subject"])


@dataclass(frozen=True)
class User:
    """A user's programs."""

    gateway: Served
    login: str
    password: str

    # --- HTTP ------------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """One request. Header names are written with underscores."""
        key = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Authorization": f"Basic {key}"}
        raw = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(HOST, self.gateway.http_port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, raw, named)
            answer = connection.getresponse()
            content = answer.read()
        found = list(resources(content)) if answer.status == 207 else []
        return Answer(answer.status, dict(answer.getheaders()), content, found)

    def path(self, view: str, href: str = "") -> str:
        """A view's place, or that of a document in it."""
        return self.gateway.path(self.login, view) + quote(href)

    def propfind(self, path: str, *names: str, depth: str = "0") -> Answer:
        """Properties by prefixed name (`D:getetag`)."""
        return self.ask("PROPFIND", path, propfind_body(*names), depth=depth)

    def documents(self, view: str) -> dict[str, str]:
        """Every document of a collection by its name, as REPORT gives it, unfolded; and GET gives the same."""
        path = self.path(view)
        hrefs = list(self.etags(view))
        if not hrefs:
            return {}
        answer = self.ask("REPORT", path, multiget_body(path, [path + quote(href) for href in hrefs]))
        assert answer.status == 207, answer.body
        found = {href: self.get(view, href) for href in hrefs}
        (data,) = {str(name) for one in answer.resources for name in one.found if str(name).endswith("-data")}
        reported = [(one.found[data].text or "").replace("\r\n", "\n").replace("\n ", "") for one in answer.resources]
        assert reported == [text.replace("\r\n", "\n") for text in found.values()]
        return found

    def etags(self, view: str) -> dict[str, str]:
        """Every document's etag by its name."""
        listed = self.propfind(self.path(view), "D:getetag", depth="1")
        assert listed.status == 207, listed.body
        etags = {
            one.href.rsplit("/", 1)[1]: one.text("D:getetag") for one in listed.resources if _is_document(one.href)
        }
        return dict(sorted(etags.items()))

    def get(self, view: str, href: str) -> str:
        """One document, unfolded."""
        answer = self.ask("GET", self.path(view, href))
        assert answer.status == 200, (answer.status, answer.body)
        return unfolded(answer.body)

    def put(self, view: str, href: str, content: bytes, *, expected: int | None = None) -> Answer:
        """Make a document or change it, conditionally as clients do. `expected`: the status; 201 or 204 when left out."""
        standing = self.ask("HEAD", self.path(view, href))
        when = {"If_Match": standing.etag} if standing.status == 200 else {"If_None_Match": "*"}
        kind = "text/vcard" if content.startswith(b"BEGIN:VCARD") else "text/calendar"
        answer = self.ask("PUT", self.path(view, href), content, Content_Type=kind, **when)
        assert answer.status in ({201, 204} if expected is None else {expected}), (answer.status, answer.body)
        return answer

    def delete(self, view: str, href: str, *, expected: int = 204) -> None:
        """Delete a document, conditionally."""
        standing = self.ask("HEAD", self.path(view, href))
        answer = self.ask("DELETE", self.path(view, href), If_Match=standing.etag)
        assert answer.status == expected, (answer.status, answer.body)

    def sync(self, view: str, token: str = "") -> tuple[str, set[str], set[str]]:
        """A sync-collection: the next token, the names that are new or changed, and those that went."""
        answer = self.ask("REPORT", self.path(view), sync_body(token))
        assert answer.status == 207, answer.body
        gone = {one.href for one in answer.resources if one.status.startswith("404")}
        names = {one.href: one.href.rsplit("/", 1)[1] for one in answer.resources}
        changed = {name for href, name in names.items() if href not in gone}
        return answer.sync_token, changed, {names[href] for href in gone}

    # --- IMAP ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def imap(self) -> Iterator[imaplib.IMAP4]:
        """A session of his."""
        with imaplib.IMAP4(HOST, self.gateway.imap_port, timeout=PATIENCE) as session:
            session.login(self.login, self.password)
            yield session

    def mailboxes(self) -> list[str]:
        """Their names as LIST gives them."""
        with self.imap() as session:
            kind, found = session.list()
        assert kind == "OK"
        return [
            bytes(line).decode().rsplit('"/"', 1)[1].strip().strip('"') for line in found if isinstance(line, bytes)
        ]

    def messages(self, mailbox: str) -> list[Mail]:
        """Every message of a mailbox, seen or not as it was."""
        with self.imap() as session:
            _good(session.select(f'"{mailbox}"', readonly=True))
            return [one for item in _good(session.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")) for one in _mail(item)]

    def flag(self, mailbox: str, uid: int, change: str) -> None:
        r"""STORE, as `+FLAGS (\Seen)`."""
        how, _, flags = change.partition(" ")
        with self.imap() as session:
            _good(session.select(f'"{mailbox}"'))
            _good(session.uid("STORE", str(uid), how, flags))

    def append(self, mailbox: str, raw: bytes, flags: str = "") -> int:
        """File a message; its UID."""
        with self.imap() as session:
            session.literal = None
            moment = dt.datetime(2026, 5, 11, 8, 0, tzinfo=dt.UTC)
            said = b" ".join(_good(session.append(f'"{mailbox}"', flags, moment, raw)))
        found = re.search(rb"APPENDUID \d+ (\d+)", said)
        assert found, said
        return int(found[1])

    def move(self, mailbox: str, uid: int, target: str) -> None:
        """MOVE a message."""
        with self.imap() as session:
            _good(session.select(f'"{mailbox}"'))
            _good(session._simple_command("UID", "MOVE", str(uid), f'"{target}"'))

    def expunge(self, mailbox: str, uid: int) -> None:
        """Delete a message for good."""
        self.flag(mailbox, uid, r"+FLAGS (\Deleted)")
        with self.imap() as session:
            _good(session.select(f'"{mailbox}"'))
            _good(session.uid("EXPUNGE", str(uid)))


def _good(answer: tuple[str, Any]) -> list[Any]:
    kind, data = answer
    assert kind == "OK", data
    return list(data)


def _mail(item: Any) -> Iterator[Mail]:
    """imaplib gives a message as a pair of what stood before the literal and the literal."""
    if isinstance(item, tuple):
        head = item[0].decode()
        uid, flags = re.search(r"UID (\d+)", head), re.search(r"FLAGS \(([^)]*)\)", head)
        assert uid, head
        assert flags, head
        yield Mail(int(uid[1]), frozenset(flags[1].split()), item[1])


def _is_document(href: str) -> bool:
    return not href.endswith("/")


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    return str(value) if isinstance(value, dt.date) else value
