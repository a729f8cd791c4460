"""Fixtures: real products opened through their presets, once for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage.opened import Opened
from tests.presets.dumps import Snapshot, installed, snapshot
from tests.presets.served import Served, User
from tests.presets.vtiger import PRODUCTS, Vtiger, behind_its_preset


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
def anna(gateway: Served) -> User:
    """The first of the sample's two users. `gateway` is the file's own: a product that is served."""
    return gateway.user("anna")


@pytest.fixture
def bob(gateway: Served) -> User:
    """The other one."""
    return gateway.user("bob")


@pytest.fixture
def before(gateway: Served) -> Snapshot:
    """Every row before the test did anything."""
    return snapshot(gateway.opened.database.engine)


STAMP = "0123456789abcdef" * 2
"""What CiviCRM puts behind a file's name, in the sample."""


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
    place = tmp_path_factory.mktemp("mapping")
    with installed("civicrm", mariadb_server, here, place) as opened:
        # The dump has the rows of these files; their bytes are made here.
        (place / "files" / f"erika_{STAMP}.png").write_bytes(b"\x89PNG\r\n\x1a\nErika")
        (place / "files" / f"Angebot_2026_001_{STAMP}.pdf").write_bytes(b"%PDF-1.4 Angebot")
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
    """SuiteCRM with the sample and its two custom fields, installed; with a book of what a user's groups have."""
    here = (
        'extends = "suitecrm"\ncrm.days = "Europe/Berlin"\n'
        'entity.contact.custom.X-CRM-CUSTOMER-NUMBER = "customer_number_c"\n'
        'entity.contact.custom.X-CRM-SEGMENT = "segment_c"\n'
        "[view.our-contacts]\nentity = 'contact'\nshape = 'card'\n"
        'filter = "assigned_user_id = user.id or exists (securitygroups_records where record_id = row.id '
        "and module = 'Contacts' and deleted = 0 and securitygroup_id in user.groups)\"\n"
    )
    with installed("suitecrm", mariadb_server, here, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened


@pytest.fixture(scope="module", params=PRODUCTS)
def vtiger(
    request: pytest.FixtureRequest, mariadb_server: sa.URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Vtiger]:
    """vtiger 8, then berliCRM, with the sample, its two custom fields and its files, installed and served."""
    with behind_its_preset(request.param, mariadb_server, tmp_path_factory.mktemp("mapping")) as one:
        yield one
