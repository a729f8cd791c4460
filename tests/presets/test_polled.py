"""Real products whose tables have no triggers: every kind of column they have is looked at, and one change is one note."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage.feed.polling import Polling
from storage.opened import Opened
from tests.presets.dumps import installed

# product: its server, its preset, a change of one contact in the base table, and one in a table beside it
CHANGES = {
    "vtiger": (
        "mariadb", "vtiger", "UPDATE vtiger_contactdetails SET title = 'x' WHERE lastname = 'Mustermann'",
        "UPDATE vtiger_contactaddress SET mailingcity = 'x' WHERE contactaddressid IN "
        "(SELECT contactid FROM vtiger_contactdetails WHERE lastname = 'Mustermann')",
    ),
    "suitecrm": (
        "mariadb", "suitecrm", "UPDATE contacts SET title = 'x' WHERE last_name = 'Mustermann'",
        "UPDATE contacts_cstm SET customer_number_c = 'x' WHERE id_c IN (SELECT id FROM contacts WHERE last_name = 'Mustermann')",
    ),
    "espocrm": (
        "mariadb", "espocrm", "UPDATE contact SET description = 'x' WHERE last_name = 'Mustermann'",
        "UPDATE phone_number SET name = '+49171999' WHERE name = '+491715550001'",
    ),
    "espocrm-pgsql": (
        "postgresql", "espocrm", "UPDATE contact SET description = 'x' WHERE last_name = 'Mustermann'",
        "UPDATE phone_number SET name = '+49171999' WHERE name = '+491715550001'",
    ),
    "odoo18": ("postgresql", "odoo", "UPDATE res_partner SET function = 'x' WHERE name LIKE '%Mustermann%'", ""),
    "dolibarr": (
        "mariadb", "dolibarr", "UPDATE llx_socpeople SET poste = 'x' WHERE lastname = 'Mustermann'",
        "UPDATE llx_socpeople_extrafields SET customer_number = 'x' WHERE customer_number = 'KD-4711'",
    ),
    "civicrm": (
        "mariadb", "civicrm", "UPDATE civicrm_contact SET job_title = 'x' WHERE last_name = 'Mustermann'",
        "UPDATE civicrm_phone SET phone = '1' WHERE phone LIKE '%5550001%'",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(CHANGES))
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Opened]]:
    server, preset, *_ = CHANGES[request.param]
    words = f'extends = "{preset}"\ncrm.watch = "polling"\n'
    place = tmp_path_factory.mktemp("polled")
    with installed(request.param, request.getfixturevalue(f"{server}_server"), words, place) as opened:
        yield request.param, opened


def noted(opened: Opened, polling: Polling) -> set[tuple[str, str]]:
    """What polling has put into the outbox, which is emptied."""
    while polling.look():
        pass
    outbox = opened.setup.outbox

    def take(connection: sa.Connection) -> set[tuple[str, str]]:
        rows = outbox.take(connection, 10_000)
        outbox.delete(connection, [row.id for row in rows])
        return {(row.entity, row.key) for row in rows}

    return opened.database.write_now(lambda unit: take(unit.connection))


def test_every_table_is_looked_at_and_each_change_is_noted_once(
    product: tuple[str, Opened], caplog: pytest.LogCaptureFixture
) -> None:
    name, opened = product
    assert opened.setup.triggers.wanted == []
    polling = opened.polling
    assert noted(opened, polling) == set()
    assert all(one.is_known for one in polling.subjects)
    for statement in filter(None, CHANGES[name][2:]):
        with opened.database.engine.begin() as connection:
            assert connection.exec_driver_sql(statement.replace("%", "%%")).rowcount == 1
        assert len({key for entity, key in noted(opened, polling) if entity == "contact"}) == 1
        assert noted(opened, polling) == set()
    assert "could not be polled" not in caplog.text
