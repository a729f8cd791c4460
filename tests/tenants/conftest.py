"""Two CRMs in one gateway, nord and sued. Each has an anna with the same key; their passwords differ."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
import sqlalchemy as sa

from gateway.config import Config, Tenant
from gateway.core.auth import Credentials
from gateway.core.model import Principal
from gateway.edits import Edits
from gateway.hosted import Hosted
from gateway.tenants.logins import Logins
from gateway.tenants.store import Stores
from protocols.dav.service import Service
from storage.crm.reference import schema
from storage.feed.bus import Bus
from storage.opened import Opened
from tests.crm import CHEAP
from tests.dav.client import Client


@dataclass(frozen=True)
class Both:
    """What a protocol is given, and what is behind it."""

    hosted: dict[str, Hosted]
    store: Stores
    logins: Logins

    def opened(self, realm: str) -> Opened:
        """One of the CRMs behind."""
        found = self.hosted[realm].opened
        assert found is not None
        return found

    async def who(self, login: str, password: str) -> Principal:
        """Who logs in with this."""
        return await self.logins.authenticate(Credentials(login, password))

    async def client(self, login: str, password: str) -> Client:
        """His DAV client."""
        return Client(Service(self.store, Edits(self.store)), await self.who(login, password))

    def sql(self, realm: str, statement: sa.Executable | str) -> None:
        """What one CRM does by itself."""
        with self.opened(realm).database.engine.begin() as connection:
            if isinstance(statement, str):
                connection.exec_driver_sql(statement)
            else:
                connection.execute(statement)


async def begun(folder: Path, *realms: str) -> tuple[dict[str, Hosted], Bus]:
    """CRMs that are begun, each tried once."""
    tenants = {
        realm: Tenant(f"sqlite:///{realm}.db", domains=[f"{realm}.example"] if realm == "sued" else [])
        for realm in realms
    }
    config = Config(tenant=tenants, folder=str(folder))
    found = {realm: Hosted(config, realm) for realm in realms}
    bus = Bus()
    bus.attach(asyncio.get_running_loop())
    for one in found.values():
        one.begin_whenever(bus.publish)
    await asyncio.gather(*(one.tried.wait() for one in found.values()))
    return found, bus


@pytest_asyncio.fixture
async def both(template: Path, tmp_path: Path) -> AsyncIterator[Both]:
    for realm in ("nord", "sued"):
        shutil.copy(template, tmp_path / f"{realm}.db")
    found, bus = await begun(tmp_path, "nord", "sued")
    made = Both(found, Stores(found, bus.watch), Logins(found, {"sued.example": "sued"}))
    for realm in ("nord", "sued"):
        anna = sa.update(schema.users).where(schema.users.c.login == "anna")
        made.sql(realm, anna.values(password_hash=CHEAP.hash(realm), email=f"anna@{realm}.example"))
    yield made
    await asyncio.gather(*(one.end() for one in found.values()))
