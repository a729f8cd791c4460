"""Clients that look at a served gateway over sockets: an IMAP session in IDLE, and a DAV client that asks for changes."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml import etree

from tests.clients.serving import Served

PROMPT = 2.0
"""Seconds until a client has to know."""


class Session:
    """An IMAP session that is read line by line."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._rest = b""
        self._tag = 0

    def line(self, until: float) -> str:
        """The next line, at the latest at that moment of the monotonic clock. Raises TimeoutError."""
        while b"\r\n" not in self._rest:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            piece = self._socket.recv(65536)
            assert piece, "the server hung up"
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line.decode()

    def wait(self, pattern: str, seconds: float = PROMPT) -> list[str]:
        """All lines up to the first one that matches."""
        until = time.monotonic() + seconds
        lines: list[str] = []
        while not lines or not re.search(pattern, lines[-1]):
            try:
                lines.append(self.line(until))
            except TimeoutError:
                raise AssertionError(f"no {pattern!r} within {seconds} s, only {lines}") from None
        return lines

    def ask(self, command: str) -> list[str]:
        """A command that is answered with OK."""
        self._tag += 1
        self._socket.sendall(f"t{self._tag} {command}\r\n".encode())
        lines = self.wait(f"^t{self._tag} ", 20)
        assert lines[-1].startswith(f"t{self._tag} OK"), lines[-1]
        return lines

    def idle(self) -> None:
        """Begin to wait for news."""
        self._tag += 1
        self._socket.sendall(f"t{self._tag} IDLE\r\n".encode())
        self.wait(r"^\+", 20)

    def done(self) -> list[str]:
        """End waiting; what had come in."""
        self._socket.sendall(b"DONE\r\n")
        return self.wait(f"^t{self._tag} OK", 20)

    def highest(self, mailbox: str) -> int:
        """HIGHESTMODSEQ."""
        (found,) = re.findall(r"HIGHESTMODSEQ (\d+)", " ".join(self.ask(f"STATUS {mailbox} (HIGHESTMODSEQ MESSAGES)")))
        return int(found)


@contextlib.contextmanager
def session(served: Served, login: str, password: str | None = None) -> Iterator[Session]:
    """A session of a user who has logged in."""
    with socket.create_connection(served.imap_address, timeout=20) as connection:
        found = Session(connection)
        found.wait(r"^\* OK", 20)
        found.ask(f"LOGIN {login} {login if password is None else password}")
        yield found


@dataclass(frozen=True)
class Delta:
    """What a sync-collection says."""

    token: str
    changed: frozenset[str]
    gone: frozenset[str]

    @property
    def number(self) -> int:
        return int(self.token.rpartition("-")[2])


def delta(served: Served, url: str, token: str = "", login: str = "anna") -> Delta:
    """What changed since a token (RFC 6578 §3.2)."""
    body = (
        f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
        "<prop><getetag/></prop></sync-collection>"
    )
    answer = served.ask("REPORT", url, login, body)
    assert answer.status == 207, answer.text
    tree = etree.fromstring(answer.text.encode())
    changed: set[str] = set()
    gone: set[str] = set()
    for response in tree.iter("{DAV:}response"):
        href = unquote(urlsplit(str(response.findtext("{DAV:}href"))).path)
        (gone if "404" in (response.findtext("{DAV:}status") or "") else changed).add(href)
    return Delta(str(tree.findtext("{DAV:}sync-token")), frozenset(changed), frozenset(gone))


def next_delta(served: Served, url: str, token: str, count: int, seconds: float = PROMPT) -> Delta:
    """The sync-collection that has so many pieces of news, within so many seconds.

    A token may be older than the list it comes with, never newer; a list that comes just as the change is committed
    is asked for again.
    """
    until = time.monotonic() + seconds
    while True:
        found = delta(served, url, token)
        if len(found.changed) + len(found.gone) == count and found.token != token:
            return found
        assert time.monotonic() < until, f"not {count} pieces of news at {url} within {seconds} s, but {found}"
