"""`crmgate install` and `uninstall` on each product: the dry run is the SQL, and afterwards the CRM is as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.clients.serving import run, serving
from tests.crm import make_crm
from tests.flows.looking import delta
from tests.flows.shells import ROWS, Shell, configure, shell_of

pytestmark = pytest.mark.timeout(180)

NOT_THE_SYSTEM_S = "NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys', 'pg_catalog', 'pg_toast')"
SCHEMAS = {
    "sqlite": ["SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"],
    "postgresql": [
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_t%' ORDER BY 1",
        "SELECT table_schema, table_name, column_name, data_type, column_default, is_nullable FROM "
        f"information_schema.columns WHERE table_schema {NOT_THE_SYSTEM_S} ORDER BY 1, 2, 3",
        f"SELECT schemaname, tablename, indexdef FROM pg_indexes WHERE schemaname {NOT_THE_SYSTEM_S} ORDER BY 1, 2, 3",
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 0 ORDER BY 1, 2",
        "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        f"SELECT routine_schema, routine_name FROM information_schema.routines WHERE routine_schema {NOT_THE_SYSTEM_S} "
        "ORDER BY 1, 2",
        "SELECT sequence_schema, sequence_name FROM information_schema.sequences ORDER BY 1, 2",
    ],
    "mariadb": [
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE concat(database(), '%') ORDER BY 1",
        "SELECT table_schema, table_name, column_name, column_type, column_default, is_nullable, extra FROM "
        "information_schema.columns WHERE table_schema LIKE concat(database(), '%') ORDER BY 1, 2, 3",
        "SELECT table_name, index_name, seq_in_index, column_name FROM information_schema.statistics "
        "WHERE table_schema LIKE concat(database(), '%') ORDER BY 1, 2, 3",
        "SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints "
        "WHERE table_schema LIKE concat(database(), '%') ORDER BY 1, 2",
        "SELECT event_object_table, trigger_name FROM information_schema.triggers "
        "WHERE trigger_schema LIKE concat(database(), '%') ORDER BY 1, 2",
        "SELECT routine_schema, routine_name FROM information_schema.routines "
        "WHERE routine_schema LIKE concat(database(), '%') ORDER BY 1, 2",
    ],
}
TABLES = ("users", "companies", "contacts", "emails", "email_addresses", "meetings", "tasks")


@dataclass(frozen=True)
class Place:
    """A CRM in a database, and a folder with a configuration for it."""

    folder: Path
    shell: Shell
    product: str

    def schema(self) -> list[str]:
        """Everything the database says there is, but for rows."""
        found = [self.shell.type(statement + ";") for statement in SCHEMAS[self.product]]
        # SQLite keeps a statement as it was typed, line breaks and all.
        return [" ".join(one.split()) for one in found]

    def rows(self) -> list[str]:
        """Every row of the CRM."""
        return [self.shell.type(f"SELECT * FROM {table} ORDER BY id;") for table in TABLES]


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    """A CRM with rows in it and nothing of the gateway's."""
    shell = shell_of(database_url)
    make_crm(database_url)
    shell.type(ROWS)
    configure(tmp_path, database_url)
    product = sa.make_url(database_url).get_backend_name()
    return Place(tmp_path, shell, "mariadb" if product == "mysql" else product)


def test_a_dry_run_changes_nothing(place: Place) -> None:
    before = place.schema()
    assert "CREATE TRIGGER" in run("install", "--dry-run", folder=place.folder).stdout
    assert place.schema() == before
    run("install", folder=place.folder)
    installed = place.schema()
    assert installed != before
    assert "DROP TRIGGER" in run("uninstall", "--dry-run", folder=place.folder).stdout
    assert place.schema() == installed
    run("check", folder=place.folder)


def test_what_the_dry_run_prints_installs_and_uninstalls_when_typed_into_the_shell(place: Place) -> None:
    before, rows = place.schema(), place.rows()
    place.shell.type(run("install", "--dry-run", folder=place.folder).stdout)
    assert "problem" not in run("check", folder=place.folder).stdout
    typed = place.schema()
    place.shell.type(run("uninstall", "--dry-run", folder=place.folder).stdout)
    assert place.schema() == before
    assert place.rows() == rows
    run("install", folder=place.folder)
    assert place.schema() == typed


def test_uninstall_leaves_the_crm_as_it_was_even_after_use(place: Place) -> None:
    before = place.schema()
    with serving("serve", folder=place.folder) as served:
        first = delta(served, served.book("anna", "my-contacts"))
        assert len(first.changed) == 3
    rows = place.rows()
    run("install", folder=place.folder)
    run("uninstall", folder=place.folder)
    assert place.schema() == before
    assert place.rows() == rows
    # The CRM goes on without us, and a second time there is nothing to take off.
    place.shell.type("UPDATE contacts SET phone = '1' WHERE id = 1; DELETE FROM tasks WHERE id = 1;")
    run("uninstall", folder=place.folder)
    assert place.schema() == before
