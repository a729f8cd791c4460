"""A link to the record in the CRM as the URL of its events and tasks: the server's, whatever clients do with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.opened import Opened
from tests.dav.client import Client
from tests.mapping.mappings import crm_with, write
from tests.mapping.served import component, row, served

MAPPING = """
extends = "reference"
entity.meeting.fields.url = { template = "https://crm.example/index.php?module=Meetings&record={id}" }
entity.task.fields.url = { template = "https://crm.example/tasks/{id}" }
"""
Served = tuple[Opened, Client]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Served]:
    rows = (
        "INSERT INTO meetings (id, subject, starts_at, ends_at, owner_id) VALUES "
        "(41, 'Offer', '2027-03-10 09:00:00', '2027-03-10 10:00:00', 1)",
        "INSERT INTO tasks (id, subject, owner_id) VALUES (7, 'Call', 1)",
    )
    with served(crm_with(tmp_path, *rows), write(tmp_path, MAPPING)) as found:
        yield found


LINK = "URL:https://crm.example/index.php?module=Meetings&record=41"


async def text(anna: Client, path: str) -> str:
    return (await anna.ask("GET", anna.home + path)).body.decode().replace("\r\n ", "")


async def test_what_the_crm_has_says_where_it_is_there(there: Served) -> None:
    _, anna = there
    assert LINK + "\r\n" in await text(anna, "my-calendar/meeting-41.ics")
    assert "URL:https://crm.example/tasks/7\r\n" in await text(anna, "my-tasks/task-7.ics")


async def test_what_a_client_makes_gets_its_link_at_once(there: Served) -> None:
    opened, anna = there
    sent = component("VEVENT", "n", "DTSTART:20270311T090000Z", "DTEND:20270311T100000Z", "SUMMARY:New")
    await anna.ask("PUT", f"{anna.home}my-calendar/n.ics", sent)
    key = row(opened, "SELECT id FROM meetings WHERE subject = 'New'")["id"]
    assert f"record={key}\r\n" in await text(anna, "my-calendar/n.ics")


async def test_a_client_that_leaves_it_out_takes_it_from_nobody(there: Served) -> None:
    opened, anna = there
    path = "my-calendar/meeting-41.ics"
    held = await text(anna, path)
    assert (await anna.ask("PUT", anna.home + path, held.replace(LINK + "\r\n", ""))).status == 204
    assert LINK + "\r\n" in await text(anna, path)
    assert row(opened, "SELECT subject FROM meetings WHERE id = 41") == {"subject": "Offer"}


async def test_an_address_of_the_clients_own_stays(there: Served) -> None:
    _, anna = there
    path = "my-calendar/meeting-41.ics"
    held = await text(anna, path)
    await anna.ask("PUT", anna.home + path, held.replace(LINK, "URL:https://meet.example/x"))
    assert "URL:https://meet.example/x\r\n" in await text(anna, path)
