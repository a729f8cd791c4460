"""The gateway as it is run: a change over HTTP is pushed, and so is one that the CRM makes by itself; one CRM, or several."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from tests.clients.serving import serving
from tests.crm import make_crm
from tests.dav.documents import an_event
from tests.push.test_pushes import PUSH, PushService, phone

__all__ = ["phone"]

pytestmark = pytest.mark.timeout(180)

LISTEN = '[http]\nhost = "127.0.0.1"\nport = 0\n[imap]\nhost = "127.0.0.1"\nport = 0\n[push]\nprivate = true\n'
MEETING = (
    "INSERT INTO meetings (subject, starts_at, ends_at, owner_id) "
    "VALUES ('By the CRM', '2027-03-11 09:00:00', '2027-03-11 10:00:00', 1)"
)


@pytest.mark.parametrize(("section", "login"), [("crm", "anna"), ("tenant.nord", "anna@nord")])
async def test_what_changes_reaches_the_phone(tmp_path: Path, phone: PushService, section: str, login: str) -> None:
    make_crm(f"sqlite:///{tmp_path / 'crm.db'}")
    (tmp_path / "gateway.toml").write_text(f'[{section}]\ndatabase = "sqlite:///crm.db"\n{LISTEN}', "utf-8")
    running = serving("serve", "--config", tmp_path / "gateway.toml", folder=tmp_path)
    gateway = await asyncio.to_thread(running.__enter__)
    try:
        sent = {"Authorization": aiohttp.encode_basic_auth(login, "anna")}
        async with aiohttp.ClientSession(headers=sent) as session:
            calendar = gateway.calendar(login.replace("@", "%40"), "my-calendar")
            xml = {"Content-Type": "application/xml"}
            async with session.post(calendar, data=phone.register(), headers=xml) as answer:
                assert answer.status == 204, await answer.text()
            async with session.put(calendar + "a.ics", data=an_event("a")) as answer:
                assert answer.status == 201, await answer.text()
            _, first = await phone.received()
            with contextlib.closing(sqlite3.connect(gateway.database, timeout=30)) as connection, connection:
                connection.execute(MEETING)
            _, second = await phone.received()
            token = f"{PUSH}content-update/{{DAV:}}sync-token"
            assert first.findtext(PUSH + "topic") == second.findtext(PUSH + "topic")
            assert first.findtext(token) != second.findtext(token)
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
