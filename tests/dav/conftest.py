"""The sample company on SQLite with a gateway before it, and two of its people as DAV clients."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from gateway.core.keeping import FullStore
from gateway.edits import Edits
from protocols.dav.service import Service
from storage.crm.mapping import PRESETS
from storage.crm.reference import sample, schema
from storage.opened import Opened
from tests.dav.client import Client

# What the reference mapping has no view of: a collection that may only be read.
READ_ONLY = """
[view.readable]
entity = "company"
shape = "card"
name = "Companies to look at"
filter = "deleted = 0"
rights = "read"
order = 9
"""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample company's database, the gateway installed in it, and its mapping; made once, then copied."""
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{folder / 'crm.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        schema.create(connection)
        sample.insert(connection, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    engine.dispose()
    mapping = folder / "mapping.toml"
    mapping.write_text((PRESETS / "reference.toml").read_text("utf-8") + READ_ONLY, "utf-8")
    opened = Opened(url, str(mapping))
    opened.setup.install()
    opened.close()
    return folder


@pytest.fixture
def opened(template: Path, tmp_path: Path) -> Iterator[Opened]:
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    opened = Opened(f"sqlite:///{folder / 'crm.db'}", str(folder / "mapping.toml"))
    yield opened
    opened.close()


@pytest.fixture
def store(opened: Opened) -> FullStore:
    return opened.store


@pytest.fixture
def service(store: FullStore) -> Service:
    return Service(store, Edits(store))


@pytest.fixture
def anna(opened: Opened, service: Service) -> Client:
    return _client(opened, service, "anna")


@pytest.fixture
def bob(opened: Opened, service: Service) -> Client:
    return _client(opened, service, "bob")


@pytest.fixture
def admin(opened: Opened, service: Service) -> Client:
    return _client(opened, service, "admin")


def _client(opened: Opened, service: Service, login: str) -> Client:
    found = opened.database.read_now(lambda connection: opened.users.find(connection, login))
    assert found is not None
    return Client(service, found[0])


@pytest.fixture
def many_contacts(opened: Opened, anna: Client) -> list[str]:
    """Names of 450 more contacts of anna's, each with a note of some length."""
    moment = dt.datetime(2026, 2, 16, 8, 0)
    names = [f"Person{number}" for number in range(450)]
    rows = [
        {
            "first_name": name,
            "last_name": "Many",
            "notes": "x" * 300,
            "owner_id": int(anna.who.id),
            "created_at": moment,
            "modified_at": moment,
        }
        for name in names
    ]
    with opened.database.engine.begin() as connection:
        connection.execute(sa.insert(schema.contacts), rows)
    return names
