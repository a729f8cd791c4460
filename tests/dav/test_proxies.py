"""Acting for another in his calendars: groups, what a proxy finds and may do, and what stays hidden from him."""

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import an_event

ANNA, BOB = "/dav/principals/anna/", "/dav/principals/bob/"
READERS, WRITERS = ANNA + "calendar-proxy-read/", ANNA + "calendar-proxy-write/"
HOME = "/dav/calendars/anna/"
CALENDAR = HOME + "my-calendar/"


async def set_members(client: Client, group: str, *addresses: str) -> Answer:
    hrefs = "".join(f"<D:href>{address}</D:href>" for address in addresses)
    body = (
        f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:group-member-set>{hrefs}</D:group-member-set></D:prop></D:set>"
        "</D:propertyupdate>"
    )
    return await client.ask("PROPPATCH", group, body)


def expanded(answer: Answer, name: str) -> list[str]:
    """The hrefs of the responses within an expanded property."""
    return [one.findtext("{DAV:}href") or "" for one in answer.only.found[name].findall("{DAV:}response")]


@pytest.mark.parametrize("called", ["url", "mailto", "urn"])
async def test_the_owner_says_who_acts_for_him(anna: Client, bob: Client, called: str) -> None:
    addresses = (await anna.propfind(BOB, "C:calendar-user-address-set")).only.hrefs("C:calendar-user-address-set")
    address = dict(zip(("mailto", "url", "urn"), addresses, strict=True))[called]
    answer = await set_members(anna, WRITERS, address)
    assert (answer.status, answer.only.has("D:group-member-set")) == (207, True)
    group = (await anna.propfind(WRITERS, "D:group-member-set", "D:resourcetype", "D:owner", "D:principal-URL")).only
    assert group.hrefs("D:group-member-set") == [BOB]
    assert group.children("D:resourcetype") == ["D:principal", "D:collection", "CS:calendar-proxy-write"]
    assert (group.hrefs("D:owner"), group.hrefs("D:principal-URL")) == ([ANNA], [WRITERS])
    assert (await anna.propfind(READERS, "D:group-member-set")).only.hrefs("D:group-member-set") == []
    mine = (
        await bob.propfind(BOB, "D:group-membership", "CS:calendar-proxy-write-for", "CS:calendar-proxy-read-for")
    ).only
    assert mine.hrefs("D:group-membership") == [WRITERS]
    assert mine.hrefs("CS:calendar-proxy-write-for") == [ANNA]
    assert mine.hrefs("CS:calendar-proxy-read-for") == []
    await set_members(anna, READERS, address)
    assert (await anna.propfind(WRITERS, "D:group-member-set")).only.hrefs("D:group-member-set") == []
    await set_members(anna, READERS)
    assert (await bob.propfind(BOB, "D:group-membership")).only.hrefs("D:group-membership") == []


async def test_members_are_people_and_all_or_nothing(anna: Client) -> None:
    for stranger in ("/dav/principals/nobody/", "mailto:nobody@crm.example", "urn:uuid:0", HOME, WRITERS, ""):
        answer = await set_members(anna, WRITERS, BOB, stranger)
        assert b"409 Conflict" in answer.body, stranger
        assert b"recognized-principal" in answer.body
    body = (
        f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:group-member-set><D:href>{BOB}</D:href></D:group-member-set>"
        "<D:displayname>x</D:displayname></D:prop></D:set></D:propertyupdate>"
    )
    answer = await anna.ask("PROPPATCH", WRITERS, body)
    assert b"424 Failed Dependency" in answer.body
    assert b"cannot-modify-protected-property" in answer.body
    assert (await anna.propfind(WRITERS, "D:group-member-set")).only.hrefs("D:group-member-set") == []
    assert (await anna.ask("PROPPATCH", WRITERS, f"<D:propfind {DECLARED}/>")).status == 400


