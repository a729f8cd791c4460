"""MKCOL, MKCALENDAR and DELETE of collections: RFC 4918 §9.3, RFC 5689, RFC 4791 §5.3.1."""

import pytest

from tests.dav.client import DECLARED, Answer, Client, Resource, resources
from tests.dav.documents import a_card, a_task, an_event

CALENDARS, BOOKS = "/dav/calendars/anna/", "/dav/addressbooks/anna/"
CALENDAR = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
BOOK = "<D:resourcetype><D:collection/><CR:addressbook/></D:resourcetype>"
TASKS = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'


async def mkcol(client: Client, path: str, properties: str) -> Answer:
    body = f"<D:mkcol {DECLARED}><D:set><D:prop>{properties}</D:prop></D:set></D:mkcol>"
    return await client.ask("MKCOL", path, body, content_type="application/xml")


async def mkcalendar(client: Client, path: str, properties: str) -> Answer:
    body = f"<C:mkcalendar {DECLARED}><D:set><D:prop>{properties}</D:prop></D:set></C:mkcalendar>"
    return await client.ask("MKCALENDAR", path, body, content_type="application/xml")


def refusals(answer: Answer, root: str) -> dict[str, tuple[str, list[str]]]:
    """What a mkcol-response says of each property."""
    assert answer.xml.tag == root
    inner = answer.body.split(b">", 2)[2].rsplit(b"</", 1)[0]
    body = f"<D:multistatus {DECLARED}><D:response>".encode() + inner + b"</D:response></D:multistatus>"
    (one,) = resources(body)
    assert isinstance(one, Resource)
    assert one.found == {}
    return one.refused


async def test_a_calendar_is_made_and_is_there_for_its_maker_alone(anna: Client, bob: Client) -> None:
    made = await anna.ask("MKCALENDAR", CALENDARS + "diary/")
    assert (made.status, made.body, made.headers["Cache-Control"]) == (201, b"", "no-cache")
    listed = (await anna.propfind(CALENDARS, "D:resourcetype", "D:displayname", depth="1")).at(CALENDARS + "diary/")
    assert listed.children("D:resourcetype") == ["D:collection", "C:calendar"]
    assert listed.text("D:displayname") == "diary"
    assert (await anna.ask("PUT", CALENDARS + "diary/a.ics", an_event("a"))).status == 201
    assert (await anna.ask("GET", CALENDARS + "diary/a.ics")).body == an_event("a")
    assert (await bob.propfind("/dav/calendars/bob/diary/", "D:displayname")).status == 404
    assert (await bob.propfind(CALENDARS + "diary/", "D:displayname")).status == 404
    assert (await bob.ask("MKCALENDAR", CALENDARS + "other/")).status == 409


async def test_a_calendar_is_made_with_its_properties(anna: Client) -> None:
    properties = (
        "<D:displayname>To do</D:displayname><A:calendar-color>#00FF00FF</A:calendar-color>"
        f'<C:calendar-description xml:lang="en">Things</C:calendar-description>{TASKS}<x xmlns="urn:x">mine</x>'
        "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
    )
    assert (await mkcalendar(anna, CALENDARS + "todo/", properties)).status == 201
    (told,) = (await anna.ask("PROPFIND", CALENDARS + "todo/", depth="0")).resources
    assert (told.text("D:displayname"), told.found["{urn:x}x"].text) == ("To do", "mine")
    told = (
        await anna.propfind(
            CALENDARS + "todo/", "A:calendar-color", "C:calendar-description", "C:schedule-calendar-transp",
            "C:supported-calendar-component-set", "D:current-user-privilege-set",
        )
    ).only  # fmt: skip
    assert (told.text("A:calendar-color"), told.text("C:calendar-description")) == ("#00FF00FF", "Things")
    assert told.children("C:schedule-calendar-transp") == ["C:transparent"]
    assert told.found["{urn:ietf:params:xml:ns:caldav}supported-calendar-component-set"][0].get("name") == "VTODO"
    assert "D:write" in told.descendants("D:current-user-privilege-set")
    assert (await anna.ask("PUT", CALENDARS + "todo/a.ics", a_task("a"))).status == 201
    refused = await anna.ask("PUT", CALENDARS + "todo/b.ics", an_event("b"))
    assert refused.preconditions == ["C:supported-calendar-component"]


