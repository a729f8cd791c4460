"""One stage for each product and process; its tests begin again from what they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import DIALECTS, fresh_mariadb, fresh_postgresql
from tests.faults.world import World


@pytest.fixture(scope="module", params=DIALECTS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stage on each product in turn."""
    for url in _urls(request, tmp_path_factory):
        made = World(url)
        yield made
        made.close()


def _urls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('world') / 'crm.db'}"
    elif request.param == "postgresql":
        yield from fresh_postgresql(request.getfixturevalue("postgresql_server"))
    else:
        yield from fresh_mariadb(request.getfixturevalue("mariadb_server"))
