"""Tables without triggers: what the CRM does to them reaches clients, and what clients do to them stays right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from gateway.core.errors import PreconditionFailed
from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.feed.polling import Polling
from storage.opened import Opened
from tests.crm import make_crm, principal
from tests.databases import DIALECTS
from tests.feed.conftest import ALL, contact, last_names, settle, sql
from tests.storage.builders import card, event, rows

MODES = {
    "all tables": '[crm]\nwatch = "polling"\n',
    "all tables, no stamps": '[crm]\nwatch = "polling"\n[entity.contact]\nstamps = {}\n',
    "one entity": '[entity.contact]\nwatch = "polling"\n',
    "one table": '[crm]\npolled = ["contacts"]\n',
}
BATCH = 3


def open_polled(url: str, mapping: Path) -> Opened:
    made = sa.make_url(url)
    own = f"{made.database}_gw" if made.get_backend_name() in ("mysql", "mariadb") else None
    opened = Opened(url, str(mapping), schema=own)
    opened.setup.install()
    return opened


def mapped(folder: Path, words: str) -> Path:
    path = folder / "polled.toml"
    path.write_text(f'extends = "reference"\n{words}', "utf-8")
    return path


def hear(opened: Opened, polling: Polling | None = None) -> int:
    """Poll and follow until there is nothing new; how many ticks it took."""
    ticks = 1
    while (polling or opened.polling).look():
        settle(opened)
        ticks += 1
        assert ticks < 100
    settle(opened)
    return ticks


@dataclass
class Entries:
    """What a client would be told is new."""

    opened: Opened

    async def etags(self) -> dict[str, tuple[str, int]]:
        anna = principal(self.opened, "anna")
        _, entries = await self.opened.store.entries(anna, ALL)
        return {entry.href: (entry.etag, entry.modseq) for entry in entries}


# What SQL is run depends on the product and on whether there is a stamp; for what it is run, on the mapping alone.
PAIRS = [(mode, product) for mode in MODES for product in DIALECTS if product == "sqlite" or mode.startswith("all")]


@pytest_asyncio.fixture(params=PAIRS, ids="-".join)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    """Five contacts, indexed and looked at once."""
    mode, product = request.param
    url = request.getfixturevalue(f"{product}_url")
    await asyncio.to_thread(make_crm, url)
    opened = await asyncio.to_thread(open_polled, url, mapped(tmp_path, MODES[mode]))
    opened.bus.attach(asyncio.get_running_loop())
    sql(opened, *(contact(name) for name in ("One", "Two", "Three", "Four", "Five")))
    assert await last_names(opened) == {"One", "Two", "Three", "Four", "Five"}
    hear(opened)
    yield opened
    await asyncio.to_thread(opened.close)


def change(last: str, **columns: object) -> sa.Update:
    return sa.update(schema.contacts).where(schema.contacts.c.last_name == last).values(**columns)


async def test_a_change_by_sql_reaches_the_client_and_no_other_entry_changes(store: Opened) -> None:
    before = await Entries(store).etags()
    sql(store, change("Two", last_name="Zwei"))
    hear(store)
    after = await Entries(store).etags()
    assert await last_names(store) == {"One", "Zwei", "Three", "Four", "Five"}
    assert before.keys() == after.keys()
    assert sum(before[href] != after[href] for href in before) == 1


async def test_new_and_deleted_rows_reach_the_client_and_no_other_entry_changes(store: Opened) -> None:
    before = await Entries(store).etags()
    sql(store, contact("Six"), sa.delete(schema.contacts).where(schema.contacts.c.last_name == "Three"))
    hear(store)
    after = await Entries(store).etags()
    assert await last_names(store) == {"One", "Two", "Four", "Five", "Six"}
    kept = before.keys() & after.keys()
    assert len(kept) == 4
    assert all(before[href] == after[href] for href in kept)


async def test_nothing_is_said_twice(store: Opened) -> None:
    sql(store, change("Two", last_name="Zwei"))
    hear(store)
    before = await Entries(store).etags()
    assert hear(store) == 1
    assert await Entries(store).etags() == before


async def test_no_trigger_is_put_on_such_tables_and_health_finds_nothing_missing(store: Opened) -> None:
    assert not [one.name for one in store.setup.triggers.wanted if one.name.startswith("crmgate_contacts_")]
    assert "ON contacts" not in store.setup.script()
    sql(store, sa.delete(schema.contacts).where(schema.contacts.c.last_name == "Three"))
    store.health.look()
    owed = store.database.read_now(lambda connection: store.setup.outbox.owed(connection, ["contact"]))
    assert not owed


async def test_a_write_does_not_overwrite_a_change_nobody_has_seen_yet(store: Opened) -> None:
    anna, writes = principal(store, "anna"), Edits(store.store)
    written = await writes.put(anna, ALL, Href("a.vcf"), "text/vcard", card("a", "Alpha"), UNCONDITIONAL)
    hear(store)
    sql(store, change("Alpha", last_name="Beta", title="Boss"))
    stale = Condition(any_of=frozenset({written.etag}))
    with pytest.raises(PreconditionFailed):
        await writes.put(anna, ALL, Href("a.vcf"), "text/vcard", card("a", "Gamma"), stale)
    with pytest.raises(PreconditionFailed):
        await writes.delete(anna, ALL, Href("a.vcf"), stale)
    row = next(row for row in rows(store, schema.contacts) if row["last_name"] == "Beta")
    assert (row["title"], row["deleted"]) == ("Boss", 0)


async def test_a_write_without_condition_keeps_what_it_did_not_mean(store: Opened) -> None:
    anna, writes = principal(store, "anna"), Edits(store.store)
    await writes.put(anna, ALL, Href("a.vcf"), "text/vcard", card("a", "Alpha"), UNCONDITIONAL)
    sql(store, change("Alpha", title="Boss"))
    await writes.put(anna, ALL, Href("a.vcf"), "text/vcard", card("a", "Alpha", "NOTE:new"), UNCONDITIONAL)
    row = next(row for row in rows(store, schema.contacts) if row["last_name"] == "Alpha")
    assert (row["title"], row["notes"]) == ("Boss", "new")


async def test_own_writes_are_no_news(store: Opened) -> None:
    anna, writes = principal(store, "anna"), Edits(store.store)
    await writes.put(anna, ALL, Href("a.vcf"), "text/vcard", card("a", "Alpha"), UNCONDITIONAL)
    before = await Entries(store).etags()
    hear(store)
    assert await Entries(store).etags() == before


async def test_more_rows_than_a_batch_are_all_looked_at(store: Opened) -> None:
    small = Polling(store.database, store.crm, store.state, batch=BATCH)
    sql(store, *(contact(f"More{number}") for number in range(20)))
    for _ in range(10):
        small.look()
        settle(store)
    assert len(await last_names(store)) == 25
    sql(store, sa.delete(schema.contacts).where(schema.contacts.c.last_name.in_(["One", "More7", "More19"])))
    sql(store, change("More3", last_name="Drei"))
    for _ in range(10):
        small.look()
        settle(store)
    names = await last_names(store)
    assert len(names) == 22
    assert "Drei" in names


async def test_what_changed_while_nobody_looked_is_found_after_a_restart(store: Opened) -> None:
    sql(store, change("Two", last_name="Zwei"), sa.delete(schema.contacts).where(schema.contacts.c.last_name == "One"))
    hear(store, Polling(store.database, store.crm, store.state))
    assert await last_names(store) == {"Zwei", "Three", "Four", "Five"}


async def test_a_running_gateway_wakes_its_clients(sqlite_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(make_crm, sqlite_url)
    (await asyncio.to_thread(open_polled, sqlite_url, mapped(tmp_path, MODES["all tables"]))).close()
    opened = Opened(sqlite_url, str(tmp_path / "polled.toml"), tick=0.1)
    opened.bus.attach(asyncio.get_running_loop())
    collection = await opened.store.collection(principal(opened, "anna"), ALL)
    following = asyncio.create_task(opened.follower.run())
    with opened.store.watch([collection.id]) as watch:
        await asyncio.to_thread(sql, opened, contact("One"))
        await asyncio.wait_for(watch.wait(), 60)
    assert await last_names(opened) == {"One"}
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await asyncio.to_thread(opened.close)


# --- what a stamp does not show --------------------------------------------------------------------------------------

CALENDAR = CollectionName(Section.CALENDARS, "my-calendar")


@pytest_asyncio.fixture(params=["watch = 'polling'", "polled = ['meeting_attendees']"])
async def calendar(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    """A meeting, looked at once; its attendees' table has no triggers."""
    await asyncio.to_thread(make_crm, database_url)
    mapping = mapped(tmp_path, f"[crm]\n{request.param}\n")
    opened = await asyncio.to_thread(open_polled, database_url, mapping)
    opened.bus.attach(asyncio.get_running_loop())
    anna = principal(opened, "anna")
    content = event("e", "Review", "ATTENDEE;CN=Eva:mailto:eva@nordwind.example")
    await Edits(opened.store).put(anna, CALENDAR, Href("e.ics"), "text/calendar", content, UNCONDITIONAL)
    await Edits(opened.store).put(anna, CALENDAR, Href("f.ics"), "text/calendar", event("f", "Other"), UNCONDITIONAL)
    hear(opened)
    yield opened
    await asyncio.to_thread(opened.close)


