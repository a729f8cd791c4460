"""docs/reference-crm.md names every table and column of the reference CRM, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storage.crm.reference import schema

PAGE = Path(__file__).parents[2] / "docs" / "reference-crm.md"
EVERYWHERE = {"id", "created_at", "modified_at", "deleted"}


def columns_documented() -> dict[str, list[str]]:
    """Table name → the columns its section lists, in order; "" → those of all tables."""
    found: dict[str, list[str]] = {"": []}
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"### `(\w+)`", line):
            section = heading[1]
            found[section] = []
        elif row := re.match(r"\| `(\w+)` \|", line):
            found[section].append(row[1])
    return found


def test_every_table_has_its_section_in_the_schema_order() -> None:
    assert [name for name in columns_documented() if name] == list(schema.metadata.tables)


def test_the_columns_all_tables_have_are_named_once() -> None:
    assert set(columns_documented()[""]) == EVERYWHERE


@pytest.mark.parametrize("table", schema.metadata.tables)
def test_every_column_is_named_and_none_invented(table: str) -> None:
    actual = [column.name for column in schema.metadata.tables[table].columns if column.name not in EVERYWHERE]
    assert columns_documented()[table] == actual
