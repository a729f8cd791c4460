"""A CRM whose database is gone, locked or not as it should be is its own users' trouble and nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from gateway import hosted
from gateway.core.auth import Credentials
from gateway.core.errors import Unavailable
from gateway.tenants.logins import Logins
from gateway.tenants.store import Stores
from tests.dav.documents import a_card
from tests.storage.builders import MINE
from tests.tenants.conftest import Both, begun
from tests.tenants.test_apart import NORD, SUED


async def test_one_that_cannot_be_opened_is_tried_again_and_the_others_are_served(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hosted, "AGAIN_AFTER", 0.2)
    shutil.copy(template, tmp_path / "nord.db")
    (tmp_path / "sued.db").mkdir()  # no database can be made there
    with caplog.at_level(logging.WARNING):
        found, bus = await begun(tmp_path, "nord", "sued")
        store, logins = Stores(found, bus.watch), Logins(found, {})
        try:
            anna = await logins.authenticate(Credentials("anna@nord", "anna"))
            assert (await store.collection(anna, MINE)).count == 0
            with pytest.raises(Unavailable):
                await logins.authenticate(Credentials("anna@sued", "anna"))
            (tmp_path / "sued.db").rmdir()
            shutil.copy(template, tmp_path / "sued.db")
            await asyncio.wait_for(found["sued"].served.wait(), 60)
            there = await logins.authenticate(Credentials("anna@sued", "anna"))
            assert (await store.collection(there, MINE)).count == 0
        finally:
            await asyncio.gather(*(one.end() for one in found.values()))
    told = [record.getMessage() for record in caplog.records if "tenant" in record.getMessage()]
    assert len([line for line in told if line.startswith("tenant 'sued' is not served: ")]) == 1
    assert told[-1] == "tenant 'sued' is served now"


async def test_one_that_goes_away_later_is_missed_by_its_own_users_only(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    for client in (nord, sued):
        assert (await client.sync(f"{client.books}my-contacts/")).status == 207
    both.sql("nord", "ALTER TABLE gw_collection RENAME TO elsewhere")
    assert (await nord.sync(f"{nord.books}my-contacts/")).status == 503
    assert (await sued.sync(f"{sued.books}my-contacts/")).status == 207
    assert (await sued.ask("PUT", f"{sued.books}my-contacts/c.vcf", a_card("c"))).status == 201
    both.sql("nord", "ALTER TABLE elsewhere RENAME TO gw_collection")
    assert (await nord.sync(f"{nord.books}my-contacts/")).status == 207


async def test_one_that_does_not_answer_keeps_nobody_elses_threads(both: Both, tmp_path: Path) -> None:
    """A locked file: every thread of the one waits for it, in first visits, writes and the follower."""
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    with contextlib.closing(sqlite3.connect(tmp_path / "nord.db", isolation_level=None)) as locked:
        locked.execute("BEGIN EXCLUSIVE")
        waiting = [
            asyncio.create_task(nord.ask("PUT", f"{nord.books}my-contacts/{number}.vcf", a_card(f"c{number}")))
            for number in range(30)
        ]
        await asyncio.sleep(0.2)
        begun_at = time.monotonic()
        assert (await sued.ask("PUT", f"{sued.books}my-contacts/c.vcf", a_card("c"))).status == 201
        assert (await sued.ask("GET", f"{sued.books}my-contacts/c.vcf")).status == 200
        assert (await both.who("ben@sued", "ben")).login == "ben@sued"
        assert time.monotonic() - begun_at < 5
        assert not all(task.done() for task in waiting)
        locked.execute("ROLLBACK")
    assert {(await task).status for task in waiting} <= {201, 503}


async def test_one_with_a_wrong_mapping_in_its_database_is_told_and_the_others_are_served(
    template: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for realm in ("nord", "sued"):
        shutil.copy(template, tmp_path / f"{realm}.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "sued.db")) as crm, crm:
        crm.execute("ALTER TABLE users RENAME COLUMN login TO user_name")
    with caplog.at_level(logging.ERROR):
        found, _ = await begun(tmp_path, "nord", "sued")
    try:
        assert found["nord"].is_served
        assert not found["sued"].is_served
        assert "has no column 'login'" in caplog.text
    finally:
        await asyncio.gather(*(one.end() for one in found.values()))
