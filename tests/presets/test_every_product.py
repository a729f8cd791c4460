"""What holds for every product alike: all of the sample can be served, dropped triggers heal, nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.crm.soundness import look
from storage.opened import Opened
from tests.feed.conftest import drop_triggers, settle
from tests.feed.test_uninstall import dumped
from tests.presets.dumps import difference, loaded, snapshot, unpacked

PRODUCTS = {
    "vtiger": "vtiger",
    "berlicrm": "berlicrm",
    "suitecrm": "suitecrm",
    "espocrm": "espocrm",
    "espocrm-pgsql": "espocrm",
    "odoo18": "odoo",
    "dolibarr": "dolibarr",
    "civicrm": "civicrm",
}
"""Dump → preset."""


@pytest.fixture(params=PRODUCTS)
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Opened, sa.URL, str]]:
    """A product's database behind its preset as it is, not yet installed; and its schema."""
    kind = "postgresql" if request.param in ("espocrm-pgsql", "odoo18") else "mariadb"
    with loaded(request.param, request.getfixturevalue(f"{kind}_server")) as url:
        own = None if kind == "postgresql" else f"{url.database}_gw"
        before = dumped(url)
        address = url.render_as_string(hide_password=False)
        files = unpacked(request.param, tmp_path / "files")
        opened = Opened(address, PRODUCTS[request.param], schema=own, folder=tmp_path, files=files)
        yield opened, url, before
        opened.close()


def test_a_products_sample_is_sound_heals_and_is_left_as_it_was(product: tuple[Opened, sa.URL, str]) -> None:
    opened, url, schema = product
    rows = snapshot(opened.database.engine)
    opened.setup.install()
    opened.visits.index_all()
    for entity in opened.crm.entities.values():
        looked = opened.database.read_now(lambda connection, entity=entity: look(opened.crm, entity, connection))  # type: ignore[misc]
        assert not looked.bad, entity.name
    assert opened.follower.step() == 0, "indexing changes nothing in the CRM"

    drop_triggers(opened)
    assert opened.database.read_now(opened.setup.triggers.lacking).missing
    opened.health.look()
    assert not opened.database.read_now(opened.setup.triggers.lacking).all
    settle(opened)

    opened.setup.uninstall()
    assert dumped(url) == schema
    assert difference(rows, snapshot(opened.database.engine)) == {}
