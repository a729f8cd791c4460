"""The home-made CRM of docs/mapping.md, exactly as it stands there, behind DAV."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.mapping.mappings import run, write
from tests.mapping.served import card, component, only_document, row, served
from tests.mapping.test_documentation import TEXT

SQL = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)[0]
MAPPING = next(block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if 'name = "friday"' in block)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'friday.db'}"
    statements = [statement for statement in SQL.split(";") if statement.strip()]
    run(
        url,
        [
            *statements,
            "INSERT INTO staff VALUES (7, 'anna', 'Anna', 'anna@friday.example', ''), (8, 'ben', 'Ben', '', '')",
            "INSERT INTO customers VALUES (1, 'Jörg', 'Müller', 'jm@nord.example', '+49 30 1', NULL, 44, 7, 0)",
            "INSERT INTO customers VALUES (2, 'Gone', 'Man', NULL, NULL, NULL, NULL, 7, 1)",
            "INSERT INTO customers VALUES (3, 'Bens', 'Own', NULL, NULL, NULL, NULL, 8, 0)",
        ],
    )
    return url


async def test_its_rows_are_cards_and_a_custom_column_is_a_property(url: str, tmp_path: Path) -> None:
    with served(url, write(tmp_path, MAPPING)) as (_, anna):
        _, text = await only_document(anna, f"{anna.books}customers/")
        assert {"N:Müller;Jörg;;;", "X-SHOE-SIZE:44"} <= set(text.split("\r\n"))
        assert "jm@nord.example" in text
        assert "+49 30 1" in text


async def test_a_client_makes_changes_and_deletes_its_rows(url: str, tmp_path: Path) -> None:
    with served(url, write(tmp_path, MAPPING)) as (opened, anna):
        path = f"{anna.books}customers/new.vcf"
        one = card("new", "FN:Eva Neu", "N:Neu;Eva;;;", "TEL;TYPE=CELL:0170 1", "X-SHOE-SIZE:38")
        assert (await anna.ask("PUT", path, one)).status == 201
        query = "SELECT * FROM customers WHERE last = 'Neu'"
        assert {"first": "Eva", "mob": "0170 1", "shoe_size": 38, "staff_id": 7}.items() <= row(opened, query).items()
        two = card("new", "FN:Eva Neu", "N:Neu;Eva;;;", "X-SHOE-SIZE:39")
        assert (await anna.ask("PUT", path, two)).status == 204
        assert row(opened, query)["shoe_size"] == 39
        three = card("new", "FN:Eva Neu", "N:Neu;Eva;;;", "X-SHOE-SIZE:large")
        assert (await anna.ask("PUT", path, three)).status == 403
        assert row(opened, query)["shoe_size"] == 39
        assert (await anna.ask("DELETE", path)).status == 204
        assert row(opened, query)["gone"] == 1


async def test_visits_are_events(url: str, tmp_path: Path) -> None:
    with served(url, write(tmp_path, MAPPING)) as (opened, anna):
        event = component(
            "VEVENT", "v", "SUMMARY:Look at shoes", "DTSTART:20260310T090000Z", "DTEND:20260310T100000Z",
            "STATUS:TENTATIVE",
        )  # fmt: skip
        assert (await anna.ask("PUT", f"{anna.home}visits/v.ics", event)).status == 201
        made = row(opened, "SELECT what, starts, state, staff_id FROM visits")
        assert str(made.pop("starts")).startswith("2026-03-10 09:00:00")
        assert made == {"what": "Look at shoes", "state": "maybe", "staff_id": 7}


def test_it_takes_three_tables(url: str) -> None:
    engine = sa.create_engine(url)
    assert sorted(sa.inspect(engine).get_table_names()) == ["customers", "staff", "visits"]
    engine.dispose()