async def test_a_removed_member_set_is_empty(anna: Client) -> None:
    await set_members(anna, WRITERS, BOB)
    body = (
        f"<D:propertyupdate {DECLARED}><D:remove><D:prop><D:group-member-set/></D:prop></D:remove></D:propertyupdate>"
    )
    assert (await anna.ask("PROPPATCH", WRITERS, body)).status == 207
    assert (await anna.propfind(WRITERS, "D:group-member-set")).only.hrefs("D:group-member-set") == []


async def test_a_principal_has_his_groups_below_him(anna: Client) -> None:
    answer = await anna.propfind(ANNA, "D:displayname", depth="1")
    assert answer.hrefs == [ANNA, READERS, WRITERS]


async def test_ical_asks_whose_calendars_it_may_open_in_one_question(anna: Client, bob: Client) -> None:
    await set_members(anna, WRITERS, BOB)
    inner = "".join(
        f'<D:property name="{name}" namespace="{namespace}"/>'
        for name, namespace in (
            ("displayname", "DAV:"),
            ("calendar-home-set", "urn:ietf:params:xml:ns:caldav"),
            ("calendar-user-address-set", "urn:ietf:params:xml:ns:caldav"),
            ("email-address-set", "http://calendarserver.org/ns/"),
        )
    )
    asked = "".join(
        f'<D:property name="calendar-proxy-{kind}-for" namespace="http://calendarserver.org/ns/">{inner}</D:property>'
        for kind in ("read", "write")
    )
    answer = await bob.ask("REPORT", BOB, f"<D:expand-property {DECLARED}>{asked}</D:expand-property>", depth="0")
    assert expanded(answer, "{http://calendarserver.org/ns/}calendar-proxy-write-for") == [ANNA]
    assert expanded(answer, "{http://calendarserver.org/ns/}calendar-proxy-read-for") == []
    assert HOME.encode() in answer.body
    members = (
        f'<D:expand-property {DECLARED}><D:property name="group-member-set">{inner}</D:property></D:expand-property>'
    )
    answer = await anna.ask("REPORT", WRITERS, members, depth="0")
    assert expanded(answer, "{DAV:}group-member-set") == [BOB]
    # Whoever is let in sees that he is, and not who else is.
    answer = await bob.ask("REPORT", WRITERS, members, depth="0")
    assert b"403 Forbidden" in answer.body


async def test_a_proxy_works_in_anothers_calendars_as_in_his_own(opened: Opened, anna: Client, bob: Client) -> None:
    assert (await bob.propfind(HOME, "D:displayname", depth="1")).status == 404
    await set_members(anna, WRITERS, BOB)
    home = await bob.propfind(HOME, "D:resourcetype", "D:owner", "D:current-user-privilege-set", depth="1")
    assert {HOME, CALENDAR} <= set(home.hrefs)
    calendar = home.at(CALENDAR)
    assert calendar.hrefs("D:owner") == [ANNA]
    assert {"D:read", "D:write", "D:bind"} <= set(calendar.descendants("D:current-user-privilege-set"))
    assert "D:read-acl" not in calendar.descendants("D:current-user-privilege-set")
    made = await bob.ask("PUT", CALENDAR + "a.ics", an_event("a"), if_none_match="*")
    assert made.status == 201
    assert (await anna.ask("GET", CALENDAR + "a.ics")).status == 200
    row = "SELECT owner_id FROM meetings ORDER BY id DESC LIMIT 1"
    assert opened.database.read_now(lambda on: on.exec_driver_sql(row).scalar()) == int(anna.who.id)
    found = await bob.multiget(CALENDAR, [CALENDAR + "a.ics", "/dav/calendars/bob/my-calendar/a.ics"])
    assert [(one.href, one.status) for one in found.resources] == [
        (CALENDAR + "a.ics", ""),
        ("/dav/calendars/bob/my-calendar/a.ics", "404 Not Found"),
    ]
    token = (await bob.sync(CALENDAR)).sync_token
    etag = (await bob.ask("GET", CALENDAR + "a.ics")).etag
    assert (await bob.ask("PUT", CALENDAR + "a.ics", an_event("a", summary="Moved"), if_match=etag)).status == 204
    assert (await bob.sync(CALENDAR, token)).hrefs == [CALENDAR + "a.ics"]
    query = f'<C:calendar-query {DECLARED}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
    assert CALENDAR + "a.ics" in (await bob.ask("REPORT", CALENDAR, query, depth="1")).hrefs
    conflict = await bob.ask("PUT", CALENDAR + "b.ics", an_event("a"))
    assert (conflict.status, CALENDAR + "a.ics" in conflict.body.decode()) == (409, True)
    assert (await bob.ask("DELETE", CALENDAR + "a.ics", if_match='"x"')).status == 412
    assert (await bob.ask("DELETE", CALENDAR + "a.ics")).status == 204
    assert (await anna.ask("GET", CALENDAR + "a.ics")).status == 404


