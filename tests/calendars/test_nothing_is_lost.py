"""Whatever clients and the CRM do to an event by turns, nothing that the CRM has no column for is lost.

Each example is one event of one gateway: puts of a client, each of which keeps, adds and takes away lines of its own,
and changes of the row by plain SQL. After every step the document has exactly the unmapped lines of the last put, in
their order, and what the row says. (What retells a mapped field in another form, as GEO does LOCATION, goes when the CRM
changes that field: tests/formats/test_event.py.)
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client

UNMAPPED = (
    "X-A:1", "X-A;X-P=2:another", "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M", "COLOR:tomato",
    "ATTACH:https://files.example/a.pdf", "RELATED-TO:other", "COMMENT:so", "PRIORITY:3", "SEQUENCE:7", "CONTACT:Jim",
    "REQUEST-STATUS:2.0;Success", "IMAGE;VALUE=URI:https://x.example/i.png", "RESOURCES:Beamer,Raum", "URL:https://u.example/",
    "CONFERENCE;VALUE=URI;LABEL=\"a:b\":https://m.example/", "CATEGORIES:Kunde,Angebot", "X-LONG:" + "ä" * 90,
)  # fmt: skip
NESTED = (
    "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-P1D\r\nSUMMARY:m\r\nDESCRIPTION:d\r\nATTENDEE:mailto:a@b.example\r\nEND:VALARM",
    "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:PT0S\r\nREPEAT:2\r\nDURATION:PT5M\r\nEND:VALARM",
    "BEGIN:X-PART\r\nX-INSIDE:1\r\nEND:X-PART",
)
MAPPED = re.compile(r"(UID|DTSTAMP|SUMMARY|DESCRIPTION|LOCATION|DTSTART|DTEND|STATUS|CLASS|ORGANIZER|TRANSP|RRULE)[;:]")
TEXTS = st.sampled_from(("Angebot", "Größe; und, so", "x" * 80, "日本語"))


@dataclass(frozen=True)
class Put:
    """A client's document: its own lines, its own components, its summary."""

    own: list[str]
    nested: list[str]
    summary: str


@dataclass(frozen=True)
class Change:
    """The CRM's: which column, and a text for it where it has one."""

    column: str
    text: str


PUTS = st.builds(
    Put,
    st.lists(st.sampled_from(UNMAPPED), unique=True, max_size=8),
    st.lists(st.sampled_from(NESTED), unique=True, max_size=2),
    TEXTS,
)
CHANGES = st.builds(Change, st.sampled_from(("subject", "location", "notes", "status", "private", "starts_at")), TEXTS)
STEPS = st.tuples(PUTS, st.lists(st.one_of(PUTS, CHANGES, CHANGES), min_size=1, max_size=6)).map(
    lambda steps: [steps[0], *steps[1]]
)


@pytest.fixture(scope="module")
def gateway(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("nothing-lost")
    shutil.copy(template, folder / "crm.db")
    opened = Opened(f"sqlite:///{folder / 'crm.db'}")
    yield opened
    opened.close()


NUMBERS = itertools.count(1)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def document(uid: str, step: Put) -> bytes:
    own = step.own
    body = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", "BEGIN:VEVENT", f"UID:{uid}", *own[:3],
            "DTSTAMP:20270101T000000Z", "DTSTART:20270310T090000Z", "DTEND:20270310T100000Z",
            f"SUMMARY:{escaped(step.summary)}", *own[3:], *step.nested, "END:VEVENT", "END:VCALENDAR", "")  # fmt: skip
    return "\r\n".join(body).encode()


def unmapped(content: bytes) -> list[str]:
    text = content.decode().replace("\r\n ", "")
    return [line for line in text.split("\r\n") if not MAPPED.match(line)]


def newest(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.max(schema.meetings.c.id))).scalar() or 0)


def change(opened: Opened, key: int, step: Change) -> None:
    values: dict[str, object] = {
        "status": "tentative",
        "private": len(step.text) % 2,
        "starts_at": dt.datetime(2027, 3, 10, 8, 30),
    }
    value = values.get(step.column, step.text)
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.meetings).where(schema.meetings.c.id == key).values({step.column: value}))
    opened.follower.step()


async def live(opened: Opened, steps: list[Put | Change]) -> None:
    anna = Client(Service(opened.store, Edits(opened.store)), principal(opened, "anna"))
    uid = f"event-{next(NUMBERS)}"
    path = f"{anna.home}my-calendar/{uid}.ics"
    key = 0
    wanted: list[str] = []
    for step in steps:
        if isinstance(step, Put):
            sent = document(uid, step)
            wanted = unmapped(sent)
            assert (await anna.ask("PUT", path, sent)).status in (201, 204)
            if not key:
                key = opened.database.read_now(newest)
        else:
            change(opened, key, step)
        served = (await anna.ask("GET", path)).body
        assert unmapped(served) == wanted
        if isinstance(step, Change) and step.column == "subject":
            assert f"SUMMARY:{escaped(step.text)}\r\n" in served.decode().replace("\r\n ", "")


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_no_sequence_of_puts_and_changes_loses_an_unmapped_line(gateway: Opened, steps: list[Put | Change]) -> None:
    async def run() -> None:
        gateway.bus.attach(asyncio.get_running_loop())
        await live(gateway, steps)

    asyncio.run(run())
