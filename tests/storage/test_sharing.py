"""Who lets whom in: shares of collections, proxies in calendars; on every product."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, NoPermission, NotFound
from gateway.core.ids import Href, PrincipalId
from gateway.core.model import UNCONDITIONAL, CollectionName, Principal, Right, Section, Shape
from gateway.core.sharing import Access, Offer, Standing
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from storage.state.prune import prune
from tests.storage.builders import ALL, CALENDAR, INBOX, MINE, TASKS, card, event, rows, sql

DIARY = CollectionName(Section.CALENDARS, "diary")
SHARED = CollectionName(Section.CALENDARS, "anna-diary")


async def lend(store: Opened, anna: Principal, ben: Principal, access: Access = Access.WRITE) -> None:
    writes = Edits(store.store)
    await writes.create_collection(anna, DIARY, Shape.EVENT, {"display_name": "Diary", "color": "#111111"})
    await writes.share(anna, DIARY, [Offer(ben.id, access, "Have a look")])


async def names(store: Opened, who: Principal) -> set[str]:
    return {one.name.slug for one in await store.store.collections(who)}


async def test_a_shared_collection_stands_in_the_sharees_home_under_a_name_of_its_own(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    hers, his = await store.store.collection(anna, DIARY), await store.store.collection(ben, SHARED)
    assert (hers.id, hers.token) == (his.id, his.token)
    assert (his.display_name, his.color, his.rights, his.owner) == ("Diary", "#111111", Right.WRITER, anna)
    assert (hers.owner, hers.is_offered, his.is_offered) == (None, True, False)
    assert "anna-diary" in await names(store, ben)
    assert "anna-diary" not in await names(store, anna)
    await writes.put(ben, SHARED, Href("b.ics"), "text/calendar", event("b", "Two"), UNCONDITIONAL)
    assert [entry.href for entry in (await store.store.entries(anna, DIARY))[1]] == ["a.ics", "b.ics"]
    with pytest.raises(NotFound):
        await store.store.collection(ben, DIARY)
    with pytest.raises(AlreadyExists):
        await writes.create_collection(ben, SHARED, Shape.EVENT, {})


async def test_what_each_calls_it_is_his_own(store: Opened, anna: Principal, ben: Principal, writes: Edits) -> None:
    await lend(store, anna, ben)
    await writes.change_look(anna, DIARY, None, {"{urn:x}secret": "<x/>"})
    await writes.change_look(ben, SHARED, None, {"display_name": "Hers"})
    hers, his = await store.store.collection(anna, DIARY), await store.store.collection(ben, SHARED)
    assert (hers.display_name, his.display_name, his.color) == ("Diary", "Hers", "#111111")
    assert dict(his.look) == {"display_name": "Hers"}


async def test_a_reader_reads(store: Opened, anna: Principal, ben: Principal, writes: Edits) -> None:
    await lend(store, anna, ben, Access.READ)
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    assert (await store.store.collection(ben, SHARED)).rights == Right.READER
    for href in ("a.ics", "b.ics"):
        with pytest.raises(NoPermission):
            await writes.put(ben, SHARED, Href(href), "text/calendar", event(href[0], "Two"), UNCONDITIONAL)
    with pytest.raises(NoPermission):
        await writes.delete(ben, SHARED, Href("a.ics"), UNCONDITIONAL)
    await writes.share(anna, DIARY, [Offer(ben.id, Access.WRITE)])
    await writes.delete(ben, SHARED, Href("a.ics"), UNCONDITIONAL)


async def test_an_invitation_stands_until_it_is_answered(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    (told,) = await store.store.invitations(ben)
    assert (told.owner, told.access, told.standing, told.summary) == (
        anna,
        Access.WRITE,
        Standing.INVITED,
        "Have a look",
    )
    assert told.collection.name == SHARED
    with pytest.raises(NotFound):
        await writes.reply(anna, told.token, accepts=True)
    assert await writes.reply(ben, told.token, accepts=True, summary="Hers") == SHARED
    assert (await store.store.collection(ben, SHARED)).display_name == "Hers"
    assert await store.store.invitations(ben) == []
    (share,) = await store.store.shares(anna, DIARY)
    assert (share.sharee, share.standing) == (ben, Standing.ACCEPTED)
    await writes.reply(ben, told.token, accepts=False)
    assert "anna-diary" not in await names(store, ben)
    with pytest.raises(NotFound):
        await store.store.collection(ben, SHARED)
    (share,) = await store.store.shares(anna, DIARY)
    assert share.standing is Standing.DECLINED
    await writes.create_collection(ben, SHARED, Shape.EVENT, {})
    await writes.share(anna, DIARY, [Offer(ben.id, Access.READ)])
    (told,) = await store.store.invitations(ben)
    assert told.collection.name.slug == "anna-diary-2"
    await writes.put_away(ben, told.token)
    assert await store.store.invitations(ben) == []
    assert "anna-diary-2" in await names(store, ben)
    for gone in (told.token, "x"):
        with pytest.raises(NotFound):
            await writes.put_away(ben, gone)


async def test_a_share_that_its_sharee_takes_out_stays_its_owners(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    await writes.put(anna, DIARY, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    await writes.change_look(ben, SHARED, Href("a.ics"), {"{urn:x}y": "1"})
    await writes.delete_collection(ben, SHARED)
    with pytest.raises(NotFound):
        await store.store.collection(ben, SHARED)
    assert (await store.store.collection(anna, DIARY)).count == 1
    assert await store.store.shares(anna, DIARY) == []
    said = store.database.read_now(lambda connection: connection.execute(sa.select(store.state.look)).all())
    assert {row.principal for row in said} == {anna.id}


async def test_each_side_renames_it_for_itself(store: Opened, anna: Principal, ben: Principal, writes: Edits) -> None:
    await lend(store, anna, ben, Access.READ)
    mine, hers = (CollectionName(Section.CALENDARS, slug) for slug in ("annas", "journal"))
    await writes.rename_collection(ben, SHARED, mine)
    assert (await store.store.collection(anna, DIARY)).id == (await store.store.collection(ben, mine)).id
    await writes.rename_collection(anna, DIARY, hers)
    assert (await store.store.collection(anna, hers)).id == (await store.store.collection(ben, mine)).id
    with pytest.raises(NotFound):
        await store.store.collection(ben, SHARED)
    with pytest.raises(AlreadyExists):
        await writes.rename_collection(ben, mine, CALENDAR)
    await writes.set_proxies(anna, Access.WRITE, [ben.id])
    for old, new in (
        (CollectionName(Section.CALENDARS, "journal", anna.id), CollectionName(Section.CALENDARS, "stolen")),
        (mine, CollectionName(Section.CALENDARS, "given", anna.id)),
    ):
        with pytest.raises(NoPermission):
            await writes.rename_collection(ben, old, new)


async def test_what_its_owner_deletes_is_gone_for_everybody(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    await writes.delete_collection(anna, DIARY)
    with pytest.raises(NotFound):
        await store.store.collection(ben, SHARED)
    assert await store.store.invitations(ben) == []
    await writes.create_collection(anna, DIARY, Shape.EVENT, {})
    assert "anna-diary" not in await names(store, ben)
    store.database.write_now(lambda unit: prune(unit, store.state))


async def test_only_what_one_made_oneself_can_be_shared(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    for name in (ALL, MINE, CALENDAR, INBOX):
        with pytest.raises(NoPermission):
            await writes.share(anna, name, [Offer(ben.id, Access.READ)])
    with pytest.raises(NoPermission):
        await writes.share(ben, SHARED, [Offer(anna.id, Access.READ)])
    with pytest.raises(NotFound):
        await writes.share(ben, DIARY, [Offer(anna.id, Access.READ)])
    for nobody in (PrincipalId("999"), anna.id):
        with pytest.raises(NotFound):
            await writes.share(anna, DIARY, [Offer(nobody, Access.READ)])
    assert [one.sharee for one in await store.store.shares(ben, SHARED)] == [ben]
    await writes.share(anna, DIARY, [Offer(ben.id, None)])
    assert await store.store.shares(anna, DIARY) == []
    with pytest.raises(NotFound):
        await store.store.shares(ben, SHARED)


async def test_who_may_not_log_in_any_more_shares_and_delegates_nothing(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await lend(store, anna, ben)
    await writes.set_proxies(anna, Access.READ, [ben.id])
    of_anna = CollectionName(Section.CALENDARS, CALENDAR.slug, anna.id)
    await store.store.collection(ben, of_anna)
    sql(store, sa.update(schema.users).where(schema.users.c.login == "anna").values(active=0))
    assert "anna-diary" not in await names(store, ben)
    assert await store.store.acts_for(ben) == []
    for name in (SHARED, of_anna):
        with pytest.raises(NotFound):
            await store.store.collection(ben, name)


async def test_a_proxy_acts_in_anothers_calendars_and_what_he_makes_is_the_others(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    of_anna = CollectionName(Section.CALENDARS, CALENDAR.slug, anna.id)
    with pytest.raises(NotFound):
        await store.store.collection(ben, of_anna)
    await writes.set_proxies(anna, Access.WRITE, [ben.id])
    seen = await store.store.collection(ben, of_anna)
    assert (seen.owner, seen.name, seen.rights) == (anna, of_anna, Right.WRITER)
    assert seen.id == (await store.store.collection(anna, CALENDAR)).id
    await writes.put(ben, of_anna, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    assert [row["owner_id"] for row in rows(store, schema.meetings)] == [int(anna.id)]
    assert [entry.href for entry in (await store.store.entries(anna, CALENDAR))[1]] == ["a.ics"]
    assert (await store.store.entries(ben, CALENDAR))[1] == []
    home = {one.name for one in await store.store.home_of(ben, anna)}
    assert {of_anna, CollectionName(Section.CALENDARS, TASKS.slug, anna.id)} <= home
    assert {name.section for name in home} == {Section.CALENDARS}


async def test_a_proxy_has_nothing_else_of_the_one_he_acts_for(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.put(anna, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    await writes.set_proxies(anna, Access.WRITE, [ben.id])
    await lend(store, ben, anna)
    for name in (
        MINE,
        ALL,
        INBOX,
        CollectionName(Section.CALENDARS, "none"),
        CollectionName(Section.CALENDARS, "ben-diary"),
    ):
        with pytest.raises(NotFound):
            await store.store.entries(ben, CollectionName(name.section, name.slug, anna.id))
    assert "ben-diary" not in {one.name.slug for one in await store.store.home_of(ben, anna)}
    with pytest.raises(NotFound):
        await store.store.home_of(anna, ben)
    with pytest.raises(NotFound):
        await store.store.collection(anna, CollectionName(Section.CALENDARS, CALENDAR.slug, ben.id))
    new = CollectionName(Section.CALENDARS, "new", anna.id)
    with pytest.raises(NoPermission):
        await writes.create_collection(ben, new, Shape.EVENT, {})
    await writes.create_collection(anna, CollectionName(Section.CALENDARS, "new"), Shape.EVENT, {})
    await writes.put(ben, new, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    for refused in (new, CollectionName(Section.CALENDARS, CALENDAR.slug, anna.id)):
        with pytest.raises(NoPermission):
            await writes.delete_collection(ben, refused)
        with pytest.raises(NoPermission):
            await writes.share(ben, refused, [Offer(ben.id, Access.READ)])


async def test_a_proxy_who_may_only_read_only_reads(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    of_anna = CollectionName(Section.CALENDARS, CALENDAR.slug, anna.id)
    await writes.put(anna, CALENDAR, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    await writes.set_proxies(anna, Access.READ, [ben.id])
    assert [entry.href for entry in (await store.store.entries(ben, of_anna))[1]] == ["a.ics"]
    with pytest.raises(NoPermission):
        await writes.put(ben, of_anna, Href("a.ics"), "text/calendar", event("a", "Two"), UNCONDITIONAL)
    with pytest.raises(NoPermission):
        await writes.delete(ben, of_anna, Href("a.ics"), UNCONDITIONAL)


async def test_who_acts_for_whom_is_one_thing_or_the_other(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.set_proxies(anna, Access.READ, [ben.id, anna.id])
    assert [(one.person, one.access) for one in await store.store.proxies(anna)] == [(ben, Access.READ)]
    await writes.set_proxies(anna, Access.WRITE, [ben.id])
    assert [(one.person, one.access) for one in await store.store.acts_for(ben)] == [(anna, Access.WRITE)]
    await writes.set_proxies(anna, Access.READ, [])
    assert [one.access for one in await store.store.proxies(anna)] == [Access.WRITE]
    with pytest.raises(NotFound):
        await writes.set_proxies(anna, Access.WRITE, [PrincipalId("999")])
    await writes.set_proxies(anna, Access.WRITE, [])
    assert await store.store.proxies(anna) == []
    assert await store.store.acts_for(ben) == []
