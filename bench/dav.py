"""What do polls, synchronisations, queries and writes cost here, and what beside Radicale with the same documents?

    .venv/bin/python -m bench.dav [--large] [SIZE …]

For each size (1,000 and 10,000; `--large`: 100,000 as well, here alone) that many contacts and events, of which some
four or five hundred fall into one month. Server CPU and wall-clock milliseconds of each operation, and Radicale's as
multiples of ours. Both servers run at the same time on the same machine, and are asked in turn.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import re
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import unescape

import aiohttp

from bench.radicale import Peer, radicale
from bench.scale import POLL, SYNC, signed
from bench.server import Served, demo

NS = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CR="urn:ietf:params:xml:ns:carddav"'
ETAGS = f"<D:propfind {NS}><D:prop><D:getetag/></D:prop></D:propfind>"
MONTH = 'start="20270301T000000Z" end="20270401T000000Z"'
SECONDS = 2.0
"""For one operation; at least two rounds are made, and at most `ROUNDS`."""
ROUNDS = 200
PEER_UP_TO = 20_000


def month(inner: str) -> str:
    return (
        f"<C:calendar-query {NS}><D:prop><D:getetag/>{inner}</D:prop><C:filter><C:comp-filter name='VCALENDAR'>"
        f"<C:comp-filter name='VEVENT'><C:time-range {MONTH}/></C:comp-filter></C:comp-filter></C:filter>"
        f"</C:calendar-query>"
    )


def by_address(address: str) -> str:
    return (
        f"<CR:addressbook-query {NS}><D:prop><D:getetag/><CR:address-data/></D:prop><CR:filter>"
        f"<CR:prop-filter name='EMAIL'><CR:text-match>{address}</CR:text-match></CR:prop-filter></CR:filter>"
        f"</CR:addressbook-query>"
    )


@dataclass
class Side:
    """One server: its calendar, its address book, and what it has used."""

    name: str
    session: aiohttp.ClientSession
    calendar: str
    book: str
    process: Served | Peer

    async def ask(self, method: str, url: str, body: str | bytes = "", depth: str = "1", **headers: str) -> bytes:
        async with self.session.request(method, url, data=body, headers={"Depth": depth, **headers}) as answer:
            read = await answer.read()
            assert answer.status in {200, 201, 204, 207}, (self.name, method, answer.status, read[:300])
            return read

    async def token(self, url: str) -> str:
        found = re.search(r"sync-token>([^<]+)<", (await self.ask("PROPFIND", url, POLL, "0")).decode())
        assert found is not None
        return found[1]

    async def hrefs(self, url: str) -> list[str]:
        listed = (await self.ask("PROPFIND", url, ETAGS)).decode()
        return [href for href in re.findall(r"href>([^<]+)<", listed) if not href.endswith("/")]


Act = Callable[[], Awaitable[object]]


async def cost(side: Side, act: Act) -> tuple[float, float]:
    """Milliseconds of CPU and of wall-clock time for each call."""
    await act()
    cpu, began, rounds = side.process.cpu(), time.perf_counter(), 0
    while rounds < 2 or (rounds < ROUNDS and time.perf_counter() - began < SECONDS):
        await act()
        rounds += 1
    wall = time.perf_counter() - began
    return (side.process.cpu() - cpu) * 1000 / rounds, wall * 1000 / rounds


def fill(served: Served, size: int) -> None:
    """The CRM gets its rows by plain SQL, as if it had made them itself."""
    rng = random.Random(size)
    first, day = dt.datetime(2020, 1, 1, 8, tzinfo=dt.UTC), dt.timedelta(days=1)
    share = min(440, size // 4)
    meetings = []
    for number in range(size):
        start = (
            dt.datetime(2027, 3, 1, 8, tzinfo=dt.UTC) + day * rng.randrange(31)
            if number < share
            else first + day * rng.randrange(2500)
        )
        start += dt.timedelta(minutes=15 * rng.randrange(36))
        rule = "FREQ=WEEKLY" if number % 1250 == 1249 else None
        meetings.append(
            (
                f"Meeting {number}",
                f"{start:%F %T}",
                f"{start + dt.timedelta(hours=1):%F %T}",
                "Room 1",
                "Agenda\nPlan",
                15,
                rule,
            )
        )
    contacts = [
        (f"First{number}", f"Last{number}", f"p{number}@firm{number % 97}.example", f"+49 30 {number}")
        for number in range(size)
    ]
    connection = sqlite3.connect(served.folder / "crm.db", timeout=60)
    with connection:
        connection.execute("UPDATE meetings SET deleted = 1")
        connection.execute("UPDATE contacts SET deleted = 1")
        connection.executemany(
            "INSERT INTO meetings (subject, starts_at, ends_at, location, notes, reminder_minutes, recurrence, status, "
            "timezone, owner_id) VALUES (?, ?, ?, ?, ?, ?, ?, 'planned', 'Europe/Berlin', 1)", meetings,
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO contacts (first_name, last_name, email, phone, owner_id) VALUES (?, ?, ?, ?, 1)", contacts
        )
    connection.close()


async def settled(side: Side, url: str, size: int) -> list[str]:
    """The names of all documents, once the gateway has followed the CRM."""
    while len(found := await side.hrefs(url)) != size:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(1)
    return found


async def documents(side: Side, url: str, hrefs: list[str], data: str, report: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for start in range(0, len(hrefs), 500):
        page = "".join(f"<D:href>{href}</D:href>" for href in hrefs[start : start + 500])
        body = f"<{report} {NS}><D:prop><{data}/></D:prop>{page}</{report}>"
        text = (await side.ask("REPORT", url, body)).decode()
        pieces = re.findall(rf"<D:href>([^<]+)</D:href>.*?<{data}>(.*?)</{data}>", text, re.DOTALL)
        found |= {
            href.rpartition("/")[2]: unescape(told).replace("\r\n", "\n").replace("\n", "\r\n").encode()
            for href, told in pieces
        }
    return found


async def measure(side: Side, size: int) -> dict[str, tuple[float, float]]:
    calendar, book = side.calendar, side.book
    hrefs = (await side.hrefs(calendar))[:100]
    token = await side.token(calendar)
    listed = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
    multiget = (
        f"<C:calendar-multiget {NS}><D:prop><D:getetag/><C:calendar-data/></D:prop>{listed}</C:calendar-multiget>"
    )
    one = calendar + hrefs[0].rpartition("/")[2]
    numbers = iter(range(10**6))

    async def put() -> None:
        number = next(numbers)
        body = (
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:bench-{size}-{number}\r\n"
            "DTSTAMP:20270101T000000Z\r\nDTSTART:20290310T090000Z\r\nDTEND:20290310T100000Z\r\nSUMMARY:Put\r\n"
            "END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        await side.ask("PUT", f"{calendar}bench-{number}.ics", body.encode(), **headers)

    acts: dict[str, Act] = {
        "poll (ctag, sync-token)": lambda: side.ask("PROPFIND", calendar, POLL, "0"),
        "sync, nothing changed": lambda: side.ask("REPORT", calendar, SYNC.format(token), "0"),
        "all etags": lambda: side.ask("PROPFIND", calendar, ETAGS),
        "multiget of 100": lambda: side.ask("REPORT", calendar, multiget),
        "cards by e-mail address": lambda: side.ask("REPORT", book, by_address("p77@firm77.example")),
        "month, etags": lambda: side.ask("REPORT", calendar, month("")),
        "month, data": lambda: side.ask("REPORT", calendar, month("<C:calendar-data/>")),
        "month, expanded": lambda: side.ask("REPORT", calendar, month(f"<C:calendar-data><C:expand {MONTH}/></C:calendar-data>")),
        "GET": lambda: side.ask("GET", one),
        "PUT, new": put,
    }  # fmt: skip
    found = {name: await cost(side, act) for name, act in acts.items()}
    before = await side.token(calendar)
    for _ in range(10):
        await put()
    found["sync after 10 changes"] = await cost(side, lambda: side.ask("REPORT", calendar, SYNC.format(before), "0"))
    return found


def table(size: int, ours: dict[str, tuple[float, float]], theirs: dict[str, tuple[float, float]]) -> None:
    print(f"\n{size} contacts, {size} events{'':<14}{'CPU ms':>10}{'wall ms':>10}{'Radicale: CPU ×':>18}{'wall ×':>10}")
    for name, (cpu, wall) in ours.items():
        beside = ""
        if name in theirs:
            beside = "".join(
                f"{other / own:>{width}.1f}" if own else f"{'-':>{width}}"
                for other, own, width in zip(theirs[name], (cpu, wall), (18, 10), strict=True)
            )
        print(f"{name:<34}{cpu:>10.2f}{wall:>10.2f}{beside}")


async def at(size: int) -> None:
    with demo("--contacts", "10", "--messages", "0", "--meetings", "10") as served:
        user = served.ready["users"][0]
        calendar, book = user["calendar_home"] + "my-calendar/", user["addressbook_home"] + "my-contacts/"
        fill(served, size)
        async with aiohttp.ClientSession(headers=signed(user), timeout=aiohttp.ClientTimeout(600)) as session:
            here = Side("crmgate", session, calendar, book, served)
            events, cards = await settled(here, calendar, size), await settled(here, book, size)
            theirs: dict[str, tuple[float, float]] = {}
            if size <= PEER_UP_TO:
                told = await documents(here, calendar, events, "C:calendar-data", "C:calendar-multiget")
                known = await documents(here, book, cards, "CR:address-data", "CR:addressbook-multiget")
                assert (len(told), len(known)) == (size, size)
                theirs = await beside(told, known, size)
            table(size, await measure(here, size), theirs)


async def beside(calendar: dict[str, bytes], book: dict[str, bytes], size: int) -> dict[str, tuple[float, float]]:
    with radicale(calendar, book) as peer:
        auth = {"Authorization": aiohttp.encode_basic_auth("anna", "anna")}
        async with aiohttp.ClientSession(headers=auth, timeout=aiohttp.ClientTimeout(600)) as session:
            there = Side("Radicale", session, f"{peer.url}cal/", f"{peer.url}book/", peer)
            await settled(there, there.calendar, size)
            await settled(there, there.book, size)
            return await measure(there, size)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:] if word.isdecimal()] or [1_000, 10_000]
    for size in [*sizes, *([100_000] if "--large" in sys.argv else [])]:
        asyncio.run(at(size))


if __name__ == "__main__":
    main()
