"""Calls and notes of the CRM as journals, with the mapping that docs/mapping.md shows, through DAV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.opened import Opened
from tests.dav.client import DECLARED, Client
from tests.mapping.mappings import crm_with, write
from tests.mapping.served import component, only_document, row, served
from tests.mapping.test_documentation import TEXT

MAPPING = next(block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if 'shape = "journal"' in block)
CALL = (
    "INSERT INTO calls (id, subject, direction, starts_at, status, notes, owner_id) VALUES "
    "(1, 'Price of pipes', 'in', '2027-03-10 09:00:00', 'held', 'Wants 5 % off; ''soon''.', 1)"
)
NOTE = "INSERT INTO notes (id, subject, body, owner_id) VALUES (1, 'Holiday', 'In August.\n\nThe whole month.', 1)"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[tuple[Opened, Client]]:
    with served(crm_with(tmp_path, CALL, NOTE), write(tmp_path, MAPPING)) as found:
        yield found


Served = tuple[Opened, Client]


async def test_a_row_is_a_journal_entry(there: Served) -> None:
    _, anna = there
    _, text = await only_document(anna, f"{anna.home}calls/")
    lines = text.split("\r\n")
    assert {"BEGIN:VJOURNAL", "DTSTART:20270310T090000Z", "SUMMARY:Price of pipes", "STATUS:FINAL", "CATEGORIES:in",
            "DESCRIPTION:Wants 5 % off\\; 'soon'."} <= set(lines)  # fmt: skip
    _, note = await only_document(anna, f"{anna.home}notes/")
    assert "DESCRIPTION:In August.\\n\\nThe whole month." in note
    assert "DTSTART" not in note


async def test_a_journal_says_what_it_holds(there: Served) -> None:
    _, anna = there
    found = (await anna.propfind(f"{anna.home}calls/", "C:supported-calendar-component-set", "D:resourcetype")).only
    assert found.children("D:resourcetype") == ["D:collection", "C:calendar"]
    (comp,) = found.found["{urn:ietf:params:xml:ns:caldav}supported-calendar-component-set"]
    assert comp.get("name") == "VJOURNAL"


async def test_a_client_writes_and_deletes_rows(there: Served) -> None:
    opened, anna = there
    path = f"{anna.home}calls/new.ics"
    sent = component("VJOURNAL", "new", "DTSTART:20270311T090000Z", "SUMMARY:Called back",
                     "DESCRIPTION:First", "DESCRIPTION:Second", "STATUS:DRAFT", "X-JTX-COLOR:1", "CATEGORIES:out")  # fmt: skip
    assert (await anna.ask("PUT", path, sent, if_none_match="*")).status == 201
    query = "SELECT subject, starts_at, notes, status, direction, owner_id FROM calls WHERE id = 2"
    assert row(opened, query) == {
        "subject": "Called back", "starts_at": "2027-03-11 09:00:00", "notes": "First\n\nSecond",
        "status": "planned", "direction": "out", "owner_id": 1,
    }  # fmt: skip
    assert (await anna.ask("GET", path)).body == sent
    changed = sent.replace(b"DESCRIPTION:First", b"DESCRIPTION:Other").replace(b"STATUS:DRAFT", b"STATUS:CANCELLED")
    assert (await anna.ask("PUT", path, changed)).status == 204
    assert (row(opened, query)["notes"], row(opened, query)["status"]) == ("Other\n\nSecond", "missed")
    assert (await anna.ask("DELETE", path)).status == 204
    assert row(opened, "SELECT deleted FROM calls WHERE id = 2") == {"deleted": 1}


async def test_what_the_crm_changes_is_told_and_what_it_has_no_column_for_stays(there: Served) -> None:
    opened, anna = there
    path = f"{anna.home}notes/n.ics"
    sent = component("VJOURNAL", "n", "SUMMARY:Ideas", "DESCRIPTION:One", "DESCRIPTION:Two", "COLOR:red", "X-A:1")
    await anna.ask("PUT", path, sent)
    token = (await anna.sync(f"{anna.home}notes/")).sync_token
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notes SET body = 'Three' WHERE subject = 'Ideas'")
    opened.follower.step()
    assert (await anna.sync(f"{anna.home}notes/", token)).hrefs == [path]
    text = (await anna.ask("GET", path)).body
    assert text == sent.replace(b"DESCRIPTION:One\r\nDESCRIPTION:Two", b"DESCRIPTION:Three")


async def test_queries_find_entries_by_day(there: Served) -> None:
    _, anna = there
    path = f"{anna.home}calls/"
    await anna.ask("PUT", path + "day.ics", component("VJOURNAL", "day", "DTSTART;VALUE=DATE:20270312", "SUMMARY:Day"))
    await anna.ask("PUT", path + "none.ics", component("VJOURNAL", "none", "SUMMARY:No day"))

    async def found(start: str, end: str) -> list[str]:
        window = f"<C:time-range start='{start}' end='{end}'/>"
        body = (
            f"<C:calendar-query {DECLARED}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name='VCALENDAR'>"
            f"<C:comp-filter name='VJOURNAL'>{window}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        )
        return [href.rpartition("/")[2] for href in (await anna.ask("REPORT", path, body, depth="1")).hrefs]

    assert await found("20270310T090000Z", "20270310T090001Z") == ["call-1.ics"]
    assert await found("20270310T090001Z", "20270311T000000Z") == []
    assert await found("20270312T120000Z", "20270312T130000Z") == ["day.ics"]
    assert await found("20270101T000000Z", "20280101T000000Z") == ["call-1.ics", "day.ics"]


@pytest.mark.parametrize(("collection", "kind"), [("calls", "VEVENT"), ("calls", "VTODO"), ("my-calendar", "VJOURNAL")])
async def test_each_collection_keeps_to_its_kind(there: Served, collection: str, kind: str) -> None:
    _, anna = there
    answer = await anna.ask(
        "PUT", f"{anna.home}{collection}/x.ics", component(kind, "x", "DTSTART:20270310T090000Z", "SUMMARY:x")
    )
    assert (answer.status, answer.preconditions) == (403, ["C:supported-calendar-component"])
