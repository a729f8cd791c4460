"""The words for who takes part, on a CRM of a few tables made for it, on every database product.

Meetings have one table for everybody, told apart by a word in it, and their owner has a row there; calls have a table
for colleagues that the CRM keeps twice, one for people, none for strangers, and no room for an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Section
from gateway.edits import Edits
from gateway.runtime.lines import ConfigErrors
from storage.opened import Opened
from tests.crm import principal

MEETINGS = CollectionName(Section.CALENDARS, "meetings")
CALLS = CollectionName(Section.CALENDARS, "calls")
TABLES = """
CREATE TABLE x_staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100),
                      live INTEGER, person_id INTEGER);
CREATE TABLE x_people (id INTEGER PRIMARY KEY, first_name VARCHAR(50), last_name VARCHAR(50));
CREATE TABLE x_heads (id INTEGER PRIMARY KEY, gone INTEGER);
CREATE TABLE x_mails (id INTEGER PRIMARY KEY, person_id INTEGER, mail VARCHAR(50), main INTEGER);
CREATE TABLE x_meetings (id VARCHAR(36) PRIMARY KEY, what VARCHAR(50), starts TIMESTAMP NULL, ends TIMESTAMP NULL,
                         staff_id INTEGER, gone INTEGER DEFAULT 0);
CREATE TABLE x_parts (meeting_id VARCHAR(36), kind VARCHAR(10), who_id INTEGER, answer INTEGER, note VARCHAR(10));
CREATE TABLE x_calls (id VARCHAR(36) PRIMARY KEY, what VARCHAR(50), starts TIMESTAMP NULL, ends TIMESTAMP NULL,
                      staff_id INTEGER, gone INTEGER DEFAULT 0);
