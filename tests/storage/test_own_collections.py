"""Collections that users make themselves, moves between collections, and what users say of both; on every product."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import (
    AlreadyExists,
    InvalidContent,
    NoPermission,
    NotFound,
    PreconditionFailed,
    TooLarge,
    UidConflict,
    UnsupportedContent,
)
from gateway.core.ids import Href
from gateway.core.keeping import LOOK_LARGEST, Placing, Spot
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Principal, Section, Shape
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from storage.state.prune import prune
from tests.storage.builders import ALL, CALENDAR, MINE, TASKS, card, event, rows, sql

PRIVATE = CollectionName(Section.ADDRESS_BOOKS, "private")
DIARY = CollectionName(Section.CALENDARS, "diary")


def placing(
    source: CollectionName,
    href: str,
    target: CollectionName,
    new_href: str,
    *,
    is_move: bool = True,
    may_replace: bool = False,
    when: Condition = UNCONDITIONAL,
) -> Placing:
    return Placing(source, Href(href), target, Href(new_href), when, is_move, may_replace)


async def hrefs(store: Opened, who: Principal, name: CollectionName) -> list[str]:
    return sorted(entry.href for entry in (await store.store.entries(who, name))[1])


async def content(store: Opened, who: Principal, name: CollectionName, href: str) -> bytes:
    _, (resource,) = await store.store.resources(who, name, [Href(href)])
    return resource.content


async def test_a_collection_of_ones_own_keeps_what_is_put_byte_for_byte_and_the_crm_hears_nothing(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.create_collection(anna, DIARY, Shape.EVENT, {"display_name": "Diary", "color": "#00ff00ff"})
    made = await store.store.collection(anna, DIARY)
    assert (made.display_name, made.color, made.is_own, made.shape) == ("Diary", "#00ff00ff", True, Shape.EVENT)
    odd = event("e1", "Dentist", "X-ODD;P=1:kept", "CATEGORIES:a,b")
    written = await writes.put(anna, DIARY, Href("e1.ics"), "text/calendar", odd, UNCONDITIONAL)
    assert (written.is_new, written.is_verbatim) == (True, True)
    assert await content(store, anna, DIARY, "e1.ics") == odd
    assert rows(store, schema.meetings) == []
    assert DIARY in {one.name for one in await store.store.collections(anna)}
    assert DIARY not in {one.name for one in await store.store.collections(ben)}
    with pytest.raises(NotFound):
        await store.store.collection(ben, DIARY)
    changed = await writes.put(anna, DIARY, Href("e1.ics"), "text/calendar", event("e1", "Dentist!"), UNCONDITIONAL)
    assert not changed.is_new
    since = made.token
    changes = await store.store.changes(anna, DIARY, since)
    assert [entry.href for entry in changes.changed] == ["e1.ics"]
    await writes.delete(anna, DIARY, Href("e1.ics"), Condition(any_of=frozenset({changed.etag})))
    changes = await store.store.changes(anna, DIARY, changes.token)
    assert (list(changes.changed), list(changes.removed)) == ([], ["e1.ics"])


async def test_an_own_collection_holds_to_conditions_uids_and_kinds(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    with pytest.raises(PreconditionFailed):
        await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "Two"), Condition(must_be_new=True))
    with pytest.raises(UidConflict):
        await writes.put(anna, DIARY, Href("b.ics"), "text/calendar", event("urn:uuid:a", "Two"), UNCONDITIONAL)
    with pytest.raises(UidConflict):
        await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("b", "Two"), UNCONDITIONAL)
    with pytest.raises(UnsupportedContent):
        await writes.put(anna, DIARY, Href("c.vcf"), "text/vcard", card("c", "Three"), UNCONDITIONAL)
    with pytest.raises(NotFound):
        await writes.delete(anna, DIARY, Href("c.ics"), UNCONDITIONAL)
    assert b"SUMMARY:One" in await content(store, anna, DIARY, "a.ics")


async def test_names_are_taken_once_and_views_are_nobodys_to_take_away(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.create_collection(anna, DIARY, Shape.TASK, {})
    await writes.create_collection(ben, DIARY, Shape.EVENT, {})
    assert (await store.store.collection(anna, DIARY)).shape is Shape.TASK
    for taken in (DIARY, CALENDAR):
        with pytest.raises(AlreadyExists):
            await writes.create_collection(anna, taken, Shape.EVENT, {})
    with pytest.raises(UnsupportedContent):
        await writes.create_collection(anna, CollectionName(Section.CALENDARS, "x"), Shape.CARD, {})
    with pytest.raises(InvalidContent):
        await writes.create_collection(anna, CollectionName(Section.CALENDARS, "a/b"), Shape.EVENT, {})
    with pytest.raises(TooLarge):
        await writes.create_collection(anna, CollectionName(Section.CALENDARS, "x" * 81), Shape.EVENT, {})
    with pytest.raises(NoPermission):
        await writes.delete_collection(anna, CALENDAR)
    first = await store.store.collection(anna, DIARY)
    await writes.delete_collection(anna, DIARY)
    with pytest.raises(NotFound):
        await writes.delete_collection(anna, DIARY)
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    assert (await store.store.collection(anna, DIARY)).epoch > first.epoch
    assert (await store.store.collection(ben, DIARY)).shape is Shape.EVENT


async def test_a_collection_that_goes_takes_what_stands_in_it_along(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    await writes.change_look(anna, DIARY, Href("a.ics"), {"{urn:x}y": "1"})
    await writes.delete_collection(anna, DIARY)
    for table in (store.state.resource, store.state.entry, store.state.look, store.state.tombstone):
        found = store.database.read_now(lambda connection, one=table: connection.execute(sa.select(one)).all())  # type: ignore[misc]
        assert not [row for row in found if getattr(row, "entity", "@document") == "@document"], table.name


async def test_what_one_user_says_of_a_shared_book_no_other_hears(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.change_look(anna, ALL, None, {"display_name": "Everybody", "{urn:x}note": "<b/>", "order": "-3"})
    hers, his = await store.store.collection(anna, ALL), await store.store.collection(ben, ALL)
    assert (hers.display_name, hers.order, hers.look["{urn:x}note"]) == ("Everybody", -3, "<b/>")
    assert his.display_name != "Everybody"
    assert his.look == {}
    await writes.change_look(anna, ALL, None, {"display_name": None, "{urn:x}note": None, "order": None})
    assert (await store.store.collection(anna, ALL)).look == {}
    with pytest.raises(TooLarge):
        await writes.change_look(anna, ALL, None, {"{urn:x}note": "x" * LOOK_LARGEST})
    with pytest.raises(InvalidContent):
        await writes.change_look(anna, ALL, None, {"{urn:x}note": "\0"})


async def test_looks_of_items_and_spots_stay_and_go_with_them(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    await writes.change_look(anna, MINE, Href("a.vcf"), {"{urn:x}seen": "yes"})
    assert await store.store.looks(anna, MINE) == {"a.vcf": {"{urn:x}seen": "yes"}}
    assert await store.store.looks(anna, MINE, [Href("other.vcf")]) == {}
    with pytest.raises(NotFound):
        await writes.change_look(anna, MINE, Href("other.vcf"), {"{urn:x}seen": "yes"})
    await writes.change_spot(anna, Spot.CALENDARS, {"{urn:x}a": "1"})
    assert (await store.store.spot(anna, Spot.CALENDARS), await store.store.spot(anna, Spot.INBOX)) == (
        {"{urn:x}a": "1"},
        {},
    )
    assert await store.store.spot(ben, Spot.CALENDARS) == {}
    await writes.delete(anna, MINE, Href("a.vcf"), UNCONDITIONAL)
    store.database.write_now(lambda unit: prune(unit, store.state))
    left = store.database.read_now(lambda connection: connection.execute(sa.select(store.state.look)).all())
    assert [row.collection_id for row in left] == [0]


async def test_a_move_between_two_views_of_the_crm_keeps_the_row_and_its_document(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One", "X-ODD:kept"), UNCONDITIONAL)
    before, bytes_before = rows(store, schema.contacts), await content(store, anna, MINE, "a.vcf")
    await writes.change_look(anna, MINE, Href("a.vcf"), {"{urn:x}seen": "yes"})
    (there,) = await hrefs(store, anna, ALL)
    with pytest.raises(UidConflict) as conflict:
        await writes.place(anna, placing(MINE, "a.vcf", ALL, "b.vcf", is_move=False))
    assert conflict.value.href == there
    written = await writes.place(anna, placing(MINE, "a.vcf", ALL, "b.vcf"))
    assert written.is_new
    assert (await hrefs(store, anna, MINE), await hrefs(store, anna, ALL)) == ([], ["b.vcf"])
    assert rows(store, schema.contacts) == before
    assert await content(store, anna, ALL, "b.vcf") == bytes_before
    assert await store.store.looks(anna, ALL) == {"b.vcf": {"{urn:x}seen": "yes"}}
    sql(store, sa.update(schema.contacts).values(last_name="Two"))
    store.follower.step()
    assert (await hrefs(store, anna, MINE), await hrefs(store, anna, ALL)) == ([], ["b.vcf"])
    assert b"X-ODD:kept" in await content(store, anna, ALL, "b.vcf")
    await writes.place(anna, placing(ALL, "b.vcf", MINE, "a.vcf"))
    assert (await hrefs(store, anna, MINE), await hrefs(store, anna, ALL)) == (["a.vcf"], [])
    await writes.place(anna, placing(MINE, "a.vcf", ALL, "c.vcf", is_move=False))
    assert (await hrefs(store, anna, MINE), await hrefs(store, anna, ALL)) == (["a.vcf"], ["c.vcf"])


async def test_a_move_out_of_the_crm_and_into_it_crosses_in_one_transaction(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    await writes.create_collection(anna, PRIVATE, Shape.CARD, {})
    odd = card("a", "One", "X-ODD:kept")
    await writes.put(anna, PRIVATE, Href("a.vcf"), "text/vcard", odd, UNCONDITIONAL)
    await writes.place(anna, placing(PRIVATE, "a.vcf", MINE, "new.vcf"))
    assert (await hrefs(store, anna, PRIVATE), await hrefs(store, anna, MINE)) == ([], ["new.vcf"])
    assert [row["last_name"] for row in rows(store, schema.contacts)] == ["One"]
    assert await content(store, anna, MINE, "new.vcf") == odd
    await writes.place(anna, placing(MINE, "new.vcf", PRIVATE, "back.vcf", is_move=False))
    assert await content(store, anna, PRIVATE, "back.vcf") == odd
    with pytest.raises(UidConflict):
        await writes.place(anna, placing(MINE, "new.vcf", PRIVATE, "again.vcf"))
    assert await hrefs(store, anna, MINE) == ["new.vcf"]
    await writes.place(anna, placing(MINE, "new.vcf", PRIVATE, "back.vcf", may_replace=True))
    assert (await hrefs(store, anna, PRIVATE), await hrefs(store, anna, MINE)) == (["back.vcf"], [])


async def test_moves_within_and_between_own_collections_keep_identity(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    other = CollectionName(Section.CALENDARS, "other")
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    await writes.create_collection(anna, other, Shape.EVENT, {})
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    since = (await store.store.collection(anna, DIARY)).token
    await writes.place(anna, placing(DIARY, "a.ics", DIARY, "b.ics"))
    changes = await store.store.changes(anna, DIARY, since)
    assert ([one.href for one in changes.changed], list(changes.removed)) == (["b.ics"], ["a.ics"])
    await writes.place(anna, placing(DIARY, "b.ics", other, "c.ics"))
    assert (await hrefs(store, anna, DIARY), await hrefs(store, anna, other)) == ([], ["c.ics"])
    await writes.place(anna, placing(other, "c.ics", DIARY, "d.ics", is_move=False))
    await writes.put(anna, DIARY, Href("d.ics"), "text/calendar", event("a", "Changed"), UNCONDITIONAL)
    assert b"SUMMARY:One" in await content(store, anna, other, "c.ics")
    with pytest.raises(UidConflict):
        await writes.place(anna, placing(other, "c.ics", DIARY, "e.ics"))
    assert await hrefs(store, anna, other) == ["c.ics"]


async def test_what_may_not_be_placed_stays_where_it_is(store: Opened, anna: Principal, writes: Edits) -> None:
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    await writes.put(anna, DIARY, Href("b.ics"), "text/calendar", event("b", "Two"), UNCONDITIONAL)
    for wish, why in (
        (placing(DIARY, "none.ics", CALENDAR, "x.ics"), NotFound),
        (placing(DIARY, "a.ics", TASKS, "x.ics"), UnsupportedContent),
        (placing(DIARY, "a.ics", DIARY, "b.ics"), PreconditionFailed),
        (placing(DIARY, "a.ics", CALENDAR, "x.ics", when=Condition(any_of=frozenset())), PreconditionFailed),
        (placing(DIARY, "a.ics", CollectionName(Section.CALENDARS, "nowhere"), "x.ics"), NotFound),
    ):
        with pytest.raises(why):
            await writes.place(anna, wish)
    assert await hrefs(store, anna, DIARY) == ["a.ics", "b.ics"]
    assert rows(store, schema.meetings) == []


async def test_a_collection_takes_another_name_and_stays_what_it_is(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    private = CollectionName(Section.CALENDARS, "private")
    await writes.create_collection(anna, DIARY, Shape.TASK, {"display_name": "Mine"})
    await writes.create_collection(ben, private, Shape.EVENT, {})
    before = await store.store.collection(anna, DIARY)
    await writes.rename_collection(anna, DIARY, private)
    after = await store.store.collection(anna, private)
    assert (after.id, after.token, after.shape, after.display_name) == (before.id, before.token, Shape.TASK, "Mine")
    with pytest.raises(NotFound):
        await store.store.collection(anna, DIARY)
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    for old, new, why in (
        (DIARY, private, AlreadyExists),
        (DIARY, CALENDAR, AlreadyExists),
        (DIARY, PRIVATE, UnsupportedContent),
        (DIARY, CollectionName(Section.CALENDARS, "x" * 81), TooLarge),
        (DIARY, CollectionName(Section.CALENDARS, "a/b"), InvalidContent),
        (CALENDAR, CollectionName(Section.CALENDARS, "free"), NoPermission),
        (CollectionName(Section.CALENDARS, "none"), CollectionName(Section.CALENDARS, "free"), NotFound),
    ):
        with pytest.raises(why):
            await writes.rename_collection(anna, old, new)


async def test_a_calendar_of_no_kind_holds_events_and_tasks(store: Opened, anna: Principal, writes: Edits) -> None:
    await writes.create_collection(anna, DIARY, None, {})
    made = await store.store.collection(anna, DIARY)
    assert (made.shape, made.is_mixed) == (Shape.EVENT, True)
    todo = event("b", "Two").replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE")
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    await writes.put(anna, DIARY, Href("b.ics"), "text/calendar", todo, UNCONDITIONAL)
    assert await hrefs(store, anna, DIARY) == ["a.ics", "b.ics"]
    with pytest.raises(UnsupportedContent):
        await writes.put(anna, DIARY, Href("c.vcf"), "text/vcard", card("c", "Three"), UNCONDITIONAL)
    with pytest.raises(UnsupportedContent):
        await writes.place(anna, placing(DIARY, "a.ics", TASKS, "a.ics"))
    await writes.place(anna, placing(DIARY, "b.ics", TASKS, "b.ics"))
    assert (await hrefs(store, anna, DIARY), await hrefs(store, anna, TASKS)) == (["a.ics"], ["b.ics"])
    with pytest.raises(UnsupportedContent):
        await writes.create_collection(anna, PRIVATE, None, {})
