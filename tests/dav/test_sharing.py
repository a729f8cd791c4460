"""Sharing a calendar of one's own: both dialects, notifications, answers, and what each side sees."""

import pytest
import pytest_asyncio

from gateway.core.model import CollectionName, Section, Shape
from gateway.edits import Edits
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client, propfind_body
from tests.dav.documents import a_card, an_event
from tests.dav.test_proxies import set_members

DIARY = "/dav/calendars/anna/diary/"
SHARED = "/dav/calendars/bob/anna-diary/"
BOB = "/dav/principals/bob/"
TOLD = "/dav/notifications/bob/"


@pytest_asyncio.fixture
async def diary(opened: Opened, anna: Client) -> str:
    look = {"display_name": "Diary", "color": "#123456ff"}
    await Edits(opened.store).create_collection(anna.who, CollectionName(Section.CALENDARS, "diary"), Shape.EVENT, look)
    assert (await anna.ask("PUT", DIARY + "a.ics", an_event("a"))).status == 201
    return DIARY


async def post(client: Client, path: str, body: str, media: str = "application/xml; charset=utf-8") -> Answer:
    return await client.ask("POST", path, body, content_type=media)


async def share(client: Client, address: str, access: str = "read-write", path: str = DIARY) -> Answer:
    body = (
        f"<CS:share {DECLARED}><CS:set><D:href>{address}</D:href><CS:common-name>B</CS:common-name>"
        f"<CS:summary>My diary</CS:summary><CS:{access}/></CS:set></CS:share>"
    )
    return await post(client, path, body)


async def share_resource(client: Client, address: str, access: str) -> Answer:
    body = (
        f"<D:share-resource {DECLARED}><D:sharee><D:href>{address}</D:href><D:comment>Hello</D:comment>"
        f"<D:share-access><D:{access}/></D:share-access></D:sharee></D:share-resource>"
    )
    return await post(client, DIARY, body, "application/davsharing+xml; charset=utf-8")


async def reply(client: Client, token: str, answer: str, summary: str = "") -> Answer:
    body = (
        f"<CS:invite-reply {DECLARED}><D:href>mailto:x</D:href><CS:invite-{answer}/><CS:hosturl><D:href>x</D:href>"
        f"</CS:hosturl><CS:in-reply-to>{token}</CS:in-reply-to><CS:summary>{summary}</CS:summary></CS:invite-reply>"
    )
    return await post(client, client.home, body)


async def users(client: Client) -> list[tuple[str, list[str]]]:
    """Address, and the names of what is said, of each CS:user."""
    found = (await client.propfind(DIARY, "CS:invite")).only.found["{http://calendarserver.org/ns/}invite"]
    return [
        (
            user.findtext("{DAV:}href") or "",
            [
                str(one.tag).rpartition("}")[2]
                for one in user.iter()
                if "invite-" in str(one.tag) or "read" in str(one.tag)
            ],
        )
        for user in found.findall("{http://calendarserver.org/ns/}user")
    ]


async def token_of(client: Client) -> str:
    answer = await client.propfind(TOLD, "D:getetag", depth="1")
    return answer.hrefs[1].rpartition("/")[2].removesuffix(".xml")


async def test_a_share_whose_words_speak_of_pushes_is_a_share_all_the_same(
    diary: str, anna: Client, bob: Client
) -> None:
    body = (
        '<CS:share xmlns:CS="http://calendarserver.org/ns/" xmlns:D="DAV:"><CS:set>'
        f"<D:href>mailto:{bob.who.address}</D:href><CS:summary>the push-register diary</CS:summary><CS:read/></CS:set></CS:share>"
    )
    assert (await post(anna, DIARY, body)).status == 200
    assert len(await users(anna)) == 1


