"""Fixtures: a fresh, empty database for each test that asks for one, on every product the gateway runs on.

`database_url` runs a test three times; `sqlite_url`, `postgresql_url` and `mariadb_url` are for tests that mean one
product. Names are unique, so tests may run side by side; a database is dropped at the end of its test, with every
other one whose name begins with its name (the gateway's own, on MariaDB). A missing server skips its tests with one
line that says so; where CI=true it fails them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers import MARIADB, POSTGRESQL, Kind, Missing, server

DIALECTS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database's URL, on each product in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file's URL."""
    return f"sqlite:///{tmp_path / 'crm.db'}"


@pytest.fixture
def postgresql_url(postgresql_server: sa.URL) -> Iterator[str]:
    """A fresh PostgreSQL database's URL."""
    yield from fresh_postgresql(postgresql_server)


@pytest.fixture
def mariadb_url(mariadb_server: sa.URL) -> Iterator[str]:
    """A fresh MariaDB database's URL."""
    yield from fresh_mariadb(mariadb_server)


def fresh_postgresql(server: sa.URL) -> Iterator[str]:
    """Makes a database, yields its URL, drops it."""
    name = _unique_name()
    _execute(server, f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    yield server.set(database=name).render_as_string(hide_password=False)
    _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def fresh_mariadb(server: sa.URL) -> Iterator[str]:
    """The same, with every other database whose name begins with its name."""
    name = _unique_name()
    _execute(server, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    yield server.set(database=name).render_as_string(hide_password=False)
    # A connection somebody left open would hold the DROP up.
    for connection in _execute(server, "SELECT id FROM information_schema.processlist WHERE db LIKE :name", name):
        _execute(server, f"KILL {connection}", may_fail=True)
    for database in _execute(
        server, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE :name", name
    ):
        _execute(server, f"DROP DATABASE `{database}`")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """A server's URL; one for each process the tests run in."""
    yield from _server(POSTGRESQL)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[sa.URL]:
    """A server's URL; one for each process the tests run in."""
    yield from _server(MARIADB)


def _server(kind: Kind) -> Iterator[sa.URL]:
    try:
        with server(kind) as url:
            yield url
    except Missing as why:
        line = f"not run on {kind.name}: {why} ({kind.variable} may name a server)"
        if os.environ.get("CI") == "true":
            pytest.fail(line)
        pytest.skip(line)


def _unique_name() -> str:
    return f"crmgate_test_{os.getpid():x}_{secrets.token_hex(4)}"


def _execute(url: sa.URL, statement: str, name: str | None = None, *, may_fail: bool = False) -> list[str]:
    """Run one statement by itself; the first column of what comes back. `name` is what LIKE is to begin with."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    parameters = {} if name is None else {"name": name.replace("_", r"\_") + "%"}
    try:
        with engine.connect() as connection:
            result = connection.execute(sa.text(statement), parameters)
            return [str(row[0]) for row in result] if result.returns_rows else []
    except sa.exc.SQLAlchemyError:
        if may_fail:
            return []
        raise
