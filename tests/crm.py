"""Fixtures: the reference CRM with the gateway beside it, opened and installed; two users, anna and ben, and nothing else.

`opened` is on SQLite (a copied file, so it costs little); `opened_everywhere` runs a test on every product.
`sample` has the sample company in it. All of it is the real thing: there is no other store.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import argon2
import pytest
import pytest_asyncio
import sqlalchemy as sa

from gateway.core.model import Principal
from gateway.edits import Edits
from storage.crm.reference import sample as sample_rows
from storage.crm.reference import schema
from storage.opened import Opened

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Tests hash passwords that guard nothing."""


def make_crm(url: str, *, with_sample: bool = False) -> None:
    """The reference CRM in an empty database."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        schema.create(connection)
        if with_sample:
            sample_rows.insert(connection, CHEAP)
        else:
            for login, name, zone in (("anna", "Anna Schmidt", "Europe/Berlin"), ("ben", "Ben Miller", "UTC")):
                connection.execute(
                    sa.insert(schema.users).values(
                        login=login,
                        name=name,
                        email=f"{login}@crm.example",
                        password_hash=CHEAP.hash(login),
                        timezone=zone,
                    )
                )
    engine.dispose()


def open_crm(url: str) -> Opened:
    """Open and install; on MariaDB the gateway's own database gets the test's name."""
    made = sa.make_url(url)
    own = f"{made.database}_gw" if made.get_backend_name() in ("mysql", "mariadb") else None
    opened = Opened(url, schema=own)
    opened.setup.install()
    return opened


def principal(opened: Opened, login: str) -> Principal:
    """A user of the CRM."""
    found = opened.database.read_now(lambda connection: opened.users.find(connection, login))
    assert found is not None
    return found[0]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed CRM to copy."""
    path = tmp_path_factory.mktemp("template") / "crm.db"
    make_crm(f"sqlite:///{path}")
    open_crm(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed CRM with the sample company to copy."""
    path = tmp_path_factory.mktemp("template") / "sample.db"
    make_crm(f"sqlite:///{path}", with_sample=True)
    open_crm(f"sqlite:///{path}").close()
    return path


async def _attached(opened: Opened) -> AsyncIterator[Opened]:
    opened.bus.attach(asyncio.get_running_loop())
    yield opened
    await asyncio.to_thread(opened.close)


@pytest_asyncio.fixture
async def opened(template: Path, tmp_path: Path) -> AsyncIterator[Opened]:
    """The reference CRM on SQLite."""
    shutil.copy(template, tmp_path / "crm.db")
    async for one in _attached(Opened(f"sqlite:///{tmp_path / 'crm.db'}")):
        yield one


@pytest_asyncio.fixture
async def sample(sample_template: Path, tmp_path: Path) -> AsyncIterator[Opened]:
    """The sample company on SQLite."""
    shutil.copy(sample_template, tmp_path / "crm.db")
    async for one in _attached(Opened(f"sqlite:///{tmp_path / 'crm.db'}")):
        yield one


@pytest_asyncio.fixture
async def opened_everywhere(database_url: str) -> AsyncIterator[Opened]:
    """The reference CRM on each product."""
    await asyncio.to_thread(make_crm, database_url)
    async for one in _attached(await asyncio.to_thread(open_crm, database_url)):
        yield one


@pytest.fixture
def anna_principal(opened: Opened) -> Principal:
    """The first user."""
    return principal(opened, "anna")


@pytest.fixture
def ben_principal(opened: Opened) -> Principal:
    """The second user."""
    return principal(opened, "ben")


@pytest.fixture
def edits(opened: Opened) -> Edits:
    """The one way in for a write."""
    return Edits(opened.store)
