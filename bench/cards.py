"""What does it cost to look somebody up in an address book of 10,000 contacts?

    .venv/bin/python -m bench.cards [SIZE] [ROUNDS]

Prints, for queries as mail programs and phones send them, milliseconds of server CPU and of waiting for each
addressbook-query (RFC 6352 §8.6), and how many cards came back.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time

import aiohttp

from bench.scale import signed
from bench.server import Served, demo

BODY = (
    '<CR:addressbook-query xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"><D:prop><D:getetag/><CR:address-data/>'
    "</D:prop><CR:filter{}>{}</CR:filter>{}</CR:addressbook-query>"
)
PROP = '<CR:prop-filter name="{}"><CR:text-match match-type="{}">{}</CR:text-match></CR:prop-filter>'
LIMIT = "<CR:limit><CR:nresults>20</CR:nresults></CR:limit>"


def queries(first: str, last: str, email: str, phone: str) -> dict[str, str]:
    part = email.partition("@")[0]
    anywhere = "".join(PROP.format(name, "contains", last) for name in ("FN", "NICKNAME", "EMAIL", "ORG"))
    return {
        "e-mail address, equals": BODY.format("", PROP.format("EMAIL", "equals", email), ""),
        "e-mail address, contains": BODY.format("", PROP.format("EMAIL", "contains", email), ""),
        "e-mail address, the first part": BODY.format("", PROP.format("EMAIL", "starts-with", part), ""),
        "name, equals": BODY.format("", PROP.format("FN", "equals", f"{first} {last}"), ""),
        "name, contains; 20 at most": BODY.format("", PROP.format("FN", "contains", last), LIMIT),
        "number, ends with": BODY.format("", PROP.format("TEL", "ends-with", phone[-5:]), ""),
        "anything, contains; 20 at most": BODY.format(' test="anyof"', anywhere, LIMIT),
        "nobody": BODY.format("", PROP.format("EMAIL", "contains", "nobody@nowhere.invalid"), ""),
        "a note (not kept for looking up)": BODY.format("", PROP.format("NOTE", "contains", "nothing of the kind"), ""),
    }


async def measure(size: int, rounds: int) -> None:
    with demo("--contacts", str(size), "--messages", "0", "--meetings", "0") as served:
        user = served.ready["users"][0]
        connection = sqlite3.connect(served.folder / "crm.db")
        (contact,) = connection.execute(
            "SELECT first_name, last_name, email, mobile FROM contacts WHERE deleted = 0 AND owner_id = 1 AND private = 0"
            " AND email <> '' AND mobile <> '' ORDER BY id LIMIT 1 OFFSET 700"
        ).fetchall()
        connection.close()
        url = user["addressbook_home"] + "all-contacts/"
        async with aiohttp.ClientSession(headers=signed(user)) as session:
            for name, body in queries(*contact).items():
                print(f"{name:34}", *await one(served, session, url, body, rounds), sep="  ", flush=True)


async def one(served: Served, session: aiohttp.ClientSession, url: str, body: str, rounds: int) -> tuple[str, str, str]:
    async def ask() -> str:
        async with session.request("REPORT", url, data=body, headers={"Depth": "1"}) as answer:
            text = await answer.text()
            assert answer.status == 207, (answer.status, text[:300])
            return text

    found = (await ask()).count("<D:getetag>")
    cpu, start = served.cpu(), time.perf_counter()
    for _ in range(rounds):
        await ask()
    waited = (time.perf_counter() - start) * 1000 / rounds
    return f"{(served.cpu() - cpu) * 1000 / rounds:7.1f} ms CPU", f"{waited:7.1f} ms", f"{found:5} cards"


if __name__ == "__main__":
    stated = [int(one) for one in sys.argv[1:3]]
    asyncio.run(measure(*stated, *[10_000, 200][len(stated) :]))
