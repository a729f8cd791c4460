"""Reports on principals, and expand-property."""

import datetime as dt

import pytest
import sqlalchemy as sa

from gateway.core.filter import TimeRange
from protocols.dav.methods import METHODS
from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client

PRINCIPALS = "/dav/principals/"
ANNA, BOB = "/dav/principals/anna/", "/dav/principals/bob/"


def _search(prop: str, match: str) -> str:
    return f"<D:property-search><D:prop><{prop}/></D:prop><D:match>{match}</D:match></D:property-search>"


async def _found(client: Client, searches: str, attributes: str = "", path: str = PRINCIPALS) -> list[str]:
    body = (
        f"<D:principal-property-search {attributes} {DECLARED}>{searches}<D:prop><D:displayname/></D:prop>"
        "<D:apply-to-principal-collection-set/></D:principal-property-search>"
    )
    answer = await client.ask("REPORT", path, body, depth="0")
    assert answer.status == 207
    return answer.hrefs


async def test_people_find_each_other_by_what_they_are_called(anna: Client, bob: Client) -> None:
    name = anna.who.name.split()[0].lower()
    for client in (anna, bob):
        assert await _found(client, _search("D:displayname", name)) == [ANNA]
    assert await _found(anna, _search("C:calendar-user-address-set", f"MAILTO:{bob.who.address}")) == [BOB]
    assert await _found(anna, _search("CS:email-address-set", bob.who.address), path=anna.home) == [BOB]
    both = _search("D:displayname", name) + _search("CS:email-address-set", bob.who.address)
    assert await _found(anna, both) == []
    assert await _found(anna, both, 'test="anyof"') == [ANNA, BOB]
    assert await _found(anna, both, 'test="allof"') == []
    two = (
        "<D:property-search><D:prop><CS:first-name/><D:displayname/></D:prop>"
        f"<D:match>{name}</D:match></D:property-search>"
    )
    assert await _found(anna, two) == [ANNA]


async def test_a_search_for_what_cannot_be_searched_finds_nobody_and_none_finds_all(anna: Client) -> None:
    assert await _found(anna, _search("D:getetag", "")) == []
    everybody = await _found(anna, "")
    assert everybody[0] == ANNA
    assert {ANNA, BOB} < set(everybody)
    assert await _found(anna, _search("D:displayname", "")) == everybody
    assert await _found(anna, _search("D:displayname", "no such name")) == []
    assert await _found(anna, _search("C:calendar-user-type", "room")) == []


@pytest.mark.parametrize(
    ("kind", "text", "is_found"),
    [
        ("contains", "nna", True),
        ("starts-with", "anna", True),
        ("starts-with", "nna", False),
        ("ends-with", "anna", False),
        ("equals", "anna", False),
    ],
)
async def test_a_match_may_say_where_the_text_stands(anna: Client, kind: str, text: str, is_found: bool) -> None:
    search = _search("D:displayname", text).replace("<D:match>", f'<D:match match-type="{kind}">')
    assert (ANNA in await _found(anna, search)) is is_found


async def test_a_search_while_typing_looks_at_names_and_addresses(anna: Client) -> None:
    async def typed(*tokens: str, context: str = "attendee", limit: str = "") -> Answer:
        words = "".join(f"<CS:search-token>{token}</CS:search-token>" for token in tokens)
        body = (
            f'<CS:calendarserver-principal-search context="{context}" {DECLARED}>{words}{limit}'
            "<D:prop><D:displayname/><CS:record-type/></D:prop></CS:calendarserver-principal-search>"
        )
        return await anna.ask("REPORT", PRINCIPALS, body, depth="0")

    answer = await typed("ANN")
    assert answer.only.href == ANNA
    assert answer.only.text("CS:record-type") == "users"
    assert (await typed("ann", "zzz")).hrefs == []
    assert (await typed("ann", context="location")).hrefs == []
    assert (await typed()).status == 400
    cut = await typed("@", limit="<D:limit><D:nresults>1</D:nresults></D:limit>")
    assert [(one.status, one.error) for one in cut.resources] == [
        ("", ""),
        ("507 Insufficient Storage", "D:number-of-matches-within-limits"),
    ]


async def test_a_colleague_is_a_name_and_an_address_and_no_more(anna: Client, bob: Client) -> None:
    names = ("D:displayname", "D:resourcetype", "D:owner", "D:principal-URL", "C:calendar-user-address-set")
    props = (
        *names,
        "C:calendar-user-type",
        "CS:email-address-set",
        "CS:first-name",
        "CS:last-name",
        "D:alternate-URI-set",
    )
    secret = ("C:calendar-home-set", "CR:addressbook-home-set", "D:acl")
    seen = (await anna.propfind(BOB, *props, *secret, "D:current-user-principal")).only
    assert seen.text("D:displayname") == bob.who.name
    assert seen.descendants("D:resourcetype") == ["D:collection", "D:principal"]
    assert seen.hrefs("D:owner") == seen.hrefs("D:principal-URL") == [BOB]
    assert seen.hrefs("D:current-user-principal") == [ANNA]
    mailto, url, urn = seen.hrefs("C:calendar-user-address-set")
    assert (mailto, url) == (f"mailto:{bob.who.address}", BOB)
    assert urn.startswith("urn:uuid:")
    assert f"{seen.text('CS:first-name')} {seen.text('CS:last-name')}" == bob.who.name
    assert [seen.lacks(name) for name in secret] == [True] * 3
    mine = (await bob.propfind(BOB, *props)).only
    assert [mine.text(name) for name in props] == [seen.text(name) for name in props]
    for method in ("PROPPATCH", "PUT", "DELETE", "MKCOL", "ACL", "POST", "LOCK", "MOVE"):
        assert (await anna.ask(method, BOB)).status == 405


