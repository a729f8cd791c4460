"""What does a poll, and a delta of ten rows, cost with 200 contacts and messages, and what with 20,000?

    .venv/bin/python -m bench.scale [SMALL LARGE]

Prints milliseconds of server CPU for each operation at both sizes and their ratio, which is to be near 1, and how
long `crmgate index` takes for 10,000 rows.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from bench.server import Served, demo

POLL = '<D:propfind xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/"><D:prop><CS:getctag/><D:sync-token/></D:prop></D:propfind>'
SYNC = (
    '<D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token><D:sync-level>1</D:sync-level>'
    "<D:prop><D:getetag/></D:prop></D:sync-collection>"
)
ROUNDS = 400


class Dav:
    """One user's own address book."""

    def __init__(self, session: aiohttp.ClientSession, served: Served) -> None:
        self.session = session
        self.url = served.ready["users"][0]["addressbook_home"] + "my-contacts/"

    async def ask(self, method: str, body: str) -> str:
        async with self.session.request(method, self.url, data=body, headers={"Depth": "0"}) as answer:
            text = await answer.text()
            assert answer.status == 207, (answer.status, text[:300])
            return text

    async def token(self) -> str:
        found = re.search(r"<D:sync-token>([^<]+)</D:sync-token>", await self.ask("PROPFIND", POLL))
        assert found is not None
        return found.group(1)


def signed(user: dict[str, str]) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(user["login"], user["password"])}


async def cost(served: Served, rounds: int, act: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of the server's CPU for each call."""
    await act()
    before = served.cpu()
    for _ in range(rounds):
        await act()
    return (served.cpu() - before) * 1000 / rounds


def touch(served: Served, many: int) -> None:
    """The CRM changes some of the user's contacts by itself."""
    connection = sqlite3.connect(served.folder / "crm.db", timeout=10)
    with connection:
        connection.execute(
            "UPDATE contacts SET notes = coalesce(notes, '') || '.' WHERE id IN "
            "(SELECT id FROM contacts WHERE owner_id = 1 AND deleted = 0 LIMIT ?)",
            (many,),
        )
    connection.close()


async def measure(size: int) -> dict[str, float]:
    found: dict[str, float] = {}
    with demo("--contacts", str(size), "--messages", str(size), "--meetings", str(size // 10)) as served:
        user = served.ready["users"][0]
        async with aiohttp.ClientSession(headers=signed(user)) as session:
            dav = Dav(session, served)
            token = await dav.token()
            found["idle, a second"] = await idle(served)
            found["DAV poll"] = await cost(served, ROUNDS, lambda: dav.ask("PROPFIND", POLL))
            found["DAV sync, nothing changed"] = await cost(
                served, ROUNDS, lambda: dav.ask("REPORT", SYNC.format(token))
            )
            touch(served, 10)
            await asyncio.sleep(2)
            found["DAV sync, ten changes"] = await cost(served, ROUNDS, lambda: dav.ask("REPORT", SYNC.format(token)))
            found["follow ten changes"] = await follow(served)
        found |= await asyncio.to_thread(imap, served)
    return found


async def idle(served: Served) -> float:
    before = served.cpu()
    await asyncio.sleep(3)
    return (served.cpu() - before) * 1000 / 3


async def follow(served: Served) -> float:
    rest = await idle(served)
    before = served.cpu()
    for _ in range(5):
        touch(served, 10)
        await asyncio.sleep(0.6)
    return ((served.cpu() - before) * 1000 - 3 * rest) / 5


def imap(served: Served) -> dict[str, float]:
    where, user = served.ready["imap"], served.ready["users"][0]
    client = imaplib.IMAP4(where["host"], where["port"])
    client.login(user["login"], user["password"])
    client.select("INBOX")
    found: dict[str, float] = {}
    for name, act in (
        ("IMAP NOOP", client.noop),
        ("IMAP STATUS of another mailbox", lambda: client.status("Sent", "(MESSAGES UIDNEXT)")),
    ):
        act()
        before = served.cpu()
        for _ in range(ROUNDS):
            act()
        found[name] = (served.cpu() - before) * 1000 / ROUNDS
    client.logout()
    return found


def index(size: int) -> float:
    """Seconds for 10,000 rows, from a CRM that has never been indexed."""
    with demo("--contacts", str(size), "--messages", str(size), "--meetings", str(size // 10)) as served:
        folder = Path(served.folder)
        connection = sqlite3.connect(folder / "crm.db", timeout=10)
        with connection:
            for table in (
                "entry", "resource", "message", "blob", "tombstone", "flag", "collection", "version",
                "words", "heading", "segment", "posting",
            ):  # fmt: skip
                connection.execute(f"DELETE FROM gw_{table}")
        connection.close()
        begun = time.perf_counter()
        command = [sys.executable, "-m", "gateway.cli.main", "index", "--config", str(folder / "gateway.toml")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        taken = time.perf_counter() - begun
    rows = int(said.split()[0])
    print(f"index: {rows} rows in {taken:.1f} s")
    return taken * 10_000 / rows


def main() -> None:
    small, large = (int(size) for size in (sys.argv[1:3] or ("200", "20000")))
    few, many = asyncio.run(measure(small)), asyncio.run(measure(large))
    print(f"{'server CPU, ms':<34}{small:>10}{large:>10}{'ratio':>8}")
    for name, cheap in few.items():
        dear = many[name]
        print(f"{name:<34}{cheap:>10.2f}{dear:>10.2f}{dear / cheap if cheap else float('nan'):>8.2f}")
    print(f"index, seconds for 10,000 rows: {index(large):.2f}")


if __name__ == "__main__":
    main()