@pytest.mark.parametrize("dialect", ["calendarserver", "draft"])
async def test_what_is_shared_stands_in_the_other_home(anna: Client, bob: Client, diary: str, dialect: str) -> None:
    before = (await anna.propfind(diary, "D:resourcetype", "D:share-access", "CS:allowed-sharing-modes")).only
    assert before.children("D:resourcetype") == ["D:collection", "C:calendar"]
    assert before.children("D:share-access") == ["D:not-shared"]
    assert before.children("CS:allowed-sharing-modes") == ["CS:can-be-shared"]
    address = f"mailto:{bob.who.address}"
    answer = await (share(anna, address) if dialect == "calendarserver" else share_resource(anna, BOB, "read-write"))
    assert answer.status == 200
    hers = (await anna.propfind(diary, "D:resourcetype", "D:share-access", "D:share-resource-uri", "CS:invite")).only
    assert hers.children("D:resourcetype") == ["D:collection", "C:calendar", "CS:shared-owner"]
    assert hers.children("D:share-access") == ["D:shared-owner"]
    assert await users(anna) == [(address, ["invite-noresponse", "read-write"])]
    home = await bob.propfind(bob.home, "D:displayname", depth="1")
    assert SHARED in home.hrefs
    names = ("D:displayname", "D:owner", "D:share-access", "D:share-resource-uri", "CS:shared-url", "A:calendar-color")
    his = (await bob.propfind(SHARED, *names, "D:resourcetype", "CS:invite", "CS:allowed-sharing-modes")).only
    assert his.children("D:resourcetype") == ["D:collection", "C:calendar", "CS:shared"]
    assert (his.text("D:displayname"), his.text("A:calendar-color")) == ("Diary", "#123456ff")
    assert (his.hrefs("D:owner"), his.hrefs("CS:shared-url")) == (["/dav/principals/anna/"], [SHARED])
    assert his.children("D:share-access") == ["D:read-write"]
    assert his.hrefs("D:share-resource-uri") == hers.hrefs("D:share-resource-uri")
    assert his.lacks("CS:allowed-sharing-modes")
    assert his.hrefs("CS:invite") == ["/dav/principals/anna/", address]
    assert (await bob.ask("PUT", SHARED + "b.ics", an_event("b"))).status == 201
    assert (await anna.ask("GET", diary + "b.ics")).status == 200
    assert (await bob.propfind(diary, "D:displayname")).status == 404


async def test_the_draft_lists_sharees_and_ends_a_share(anna: Client, bob: Client, diary: str) -> None:
    assert (await share_resource(anna, BOB, "read")).status == 200
    found = (await anna.propfind(diary, "D:invite")).only.found["{DAV:}invite"]
    (sharee,) = found.findall("{DAV:}sharee")
    assert sharee.findtext("{DAV:}comment") == "Hello"
    assert sharee.find("{DAV:}share-access/{DAV:}read") is not None
    assert sharee.find("{DAV:}invite-noresponse") is not None
    assert (await share_resource(anna, BOB, "no-access")).status == 200
    assert (await anna.propfind(diary, "D:invite")).only.children("D:invite") == []
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404