async def test_everybody_is_listed_oneself_first(anna: Client) -> None:
    answer = await anna.propfind(PRINCIPALS, "D:principal-URL", depth="1")
    assert answer.hrefs[:2] == [PRINCIPALS, ANNA]
    assert BOB in answer.hrefs


async def test_where_people_may_not_see_each_other_everybody_is_alone(
    opened: Opened, anna: Client, bob: Client
) -> None:
    opened.store._people.is_open = False
    window = TimeRange(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    addresses = [f"mailto:{anna.who.address}", f"mailto:{bob.who.address}"]
    busy = await opened.store.busy_times(anna.who, addresses, window)
    assert [one.times is None for one in busy] == [False, True]
    assert (await anna.propfind(PRINCIPALS, "D:displayname", depth="1")).hrefs == [PRINCIPALS, ANNA]
    assert await _found(anna, "") == [ANNA]
    for method in (*METHODS, "ACL"):
        foreign, absent = [await anna.ask(method, f"/dav/principals/{login}/", "<") for login in ("bob", "nobody")]
        assert (foreign.status, foreign.headers, foreign.body) == (absent.status, absent.headers, absent.body)


async def test_a_login_is_meant_letter_by_letter_and_must_be_allowed_in(opened: Opened, anna: Client) -> None:
    assert (await anna.propfind("/dav/principals/Bob/", "D:displayname")).status == 404
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.users).where(schema.users.c.login == "bob").values(active=0))
    assert (await anna.propfind(BOB, "D:displayname")).status == 404
    assert BOB not in await _found(anna, "")


async def test_principal_match_is_oneself(anna: Client) -> None:
    body = f"<D:principal-match {DECLARED}><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>"
    answer = await anna.ask("REPORT", PRINCIPALS, body)
    assert answer.only.href == ANNA
    assert answer.only.text("D:displayname") == anna.who.name


async def test_principal_match_finds_what_names_oneself_in_a_property(anna: Client) -> None:
    async def naming(path: str, prop: str) -> list[str]:
        body = (
            f"<D:principal-match {DECLARED}><D:principal-property>{prop}</D:principal-property>"
            "<D:prop><D:displayname/></D:prop></D:principal-match>"
        )
        answer = await anna.ask("REPORT", path, body)
        return answer.hrefs if answer.status == 207 else [str(answer.status)]

    mine = await naming(anna.books, "<D:owner/>")
    assert f"{anna.books}my-contacts/" in mine
    assert f"{anna.books}readable/" not in mine
    assert await naming(PRINCIPALS, "<D:owner/>") == [ANNA]
    assert await naming(PRINCIPALS, "<D:getetag/>") == []
    assert await naming(PRINCIPALS, "<D:owner/><D:group/>") == ["400"]
    assert await naming(PRINCIPALS, "") == ["400"]


async def test_what_can_be_searched_is_listed(anna: Client) -> None:
    answer = await anna.ask("REPORT", PRINCIPALS, f"<D:principal-search-property-set {DECLARED}/>")
    assert answer.status == 200
    assert len(answer.xml.findall("{DAV:}principal-search-property")) == 6


async def test_expand_property_follows_hrefs(anna: Client) -> None:
    body = (
        f'<D:expand-property {DECLARED}><D:property name="current-user-principal"><D:property name="displayname"/>'
        '<D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"><D:property name="resourcetype"/>'
        '</D:property></D:property><D:property name="nothing" namespace="urn:x"/></D:expand-property>'
    )
    answer = await anna.ask("REPORT", "/dav/", body)
    assert answer.status == 207
    assert answer.only.missing == {"{urn:x}nothing"}
    principal = answer.only.found["{DAV:}current-user-principal"].find("{DAV:}response")
    assert principal is not None
    assert principal.findtext("{DAV:}href") == "/dav/principals/anna/"
    home = principal.find(".//{urn:ietf:params:xml:ns:caldav}calendar-home-set/{DAV:}response")
    assert home is not None
    assert home.findtext("{DAV:}href") == "/dav/calendars/anna/"


@pytest.mark.parametrize(
    "attributes", ["", 'name="a b"', 'name="&lt;x"', 'name="x" namespace="&lt;"', 'name="x" namespace=" "']
)
async def test_expand_property_takes_only_names(anna: Client, attributes: str) -> None:
    body = f"<D:expand-property {DECLARED}><D:property {attributes}/></D:expand-property>"
    assert (await anna.ask("REPORT", "/dav/", body)).status == 400


async def test_expand_property_ends_before_it_is_the_product_of_everything(anna: Client) -> None:
    inner = ""
    for _ in range(11):
        inner = "".join(f'<D:property name="{name}">{inner}</D:property>' for name in ("owner", "principal-URL"))
    answer = await anna.ask("REPORT", ANNA, f"<D:expand-property {DECLARED}>{inner}</D:expand-property>")
    assert (answer.status, answer.preconditions) == (403, ["D:number-of-matches-within-limits"])


async def test_reports_nobody_knows_are_refused_with_their_precondition(anna: Client) -> None:
    answer = await anna.ask("REPORT", PRINCIPALS, f"<D:version-tree {DECLARED}/>")
    assert (answer.status, answer.preconditions) == (403, ["D:supported-report"])
