"""A database for a whole file's tests, on each product in turn: they begin again from what they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import DIALECTS, fresh_mariadb, fresh_postgresql


@pytest.fixture(scope="module", params=DIALECTS)
def module_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh database's URL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('module') / 'crm.db'}"
    elif request.param == "postgresql":
        yield from fresh_postgresql(request.getfixturevalue("postgresql_server"))
    else:
        yield from fresh_mariadb(request.getfixturevalue("mariadb_server"))