async def test_an_invitation_is_told_accepted_and_given_a_name(anna: Client, bob: Client, diary: str) -> None:
    assert (await bob.propfind(BOB, "CS:notification-URL")).only.hrefs("CS:notification-URL") == [TOLD]
    assert (await bob.propfind(TOLD, "D:resourcetype", depth="1")).hrefs == [TOLD]
    await share(anna, BOB)
    listed = await bob.propfind(
        TOLD, "D:resourcetype", "CS:notificationtype", "D:getetag", "D:getcontenttype", depth="1"
    )
    assert listed.resources[0].children("D:resourcetype") == ["D:collection", "CS:notification"]
    told = listed.resources[1]
    assert told.children("CS:notificationtype") == ["CS:invite-notification"]
    fetched = await bob.ask("GET", told.href)
    assert (fetched.status, fetched.etag) == (200, told.text("D:getetag"))
    invitation = fetched.xml.find("{http://calendarserver.org/ns/}invite-notification")
    assert invitation is not None
    assert invitation.findtext("{http://calendarserver.org/ns/}summary") == "My diary"
    token = invitation.findtext("{http://calendarserver.org/ns/}uid") or ""
    assert (await reply(anna, token, "accepted")).status == 404
    accepted = await reply(bob, token, "accepted", "Anna's diary")
    assert accepted.status == 200
    assert accepted.xml.findtext("{DAV:}href") == SHARED
    assert (await bob.propfind(SHARED, "D:displayname")).only.text("D:displayname") == "Anna's diary"
    assert (await anna.propfind(diary, "D:displayname")).only.text("D:displayname") == "Diary"
    assert (await bob.propfind(TOLD, "D:getetag", depth="1")).hrefs == [TOLD]
    assert (await bob.ask("GET", told.href)).status == 404
    assert await users(anna) == [(f"mailto:{bob.who.address}", ["invite-accepted", "read-write"])]


async def test_who_declines_has_it_no_more(anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB)
    assert (await reply(bob, await token_of(bob), "declined")).status == 200
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404
    assert (await users(anna))[0][1] == ["invite-declined", "read-write"]
    held = (await anna.propfind(diary, "D:acl")).only
    assert BOB not in held.hrefs("D:acl")


async def test_a_notification_can_be_put_away(anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB)
    path = f"{TOLD}{await token_of(bob)}.xml"
    assert (await anna.ask("DELETE", path)).status == 404
    assert (await anna.ask("DELETE", path.replace("bob", "anna"))).status == 404
    assert (await bob.ask("DELETE", path)).status == 204
    assert (await bob.ask("DELETE", path)).status == 404
    assert (await bob.propfind(SHARED, "D:displayname")).status == 207


async def test_a_reader_is_refused_and_told_what_he_lacks(anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB, "read")
    held = (await bob.propfind(SHARED, "D:current-user-privilege-set", "D:acl")).only
    assert not {"D:write", "D:bind", "D:share"} & set(held.descendants("D:current-user-privilege-set"))
    assert held.lacks("D:acl")
    for method, path, body in (
        ("PUT", "a.ics", an_event("a", summary="x")),
        ("PUT", "b.ics", an_event("b")),
        ("DELETE", "a.ics", b""),
    ):
        answer = await bob.ask(method, SHARED + path, body)
        assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])
    again = await share(bob, "/dav/principals/anna/", path=SHARED)
    assert (again.status, again.preconditions) == (403, ["D:need-privileges"])


async def test_what_the_crm_shows_is_not_anybodys_to_share(anna: Client) -> None:
    for path in (anna.home + "my-calendar/", anna.books + "all-contacts/", anna.books + "readable/"):
        answer = await share(anna, BOB, path=path)
        assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])
        assert b"<D:write-acl/>" in answer.body
        found = (await anna.propfind(path, "CS:invite", "CS:allowed-sharing-modes", "D:share-access", "D:invite")).only
        assert found.found == {}
    assert (await share(anna, BOB, path=anna.home + "none/")).status == 404


async def test_who_is_not_known_is_named_and_the_others_are_let_in(anna: Client, bob: Client, diary: str) -> None:
    body = "".join(
        f"<CS:set><D:href>{address}</D:href><CS:read/></CS:set>"
        for address in (BOB, "mailto:nobody@x", "/dav/principals/anna/")
    )
    answer = await post(anna, diary, f"<CS:share {DECLARED}>{body}</CS:share>")
    assert answer.status == 207
    assert [(one.href, one.status) for one in answer.resources] == [
        (BOB, "200 OK"),
        ("mailto:nobody@x", "403 Forbidden"),
        ("/dav/principals/anna/", "403 Forbidden"),
    ]
    assert (await bob.propfind(SHARED, "D:displayname")).status == 207
    assert (
        await post(anna, diary, f"<CS:share {DECLARED}><CS:remove><D:href>{BOB}</D:href></CS:remove></CS:share>")
    ).status == 200
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        "<",
        f"<CS:share {DECLARED}><CS:set><D:href>{BOB}</D:href></CS:set></CS:share>",
        f"<CS:share {DECLARED}><CS:other/></CS:share>",
        f"<D:share-resource {DECLARED}><D:sharee><D:href>{BOB}</D:href></D:sharee></D:share-resource>",
    ],
)
async def test_what_cannot_be_understood_changes_nothing(anna: Client, diary: str, body: str) -> None:
    assert (await post(anna, diary, body)).status == 400
    assert await users(anna) == []


