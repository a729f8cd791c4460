"""Custom columns and custom collections, by mapping alone, through the store and DAV."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.core.model import CollectionName, Section
from tests.mapping.mappings import crm_with, write
from tests.mapping.served import card, component, only_document, row, served
from tests.mapping.test_documentation import TEXT

OPPORTUNITIES = next(block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if "opportunit" in block)
AS_CARDS = """
[entity.deal]
table = "opportunities"
alive = "deleted = 0"
delete = { deleted = 1 }
owner = "owner_id"
stamps = { created = "created_at", modified = "modified_at" }
fields.organisation = "name"
fields.kind = { constant = "org" }
custom.X-CRM-STAGE = "stage"

[view.deals]
entity = "deal"
shape = "card"
filter = "owner_id = user.id"
"""
VANS = """
extends = "reference"

[entity.van]
table = "vans"
key = "plate"
alive = "sold is null"
fields.full_name = "plate"
fields.notes = "dents"
fields.birthday = { column = "built", type = "date" }
custom.X-DOORS = { column = "doors", type = "int" }
custom.X-TOW-BAR = { column = "tow_bar", type = "bool" }

[view.vans]
entity = "van"
shape = "card"
filter = "doors > 0"
delete = "refuse"
"""


async def test_a_column_an_administrator_added_is_a_property_both_ways(tmp_path: Path) -> None:
    url = crm_with(
        tmp_path,
        "ALTER TABLE contacts ADD COLUMN shoe VARCHAR(10)",
        "INSERT INTO contacts (last_name, owner_id, shoe) VALUES ('Old', 1, '44, wide')",
    )
    line = write(tmp_path, 'extends = "reference"\nentity.contact.custom.X-CRM-SHOE = "shoe"')
    with served(url, line) as (opened, anna):
        href, text = await only_document(anna, f"{anna.books}my-contacts/")
        assert "X-CRM-SHOE:44\\, wide\r\n" in text
        changed = text.replace("X-CRM-SHOE:44\\, wide", "X-CRM-SHOE:45").encode()
        assert (await anna.ask("PUT", href, changed)).status == 204
        assert row(opened, "SELECT shoe FROM contacts") == {"shoe": "45"}
        too_long = changed.replace(b"SHOE:45", b"SHOE:a very wide shoe")
        assert (await anna.ask("PUT", href, too_long)).status == 403
        gone = re.sub(rb"X-CRM-SHOE:[^\r]*\r\n", b"", changed)
        assert (await anna.ask("PUT", href, gone)).status == 204
        assert row(opened, "SELECT shoe FROM contacts") == {"shoe": None}


@pytest.mark.parametrize(
    ("kind", "entity", "view"), [("VEVENT", "meeting", "my-calendar"), ("VTODO", "task", "my-tasks")]
)
async def test_events_and_tasks_have_custom_properties_too(tmp_path: Path, kind: str, entity: str, view: str) -> None:
    url = crm_with(tmp_path, f"ALTER TABLE {entity}s ADD COLUMN mood VARCHAR(10)")
    line = write(tmp_path, f'extends = "reference"\nentity.{entity}.custom.X-CRM-MOOD = "mood"')
    with served(url, line) as (opened, anna):
        made = component(kind, "m", "SUMMARY:M", "DTSTART:20260310T090000Z", "X-CRM-MOOD:good")
        assert (await anna.ask("PUT", f"{anna.home}{view}/m.ics", made)).status == 201
        assert row(opened, f"SELECT mood FROM {entity}s") == {"mood": "good"}
        assert b"X-CRM-MOOD:good\r\n" in (await anna.ask("GET", f"{anna.home}{view}/m.ics")).body


async def test_opportunities_are_tasks_due_on_their_closing_date(tmp_path: Path) -> None:
    url = crm_with(
        tmp_path,
        "INSERT INTO opportunities (name, stage, amount, probability, close_date, owner_id) "
        "VALUES ('Ten pumps', 'proposal', 1200.50, 60, '2026-06-30', 1)",
    )
    with served(url, write(tmp_path, OPPORTUNITIES)) as (opened, anna):
        href, text = await only_document(anna, f"{anna.home}opportunities/")
        wanted = {
            "SUMMARY:Ten pumps",
            "DUE;VALUE=DATE:20260630",
            "PERCENT-COMPLETE:60",
            "STATUS:IN-PROCESS",
            "X-CRM-AMOUNT:1200.5",
        }
        assert wanted <= set(text.split("\r\n"))
        won = (
            text.replace("STATUS:IN-PROCESS", "STATUS:COMPLETED")
            .replace("20260630", "20260701")
            .replace("1200.5", "1300")
        )
        assert (await anna.ask("PUT", href, won.encode())).status == 204
        assert row(opened, "SELECT stage, amount, close_date FROM opportunities") == {
            "stage": "won", "amount": 1300, "close_date": "2026-07-01",
        }  # fmt: skip
        nonsense = won.replace("X-CRM-AMOUNT:1300", "X-CRM-AMOUNT:a lot")
        assert (await anna.ask("PUT", href, nonsense.encode())).status == 403
        name = CollectionName(Section.CALENDARS, "opportunities")
        collection = await opened.store.collection(anna.who, name)
        assert collection.display_name == "My opportunities"


async def test_one_table_is_served_in_two_shapes(tmp_path: Path) -> None:
    url = crm_with(tmp_path, "INSERT INTO opportunities (name, stage, owner_id) VALUES ('Ten pumps', 'won', 1)")
    with served(url, write(tmp_path, OPPORTUNITIES + AS_CARDS)) as (opened, anna):
        _, task = await only_document(anna, f"{anna.home}opportunities/")
        href, deal = await only_document(anna, f"{anna.books}deals/")
        assert "STATUS:COMPLETED\r\n" in task
        assert {"ORG:Ten pumps", "X-CRM-STAGE:won"} <= set(deal.split("\r\n"))
        assert (await anna.ask("PUT", href, deal.replace("X-CRM-STAGE:won", "X-CRM-STAGE:lost").encode())).status == 204
        assert row(opened, "SELECT stage FROM opportunities") == {"stage": "lost"}


async def test_a_table_the_crm_never_heard_of_is_an_address_book(tmp_path: Path) -> None:
    url = crm_with(
        tmp_path,
        "CREATE TABLE vans (plate VARCHAR(12) PRIMARY KEY, dents TEXT, built DATE, doors INTEGER, tow_bar INTEGER, sold DATE)",
        "INSERT INTO vans VALUES ('B-XY 1', 'left side', '2019-05-04', 4, 1, NULL), ('B-XY 2', NULL, NULL, 2, 0, '2020-01-01')",
    )
    with served(url, write(tmp_path, VANS)) as (opened, anna):
        href, text = await only_document(anna, f"{anna.books}vans/")
        assert {"FN:B-XY 1", "NOTE:left side", "X-DOORS:4", "BDAY;VALUE=DATE:2019-05-04"} - set(text.split("\r\n")) <= {
            "BDAY;VALUE=DATE:2019-05-04"
        }
        assert "2019-05-04" in text
        dented = text.replace("NOTE:left side", "NOTE:both sides").replace("X-DOORS:4", "X-DOORS:5")
        assert (await anna.ask("PUT", href, re.sub("X-TOW-BAR:[^\r]*", "X-TOW-BAR:no", dented).encode())).status == 204
        assert row(opened, "SELECT dents, doors, tow_bar FROM vans WHERE sold IS NULL") == {
            "dents": "both sides", "doors": 5, "tow_bar": 0,
        }  # fmt: skip
        assert (await anna.ask("DELETE", href)).status == 403
        new = card("v", "FN:B-XY 3", "N:;;;;", "X-DOORS:3")
        assert (await anna.ask("PUT", f"{anna.books}vans/v.vcf", new)).status == 201
        assert row(opened, "SELECT doors FROM vans WHERE plate = 'B-XY 3'") == {"doors": 3}