async def served(opened: Opened) -> dict[str, str]:
    anna = principal(opened, "anna")
    _, found = await opened.store.resources(anna, CALENDAR, [Href("e.ics"), Href("f.ics")])
    return {one.entry.href: one.content.decode() for one in found}


async def test_child_rows_changed_added_and_removed_are_found(calendar: Opened) -> None:
    before = await served(calendar)
    table = schema.meeting_attendees
    meeting = next(row["id"] for row in rows(calendar, schema.meetings) if row["subject"] == "Review")
    sql(calendar, sa.update(table).values(status="accepted"))
    hear(calendar)
    assert "PARTSTAT=ACCEPTED" in (await served(calendar))["e.ics"]
    sql(calendar, sa.insert(table).values(meeting_id=meeting, address="uwe@nordwind.example", name="Uwe"))
    hear(calendar)
    assert "uwe@nordwind.example" in (await served(calendar))["e.ics"]
    sql(calendar, sa.delete(table).where(table.c.address == "eva@nordwind.example"))
    hear(calendar)
    after = await served(calendar)
    assert "eva@nordwind.example" not in after["e.ics"]
    assert after["f.ics"] == before["f.ics"]


async def test_a_client_s_answer_does_not_undo_a_child_row_nobody_has_seen_yet(calendar: Opened) -> None:
    anna, writes = principal(calendar, "anna"), Edits(calendar.store)
    _, (entry, _other) = await calendar.store.entries(anna, CALENDAR)
    sql(calendar, sa.update(schema.meeting_attendees).values(status="accepted"))
    content = event("e", "Moved", "ATTENDEE;CN=Eva:mailto:eva@nordwind.example")
    stale = Condition(any_of=frozenset({entry.etag}))
    with pytest.raises(PreconditionFailed):
        await writes.put(anna, CALENDAR, Href("e.ics"), "text/calendar", content, stale)