async def test_a_book_is_shared_like_a_calendar(opened: Opened, anna: Client, bob: Client) -> None:
    await Edits(opened.store).create_collection(
        anna.who, CollectionName(Section.ADDRESS_BOOKS, "choir"), Shape.CARD, {}
    )
    await anna.ask("PUT", anna.books + "choir/a.vcf", a_card("a"))
    assert (await share(anna, BOB, "read", anna.books + "choir/")).status == 200
    assert (await bob.ask("GET", bob.books + "anna-choir/a.vcf")).status == 200
    kinds = (await bob.propfind(bob.books + "anna-choir/", "D:resourcetype")).only.children("D:resourcetype")
    assert kinds == ["D:collection", "CR:addressbook", "CS:shared"]


async def test_a_share_is_not_the_proxys_of_its_sharee(opened: Opened, anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB)
    await set_members(bob, BOB + "calendar-proxy-write/", "/dav/principals/anna/")
    assert SHARED not in (await anna.propfind(bob.home, "D:displayname", depth="1")).hrefs
    assert (await anna.propfind(SHARED, "D:displayname")).status == 404
    for path in (bob.home, bob.home + "my-calendar/"):
        assert (await share(anna, "/dav/principals/anna/", path=path)).status == 403


async def test_a_sharee_takes_it_out_of_his_home_and_its_owner_takes_it_from_everybody(
    anna: Client, bob: Client, diary: str
) -> None:
    await share(anna, BOB, "read")
    assert (await bob.ask("DELETE", SHARED)).status == 204
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404
    assert (await anna.ask("GET", diary + "a.ics")).status == 200
    assert await users(anna) == []
    await share(anna, BOB, "read")
    assert (await bob.ask("GET", SHARED + "a.ics")).status == 200
    assert (await anna.ask("DELETE", diary)).status == 204
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404
    assert SHARED not in (await bob.propfind(bob.home, "D:displayname", depth="1")).hrefs


LOCK = (
    f"<D:lockinfo {DECLARED}><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"
)


async def test_a_lock_holds_for_everybody_who_has_it_and_keeps_nobody_from_leaving(
    anna: Client, bob: Client, diary: str
) -> None:
    await share(anna, BOB)
    locked = await anna.ask("LOCK", diary + "a.ics", LOCK, depth="0")
    assert locked.status == 200
    refused = await bob.ask("PUT", SHARED + "a.ics", an_event("a", summary="x"))
    assert (refused.status, SHARED + "a.ics" in refused.body.decode()) == (423, True)
    seen = (await bob.propfind(SHARED + "a.ics", "D:lockdiscovery")).only
    assert SHARED + "a.ics" in seen.hrefs("D:lockdiscovery")
    assert (await bob.ask("DELETE", SHARED)).status == 204
    assert (await anna.propfind(diary + "a.ics", "D:lockdiscovery")).only.descendants("D:lockdiscovery")


