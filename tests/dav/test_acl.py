"""Privileges and access control lists (RFC 3744 §5) as the CRM's rights give them."""

from lxml import etree

from tests.dav.client import DECLARED, Client, Resource, _prefixed

CALENDAR = "/dav/calendars/anna/my-calendar/"
SHARED = "/dav/addressbooks/anna/readable/"
ANNA = "/dav/principals/anna/"


def _aces(found: Resource) -> list[tuple[str, list[str], list[str]]]:
    """Principal, what is granted, and what else is said, of each DAV:ace."""
    aces = []
    for ace in found.found["{DAV:}acl"]:
        (principal,) = ace.findall("{DAV:}principal/*")
        granted = [_prefixed(str(one.tag)) for one in ace.findall("{DAV:}grant/{DAV:}privilege/*")]
        rest = [_prefixed(str(one.tag)) for one in ace if str(one.tag) not in {"{DAV:}principal", "{DAV:}grant"}]
        aces.append((principal.text or _prefixed(str(principal.tag)), granted, rest))
    return aces


def _tree(element: etree._Element) -> dict[str, list[str]]:
    """Each supported privilege with those it is the sum of."""
    found = {}
    for one in element.iter("{DAV:}supported-privilege"):
        (name,) = one.findall("{DAV:}privilege/*")
        parts = one.findall("{DAV:}supported-privilege/{DAV:}privilege/*")
        found[_prefixed(str(name.tag))] = [_prefixed(str(part.tag)) for part in parts]
    return found


async def test_a_list_says_what_the_one_who_asks_may_do(anna: Client) -> None:
    for path in (CALENDAR, "/dav/calendars/anna/", ANNA):
        found = (await anna.propfind(path, "D:acl", "D:current-user-privilege-set", "D:owner")).only
        (principal, granted, rest), *_ = _aces(found)
        held = [name for name in found.descendants("D:current-user-privilege-set") if name != "D:privilege"]
        assert ([principal], granted, rest) == (found.hrefs("D:owner"), held, ["D:protected"])


async def test_what_the_crm_shows_to_all_is_everybodys_to_read(anna: Client) -> None:
    found = (await anna.propfind(SHARED, "D:acl", "D:owner", "D:group", "D:inherited-acl-set")).only
    ((principal, granted, rest),) = _aces(found)
    assert (principal, rest) == ("D:authenticated", ["D:protected"])
    assert granted == ["D:read", "D:read-current-user-privilege-set", "D:read-acl"]
    assert [found.hrefs(name) for name in ("D:owner", "D:group", "D:inherited-acl-set")] == [[], [], []]


async def test_a_resource_has_its_list_from_its_collection(anna: Client) -> None:
    listing = await anna.propfind(SHARED, "D:acl", depth="1")
    resource = listing.resources[1]
    ((_, _, rest),) = _aces(resource)
    assert rest == ["D:protected", "D:inherited"]
    assert SHARED in resource.hrefs("D:acl")


async def test_every_privilege_there_is_stands_in_the_tree_of_all(anna: Client) -> None:
    for path, has_busy in ((CALENDAR, True), (SHARED, False), (ANNA, False)):
        found = (await anna.propfind(path, "D:supported-privilege-set", "D:current-user-privilege-set")).only
        tree = _tree(found.found["{DAV:}supported-privilege-set"])
        assert tree["D:all"] == ["D:read", "D:write", "D:write-acl", "D:share", "D:unlock"]
        assert tree["D:write"] == ["D:write-properties", "D:write-content", "D:bind", "D:unbind"]
        assert ("C:read-free-busy" in tree["D:read"]) is has_busy
        held = {name for name in found.descendants("D:current-user-privilege-set") if name != "D:privilege"}
        assert held <= tree.keys()


async def test_restrictions_say_that_there_is_only_granting(anna: Client) -> None:
    found = (await anna.propfind(CALENDAR, "D:acl-restrictions")).only
    assert found.children("D:acl-restrictions") == ["D:grant-only", "D:no-invert"]


async def test_the_principals_of_a_list_are_told_with_their_properties(anna: Client) -> None:
    body = f"<D:acl-principal-prop-set {DECLARED}><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"
    answer = await anna.ask("REPORT", CALENDAR, body, depth="0")
    assert answer.at(ANNA).text("D:displayname") == anna.who.name
    assert (await anna.ask("REPORT", SHARED, body, depth="0")).hrefs == []
    refused = await anna.ask("REPORT", "/dav/principals/bob/", body, depth="0")
    assert (refused.status, refused.preconditions) == (403, ["D:need-privileges"])


async def test_a_list_that_is_not_ones_own_to_know_is_forbidden_not_missing(anna: Client) -> None:
    answer = await anna.propfind("/dav/principals/bob/", "D:acl")
    assert b"403 Forbidden" in answer.body
    assert b"404 Not Found" not in answer.body
