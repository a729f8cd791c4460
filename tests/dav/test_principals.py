"""Reports on principals, and expand-property."""

import pytest

from tests.dav.client import DECLARED, Client

PRINCIPALS = "/dav/principals/"


def _search(prop: str, match: str) -> str:
    return f"<D:property-search><D:prop><{prop}/></D:prop><D:match>{match}</D:match></D:property-search>"


async def _found(client: Client, searches: str, attributes: str = "") -> list[str]:
    body = (
        f"<D:principal-property-search {attributes} {DECLARED}>{searches}<D:prop><D:displayname/></D:prop>"
        "</D:principal-property-search>"
    )
    answer = await client.ask("REPORT", PRINCIPALS, body, depth="0")
    assert answer.status == 207
    return answer.hrefs


async def test_a_principal_finds_himself_and_nobody_else(anna: Client, bob: Client) -> None:
    name = anna.who.name.split()[0].lower()
    assert await _found(anna, _search("D:displayname", name)) == ["/dav/principals/anna/"]
    assert await _found(bob, _search("D:displayname", name)) == []
    assert await _found(anna, _search("C:calendar-user-address-set", anna.who.address)) == ["/dav/principals/anna/"]
    assert await _found(anna, _search("D:displayname", name) + _search("CS:email-address-set", "zzz")) == []
    both = _search("D:displayname", name) + _search("CS:email-address-set", "zzz")
    assert await _found(anna, both, 'test="anyof"') == ["/dav/principals/anna/"]
    assert await _found(anna, _search("D:getetag", "")) == []
    assert await _found(anna, "") == ["/dav/principals/anna/"]


async def test_principal_match_is_oneself(anna: Client) -> None:
    body = f"<D:principal-match {DECLARED}><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>"
    answer = await anna.ask("REPORT", PRINCIPALS, body)
    assert answer.only.href == "/dav/principals/anna/"
    assert answer.only.text("D:displayname") == anna.who.name


async def test_what_can_be_searched_is_listed(anna: Client) -> None:
    answer = await anna.ask("REPORT", PRINCIPALS, f"<D:principal-search-property-set {DECLARED}/>")
    assert answer.status == 200
    assert len(answer.xml.findall("{DAV:}principal-search-property")) == 3


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


async def test_reports_nobody_knows_are_refused_with_their_precondition(anna: Client) -> None:
    answer = await anna.ask("REPORT", PRINCIPALS, f"<D:version-tree {DECLARED}/>")
    assert (answer.status, answer.preconditions) == (403, ["D:supported-report"])
