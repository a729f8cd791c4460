"""Two CRMs on one server of each product: installed, followed and taken off, each for itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.config import Config, Tenant
from gateway.core.auth import Credentials
from gateway.hosted import Hosted, open_crm
from gateway.tenants.logins import Logins
from gateway.tenants.store import Stores
from storage.crm.reference import schema
from storage.feed.bus import Bus
from tests.crm import make_crm
from tests.databases import DIALECTS, fresh_mariadb, fresh_postgresql
from tests.storage.builders import MINE

REALMS = ("nord", "sued")


@pytest.fixture(params=DIALECTS)
def tenants(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Tenant]]:
    """Two reference CRMs side by side."""
    made: dict[str, Tenant] = {}
    with contextlib.ExitStack() as stack:
        for realm in REALMS:
            url = f"sqlite:///{tmp_path / realm}.db"
            if request.param != "sqlite":
                fresh = fresh_postgresql if request.param == "postgresql" else fresh_mariadb
                server = request.getfixturevalue(f"{request.param}_server")
                url = stack.enter_context(contextlib.contextmanager(fresh)(server))
            make_crm(url)
            own = f"{sa.make_url(url).database}_gw" if request.param == "mariadb" else ""
            made[realm] = Tenant(url, schema=own)
        yield made


async def test_two_crms_on_one_server_do_not_meet(tenants: dict[str, Tenant]) -> None:
    config, bus = Config(tenant=tenants), Bus()
    bus.attach(asyncio.get_running_loop())
    hosted = {realm: Hosted(config, realm) for realm in REALMS}
    for one in hosted.values():
        one.begin_whenever(bus.publish)
    await asyncio.gather(*(asyncio.wait_for(one.served.wait(), 60) for one in hosted.values()))
    store, logins = Stores(hosted, bus.watch), Logins(hosted, {})
    try:
        who = {realm: await logins.authenticate(Credentials(f"anna@{realm}", "anna")) for realm in REALMS}
        seen = {realm: await store.collection(who[realm], MINE) for realm in REALMS}
        assert [one.count for one in seen.values()] == [0, 0]
        with store.watch([seen["nord"].id]) as woken:
            opened = hosted["nord"].opened
            assert opened is not None
            with opened.database.engine.begin() as connection:
                connection.execute(sa.insert(schema.contacts).values(last_name="By SQL", owner_id=1))
            await asyncio.wait_for(woken.wait(), 30)
        assert [(await store.collection(who[realm], MINE)).count for realm in REALMS] == [1, 0]
        await hosted.pop("nord").end()
        with contextlib.closing(open_crm(config, tenants["nord"])) as taken_off:
            taken_off.setup.uninstall()
        other = hosted["sued"].opened
        assert other is not None
        assert other.setup.is_current()
        assert other.database.read_now(other.setup.triggers.lacking).all == []
        assert (await store.collection(who["sued"], MINE)).count == 0
    finally:
        await asyncio.gather(*(one.end() for one in hosted.values()))