async def test_a_reading_proxy_is_refused_with_the_privilege_he_lacks(anna: Client, bob: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    await set_members(anna, READERS, BOB)
    assert (await bob.ask("GET", CALENDAR + "a.ics")).status == 200
    for method, path, body, url, privilege in (
        ("PUT", CALENDAR + "a.ics", an_event("a", summary="x"), CALENDAR + "a.ics", "write-content"),
        ("PUT", CALENDAR + "b.ics", an_event("b"), CALENDAR, "bind"),
        ("DELETE", CALENDAR + "a.ics", b"", CALENDAR, "unbind"),
    ):
        answer = await bob.ask(method, path, body)
        assert answer.status == 403
        (resource,) = answer.xml.findall("{DAV:}need-privileges/{DAV:}resource")
        assert resource.findtext("{DAV:}href") == url
        assert resource.find(f"{{DAV:}}privilege/{{DAV:}}{privilege}") is not None
    held = (await bob.propfind(CALENDAR, "D:current-user-privilege-set")).only.descendants(
        "D:current-user-privilege-set"
    )
    assert not {"D:write", "D:write-content", "D:bind", "D:unbind"} & set(held)


async def test_nothing_else_of_the_one_he_acts_for_is_there(anna: Client, bob: Client) -> None:
    await set_members(anna, WRITERS, BOB)
    for path in (
        "/dav/addressbooks/anna/",
        "/dav/addressbooks/anna/my-contacts/",
        "/dav/files/anna/",
        READERS,
        HOME + "none/",
        CALENDAR + "none.ics",
        "/dav/calendars/Anna/",
    ):
        for method in ("PROPFIND", "GET", "REPORT"):
            body = "" if method == "GET" else f"<D:sync-collection {DECLARED}/>" if method == "REPORT" else ""
            assert (await bob.ask(method, path, body, depth="0")).status in {404, 403}, (method, path)
    assert (await bob.propfind("/dav/addressbooks/anna/", "D:displayname")).status == 404
    for path in (HOME, WRITERS):
        refused = await set_members(bob, path, BOB)
        assert (refused.status, refused.preconditions) == (403, ["D:need-privileges"])
    secret = (await bob.propfind(ANNA, "CR:addressbook-home-set", "C:calendar-home-set")).only
    assert secret.lacks("CR:addressbook-home-set")
    assert secret.hrefs("C:calendar-home-set") == [HOME]
    assert (await bob.propfind(CALENDAR, "D:acl")).only.lacks("D:acl")


async def test_a_proxy_is_one_no_more_when_either_leaves(opened: Opened, anna: Client, bob: Client) -> None:
    await set_members(anna, WRITERS, BOB)
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.users).where(schema.users.c.login == "anna").values(active=0))
    absent = await bob.propfind("/dav/calendars/nobody/", "D:displayname")
    left = await bob.propfind(HOME, "D:displayname")
    assert (left.status, left.body) == (absent.status, absent.body) == (404, absent.body)
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.users).where(schema.users.c.login == "anna").values(active=1))
        connection.execute(sa.update(schema.users).where(schema.users.c.login == "bob").values(active=0))
    assert (await anna.propfind(WRITERS, "D:group-member-set")).only.hrefs("D:group-member-set") == []
