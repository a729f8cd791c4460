"""The gateway as its users run it: `crmgate …` in a process of its own, and what tests ask of it from outside.

`demo` is one served demo CRM for all tests of a module: small, so that it is there in seconds. `run` is a command that
ends by itself, `serving` one that serves until the block ends; leaving it sends SIGTERM and insists on a clean and
quick end. Rows are read and written by plain SQL on the CRM's file, as any other program would.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CRMGATE = (sys.executable, "-m", "gateway.cli.main")
PATIENCE = 60.0
"""Seconds a gateway has to come up on a busy machine."""
QUICK = 10.0
"""Seconds a gateway has to go down."""


COUNTS = {
    "books/my-contacts": "SELECT count(*) FROM contacts WHERE deleted = 0 AND owner_id = :user",
    "books/all-contacts": "SELECT count(*) FROM contacts WHERE deleted = 0 AND private = 0",
    "books/companies": "SELECT count(*) FROM companies WHERE deleted = 0",
    "calendars/my-calendar": "SELECT count(*) FROM meetings m WHERE deleted = 0 AND (owner_id = :user OR (private = 0 "
    "AND EXISTS (SELECT 1 FROM meeting_users u WHERE u.meeting_id = m.id AND u.user_id = :user AND u.deleted = 0)))",
    "calendars/my-tasks": "SELECT count(*) FROM tasks WHERE deleted = 0 AND owner_id = :user",
}
"""How many rows a user has to see in a collection, by the CRM's own tables."""


@dataclass(frozen=True)
class Answer:
    """What HTTP answered."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """A gateway that serves."""

    ready: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def database(self) -> Path:
        """The CRM's file."""
        return Path(self.ready["database"].removeprefix("sqlite:///"))

    @property
    def http(self) -> str:
        return str(self.ready["http"])

    @property
    def imap_address(self) -> tuple[str, int]:
        return self.ready["imap"]["host"], self.ready["imap"]["port"]

    def calendar(self, login: str, name: str) -> str:
        """URL of a calendar collection."""
        return f"{self.http}/dav/calendars/{login}/{name}/"

    def book(self, login: str, name: str) -> str:
        """URL of an address book."""
        return f"{self.http}/dav/addressbooks/{login}/{name}/"

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What a SELECT finds in the CRM's file."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> tuple[Any, ...]:
        """The one row a SELECT finds."""
        (found,) = self.rows(statement, *values)
        return found

    def count(self, collection: str, login: str) -> int:
        """How many rows a user has to see in a collection, as `calendars/my-tasks`."""
        (found,) = self.row(COUNTS[collection].replace(":user", f"(SELECT id FROM users WHERE login = '{login}')"))
        return int(found)

    def change(self, statement: str, *values: object) -> None:
        """Change the CRM's rows behind the gateway's back, just one of them, and wait until the feed has taken it."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            assert connection.execute(statement, values).rowcount == 1
        until = time.monotonic() + PATIENCE
        while self.rows("SELECT id FROM gw_outbox WHERE row_key != '*' LIMIT 1"):
            assert time.monotonic() < until, f"the feed has not taken it over in {PATIENCE} s"
            time.sleep(0.05)

    def ask(
        self, method: str, url: str, login: str, body: str = "", *, password: str | None = None, **headers: str
    ) -> Answer:
        """One HTTP request; the password is the login unless said. Header names with _ for -."""
        key = base64.b64encode(f"{login}:{login if password is None else password}".encode()).decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            url, body.encode() or None, {"Content-Type": "application/xml", "Authorization": f"Basic {key}", **named}
        )
        request.method = method
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, dict(refused.headers), refused.read().decode())

    @contextlib.contextmanager
    def imap(self, login: str, password: str | None = None) -> Iterator[imaplib.IMAP4]:
        """An IMAP session of a user."""
        with imaplib.IMAP4(*self.imap_address, timeout=30) as session:
            session.login(login, login if password is None else password)
            yield session


def run(
    *words: str | Path, folder: Path, stdin: str = "", expected: int | None = 0
) -> subprocess.CompletedProcess[str]:
    """A command of the gateway that ends by itself, run in `folder`. `expected`: its exit code; None for any."""
    done = subprocess.run(
        [*CRMGATE, *map(str, words)],
        cwd=folder,
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert expected is None or done.returncode == expected, (words, done.returncode, done.stdout, done.stderr)
    return done


@contextlib.contextmanager
def serving(*words: str | Path, folder: Path) -> Iterator[Served]:
    """A command of the gateway that serves, from the moment it serves until SIGTERM has ended it."""
    ready, said = folder / "ready.json", folder / "said.txt"
    ready.unlink(missing_ok=True)
    with said.open("w") as out:
        process = subprocess.Popen(
            [*CRMGATE, *map(str, words), "--ready", str(ready)],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        until = time.monotonic() + PATIENCE
        while not ready.exists():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                raise AssertionError(f"ended with {process.returncode} before it served:\n{said.read_text()}")
            assert time.monotonic() < until, f"does not serve after {PATIENCE} s:\n{said.read_text()}"
        yield Served(json.loads(ready.read_text("utf-8")), process)
        process.send_signal(signal.SIGTERM)
        code = process.wait(QUICK)
        assert code == 0, (code, said.read_text())
        assert "Traceback" not in said.read_text(), said.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def serving_demo(folder: Path, *words: str) -> contextlib.AbstractContextManager[Served]:
    """`crmgate demo` with a small company."""
    small = ("--contacts", "20", "--meetings", "12", "--messages", "20")
    return serving("demo", "--dir", folder, "--http-port", "0", "--imap-port", "0", *small, *words, folder=folder)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served demo CRM with the users anna, bob, admin, user01 … user04."""
    with serving_demo(tmp_path_factory.mktemp("demo"), "--users", "4") as served:
        yield served


def environment(**more: str) -> dict[str, str]:
    """For a program under test: it finds the source tree, and nothing of the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRMGATE_", "PYTHON", "DAV_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", **more}


def needs(*programs: str) -> None:
    """Skip the test where a program is missing, with one line that says what; fail where CI=true."""
    for program in programs:
        if shutil.which(program) is None:
            not_run(f"{program} is not installed")


def not_run(why: str) -> None:
    """Skip, or fail where CI=true."""
    line = f"not run: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


def completed(
    command: Sequence[str | Path], *, stdin: str = "", timeout: float = 60.0, **more: str
) -> subprocess.CompletedProcess[str]:
    """A client program, run to a good end."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment(**more),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (command, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done