# --- stamps ----------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def stamped(database_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    """Twenty contacts of long ago, looked at once in small batches."""
    await asyncio.to_thread(make_crm, database_url)
    opened = await asyncio.to_thread(open_polled, database_url, mapped(tmp_path, MODES["one entity"]))
    opened.bus.attach(asyncio.get_running_loop())
    old = sa.text("'2020-01-01 00:00:00'")
    sql(opened, *(contact(f"Old{number}").values(modified_at=old) for number in range(20)))
    assert len(await last_names(opened)) == 20
    hear(opened)
    yield opened
    await asyncio.to_thread(opened.close)


async def test_a_newer_stamp_is_found_at_the_next_tick_wherever_the_round_is(stamped: Opened) -> None:
    small = Polling(stamped.database, stamped.crm, stamped.state, batch=BATCH)
    for turn, number in enumerate((19, 2, 11)):
        moment = sa.text(f"'2020-01-01 00:00:0{turn + 1}'")
        sql(stamped, change(f"Old{number}", last_name=f"New{number}", modified_at=moment))
        small.look()
        settle(stamped)
        assert f"New{number}" in await last_names(stamped)


async def test_a_second_change_within_the_same_second_and_one_that_commits_late_are_found(stamped: Opened) -> None:
    small = Polling(stamped.database, stamped.crm, stamped.state, batch=BATCH)
    moment = sa.text("'2020-01-01 00:00:05'")
    sql(stamped, change("Old19", last_name="First", modified_at=moment))
    small.look()
    sql(stamped, change("First", last_name="Second"))
    sql(stamped, change("Old18", last_name="Late", modified_at=sa.text("'2020-01-01 00:00:04'")))
    for _ in range(10):
        small.look()
    settle(stamped)
    assert {"Second", "Late"} <= await last_names(stamped)


async def test_a_stamp_of_the_far_future_hides_nothing(stamped: Opened) -> None:
    small = Polling(stamped.database, stamped.crm, stamped.state, batch=BATCH)
    sql(stamped, change("Old0", last_name="Future", modified_at=sa.text("'2199-01-01 00:00:00'")))
    hear(stamped, small)
    sql(stamped, change("Old19", last_name="Now", modified_at=sa.text("'2021-01-01 00:00:00'")))
    small.look()
    settle(stamped)
    assert {"Future", "Now"} <= await last_names(stamped)


