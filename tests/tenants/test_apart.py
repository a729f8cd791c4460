"""Nothing of one CRM is ever seen from another: logins, trees, hrefs, ids, sync tokens, wake-ups."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, NotFound, TokenExpired
from gateway.core.ids import CollectionId, Epoch, ModSeq, SyncToken
from gateway.core.mail import Need
from gateway.core.mail_more import Incoming
from gateway.core.model import CollectionName, Section
from gateway.core.realms import inside, number_of, outside
from storage.crm.reference import schema
from tests.dav.client import propfind_body
from tests.dav.documents import a_card, an_event
from tests.dav.test_foreign_is_absent import COLLEAGUE, OBJECTS, QUESTIONS, _seen
from tests.storage.builders import INBOX, MINE
from tests.tenants.conftest import Both

_WISH = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
NORD, SUED = ("anna@nord", "nord"), ("anna@sued", "sued")


@pytest.mark.parametrize(
    ("login", "password", "is_in"),
    [
        ("anna@nord", "nord", True),
        ("anna@NORD", "nord", True),
        ("anna@sued", "sued", True),
        ("anna@nord.example@nord", "nord", True),
        ("anna@sued.example", "sued", True),
        ("Anna@Sued.Example", "sued", True),
        ("ben@nord", "ben", True),
        ("anna@nord", "sued", False),
        ("anna@sued", "nord", False),
        ("anna@sued.example@nord", "nord", False),
        ("anna@sued.example@nord", "sued", False),
        ("anna@nord.example", "nord", False),
        ("anna", "nord", False),
        ("@nord", "nord", False),
        ("anna@", "nord", False),
        ("anna@west", "nord", False),
        ("anna@nord@sued", "nord", False),
        ("anna@nord@sued", "sued", False),
        ("", "", False),
    ],
)
async def test_a_login_means_one_crm_and_its_password(both: Both, login: str, password: str, is_in: bool) -> None:
    if is_in:
        found = await both.who(login, password)
        assert found.login == f"{'ben' if 'ben' in login else 'anna'}@{found.realm}"
    else:
        with pytest.raises(NotAuthenticated, match=r"^Login or password is wrong\.$"):
            await both.who(login, password)


async def test_where_one_crm_needs_no_realm_whatever_names_no_other_is_its(both: Both) -> None:
    both.hosted[""] = both.hosted.pop("nord")
    assert (await both.who("anna", "nord")).login == "anna"
    assert (await both.who("anna@nord.example", "nord")).login == "anna"
    assert (await both.who("anna@sued", "sued")).login == "anna@sued"
    with pytest.raises(NotAuthenticated):
        await both.who("anna@nord", "nord")


async def test_the_same_key_and_login_are_two_people(both: Both) -> None:
    nord, sued = await both.who(*NORD), await both.who(*SUED)
    assert nord.id == sued.id
    assert nord != sued
    assert {(nord.login, nord.realm), (sued.login, sued.realm)} == {("anna@nord", "nord"), ("anna@sued", "sued")}


async def test_what_is_written_stands_in_the_writers_crm_alone(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    assert (await nord.ask("PUT", f"{nord.books}my-contacts/c.vcf", a_card("c"))).status == 201
    assert (await sued.ask("GET", f"{sued.books}my-contacts/c.vcf")).status == 404
    assert (await sued.ask("PUT", f"{sued.books}my-contacts/c.vcf", a_card("c"), if_none_match="*")).status == 201
    count = sa.select(sa.func.count()).select_from(schema.contacts).where(schema.contacts.c.owner_id == 1)
    for realm in ("nord", "sued"):
        assert both.opened(realm).database.read_now(lambda on: on.execute(count).scalar()) == 1
    assert (await nord.ask("DELETE", f"{nord.books}my-contacts/c.vcf")).status == 204
    assert (await sued.ask("GET", f"{sued.books}my-contacts/c.vcf")).status == 200


@pytest.mark.parametrize("kind", OBJECTS)
async def test_the_tree_of_another_crm_is_answered_like_none(both: Both, kind: str) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    for client in (nord, sued):
        login = client.who.login
        assert (await client.ask("PUT", OBJECTS["event"].format(login=login), an_event("secret"))).status == 201
        assert (await client.ask("PUT", OBJECTS["card"].format(login=login), a_card("secret"))).status == 201
    for method, body, headers in QUESTIONS:
        absent = await nord.ask(method, OBJECTS[kind].format(login="nobody"), body, **headers)
        colleague = () if kind == COLLEAGUE else ("ben@nord",)
        for login in ("anna@sued", "anna%40sued", "anna", *colleague):
            foreign = await nord.ask(method, OBJECTS[kind].format(login=login), body, **headers)
            assert _seen(foreign) == _seen(absent), (method, body, headers)
    assert (await sued.ask("GET", OBJECTS["card"].format(login="anna@sued"))).status == 200


async def test_no_listing_names_the_other_crm(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    assert (await sued.ask("PUT", f"{sued.books}my-contacts/c.vcf", a_card("c"))).status == 201
    props = (
        "D:displayname",
        "D:current-user-principal",
        "D:principal-collection-set",
        "D:owner",
        "D:acl",
        "D:sync-token",
    )
    for path in ("/", "/dav/", "/dav/principals/", "/dav/principals/anna@nord/", nord.home, nord.books):
        for depth in ("0", "1"):
            answer = await nord.ask("PROPFIND", path, propfind_body(*props), depth=depth)
            assert b"sued" not in answer.body
    for report in ("principal-property-search", "principal-match", "principal-search-property-set"):
        body = (
            f'<D:{report} xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>a</D:match>'
            f"</D:property-search><D:self/><D:prop><D:displayname/><D:resourcetype/></D:prop></D:{report}>"
        )
        answer = await nord.ask("REPORT", "/dav/principals/", body, depth="0")
        assert b"sued" not in answer.body


async def test_the_same_collection_of_two_crms_has_two_numbers(both: Both) -> None:
    seen = {}
    for login in (NORD, SUED):
        who = await both.who(*login)
        seen[who.realm] = {one.id for one in await both.store.collections(who)}
    assert seen["nord"].isdisjoint(seen["sued"])
    assert {inside(number_of("nord"), one) for one in seen["nord"]} == {
        inside(number_of("sued"), one) for one in seen["sued"]
    }


async def test_a_token_of_another_crm_is_none_even_where_all_its_numbers_are_the_same(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    for client in (nord, sued):
        assert (await client.sync(f"{client.books}my-contacts/")).status == 207
    for realm in ("nord", "sued"):
        both.sql(realm, "UPDATE gw_collection SET epoch = 7, modseq = 9")
    own = (await nord.sync(f"{nord.books}my-contacts/")).sync_token
    foreign = (await sued.sync(f"{sued.books}my-contacts/")).sync_token
    assert own != foreign
    assert (await nord.sync(f"{nord.books}my-contacts/", own)).status == 207
    refused = await nord.sync(f"{nord.books}my-contacts/", foreign)
    assert (refused.status, refused.preconditions) == (403, ["D:valid-sync-token"])
    who = await both.who(*NORD)
    inner = inside(number_of("nord"), (await both.store.collection(who, MINE)).id)
    for number in (0, number_of("sued"), number_of("west")):
        with pytest.raises(TokenExpired):
            await both.store.changes(who, MINE, SyncToken(outside(number, inner), Epoch(7), ModSeq(9)))


async def test_a_mailbox_of_another_crm_is_not_there(both: Both) -> None:
    nord, sued = await both.who(*NORD), await both.who(*SUED)
    mine = CollectionName(Section.MAILBOXES, "Nord only")
    await both.store.create_mailbox(nord, mine)
    await both.store.append(
        nord, INBOX, b"Subject: secret\r\nFrom: a@b.example\r\n\r\nx\r\n", frozenset(), None, lambda one: one.changes
    )
    assert mine in [one.name for one in await both.store.collections(nord)]
    assert mine not in [one.name for one in await both.store.collections(sued)]
    with pytest.raises(NotFound):
        await both.store.mailbox(sued, mine, None)
    (row,) = (await both.store.mailbox(nord, INBOX, None)).rows
    assert (await both.store.mailbox(sued, INBOX, None)).rows == []
    assert await both.store.contents(sued, INBOX, [row.uid], Need.RAW) == []


async def test_what_mailboxes_have_beside_their_messages_is_each_crm_s_own(both: Both) -> None:
    nord, sued = await both.who(*NORD), await both.who(*SUED)
    await both.store.subscribe(nord, "Trash", is_on=False)
    assert (await both.store.subscriptions(nord), await both.store.subscriptions(sued)) == ({"Trash": False}, {})
    two = [
        Incoming(b"Subject: %d\r\nFrom: a@b.example\r\n\r\nx\r\n" % number, frozenset({"\\Deleted"}))
        for number in (1, 2)
    ]
    taken = await both.store.append_all(nord, INBOX, two, lambda one: one.changes)
    before = (await both.store.collection(nord, INBOX)).modseq
    await both.store.expunge(nord, INBOX, None, lambda one: one.changes)
    assert await both.store.vanished(nord, INBOX, before) == [one.uid for one in taken]
    with pytest.raises(TokenExpired):
        await both.store.vanished(sued, INBOX, before)


async def test_nobody_is_woken_by_another_crm(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    contacts = {client.who.realm: await both.store.collection(client.who, MINE) for client in (nord, sued)}
    with both.store.watch([contacts["nord"].id]) as woken:
        assert (await sued.ask("PUT", f"{sued.books}my-contacts/c.vcf", a_card("c"))).status == 201
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(woken.wait(), 0.5)
        assert (await nord.ask("PUT", f"{nord.books}my-contacts/c.vcf", a_card("c"))).status == 201
        await asyncio.wait_for(woken.wait(), 10)
        both.sql("nord", sa.insert(schema.contacts).values(last_name="By SQL", owner_id=1))
        await asyncio.wait_for(woken.wait(), 10)


async def test_an_unknown_realm_costs_what_a_wrong_password_costs(both: Both) -> None:
    both.opened("nord").authenticator.close()  # the thread that hashes is gone
    with pytest.raises(RuntimeError):
        await both.logins.authenticate(Credentials("anna@west", "x"))


def test_numbers_outside_and_inside_belong_together() -> None:
    for realm in ("", "nord", "sued", "a" * 40):
        number = number_of(realm)
        for inner in (1, 77, (1 << 32) - 1):
            outer = outside(number, CollectionId(inner))
            assert len(str(outer)) <= 18
            assert inside(number, outer) == inner
            assert inside(number + 1, outer) == 0
            assert SyncToken.parse(str(SyncToken(outer, Epoch(1), ModSeq(1)))) is not None
    with pytest.raises(ValueError, match="no room"):
        outside(1, CollectionId(1 << 32))


async def test_files_and_locks_of_one_crm_are_nothing_to_another(both: Both) -> None:
    nord, sued = await both.client(*NORD), await both.client(*SUED)
    hers, his = (f"/dav/files/{one.who.login}/a.txt" for one in (nord, sued))
    assert (await nord.ask("PUT", hers, b"nord")).status == 201
    assert (await nord.ask("LOCK", hers, _WISH, depth="0")).status == 200
    assert (await sued.ask("GET", his)).status == 404
    assert (await sued.ask("GET", hers)).status == 404
    assert (await sued.ask("PUT", his, b"sued")).status == 201
    assert (await nord.ask("PUT", hers, b"again")).status == 423
    assert (await sued.ask("PUT", his, b"again")).status == 204
    assert (await nord.ask("GET", hers)).body == b"nord"
    for client, path in ((nord, hers), (sued, his)):
        assert (await client.ask("COPY", path, destination=path + "2")).status == 201
        assert (await client.ask("MKCOL", path + "3/")).status == 201
        assert (await client.propfind(path, "D:lockdiscovery", "D:quota-used-bytes")).status == 207
    assert (await sued.ask("DELETE", his)).status == 204
    assert (await nord.ask("GET", hers)).status == 200
