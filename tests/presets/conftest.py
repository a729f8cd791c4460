"""Fixtures: real products opened through their presets, once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage.opened import Opened
from tests.presets.dumps import Snapshot, installed, snapshot


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def espo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """EspoCRM with the sample, its own time zone Europe/Berlin and one custom field, installed."""
    server = request.getfixturevalue(f"{request.param}_server")
    product = "espocrm" if request.param == "mariadb" else "espocrm-pgsql"
    here = (
        'extends = "espocrm"\ncrm.days = "Europe/Berlin"\nentity.contact.custom.X-CRM-CUSTOMER = "c_customer_number"\n'
    )
    with installed(product, server, here, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened


@pytest.fixture
def before(espo: Opened) -> Snapshot:
    """Every row before the test did anything."""
    return snapshot(espo.database.engine)


@pytest.fixture(scope="module")
def civi(mariadb_server: sa.URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """CiviCRM with the sample, a site in Europe/Berlin with a group of custom fields, installed."""
    here = """
    extends = "civicrm"
    crm.zone = "Europe/Berlin"
    crm.days = "Europe/Berlin"

    [entity.contact]
    tables = [
      { table = "civicrm_contact", key = "id", set = { contact_type = "Individual" } },
      { table = "civicrm_value_gateway_4", key = "entity_id" },
    ]

    [entity.contact.custom]
    X-CUSTOMER-NUMBER = "customer_number_7"
    X-SEGMENT = { column = "segment_8", lookup = { table = "civicrm_option_value", key = "value", shows = "label", where = { option_group_id = 200 } } }
    """
    with installed("civicrm", mariadb_server, here, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened


@pytest.fixture(scope="module")
def odoo(postgresql_server: sa.URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Odoo with the sample, its own additional columns mapped, installed."""
    here = (
        'extends = "odoo"\n'
        'entity.contact.custom.X-CUSTOMER-NUMBER = "x_customer_number"\n'
        'entity.contact.custom.X-SEGMENT = "x_segment"\n'
    )
    with installed("odoo18", postgresql_server, here, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened


@pytest.fixture(scope="module")
def suite(mariadb_server: sa.URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """SuiteCRM with the sample and its two custom fields, installed."""
    here = (
        'extends = "suitecrm"\ncrm.days = "Europe/Berlin"\n'
        'entity.contact.custom.X-CRM-CUSTOMER-NUMBER = "customer_number_c"\n'
        'entity.contact.custom.X-CRM-SEGMENT = "segment_c"\n'
    )
    with installed("suitecrm", mariadb_server, here, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened
