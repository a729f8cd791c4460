"""Calendar objects in the dialects of many programs, put and got through real HTTP, compared line by line.

In a calendar of the user's own every byte comes back, but for what scheduling says of people outside. In one that
shows the CRM every line comes back, but those the CRM says otherwise, each of which is listed here; what is added is
the organiser whom the CRM knows, and the definition of a time zone where a client left it out.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.core.model import CollectionName, Section, Shape
from gateway.edits import Edits
from protocols.dav.server import listen
from protocols.discovery.dav import location
from storage.opened import Opened
from tests.crm import principal

FILES = sorted((Path(__file__).parents[1] / "corpus" / "calendars").glob("*.ics"))
DIALECTS = sorted({path.stem.partition("-")[0] for path in FILES})
SHAPES = {"VEVENT": Shape.EVENT, "VTODO": Shape.TASK, "VJOURNAL": Shape.JOURNAL}
SHOWN = {Shape.EVENT: "my-calendar", Shape.TASK: "my-tasks"}
"""Collections that show the CRM; the reference mapping has no journals."""

OTHERWISE: dict[str, tuple[set[str], set[str]]] = {
    # Control characters are in no column and in no document of ours.
    "broken-controls": ({"SUMMARY:Control \x07 characters"}, {"SUMMARY:Control  characters"}),
    # A meeting of the CRM has one of its own states, and a word for none of them is none.
    "broken-status-unknown": ({"STATUS:MAYBE"}, {"STATUS:CONFIRMED"}),
}
"""By file: lines that do not come back, and what stands there instead."""
ADDED = re.compile(r"ORGANIZER[;:]|PRIORITY:5$")
"""Whom, and how urgent, the CRM says where the document says nothing."""


def lines(content: bytes) -> Counter[str]:
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\n ", b"").decode("utf-8", "replace")
    return Counter(line for line in text.split("\n") if line.strip())


def without_zones(content: bytes) -> bytes:
    return re.sub(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r?\n", b"", content, flags=re.DOTALL)


def shape_of(content: bytes) -> Shape:
    kind = re.search(rb"BEGIN:(VEVENT|VTODO|VJOURNAL)", content)
    assert kind is not None
    return SHAPES[kind[1].decode()]


class Http:
    """Anna over a socket, with her password."""

    def __init__(self, session: aiohttp.ClientSession, home: str) -> None:
        self.session, self.home = session, home

    async def put(self, collection: str, name: str, content: bytes) -> int:
        headers = {"Content-Type": "text/calendar; charset=utf-8", "If-None-Match": "*"}
        async with self.session.put(f"{self.home}{collection}/{name}", data=content, headers=headers) as answer:
            return answer.status

    async def get(self, collection: str, name: str) -> bytes:
        async with self.session.get(f"{self.home}{collection}/{name}") as answer:
            assert answer.status == 200
            return await answer.read()


@pytest.fixture
async def anna_online(template: Path, tmp_path: Path) -> AsyncIterator[Http]:
    shutil.copy(template, tmp_path / "crm.db")
    opened = Opened(f"sqlite:///{tmp_path / 'crm.db'}")
    anna = principal(opened, "anna")
    for shape in SHAPES.values():
        name = CollectionName(Section.CALENDARS, f"own-{shape.value}")
        await opened.store.create_collection(anna, name, shape, {})
    listening = await listen(opened.store, Edits(opened.store), opened.authenticator, "127.0.0.1", 0, redirect=location)
    signed = aiohttp.encode_basic_auth("anna", "anna")
    async with aiohttp.ClientSession(headers={"Authorization": signed}) as session:
        yield Http(session, f"http://127.0.0.1:{listening.port}/dav/calendars/anna/")
    await listening.stop()
    opened.close()


def test_there_are_enough_of_them_and_of_all_programs() -> None:
    assert len(FILES) >= 150
    assert set(DIALECTS) == {
        "broken", "davx5", "emclient", "evolution", "google", "ios", "jtx", "khal", "macos", "nextcloud", "outlook",
        "thunderbird", "todoman",
    }  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_a_program_puts_it_gets_again(anna_online: Http, dialect: str) -> None:
    for path in FILES:
        if path.stem.partition("-")[0] != dialect:
            continue
        sent = path.read_bytes()
        shape = shape_of(sent)
        assert await anna_online.put(f"own-{shape.value}", path.name, sent) == 201, path.stem
        kept = await anna_online.get(f"own-{shape.value}", path.name)
        if path.stem.endswith("-people"):
            kept = re.sub(r";SCHEDULE-STATUS=[^;:]*", "", kept.replace(b"\r\n ", b"").decode()).encode()
            assert lines(kept) == lines(sent), path.stem
        else:
            assert kept == sent, path.stem
        if shape not in SHOWN:
            continue
        assert await anna_online.put(SHOWN[shape], path.name, sent) == 201, path.stem
        served = await anna_online.get(SHOWN[shape], path.name)
        missing, instead = OTHERWISE.get(path.stem, (set(), set()))
        assert set(lines(sent) - lines(served)) == missing, path.stem
        compared = served if b"BEGIN:VTIMEZONE" in sent else without_zones(served)
        added = {line for line in lines(compared) - lines(sent) if not ADDED.match(line)}
        assert added == instead, path.stem


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_was_got_and_is_put_again_changes_nothing(anna_online: Http, dialect: str) -> None:
    for path in [one for one in FILES if one.stem.partition("-")[0] == dialect][::3]:
        shape = shape_of(path.read_bytes())
        if shape not in SHOWN:
            continue
        await anna_online.put(SHOWN[shape], path.name, path.read_bytes())
        first = await anna_online.get(SHOWN[shape], path.name)
        url = f"{anna_online.home}{SHOWN[shape]}/{path.name}"
        async with anna_online.session.put(url, data=first, headers={"Content-Type": "text/calendar"}) as answer:
            assert answer.status == 204, path.stem
            assert "ETag" in answer.headers, path.stem
        assert await anna_online.get(SHOWN[shape], path.name) == first, path.stem