async def test_a_calendar_of_no_stated_kind_holds_all_of_them(anna: Client) -> None:
    mixed, tasks = CALENDARS + "mixed/", CALENDARS + "my-tasks/"
    every = "".join(f'<C:comp name="{name}"/>' for name in ("VJOURNAL", "VEVENT", "vtodo"))
    stated = f"<C:supported-calendar-component-set>{every}</C:supported-calendar-component-set>"
    assert (await mkcalendar(anna, CALENDARS + "stated/", stated)).status == 201
    await anna.ask("MKCALENDAR", mixed)
    assert (await anna.ask("PUT", CALENDARS + "stated/t.ics", a_task("t"))).status == 201
    told = (await anna.propfind(mixed, "C:supported-calendar-component-set")).only
    assert told.descendants("C:supported-calendar-component-set") == ["C:comp"] * 3
    assert (await anna.ask("PUT", mixed + "x.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")).status == 403
    assert (await anna.ask("PUT", mixed + "e.ics", an_event("e"))).status == 201
    assert (await anna.ask("PUT", mixed + "t.ics", a_task("t"))).status == 201
    assert (await anna.ask("GET", mixed + "t.ics")).body == a_task("t")
    listed = await anna.propfind(mixed, "D:getcontenttype", depth="1")
    assert listed.at(mixed + "t.ics").text("D:getcontenttype") == "text/calendar; charset=utf-8"
    for component, href in (("VEVENT", "e.ics"), ("VTODO", "t.ics")):
        query = (
            f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="{component}"/></C:comp-filter></C:filter>'
        )
        body = f"<C:calendar-query {DECLARED}><D:prop><D:getetag/></D:prop>{query}</C:calendar-query>"
        assert (await anna.ask("REPORT", mixed, body)).hrefs == [mixed + href]
    refused = await anna.ask("COPY", mixed + "e.ics", destination=tasks + "e.ics")
    assert refused.preconditions == ["C:supported-calendar-component"]
    assert (await anna.ask("MOVE", mixed + "t.ics", destination=tasks + "t.ics")).status == 201
    assert (await anna.ask("COPY", tasks + "t.ics", destination=mixed + "back.ics")).status == 201
    assert b"BEGIN:VTODO" in (await anna.ask("GET", mixed + "back.ics")).body


async def test_an_address_book_and_a_calendar_are_made_by_mkcol(anna: Client) -> None:
    assert (await mkcol(anna, BOOKS + "private", BOOK + "<D:displayname>Private</D:displayname>")).status == 201
    told = (await anna.propfind(BOOKS + "private/", "D:displayname", "D:resourcetype")).only
    assert told.text("D:displayname") == "Private"
    assert told.children("D:resourcetype") == ["D:collection", "CR:addressbook"]
    assert (await anna.ask("PUT", BOOKS + "private/a.vcf", a_card("a"))).status == 201
    assert (await mkcol(anna, CALENDARS + "d%C3%A4y%20one/", CALENDAR)).status == 201
    assert (await anna.propfind(CALENDARS + "däy%20one/", "D:displayname")).only.text("D:displayname") == "däy one"


async def test_a_name_is_taken_once(anna: Client) -> None:
    for taken in ("my-calendar", "diary"):
        if taken == "diary":
            assert (await anna.ask("MKCALENDAR", CALENDARS + "diary/")).status == 201
        again = await anna.ask("MKCALENDAR", CALENDARS + taken)
        assert (again.status, again.preconditions) == (403, ["D:resource-must-be-null"])
        again = await mkcol(anna, CALENDARS + taken, CALENDAR)
        assert (again.status, again.preconditions) == (405, ["D:resource-must-be-null"])
        assert "MKCOL" not in again.headers["Allow"]
        assert (await anna.ask("MKCOL", CALENDARS + taken)).status == 405


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        (CALENDARS + "x/", BOOK, "CR:addressbook-collection-location-ok"),
        (BOOKS + "x/", CALENDAR, "C:calendar-collection-location-ok"),
        (CALENDARS + "x/", "<D:resourcetype><D:collection/></D:resourcetype>", "D:valid-resourcetype"),
        (BOOKS + "x/", "<D:resourcetype><D:collection/><C:calendar/><CR:addressbook/></D:resourcetype>", "D:valid-resourcetype"),
        (CALENDARS + "x/", "<D:resourcetype><D:collection/><CS:subscribed/></D:resourcetype>", "D:valid-resourcetype"),
        (CALENDARS + "x/", "<D:resourcetype/>", "D:valid-resourcetype"),
        (CALENDARS + "x/", "<D:displayname>No type</D:displayname>", "D:valid-resourcetype"),
    ],
)  # fmt: skip
async def test_each_kind_has_its_home_and_nothing_else_is_made(anna: Client, path: str, kind: str, why: str) -> None:
    answer = await mkcol(anna, path, kind + '<y xmlns="urn:y"/>')
    assert answer.status == 403
    found = refusals(answer, "{DAV:}mkcol-response")
    assert found["D:resourcetype"] == ("403 Forbidden", [why])
    assert found["{urn:y}y"] == ("424 Failed Dependency", [])
    assert (await anna.propfind(path, "D:displayname")).status == 404


