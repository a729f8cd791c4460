"""What do an IMAP client's questions about a large INBOX cost, here and in Dovecot with the very same messages?

    .venv/bin/python -m bench.imap [MESSAGES]

Prints milliseconds of server CPU for each operation and how they compare (below 1: cheaper here). Dovecot's column is
empty where it cannot be run. Both are asked each question once before it is measured, as clients ask again and again.
"""

from __future__ import annotations

import random
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.dovecot import dovecot, is_there
from bench.server import Served, demo

WORDS = 80
"""Words of one body."""
OPERATIONS: tuple[tuple[str, int], ...] = (
    ("SELECT INBOX", 10),
    ("FETCH 1:* FLAGS", 5),
    ("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)", 3),
    ("UID SEARCH ALL", 5),
    ("UID SEARCH UNSEEN", 5),
    ("UID SEARCH RETURN (COUNT) UNSEEN", 10),
    ("UID SEARCH SUBJECT 777", 10),
    ("UID SEARCH SUBJECT offer", 3),
    ("UID SEARCH FROM sender77@", 10),
    ("UID SEARCH TEXT 777", 3),
    ("UID SEARCH TEXT zebrafish", 3),
    ('UID SEARCH BODY "zebrafish "', 3),
    ("UID SEARCH BODY zz", 1),
    ("UID SEARCH SENTSINCE 1-Jun-2026", 3),
    ("UID SORT (REVERSE DATE) UTF-8 ALL", 3),
    ("UID SORT (SUBJECT FROM) UTF-8 ALL", 3),
    ("UID SORT RETURN (PARTIAL 1:50) (REVERSE ARRIVAL) UTF-8 ALL", 3),
    ("UID THREAD REFERENCES UTF-8 ALL", 2),
    ("UID FETCH 1:1000 (FLAGS ENVELOPE)", 3),
    ("UID FETCH 1:1000 BODY.PEEK[]", 3),
    ("NOOP", 200),
)


class Client:
    """As little of one as keeps out of the way."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._number = 0
        self._socket.recv(65_536)
        for command in (f"LOGIN {user} {password}", "SELECT INBOX"):
            answer = self.ask(command)
            assert b" OK " in answer.splitlines()[-1], answer

    def send(self, command: str) -> bytes:
        """Ask and do not wait; the tag."""
        self._number += 1
        tag = b"x%d" % self._number
        self._socket.sendall(b"%b %b\r\n" % (tag, command.encode()))
        return tag

    def ask(self, command: str) -> bytes:
        """The whole answer."""
        tag = self.send(command)
        answer = bytearray()
        end = re.compile(rb"(?:^|\r\n)" + tag + rb" (OK|NO|BAD)[^\r\n]*\r\n$")
        while end.search(answer, max(0, len(answer) - 1_000)) is None:
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                raise ConnectionResetError(command)
            answer += chunk
        return bytes(answer)

    def bodies(self, many: int) -> Iterator[bytes]:
        """Every message's bytes, in order."""
        for first in range(1, many + 1, 500):
            answer = self.ask(f"FETCH {first}:{min(first + 499, many)} BODY.PEEK[]")
            at = 0
            while (found := re.compile(rb"\* \d+ FETCH \(BODY\[\] \{(\d+)\}\r\n").match(answer, at)) is not None:
                end = found.end() + int(found[1])
                yield answer[found.end() : end]
                at = answer.index(b"\r\n", end) + 2


def fill(served: Served, many: int) -> None:
    """The CRM gets its messages, by SQL."""
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 10))) for _ in range(5_000)]
    connection = sqlite3.connect(served.folder / "crm.db", timeout=30)
    with connection:
        for number in range(many):
            text = " ".join(chance.choices(vocabulary, k=WORDS)) + (" zebrafish swims" if number % 5_000 == 7 else "")
            found = connection.execute(
                "INSERT INTO emails (message_id, direction, subject, from_address, sent_at, body_text, owner_id) "
                "VALUES (?, 'in', ?, ?, datetime('2026-01-01', ? || ' minutes'), ?, 1)",
                (f"<{number}@bench.example>", f"{'Re: ' * (number % 3 == 0)}{chance.choice(('Offer', 'Order', 'Note'))} {number // 3}",
                 f"sender{number % 500}@bench.example", number * 7, text),
            )  # fmt: skip
            connection.execute(
                "INSERT INTO email_addresses (email_id, kind, address) VALUES (?, 'to', ?)",
                (found.lastrowid, "anna@crm.example"),
            )
    connection.close()


def wait(served: Served, client: Client, many: int) -> None:
    """Until all messages stand in INBOX and their words are indexed."""
    while int(re.search(rb"MESSAGES (\d+)", client.ask("STATUS INBOX (MESSAGES)"))[1]) < many:  # type: ignore[index]
        time.sleep(2)
    connection = sqlite3.connect(f"file:{served.folder / 'crm.db'}?mode=ro", uri=True, timeout=30)
    while connection.execute("SELECT count(*) FROM gw_words WHERE segment_id = -1").fetchone()[0] or (
        connection.execute("SELECT count(*) FROM gw_words WHERE segment_id = 0").fetchone()[0] >= 256
    ):
        time.sleep(2)
    connection.close()


def measure(client: Client, cpu: Callable[[], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for command, times in OPERATIONS:
        answer = client.ask(command)
        if not re.search(rb"x\d+ OK", answer[-1_000:]):
            continue
        before = cpu()
        for _ in range(times):
            client.ask(command)
        found[command] = (cpu() - before) * 1000 / times
    return found


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with ExitStack() as stack:
        served = stack.enter_context(demo("--contacts", "0", "--messages", "0", "--meetings", "0"))
        user = served.ready["users"][0]
        fill(served, many)
        client = Client(served.ready["imap"]["port"], user["login"], user["password"])
        wait(served, client, many)
        client.ask("SELECT INBOX")
        ours = measure(client, served.cpu)
        theirs: dict[str, float] = {}
        if is_there():
            peer = stack.enter_context(dovecot(list(client.bodies(many))))
            theirs = measure(Client(peer.port, "peer", "peer"), peer.cpu)
        size = sum(path.stat().st_size for path in Path(served.folder).glob("crm.db*"))
    print(f"{many} messages, database {size / 1e6:.0f} MB")
    print(f"{'server CPU, ms':<62}{'here':>10}{'Dovecot':>10}{'ratio':>8}")
    for command, cost in ours.items():
        other = theirs.get(command)
        beside = f"{other:>10.1f}{cost / other if other else float('nan'):>8.2f}" if other is not None else ""
        print(f"{command:<62}{cost:>10.1f}{beside}")


if __name__ == "__main__":
    main()
