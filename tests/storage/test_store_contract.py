"""What every store must do with documents, as sentences, on every database product."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import NotFound, PreconditionFailed, TokenExpired, UidConflict
from gateway.core.ids import Href, ModSeq, SyncToken
from gateway.core.model import UNCONDITIONAL, Condition, Principal
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import principal
from tests.storage.builders import ALL, CALENDAR, INBOX, MINE, TASKS, card, event, message, rows, sql


async def test_a_new_card_is_a_row_of_the_crm_and_stands_in_every_book_that_shows_it(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    content = card(
        "u1", "Mustermann", "TEL;TYPE=CELL:+49 171 5550001", "EMAIL:erika@nordwind.example", "X-ODD;P=1:kept"
    )
    written = await writes.put(anna, MINE, Href("u1.vcf"), "text/vcard", content, Condition(must_be_new=True))
    assert written.is_new
    (row,) = rows(store, schema.contacts)
    assert row["last_name"] == "Mustermann"
    assert row["mobile"] == "+49 171 5550001"
    assert row["email"] == "erika@nordwind.example"
    assert str(row["owner_id"]) == anna.id
    _, (resource,) = await store.store.resources(anna, MINE, [Href("u1.vcf")])
    assert b"X-ODD;P=1:kept\r\n" in resource.content
    assert resource.entry.etag == written.etag
    _, (shared,) = await store.store.entries(anna, ALL)
    assert shared.etag == written.etag


async def test_only_what_the_client_changed_is_written(store: Opened, anna: Principal, writes: Edits) -> None:
    first = card("u1", "Mustermann", "TEL;TYPE=CELL:+49 171 5550001", "NOTE:old")
    await writes.put(anna, MINE, Href("u1.vcf"), "text/vcard", first, UNCONDITIONAL)
    sql(store, sa.update(schema.contacts).values(title="Head of Purchasing"))
    mobile = card("u1", "Mustermann", "TEL;TYPE=CELL:+49-171-555 00 01", "NOTE:new")
    await writes.put(anna, MINE, Href("u1.vcf"), "text/vcard", mobile, UNCONDITIONAL)
    (row,) = rows(store, schema.contacts)
    assert row["title"] == "Head of Purchasing"
    assert row["mobile"] == "+49 171 5550001"
    assert row["notes"] == "new"


async def test_a_clients_own_full_name_stays_until_the_crm_changes_the_name(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    content = card("u1", "Mustermann").replace(b"FN:Erika Mustermann", b"FN:Erika M. (Nordwind)")
    written = await writes.put(anna, MINE, Href("u1.vcf"), "text/vcard", content, UNCONDITIONAL)
    assert written.is_verbatim
    sql(store, sa.update(schema.contacts).values(last_name="Musterfrau"))
    store.follower.step()
    _, (resource,) = await store.store.resources(anna, MINE, [Href("u1.vcf")])
    assert b"FN:Erika Musterfrau\r\n" in resource.content


async def test_a_stale_condition_writes_nothing(store: Opened, anna: Principal, writes: Edits) -> None:
    written = await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    sql(store, sa.update(schema.contacts).values(last_name="Two"))
    with pytest.raises(PreconditionFailed):
        await writes.put(
            anna, MINE, Href("a.vcf"), "text/vcard", card("a", "Three"), Condition(any_of=frozenset({written.etag}))
        )
    assert rows(store, schema.contacts)[0]["last_name"] == "Two"


async def test_the_same_uid_under_another_name_is_a_conflict(store: Opened, anna: Principal, writes: Edits) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    with pytest.raises(UidConflict) as conflict:
        await writes.put(anna, MINE, Href("b.vcf"), "text/vcard", card("urn:uuid:a", "One"), UNCONDITIONAL)
    assert conflict.value.href == "a.vcf"
    assert len(rows(store, schema.contacts)) == 1


async def test_a_repeated_create_makes_no_second_row(store: Opened, anna: Principal, writes: Edits) -> None:
    for _ in range(2):
        await writes.put(anna, CALENDAR, Href("e.ics"), "text/calendar", event("e", "Kick-off"), UNCONDITIONAL)
    assert len(rows(store, schema.meetings)) == 1


async def test_a_row_the_crm_makes_reaches_the_index_by_the_feed(store: Opened, anna: Principal) -> None:
    before = await store.store.changes(anna, MINE, None)
    sql(store, sa.insert(schema.contacts).values(first_name="Jean", last_name="O'Brien", owner_id=int(anna.id)))
    assert store.follower.step() > 0
    after = await store.store.changes(anna, MINE, before.token)
    assert len(after.changed) == 1
    assert after.token.modseq == after.changed[0].modseq == before.token.modseq + 1
    assert store.follower.step() == 0
    again = await store.store.changes(anna, MINE, after.token)
    assert not again.changed
    assert again.token == after.token


async def test_a_home_that_comes_to_life_during_an_indexing_is_not_taken_for_filled(
    store: Opened, anna: Principal, ben: Principal
) -> None:
    sql(store, sa.insert(schema.contacts).values(last_name="Ben's", owner_id=int(ben.id)))
    store.follower.step()
    sql(store, sa.update(schema.users).where(schema.users.c.login == "ben").values(active=0))

    def progress(entity: str, done: int, total: int) -> None:
        if (entity, done) == ("email", 0):  # the contacts have been looked at
            sql(store, sa.update(schema.users).where(schema.users.c.login == "ben").values(active=1))
            store.visits.enter_home(ben)

    store.visits.index_all(progress)
    assert len((await store.store.entries(ben, MINE))[1]) == 1


async def test_being_told_twice_changes_nothing(store: Opened, anna: Principal) -> None:
    sql(store, sa.insert(schema.contacts).values(last_name="Twice", owner_id=int(anna.id)))
    store.follower.step()
    before = await store.store.collection(anna, MINE)
    sql(store, sa.update(schema.contacts).values(deleted=0))
    assert store.follower.step() > 0
    store.visits.index_all()
    assert (await store.store.collection(anna, MINE)).modseq == before.modseq


async def test_our_own_write_leaves_nothing_in_the_outbox(store: Opened, anna: Principal, writes: Edits) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "Own"), UNCONDITIONAL)
    await writes.put(anna, CALENDAR, Href("e.ics"), "text/calendar", event("e", "Own"), UNCONDITIONAL)
    await writes.append(anna, INBOX, message("m@x", "Own"), frozenset(), None)
    assert store.database.read_now(store.follower.outbox.is_empty)


async def test_a_companys_new_name_changes_its_contacts_cards(store: Opened, anna: Principal, writes: Edits) -> None:
    content = card("a", "One", "ORG:Nordwind GmbH")
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", content, UNCONDITIONAL)
    assert [row["name"] for row in rows(store, schema.companies)] == ["Nordwind GmbH"]
    sql(store, sa.update(schema.companies).values(name="Südwind AG"))
    store.follower.step()
    _, (resource,) = await store.store.resources(anna, MINE, [Href("a.vcf")])
    assert "ORG:Südwind AG" in resource.content.decode()


async def test_a_change_of_owner_moves_the_card_and_leaves_a_tombstone(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await store.store.entries(ben, MINE)
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    token = (await store.store.collection(anna, MINE)).token
    sql(store, sa.update(schema.contacts).values(owner_id=int(ben.id)))
    store.follower.step()
    assert (await store.store.changes(anna, MINE, token)).removed == ["a.vcf"]
    _, (entry,) = await store.store.entries(ben, MINE)
    _, (shared,) = await store.store.entries(anna, ALL)
    assert entry.etag == shared.etag


async def test_a_deleted_row_disappears_and_comes_back_with_its_name(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One", "X-ODD:kept"), UNCONDITIONAL)
    token = (await store.store.collection(anna, MINE)).token
    await writes.delete(anna, MINE, Href("a.vcf"), UNCONDITIONAL)
    assert rows(store, schema.contacts)[0]["deleted"] == 1
    assert (await store.store.changes(anna, MINE, token)).removed == ["a.vcf"]
    with pytest.raises(NotFound):
        await writes.delete(anna, MINE, Href("a.vcf"), UNCONDITIONAL)
    sql(store, sa.update(schema.contacts).values(deleted=0))
    store.follower.step()
    (_, entries) = await store.store.entries(anna, MINE)
    _, (resource,) = await store.store.resources(anna, MINE, [entries[0].href])
    assert b"X-ODD:kept" in resource.content
    assert resource.object_uid == "a"


async def test_a_cut_list_of_changes_names_the_token_of_what_it_holds(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    for number in range(7):
        content = card(f"u{number}", f"N{number}")
        await writes.put(anna, MINE, Href(f"{number}.vcf"), "text/vcard", content, UNCONDITIONAL)
    token: SyncToken | None = None
    seen: list[Href] = []
    for _ in range(3):
        changes = await store.store.changes(anna, MINE, token, 3)
        seen += [entry.href for entry in changes.changed]
        token = changes.token
    assert sorted(seen) == [f"{number}.vcf" for number in range(7)]
    assert not changes.is_truncated
    assert token == changes.collection.token


@pytest.mark.parametrize("wrong", ["collection", "epoch", "future"])
async def test_a_token_of_another_line_is_refused(store: Opened, anna: Principal, wrong: str) -> None:
    collection = await store.store.collection(anna, MINE)
    other = await store.store.collection(anna, ALL)
    tokens = {
        "collection": other.token,
        "epoch": SyncToken(collection.id, other.epoch, collection.modseq),
        "future": SyncToken(collection.id, collection.epoch, ModSeq(collection.modseq + 1)),
    }
    with pytest.raises(TokenExpired):
        await store.store.changes(anna, MINE, tokens[wrong])


async def test_a_token_older_than_the_tombstones_is_refused(store: Opened, anna: Principal, writes: Edits) -> None:
    from storage.state.prune import prune

    first = (await store.store.collection(anna, MINE)).token
    for number in range(3):
        await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card(f"u{number}", "One"), UNCONDITIONAL)
        await writes.delete(anna, MINE, Href("a.vcf"), UNCONDITIONAL)
    newest = (await store.store.collection(anna, MINE)).token
    assert store.database.write_now(lambda unit: prune(unit, store.state, keep=1)) == 4
    with pytest.raises(TokenExpired):
        await store.store.changes(anna, MINE, first)
    assert not (await store.store.changes(anna, MINE, newest)).removed


async def test_another_principals_things_are_not_there(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.put(ben, MINE, Href("secret.vcf"), "text/vcard", card("s", "Secret"), UNCONDITIONAL)
    assert (await store.store.resources(anna, MINE, [Href("secret.vcf")]))[1] == []
    with pytest.raises(NotFound):
        await writes.delete(anna, MINE, Href("secret.vcf"), UNCONDITIONAL)


async def test_attendees_are_users_contacts_or_outsiders(store: Opened, anna: Principal, writes: Edits) -> None:
    await writes.put(
        anna, MINE, Href("c.vcf"), "text/vcard", card("c", "Contact", "EMAIL:erika@nordwind.example"), UNCONDITIONAL
    )
    people = (
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@crm.example",
        "ATTENDEE:mailto:Erika@nordwind.example",
        "ATTENDEE;CN=Out Sider:mailto:out@side.example",
    )
    content = event("e", "Kick-off", "ORGANIZER:mailto:anna@crm.example", *people)
    await writes.put(anna, CALENDAR, Href("e.ics"), "text/calendar", content, UNCONDITIONAL)
    assert [row["status"] for row in rows(store, schema.meeting_users)] == ["accepted"]
    assert len(rows(store, schema.meeting_contacts)) == 1
    assert [(row["address"], row["name"]) for row in rows(store, schema.meeting_attendees)] == [
        ("out@side.example", "Out Sider")
    ]
    ben = principal(store, "ben")
    _, (entry,) = await store.store.entries(ben, CALENDAR)
    _, (resource,) = await store.store.resources(ben, CALENDAR, [entry.href])
    assert b"out@side.example" in resource.content


async def test_a_task_ticked_off_is_done_in_every_column(store: Opened, anna: Principal, writes: Edits) -> None:
    def task(*more: str) -> bytes:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", "BEGIN:VTODO", "UID:t", "DTSTAMP:20260101T000000Z",
                 "SUMMARY:Send offer", "DUE;VALUE=DATE:20260312", *more, "END:VTODO", "END:VCALENDAR"]  # fmt: skip
        return "".join(f"{line}\r\n" for line in lines).encode()

    await writes.put(anna, TASKS, Href("t.ics"), "text/calendar", task("PRIORITY:1"), UNCONDITIONAL)
    await writes.put(anna, TASKS, Href("t.ics"), "text/calendar", task("PRIORITY:1", "STATUS:COMPLETED"), UNCONDITIONAL)
    (row,) = rows(store, schema.tasks)
    assert (row["status"], row["percent"], row["priority"], str(row["due_date"])) == ("done", 100, "high", "2026-03-12")
    assert row["completed_at"] is not None


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("DUE;VALUE=DATE:20260312", "2026-03-12"),
        ("DUE:20260312T235959", "2026-03-12"),  # floating: Outlook's connector means the day by it
        ("DUE;TZID=America/New_York:20260312T235959", "2026-03-12"),  # the clock the client read
        ("DUE:20260312T225959Z", "2026-03-12"),  # one minute to midnight where Anna lives
        ("DUE:20260312T230000Z", "2026-03-13"),
        ("DUE:15830101T000000", "1583-01-01"),
        ("DUE:99991231T235959Z", "9999-12-31"),
    ],
)
async def test_a_task_is_due_on_the_day_its_client_means(
    opened: Opened, anna_principal: Principal, edits: Edits, due: str, day: str
) -> None:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", "BEGIN:VTODO", "UID:t", "DTSTAMP:20260101T000000Z",
             "SUMMARY:Send offer", due, "END:VTODO", "END:VCALENDAR"]  # fmt: skip
    content = "".join(f"{line}\r\n" for line in lines).encode()
    await edits.put(anna_principal, TASKS, Href("t.ics"), "text/calendar", content, UNCONDITIONAL)
    assert str(rows(opened, schema.tasks)[0]["due_date"]) == day
    before = (await opened.store.collection(anna_principal, TASKS)).modseq
    sql(opened, sa.update(schema.tasks).values(notes=None))
    opened.follower.step()
    assert (await opened.store.collection(anna_principal, TASKS)).modseq == before
    _, (resource,) = await opened.store.resources(anna_principal, TASKS, [Href("t.ics")])
    if not due.endswith("Z"):
        assert due.encode() in resource.content


@pytest.mark.parametrize("start", ["15830101T000000", "99991231T235959", "20260329T023000"])
async def test_floating_times_are_taken_where_the_user_lives_even_at_the_ends_of_time(
    opened: Opened, anna_principal: Principal, edits: Edits, start: str
) -> None:
    content = event("e", "Floating").replace(b"20260310T090000Z", start.encode()).replace(
        b"20260310T103000Z", start.encode()
    )  # fmt: skip
    await edits.put(anna_principal, CALENDAR, Href("e.ics"), "text/calendar", content, UNCONDITIONAL)
    (row,) = rows(opened, schema.meetings)
    assert row["timezone"] == "Europe/Berlin"
    _, (resource,) = await opened.store.resources(anna_principal, CALENDAR, [Href("e.ics")])
    assert b"SUMMARY:Floating" in resource.content


async def test_an_unreadable_row_stops_no_other_and_is_not_removed(opened: Opened) -> None:
    anna = principal(opened, "anna")
    for name in ("Good", "Bad"):
        sql(opened, sa.insert(schema.contacts).values(last_name=name, owner_id=int(anna.id)))
    assert len((await opened.store.entries(anna, MINE))[1]) == 2
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE contacts SET birthday = 'never', last_name = last_name || '!'")
        connection.exec_driver_sql("UPDATE contacts SET birthday = NULL WHERE last_name = 'Good!'")
    opened.follower.step()
    _, entries = await opened.store.entries(anna, MINE)
    _, found = await opened.store.resources(anna, MINE, [entry.href for entry in entries])
    assert len(found) == 2
    assert sorted(b"!" in resource.content for resource in found) == [False, True]


async def test_a_failed_read_is_an_error_and_never_an_empty_answer(opened: Opened) -> None:
    from gateway.core.errors import Unavailable

    anna = principal(opened, "anna")
    await opened.store.entries(anna, MINE)
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE gw_entry")
    with pytest.raises(Unavailable):
        await opened.store.entries(anna, MINE)
    with pytest.raises(Unavailable):
        await opened.store.changes(anna, MINE, None)