async def test_what_others_show_of_a_polled_row_is_found_there(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(make_crm, database_url)
    opened = await asyncio.to_thread(open_polled, database_url, mapped(tmp_path, "[entity.company]\nwatch='polling'\n"))
    opened.bus.attach(asyncio.get_running_loop())
    sql(opened, sa.insert(schema.companies).values(id=7, name="Nordwind"), contact("One").values(company_id=7))
    await last_names(opened)
    hear(opened)
    sql(opened, sa.update(schema.companies).values(name="Suedwind"))
    hear(opened)
    resource = opened.state.resource
    content = opened.database.read_now(
        lambda connection: connection.execute(
            sa.select(resource.c.content).where(resource.c.entity == "contact")
        ).scalar_one()
    )
    assert b"ORG:Suedwind" in content
    await asyncio.to_thread(opened.close)


async def test_a_polled_user_who_may_no_longer_log_in_is_noticed(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(make_crm, database_url)
    opened = await asyncio.to_thread(open_polled, database_url, mapped(tmp_path, "[crm]\npolled = ['users']\n"))
    hear(opened)
    users = opened.setup.outbox
    sql(opened, sa.update(schema.users).where(schema.users.c.login == "ben").values(active=0))
    opened.polling.look()
    noted = opened.database.read_now(lambda connection: users.take(connection, 10))
    assert [one.entity for one in noted] == ["user"]
    await asyncio.to_thread(opened.close)


async def test_switching_from_triggers_takes_them_off(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(make_crm, database_url)
    first = await asyncio.to_thread(open_polled, database_url, mapped(tmp_path, ""))
    first.close()
    second = await asyncio.to_thread(open_polled, database_url, mapped(tmp_path, MODES["one entity"]))
    found = second.database.read_now(second.setup.triggers._found)
    assert found
    assert not [one.name for one in found if one.name.startswith("crmgate_contacts_")]
    second.setup.uninstall()
    second.close()


# --- records of several tables -----------------------------------------------------------------------------------------

WIDE = """
[crm]
name = "wide"
watch = "polling"

[crm.users]
table = "staff"
login = "login"
name = "login"
address = "login"
password = "pw"

[entity.customer]
tables = [
  { table = "record", key = "rid", set = { kind = "Customer" } },
  { table = "customer", key = "cid" },
]
alive = "kind = 'Customer' and gone = 0"
stamps = { modified = "changed" }

[entity.customer.fields]
last_name = "last"

[view.all-contacts]
entity = "customer"
shape = "card"
filter = "gone = 0"
delete = "hide"
"""
WIDE_TABLES = (
    "CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(40), pw VARCHAR(200))",
    "CREATE TABLE record (rid INTEGER PRIMARY KEY, kind VARCHAR(20), gone INTEGER, changed TIMESTAMP NULL)",
    "CREATE TABLE customer (cid INTEGER PRIMARY KEY, last VARCHAR(60), portrait TEXT)",
    "INSERT INTO staff VALUES (1, 'anna', '')",
    *(f"INSERT INTO record VALUES ({key}, 'Customer', 0, '2020-01-01 00:00:00')" for key in range(1, 8)),
    *(f"INSERT INTO customer VALUES ({key}, 'Name{key}', 'x')" for key in range(1, 8)),
    "INSERT INTO record VALUES (20, 'Other', 0, '2020-01-01 00:00:00')",
)


async def test_a_record_of_several_tables_is_found_by_its_stamp_and_by_any_of_its_tables(
    database_url: str, tmp_path: Path
) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in WIDE_TABLES:
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "wide.toml").write_text(WIDE, "utf-8")
    opened = await asyncio.to_thread(open_polled, database_url, tmp_path / "wide.toml")
    opened.bus.attach(asyncio.get_running_loop())
    assert opened.setup.triggers.wanted == []
    assert len(await last_names(opened)) == 7
    hear(opened)
    small = Polling(opened.database, opened.crm, opened.state, batch=BATCH)
    sql(
        opened,
        "UPDATE record SET changed = '2020-01-01 00:00:01' WHERE rid = 7",
        "UPDATE customer SET last = 'Stamped' WHERE cid = 7",
    )
    small.look()
    settle(opened)
    assert "Stamped" in await last_names(opened)
    sql(opened, "UPDATE customer SET last = 'Unstamped' WHERE cid = 5", "UPDATE record SET gone = 1 WHERE rid = 1")
    for _ in range(4):
        small.look()
        settle(opened)
    assert await last_names(opened) == {"Name2", "Name3", "Name4", "Unstamped", "Name6", "Stamped"}
    # Rows of others that share the table are neither looked at nor remembered.
    known = opened.database.read_now(lambda connection: small.polled.keys(connection, "customer", "", 100))
    assert sorted(known) == ["*", *"1234567"]
    await asyncio.to_thread(opened.close)
