"""The migrations make exactly the tables the code speaks of, on every product."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.opened import Opened
from storage.state import migrations
from tests.crm import make_crm, open_crm


@pytest.fixture
def installed(database_url: str) -> Opened:
    make_crm(database_url)
    return open_crm(database_url)


def test_migrated_tables_are_the_declared_ones(installed: Opened) -> None:
    state = installed.state
    ours = {table.name for table in state.metadata.tables.values()}

    def is_ours(item: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind != "table" or name in ours

    with installed.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": migrations.version_table(state),
                "version_table_schema": state.schema,
                "include_schemas": state.schema is not None,
                "include_name": lambda name, kind, _: kind != "schema" or name == state.schema,
                "include_object": is_ours,
                "compare_type": False,
            },
        )
        differences = compare_metadata(context, state.metadata)
    installed.close()
    assert differences == []


def test_installing_again_changes_nothing(installed: Opened) -> None:
    def tables() -> set[str]:
        return set(sa.inspect(installed.database.engine).get_table_names(schema=installed.state.schema))

    before = tables()
    installed.setup.install()
    after = tables()
    lacking = installed.database.read_now(installed.setup.triggers.lacking)
    installed.close()
    assert (after, lacking.all) == (before, [])