async def test_a_proxys_lock_stands_at_the_others_url(anna: Client, bob: Client) -> None:
    await set_members(anna, "/dav/principals/anna/calendar-proxy-write/", BOB)
    path = anna.home + "my-calendar/a.ics"
    assert (await anna.ask("PUT", path, an_event("a"))).status == 201
    locked = await bob.ask("LOCK", path, LOCK, depth="0")
    assert (locked.status, locked.xml.findtext(".//{DAV:}lockroot/{DAV:}href")) == (200, path)
    refused = await anna.ask("PUT", path, an_event("a", summary="x"))
    assert (refused.status, path in refused.body.decode()) == (423, True)
    assert (await bob.propfind(path, "D:lockdiscovery")).only.hrefs("D:lockdiscovery")[1] == path
    token = locked.headers["Lock-Token"]
    assert (await bob.ask("PUT", path, an_event("a", summary="y"), **{"if": f"({token})"})).status == 204
    assert (await bob.ask("UNLOCK", path, lock_token=token)).status == 204


async def test_each_says_his_own_of_what_they_share(anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB, "read")
    said = (
        "<D:displayname>His</D:displayname><A:calendar-color>#00FF00</A:calendar-color><x:y xmlns:x='urn:x'>his</x:y>"
    )
    body = f"<D:propertyupdate {DECLARED}><D:set><D:prop>{said}</D:prop></D:set></D:propertyupdate>"
    assert (await bob.ask("PROPPATCH", SHARED, body)).status == 207
    seen = (await bob.propfind(SHARED, "D:displayname", "A:calendar-color")).only
    assert (seen.text("D:displayname"), seen.text("A:calendar-color")) == ("His", "#00FF00")
    asked = f"<D:propfind {DECLARED}><D:prop><D:displayname/><x:y xmlns:x='urn:x'/></D:prop></D:propfind>"
    hers = (await anna.ask("PROPFIND", diary, asked, depth="0")).only
    assert hers.text("D:displayname") == "Diary"
    assert hers.missing == {"{urn:x}y"}


async def test_what_a_proxy_says_of_a_home_is_not_said_of_his_own(anna: Client, bob: Client) -> None:
    await set_members(anna, "/dav/principals/anna/calendar-proxy-write/", BOB)
    body = (
        f"<D:propertyupdate {DECLARED}><D:set><D:prop><x:y xmlns:x='urn:x'>1</x:y></D:prop></D:set></D:propertyupdate>"
    )
    assert (await bob.ask("PROPPATCH", bob.home, body)).status == 207
    assert (await bob.ask("PROPPATCH", anna.home, body)).status == 403
    asked = f"<D:propfind {DECLARED}><D:prop><x:y xmlns:x='urn:x'/></D:prop></D:propfind>"
    assert (await bob.ask("PROPFIND", bob.home, asked, depth="0")).only.missing == set()
    assert (await bob.ask("PROPFIND", anna.home, asked, depth="0")).only.missing == {"{urn:x}y"}
    assert (await bob.ask("PROPPATCH", anna.home + "my-calendar/", body)).status == 207
    assert (await anna.ask("PROPFIND", anna.home + "my-calendar/", asked, depth="0")).only.missing == {"{urn:x}y"}
    for method in ("MKCALENDAR", "DELETE"):
        refused = await bob.ask(method, anna.home + ("new/" if method == "MKCALENDAR" else "my-calendar/"))
        assert (refused.status, refused.preconditions) == (403, ["D:need-privileges"])


def acl_body(*aces: str) -> str:
    return f"<D:acl {DECLARED}>{''.join(aces)}</D:acl>"


def ace(principal: str, *privileges: str, more: str = "") -> str:
    granted = "".join(f"<D:privilege><{name}/></D:privilege>" for name in privileges)
    return f"<D:ace><D:principal>{principal}</D:principal><D:grant>{granted}</D:grant>{more}</D:ace>"


HIM = f"<D:href>{BOB}</D:href>"


