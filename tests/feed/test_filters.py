"""Tables that only a condition asks about: a change there changes who sees a row, and whether it counts at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.model import CollectionName, Section
from storage.opened import Opened
from tests.crm import principal
from tests.presets.small_crm import made, sql

TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(100), hash VARCHAR(100));
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(50));
CREATE TABLE shares (id INTEGER PRIMARY KEY, person INTEGER, staff INTEGER);
CREATE TABLE hidden (id INTEGER PRIMARY KEY, person INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO people VALUES (1, 'One');
INSERT INTO people VALUES (2, 'Two')
"""
MAPPING = """
[crm]
name = "small"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.person]
table = "people"
alive = "not exists (hidden where person = row.id)"
fields.last_name = "name"
[view.shared]
entity = "person"
shape = "card"
delete = "refuse"
filter = "exists (shares where row.id = person and staff = user.id)"
"""
SHARED = CollectionName(Section.ADDRESS_BOOKS, "shared")


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    with made(database_url, tmp_path, TABLES, MAPPING) as one:
        yield one


async def count(small: Opened) -> int:
    _, entries = await small.store.entries(principal(small, "anna"), SHARED)
    return len(entries)


async def test_a_row_is_seen_as_soon_as_the_table_says_so(small: Opened) -> None:
    assert await count(small) == 0
    sql(small, "INSERT INTO shares VALUES (1, 1, 1)")
    assert await count(small) == 1
    sql(small, "UPDATE shares SET person = 2")
    assert await count(small) == 1
    sql(small, "INSERT INTO hidden VALUES (1, 2)")
    assert await count(small) == 0
    sql(small, "DELETE FROM hidden")
    assert await count(small) == 1
    sql(small, "DELETE FROM shares")
    assert await count(small) == 0


def test_each_table_is_watched_once_for_each_way_it_leads_to_a_row(small: Opened) -> None:
    watched = [(one.table.name, one.column) for one in small.setup.triggers.watched if one.entity == "person"]
    assert sorted(watched) == [("hidden", "person"), ("people", "id"), ("shares", "person")]