CREATE TABLE x_invited (call_id VARCHAR(36), staff_id INTEGER);
CREATE TABLE x_busy (call_id VARCHAR(36), person_id INTEGER, kind VARCHAR(10));
CREATE TABLE x_called (call_id VARCHAR(36), person_id INTEGER);
INSERT INTO x_staff VALUES (1, 'anna', 'Anna Schmidt', 'anna@crm.example', '', 1, 1);
INSERT INTO x_staff VALUES (2, 'bob', 'Bob Miller', 'bob@crm.example', '', 1, 2);
INSERT INTO x_staff VALUES (3, 'cleo', 'Cleo Away', 'cleo@crm.example', '', 0, 3);
INSERT INTO x_people VALUES (1, 'Anna', 'Schmidt');
INSERT INTO x_people VALUES (2, 'Erika', 'Mustermann');
INSERT INTO x_people VALUES (3, 'Gerda', 'Gone');
INSERT INTO x_people VALUES (4, 'Nemo', 'Nomail');
INSERT INTO x_heads VALUES (1, 0);
INSERT INTO x_heads VALUES (2, 0);
INSERT INTO x_heads VALUES (3, 1);
INSERT INTO x_mails VALUES (1, 2, 'Erika@privat.example', 0);
INSERT INTO x_mails VALUES (2, 2, 'erika@firm.example', 1);
INSERT INTO x_mails VALUES (3, 3, 'gerda@firm.example', 1);
INSERT INTO x_meetings VALUES ('old', 'Old', '2026-03-10 09:00:00', '2026-03-10 10:00:00', 2, 0);
INSERT INTO x_parts VALUES ('old', 'staff', 2, 1, 'kept');
INSERT INTO x_parts VALUES ('old', 'person', 2, 7, 'kept');
INSERT INTO x_parts VALUES ('old', 'person', 4, 0, 'kept');
INSERT INTO x_parts VALUES ('old', 'room', 2, 0, 'kept')
"""
MAPPING = """
[crm]
name = "small"
prefix = "x_"
[crm.users]
table = "{prefix}staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
alive = "live = 1"
[entity.person]
table = "{prefix}people"
alive = "exists ({prefix}heads where id = row.id and gone = 0)"
[entity.person.fields]
first_name = "first_name"
last_name = "last_name"
[entity.meeting]
table = "{prefix}meetings"
new_key = "{uuid}"
alive = "gone = 0"
delete = { gone = 1 }
owner = "staff_id"
[entity.meeting.fields]
summary = "what"
period = { start = "starts", end = "ends" }
[entity.meeting.fields.attendees]
values = { 0 = "NEEDS-ACTION", 1 = "ACCEPTED", 2 = "DECLINED" }
participants = [
  { table = "{prefix}parts", where = { kind = "staff" }, parent = "meeting_id", entity = "user", ref = "who_id", of = "{prefix}staff", of_alive = { live = 1 }, address = "mail", name = "name", status = "answer", insert = { note = "new" }, owner = "staff_id" },
  { table = "{prefix}parts", where = { kind = "person" }, parent = "meeting_id", entity = "person", ref = "who_id", of = "{prefix}people", of_alive = "exists ({prefix}heads where id = row.id and gone = 0)", address = { table = "{prefix}mails", parent = "person_id", column = "mail", primary = "main" }, name = ["first_name", "last_name"], status = "answer", insert = { note = "new" } },
]
[entity.call]
table = "{prefix}calls"
new_key = "{uuid}"
alive = "gone = 0"
delete = { gone = 1 }
owner = "staff_id"
[entity.call.fields]
summary = "what"
period = { start = "starts", end = "ends" }
[entity.call.fields.attendees]
participants = [
  { table = "{prefix}invited", parent = "call_id", entity = "user", ref = "staff_id", of = "{prefix}staff", of_alive = { live = 1 }, address = "mail", name = "name", owner = { column = "staff_id", row = false }, mirror = [{ table = "{prefix}busy", parent = "call_id", ref = "person_id", where = { kind = "call" }, owner = true }] },
  { table = "{prefix}called", parent = "call_id", entity = "person", ref = "person_id", of = "{prefix}people", address = { table = "{prefix}mails", parent = "person_id", column = "mail", primary = "main" }, name = ["first_name", "last_name"] },
]
[view.people]
entity = "person"
shape = "card"
filter = "id > 0"
delete = "refuse"
[view.meetings]
entity = "meeting"
shape = "event"
filter = "gone = 0"
[view.calls]
entity = "call"
shape = "event"
filter = "gone = 0"
"""
ANNA, BOB, ERIKA = "anna@crm.example", "bob@crm.example", "erika@firm.example"


def opened(url: str, folder: Path, mapping: str = MAPPING) -> Opened:
    (folder / "small.toml").write_text(mapping, "utf-8")
    made = sa.make_url(url)
    own = f"{made.database}_gw" if made.get_backend_name() == "mariadb" else None
    return Opened(url, "small.toml", schema=own, folder=folder)


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    make(database_url)
    one = opened(database_url, tmp_path)
    one.setup.install()
    yield one
    one.close()


def make(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def table(small: Opened, name: str) -> list[tuple[object, ...]]:
    with small.database.engine.connect() as connection:
        return sorted(tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM x_{name}"))


def event(what: str, *attendees: str) -> bytes:
    """An event; an attendee is an address, or an address and his PARTSTAT."""
    people = [
        f"ATTENDEE{f';PARTSTAT={said}' if said else ''}:mailto:{address}"
        for address, _, said in (one.partition(" ") for one in attendees)
    ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "DTSTAMP:20260101T000000Z",
             f"UID:{what}", f"SUMMARY:{what}", "DTSTART:20260511T070000Z", "DTEND:20260511T080000Z", *people,
             "END:VEVENT", "END:VCALENDAR"]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


async def shown(small: Opened, where: CollectionName, what: str) -> set[str]:
    """The attendees of an event as it is served: name, PARTSTAT, address."""
    small.bus.attach(asyncio.get_running_loop())
    who = principal(small, "anna")
    _, entries = await small.store.entries(who, where)
    _, found = await small.store.resources(who, where, [entry.href for entry in entries])
    (document,) = [one.content.decode() for one in found if f"SUMMARY:{what}" in one.content.decode()]
    lines = document.replace("\r\n ", "").split("\r\n")
    return {line.removeprefix("ATTENDEE") for line in lines if line.startswith("ATTENDEE")}


async def put(small: Opened, where: CollectionName, what: str, *attendees: str) -> None:
    small.bus.attach(asyncio.get_running_loop())
    who, href = principal(small, "anna"), Href(f"{what}.ics")
    _, standing = await small.store.entries(who, where, [href])
    when = Condition(any_of=frozenset({standing[0].etag})) if standing else UNCONDITIONAL
    await Edits(small.store).put(who, where, href, "text/calendar", event(what, *attendees), when)


async def test_rows_of_one_table_are_told_apart(small: Opened) -> None:
    assert await shown(small, MEETINGS, "Old") == {
        f";CN=Bob Miller;PARTSTAT=ACCEPTED:mailto:{BOB}",
        f";CN=Erika Mustermann:mailto:{ERIKA}",
    }


async def test_only_rows_that_take_part_are_heard(small: Opened) -> None:
    await shown(small, MEETINGS, "Old")
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_parts SET note = 'x' WHERE kind = 'room'")
    assert small.database.read_now(small.follower.outbox.is_empty)
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_parts SET answer = 2 WHERE kind = 'person' AND who_id = 2")
    small.follower.step()
    assert f";CN=Erika Mustermann;PARTSTAT=DECLINED:mailto:{ERIKA}" in await shown(small, MEETINGS, "Old")


async def test_a_new_meeting_has_its_owner_and_whom_he_invites(small: Opened) -> None:
    await put(small, MEETINGS, "m", BOB, f"{ERIKA.upper()} ACCEPTED")
    rows = [row for row in table(small, "parts") if row[0] != "old"]
    (key,) = {row[0] for row in rows}
    assert rows == [(key, "person", 2, 1, "new"), (key, "staff", 1, 1, "new"), (key, "staff", 2, 0, "new")]
    assert f";CN=Anna Schmidt;PARTSTAT=ACCEPTED:mailto:{ANNA}" in await shown(small, MEETINGS, "m")


async def test_an_owner_who_is_alone_has_a_row_and_invited_nobody(small: Opened) -> None:
    await put(small, MEETINGS, "m")
    assert [row[1:] for row in table(small, "parts") if row[0] != "old"] == [("staff", 1, 1, "new")]
    assert await shown(small, MEETINGS, "m") == set()


async def test_an_owner_says_himself_whether_he_comes_and_stays_in_any_case(small: Opened) -> None:
    await put(small, MEETINGS, "m", f"{ANNA} DECLINED", BOB)
    assert [row[1:4] for row in table(small, "parts") if row[0] != "old"] == [("staff", 1, 2), ("staff", 2, 0)]
    await put(small, MEETINGS, "m", ERIKA)
    assert [row[1:4] for row in table(small, "parts") if row[0] != "old"] == [("person", 2, 0), ("staff", 1, 2)]


async def test_an_answer_stays_as_long_as_the_client_says_the_same_of_it(small: Opened) -> None:
    await put(small, MEETINGS, "m", BOB, ERIKA)
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE x_parts SET answer = 7, note = 'kept' WHERE meeting_id <> 'old' AND who_id = 2"
        )
    small.follower.step()
    await put(small, MEETINGS, "m", BOB, ERIKA, "somebody@else.example")
    assert [row[1:] for row in table(small, "parts") if row[0] != "old" and row[2] == 2] == [
        ("person", 2, 7, "kept"),
        ("staff", 2, 7, "kept"),
    ]
    await put(small, MEETINGS, "m", f"{BOB} TENTATIVE", f"{ERIKA} DECLINED")
    assert [row[1:] for row in table(small, "parts") if row[0] != "old" and row[2] == 2] == [
        ("person", 2, 2, "kept"),
        ("staff", 2, 7, "kept"),
    ]


async def test_another_address_of_the_same_person_is_the_same_row(small: Opened) -> None:
    await put(small, MEETINGS, "m", f"{ERIKA} ACCEPTED")
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_parts SET note = 'kept' WHERE meeting_id <> 'old' AND kind = 'person'")
    small.follower.step()
    await put(small, MEETINGS, "m", "erika@PRIVAT.example ACCEPTED")
    assert [row[1:] for row in table(small, "parts") if row[1] == "person" and row[0] != "old"] == [
        ("person", 2, 1, "kept")
    ]
    # The client knows her by it and keeps it, until the CRM says something else of her.
    assert ";PARTSTAT=ACCEPTED:mailto:erika@PRIVAT.example" in await shown(small, MEETINGS, "m")
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_parts SET answer = 2 WHERE meeting_id <> 'old' AND kind = 'person'")
    small.follower.step()
    assert f";CN=Erika Mustermann;PARTSTAT=DECLINED:mailto:{ERIKA}" in await shown(small, MEETINGS, "m")


async def test_one_who_has_no_address_is_not_shown_and_stays(small: Opened) -> None:
    await put(small, MEETINGS, "m", BOB)
    (key,) = {row[0] for row in table(small, "meetings") if row[0] != "old"}
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO x_parts VALUES ('{key}', 'person', 4, 0, 'kept')")
    small.follower.step()
    await put(small, MEETINGS, "m", ERIKA)
    assert [row[1:3] for row in table(small, "parts") if row[0] == key] == [
        ("person", 2),
        ("person", 4),
        ("staff", 1),
    ]


async def test_nobody_finds_one_who_is_gone_and_the_document_keeps_strangers(small: Opened) -> None:
    await put(small, CALLS, "c", "cleo@crm.example", "new@else.example TENTATIVE", BOB)
    assert [row[1] for row in table(small, "invited")] == [2]
    assert table(small, "called") == []
    assert await shown(small, CALLS, "c") == {
        f";CN=Bob Miller:mailto:{BOB}",
        f";CN=Anna Schmidt;PARTSTAT=ACCEPTED:mailto:{ANNA}",
        ":mailto:cleo@crm.example",
        ";PARTSTAT=TENTATIVE:mailto:new@else.example",
    }
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_calls SET what = 'c2'")
    small.follower.step()
    assert ";PARTSTAT=TENTATIVE:mailto:new@else.example" in await shown(small, CALLS, "c2")
    await put(small, CALLS, "c", BOB)
    assert not any("else.example" in one for one in await shown(small, CALLS, "c"))


async def test_an_answer_the_crm_has_no_room_for_is_the_documents(small: Opened) -> None:
    await put(small, CALLS, "c", f"{BOB} DECLINED", ERIKA)
    assert f";PARTSTAT=DECLINED;CN=Bob Miller:mailto:{BOB}" in await shown(small, CALLS, "c")
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE x_staff SET name = 'Robert' WHERE id = 2")
    small.follower.step()
    assert f";PARTSTAT=DECLINED;CN=Robert:mailto:{BOB}" in await shown(small, CALLS, "c")
    await put(small, CALLS, "c", f"{BOB} ACCEPTED", ERIKA)
    assert f";PARTSTAT=ACCEPTED;CN=Robert:mailto:{BOB}" in await shown(small, CALLS, "c")


async def test_a_mirror_is_kept_in_step_and_keeps_the_owner(small: Opened) -> None:
    await put(small, CALLS, "c", ANNA, BOB, ERIKA)
    (key,) = {row[0] for row in table(small, "calls")}
    assert table(small, "invited") == [(key, 2)]
    assert table(small, "called") == [(key, 2)]
    assert table(small, "busy") == [(key, 1, "call"), (key, 2, "call")]
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO x_busy VALUES ('{key}', 2, 'other')")
    await put(small, CALLS, "c", ERIKA)
    assert table(small, "invited") == []
    assert table(small, "busy") == [(key, 1, "call"), (key, 2, "other")]
    await put(small, CALLS, "c", BOB, ERIKA)
    assert table(small, "busy") == [(key, 1, "call"), (key, 2, "call"), (key, 2, "other")]


async def test_a_call_with_nobody_has_its_owner_in_the_mirror(small: Opened) -> None:
    await put(small, CALLS, "c")
    assert table(small, "invited") == []
    assert [row[1:] for row in table(small, "busy")] == [(1, "call")]


async def test_an_owner_is_found_by_way_of_another_table(database_url: str, tmp_path: Path) -> None:
    make(database_url)
    through = 'owner = { column = "staff_id", table = "{prefix}staff", ref = "person_id" }'
    marked = 'parent = "call_id", entity = "person", ref = "person_id"'
    one = opened(database_url, tmp_path, MAPPING.replace(marked, f"{marked}, {through}"))
    one.setup.install()
    with one.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO x_mails VALUES (4, 1, 'anna@home.example', 1)")
    await put(one, CALLS, "c", ERIKA)
    assert [row[1] for row in table(one, "called")] == [1, 2]
    assert ";CN=Anna Schmidt:mailto:anna@home.example" in await shown(one, CALLS, "c")
    one.close()


WRONG = [
    ('ref = "staff_id", of = "{prefix}staff", of_alive = { live = 1 }, address = "mail"', 'of = "{prefix}staff"',
     "say ref and of, whom a row is about, or address, the column that says it"),
    ('address = "mail", name = "name", status', "address = [], name = \"name\", status", "address names no column"),
    ('values = { 0 = "NEEDS-ACTION", 1 = "ACCEPTED", 2 = "DECLINED" }\n', "", "a status needs values"),
    ("of_alive = { live = 1 }, address", 'of_alive = "live == 1", address', "of_alive: condition 'live == 1'"),
    ("primary = ", "primry = ", "address: unknown word 'primry'; did you mean 'primary'?"),
    ("row = false", "rov = false", "owner: unknown word 'rov'; did you mean 'row'?"),
    ('ref = "person_id", where', "where", "mirror: ref is missing"),
    ('owner = { column = "staff_id", row = false }, ', "", "mirror: owner = true needs an owner beside it"),
    ('where = { kind = "staff" }', 'where = { kid = "staff" }', "table 'x_parts' has no column 'kid'"),
    ('prefix = "x_"', "", "the database has no table 'staff'"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
def test_a_mistake_is_told_before_anything_is_served(
    sqlite_url: str, tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    make(sqlite_url)
    assert right in MAPPING
    with pytest.raises(ConfigErrors) as error:
        opened(sqlite_url, tmp_path, MAPPING.replace(right, wrong))
    assert told in str(error.value)