async def test_a_list_that_is_set_is_a_list_of_sharees(anna: Client, bob: Client, diary: str) -> None:
    assert (await anna.ask("ACL", diary, acl_body(ace(HIM, "D:read")))).status == 200
    assert not {"D:write"} & set(
        (await bob.propfind(SHARED, "D:current-user-privilege-set")).only.descendants("D:current-user-privilege-set")
    )
    listed = (await anna.propfind(diary, "D:acl")).only.found["{DAV:}acl"]
    sent_back = "".join(f"<D:ace>{''.join(_inner(one))}</D:ace>" for one in listed)
    assert (await anna.ask("ACL", diary, acl_body(sent_back))).status == 200
    assert [said for _, said in await users(anna)] == [["invite-noresponse", "read"]]
    assert (await anna.ask("ACL", diary, acl_body(ace(HIM, "D:read", "D:write")))).status == 200
    assert (await bob.ask("PUT", SHARED + "b.ics", an_event("b"))).status == 201
    assert (await anna.ask("ACL", diary, acl_body())).status == 200
    assert (await bob.propfind(SHARED, "D:displayname")).status == 404


def _inner(element: object) -> list[str]:
    from lxml import etree

    assert isinstance(element, etree._Element)
    return [etree.tostring(one).decode() for one in element]


@pytest.mark.parametrize(
    ("entry", "precondition"),
    [
        (ace("<D:all/>", "D:read"), "D:allowed-principal"),
        (ace("<D:href>/dav/principals/nobody/</D:href>", "D:read"), "D:recognized-principal"),
        (ace("<D:href>/dav/principals/anna/</D:href>", "D:read"), "D:no-protected-ace-conflict"),
        (ace(HIM, "D:write-acl"), "D:not-supported-privilege"),
        (ace(HIM, "D:all"), "D:not-supported-privilege"),
        (ace(HIM, "D:bind"), "D:not-supported-privilege"),
        (ace(HIM), "D:not-supported-privilege"),
        (ace(HIM, "C:read-free-busy"), "D:not-supported-privilege"),
        (ace(HIM, "D:read").replace("D:grant", "D:deny"), "D:grant-only"),
        (f"<D:ace><D:invert><D:principal>{HIM}</D:principal></D:invert><D:grant/></D:ace>", "D:no-invert"),
        (ace(HIM, "D:read") * 201, "D:limited-number-of-aces"),
    ],
)
async def test_a_list_that_cannot_be_is_refused_by_name_and_whole(
    anna: Client, diary: str, entry: str, precondition: str
) -> None:
    answer = await anna.ask("ACL", diary, acl_body(ace(HIM, "D:read"), entry))
    assert (answer.status, answer.preconditions) == (403, [precondition])
    assert await users(anna) == []


async def test_the_crms_own_lists_are_not_written(anna: Client, diary: str) -> None:
    for path in (
        anna.home,
        anna.home + "my-calendar/",
        anna.books + "readable/",
        "/dav/principals/anna/",
        diary + "a.ics",
    ):
        answer = await anna.ask("ACL", path, acl_body(ace(HIM, "D:read")))
        assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"]), path
        assert b"<D:write-acl/>" in answer.body


async def test_a_sharees_entry_stands_in_the_list_and_can_be_asked_about(anna: Client, bob: Client, diary: str) -> None:
    await share(anna, BOB)
    for path in (diary, diary + "a.ics"):
        assert BOB in (await anna.propfind(path, "D:acl")).only.hrefs("D:acl")
    for answer in (
        await anna.multiget(diary, [diary + "a.ics"], "D:acl"),
        await anna.sync(diary, "", "D:acl"),
        await anna.ask("PROPFIND", diary, propfind_body("D:acl"), depth="1"),
    ):
        assert BOB in answer.at(diary + "a.ics").hrefs("D:acl")
    body = f"<D:acl-principal-prop-set {DECLARED}><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"
    answer = await anna.ask("REPORT", diary, body, depth="0")
    assert answer.at(BOB).text("D:displayname") == bob.who.name
    assert "/dav/principals/anna/calendar-proxy-write/" in answer.hrefs
