"""Fixtures: real products opened through their presets, once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.crm.mapping import PRESETS
from storage.opened import Opened
from tests.presets.dumps import Snapshot, loaded, snapshot


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def espo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """EspoCRM with the sample, its own time zone Europe/Berlin, installed; `espo_before` is what it held before that."""
    server = request.getfixturevalue(f"{request.param}_server")
    place: Path = tmp_path_factory.mktemp("mapping")
    preset = (PRESETS / "espocrm.toml").read_text("utf-8")
    (place / "here.toml").write_text(preset.replace('days = "UTC"', 'days = "Europe/Berlin"'), "utf-8")
    product = "espocrm" if request.param == "mariadb" else "espocrm-pgsql"
    with loaded(product, server) as url:
        own = f"{url.database}_gw" if request.param == "mariadb" else None
        opened = Opened(url.render_as_string(hide_password=False), "here.toml", schema=own, folder=place)
        opened.setup.install()
        yield opened
        opened.close()


@pytest.fixture
def before(espo: Opened) -> Snapshot:
    """Every row before the test did anything."""
    return snapshot(espo.database.engine)