@pytest.mark.parametrize(
    ("properties", "name", "status", "why"),
    [
        ("<D:getetag>x</D:getetag>", "D:getetag", 403, "D:cannot-modify-protected-property"),
        ("<A:calendar-color>no colour</A:calendar-color>", "A:calendar-color", 409, ""),
        ("<C:calendar-timezone>x</C:calendar-timezone>", "C:calendar-timezone", 403, "C:valid-calendar-data"),
        (TASKS.replace("<C:comp", '<C:comp name="VEVENT"/><C:comp'), "C:supported-calendar-component-set", 403, "C:supported-calendar-component"),
        (TASKS.replace("VTODO", "VPOLL"), "C:supported-calendar-component-set", 403, "C:supported-calendar-component"),
        ("<C:supported-calendar-component-set/>", "C:supported-calendar-component-set", 403, "C:supported-calendar-component"),
        (f"<x xmlns='urn:x'>{'x' * 140_000}</x>", "{urn:x}x", 507, ""),
    ],
)  # fmt: skip
async def test_a_collection_is_made_with_all_its_properties_or_not_at_all(
    anna: Client, properties: str, name: str, status: int, why: str
) -> None:
    answer = await mkcalendar(anna, CALENDARS + "x/", "<C:calendar-description>x</C:calendar-description>" + properties)
    assert answer.status == status
    found = refusals(answer, "{urn:ietf:params:xml:ns:caldav}mkcalendar-response")
    assert found[name][1] == ([why] if why else [])
    assert found["C:calendar-description"][0][:3] == ("507" if status == 507 else "424")
    assert (await anna.propfind(CALENDARS + "x/", "D:displayname")).status == 404
    assert (await anna.ask("MKCALENDAR", CALENDARS + "x/")).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("MKCOL", CALENDARS + "x/", "", 403),
        ("MKCOL", CALENDARS + "x/", f"<D:propfind {DECLARED}/>", 415),
        ("MKCALENDAR", CALENDARS + "x/", f"<D:mkcol {DECLARED}/>", 415),
        ("MKCOL", CALENDARS + "x/", "no xml", 400),
        ("MKCOL", CALENDARS + "x/", f"<D:mkcol {DECLARED}><D:remove><D:prop><D:x/></D:prop></D:remove></D:mkcol>", 400),
        ("MKCALENDAR", CALENDARS + "my-calendar/x", "", 403),
        ("MKCALENDAR", CALENDARS + "none/x", "", 409),
        ("MKCALENDAR", BOOKS + "x/", "", 403),
        ("MKCALENDAR", CALENDARS + "x" * 81 + "/", "", 507),
        ("MKCALENDAR", CALENDARS + "x%0Ay/", "", 403),
        ("MKCALENDAR", CALENDARS + "x%2Fy/", "", 403),
        ("MKCALENDAR", CALENDARS, "", 405),
        ("MKCOL", "/dav/", "", 405),
        ("MKCALENDAR", "/dav/calendars/bob/x/", "", 409),
    ],
)
async def test_what_cannot_be_made_is_not(anna: Client, method: str, path: str, body: str, status: int) -> None:
    before = (await anna.propfind(CALENDARS, "D:displayname", depth="1")).hrefs
    assert (await anna.ask(method, path, body)).status == status
    assert (await anna.propfind(CALENDARS, "D:displayname", depth="1")).hrefs == before


async def test_another_media_type_is_not_taken(anna: Client) -> None:
    assert (await anna.ask("MKCOL", CALENDARS + "x/", "{}", content_type="application/json")).status == 415


async def test_a_collection_of_ones_own_is_deleted_with_all_that_is_in_it(anna: Client) -> None:
    await anna.ask("MKCALENDAR", CALENDARS + "diary/")
    await anna.ask("PUT", CALENDARS + "diary/a.ics", an_event("a"))
    token = (await anna.propfind(CALENDARS + "diary/", "D:sync-token")).only.text("D:sync-token")
    assert (await anna.ask("DELETE", CALENDARS + "diary/", depth="1")).status == 400
    assert (await anna.ask("DELETE", CALENDARS + "diary/", if_match='"x"')).status == 412
    assert (await anna.ask("DELETE", CALENDARS + "diary/", depth="infinity")).status == 204
    assert (await anna.ask("GET", CALENDARS + "diary/a.ics")).status == 404
    assert (await anna.ask("DELETE", CALENDARS + "diary/")).status == 404
    await anna.ask("MKCALENDAR", CALENDARS + "diary/")
    assert (await anna.propfind(CALENDARS + "diary/", "D:getetag", depth="1")).hrefs == [CALENDARS + "diary/"]
    assert (await anna.sync(CALENDARS + "diary/", token)).preconditions == ["D:valid-sync-token"]


@pytest.mark.parametrize("path", [CALENDARS + "my-calendar/", BOOKS + "all-contacts/"])
async def test_a_collection_of_the_crm_is_not_deleted_by_a_client(anna: Client, path: str) -> None:
    answer = await anna.ask("DELETE", path)
    assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])
    assert b"administrator" in answer.body
    assert (await anna.propfind(path, "D:displayname")).status == 207


async def test_a_home_says_that_collections_may_be_made_in_it(anna: Client) -> None:
    told = (await anna.propfind(CALENDARS, "D:current-user-privilege-set", "C:supported-calendar-component-sets")).only
    assert {"D:bind", "D:unbind"} <= {*told.descendants("D:current-user-privilege-set")}
    assert told.descendants("C:supported-calendar-component-sets").count("C:comp") == 3
    assert "extended-mkcol" in (await anna.ask("OPTIONS", CALENDARS)).headers["DAV"]
    books = (await anna.propfind(BOOKS, "D:current-user-privilege-set", "C:supported-calendar-component-sets")).only
    assert books.lacks("C:supported-calendar-component-sets")
