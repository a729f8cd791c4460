"""PROPFIND: properties, depth, preferences."""

import pytest

from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
TASKS = "/dav/calendars/anna/my-tasks/"
BOOK = "/dav/addressbooks/anna/my-contacts/"
SHARED = "/dav/addressbooks/anna/readable/"


@pytest.mark.parametrize(
    "path",
    ["/", "/dav/", "/principals/", "/principals/users/x/", "/calendar/dav/x/user/", CALENDAR, "/dav/files/anna/"],
)
async def test_everywhere_it_is_said_who_asks(anna: Client, path: str) -> None:
    answer = await anna.propfind(path, "D:current-user-principal")
    assert answer.status == 207
    assert answer.only.href == path
    assert answer.only.hrefs("D:current-user-principal") == ["/dav/principals/anna/"]


async def test_the_principal_says_where_its_homes_are(anna: Client) -> None:
    found = (
        await anna.propfind(
            "/dav/principals/anna/",
            "D:displayname",
            "D:resourcetype",
            "D:principal-URL",
            "C:calendar-home-set",
            "CR:addressbook-home-set",
            "C:calendar-user-address-set",
            "CS:email-address-set",
            "D:principal-collection-set",
        )
    ).only
    assert found.text("D:displayname") == anna.who.name
    assert found.children("D:resourcetype") == ["D:collection", "D:principal"]
    assert found.hrefs("D:principal-URL") == ["/dav/principals/anna/"]
    assert found.hrefs("C:calendar-home-set") == ["/dav/calendars/anna/"]
    assert found.hrefs("CR:addressbook-home-set") == ["/dav/addressbooks/anna/"]
    addresses = found.hrefs("C:calendar-user-address-set")
    assert addresses[:2] == [f"mailto:{anna.who.address}", "/dav/principals/anna/"]
    assert found.text("CS:email-address-set") == anna.who.address
    assert found.hrefs("D:principal-collection-set") == ["/dav/principals/"]


async def test_a_home_lists_its_collections(anna: Client) -> None:
    calendars = await anna.propfind(anna.home, "D:resourcetype", "C:supported-calendar-component-set", depth="1")
    assert calendars.hrefs[0] == anna.home
    assert CALENDAR in calendars.hrefs
    assert TASKS in calendars.hrefs
    assert BOOK not in calendars.hrefs
    books = await anna.propfind(anna.books, "D:resourcetype", "D:displayname", depth="1")
    assert BOOK in books.hrefs
    assert SHARED in books.hrefs
    assert books.at(BOOK).children("D:resourcetype") == ["D:collection", "CR:addressbook"]
    assert books.at(anna.books).children("D:resourcetype") == ["D:collection"]


@pytest.mark.parametrize(("path", "component"), [(CALENDAR, "VEVENT"), (TASKS, "VTODO")])
async def test_a_calendar_says_all_that_clients_want_to_show_it(anna: Client, path: str, component: str) -> None:
    found = (
        await anna.propfind(
            path,
            "D:displayname",
            "D:resourcetype",
            "D:owner",
            "C:supported-calendar-component-set",
            "C:supported-calendar-data",
            "C:supported-collation-set",
            "C:max-resource-size",
            "CS:getctag",
            "D:sync-token",
            "D:supported-report-set",
            "D:current-user-privilege-set",
        )
    ).only
    assert found.text("D:displayname")
    assert found.children("D:resourcetype") == ["D:collection", "C:calendar"]
    assert found.hrefs("D:owner") == ["/dav/principals/anna/"]
    components = found.found["{urn:ietf:params:xml:ns:caldav}supported-calendar-component-set"]
    assert [one.get("name") for one in components] == [component]
    assert found.text("C:max-resource-size") == str(10 << 20)
    assert found.text("CS:getctag") == found.text("D:sync-token")
    assert found.text("D:sync-token").startswith("urn:")
    assert {"D:sync-collection", "C:calendar-multiget", "C:calendar-query"} <= set(
        found.descendants("D:supported-report-set")
    )
    assert {"D:read", "D:write", "D:write-content", "D:bind", "D:unbind"} <= set(
        found.descendants("D:current-user-privilege-set")
    )


async def test_an_address_book_says_which_versions_it_takes(anna: Client) -> None:
    found = (await anna.propfind(BOOK, "CR:supported-address-data", "CR:max-resource-size", "C:max-resource-size")).only
    versions = found.found["{urn:ietf:params:xml:ns:carddav}supported-address-data"]
    assert [one.get("version") for one in versions] == ["3.0", "4.0"]
    assert found.has("CR:max-resource-size")
    assert found.lacks("C:max-resource-size")


async def test_what_may_only_be_read_grants_no_write(anna: Client) -> None:
    found = (await anna.propfind(SHARED, "D:current-user-privilege-set", "D:owner")).only
    assert not {"D:write", "D:write-content", "D:bind", "D:unbind", "D:all"} & set(
        found.descendants("D:current-user-privilege-set")
    )
    assert found.hrefs("D:owner") == []


async def test_a_listing_has_etags_and_content_types(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a%40b.ics", an_event("a@b"))
    listing = await anna.propfind(CALENDAR, "D:getetag", "D:getcontenttype", "D:resourcetype", depth="1")
    entry = listing.at(CALENDAR + "a%40b.ics")
    assert entry.text("D:getetag") == (await anna.ask("GET", entry.href)).etag
    assert entry.text("D:getcontenttype").startswith("text/calendar")
    assert entry.has("D:resourcetype")
    assert entry.children("D:resourcetype") == []
    assert listing.at(CALENDAR).lacks("D:getetag")
    assert (await anna.propfind(CALENDAR + "a@b.ics", "D:getetag")).only.href == CALENDAR + "a%40b.ics"


async def test_unknown_properties_are_404_in_a_207(anna: Client) -> None:
    body = f'<D:propfind {DECLARED}><D:prop><D:getetag/><D:displayname/><D:quota-used-bytes/><p:push xmlns:p="urn:push"/><plain/></D:prop></D:propfind>'
    found = (await anna.ask("PROPFIND", CALENDAR, body, depth="0")).only
    assert set(found.found) == {"{DAV:}displayname"}
    assert found.missing == {"{DAV:}getetag", "{DAV:}quota-used-bytes", "{urn:push}push", "plain"}


@pytest.mark.parametrize("headers", [{"prefer": "return=minimal"}, {"brief": "t"}])
async def test_minimal_answers_leave_out_what_is_missing(anna: Client, headers: dict[str, str]) -> None:
    answer = await anna.propfind(CALENDAR, "D:getetag", "D:displayname", **headers)
    assert answer.only.missing == set()
    assert answer.only.has("D:displayname")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    nothing = await anna.propfind(CALENDAR, "D:getetag", **headers)
    assert (nothing.only.found, nothing.only.missing) == ({}, set())


async def test_the_collection_itself_can_be_left_out(anna: Client) -> None:
    answer = await anna.propfind(anna.home, "D:displayname", depth="1", prefer="depth-noroot")
    assert anna.home not in answer.hrefs
    assert CALENDAR in answer.hrefs


@pytest.mark.parametrize("body", ["", "  ", f"<D:propfind {DECLARED}><D:allprop/></D:propfind>"])
async def test_allprop_answers_with_the_properties_of_webdav_alone(anna: Client, body: str) -> None:
    found = (await anna.ask("PROPFIND", CALENDAR, body, depth="0")).only
    assert found.has("D:resourcetype")
    assert found.has("D:displayname")
    assert not found.missing
    assert all(name.startswith("{DAV:}") for name in found.found)
    assert "{DAV:}sync-token" not in found.found


async def test_allprop_with_include_adds_to_it(anna: Client) -> None:
    body = f"<D:propfind {DECLARED}><D:allprop/><D:include><CS:getctag/></D:include></D:propfind>"
    found = (await anna.ask("PROPFIND", CALENDAR, body, depth="0")).only
    assert found.has("CS:getctag")
    assert found.has("D:resourcetype")


async def test_propname_names_without_values(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "x.vcf", a_card("x"))
    body = f"<D:propfind {DECLARED}><D:propname/></D:propfind>"
    answer = await anna.ask("PROPFIND", BOOK, body, depth="1")
    assert answer.at(BOOK).text("D:displayname") == ""
    assert answer.at(BOOK).has("CR:supported-address-data")
    assert answer.at(BOOK + "x.vcf").has("D:getetag")
    assert not answer.at(BOOK + "x.vcf").has("CR:address-data")


async def test_content_is_no_property_of_propfind(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "x.vcf", a_card("x"))
    assert (await anna.propfind(BOOK + "x.vcf", "CR:address-data")).only.lacks("CR:address-data")


async def test_infinite_depth_is_refused_with_its_precondition(anna: Client) -> None:
    answer = await anna.propfind(CALENDAR, "D:getetag", depth="infinity")
    assert (answer.status, answer.preconditions) == (403, ["D:propfind-finite-depth"])


async def test_a_missing_depth_means_the_resource_alone(anna: Client) -> None:
    answer = await anna.ask(
        "PROPFIND", anna.home, f"<D:propfind {DECLARED}><D:prop><D:displayname/></D:prop></D:propfind>"
    )
    assert answer.hrefs == [anna.home]


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (f"<D:propfind {DECLARED}/>", "0"),
        (f"<D:propfind {DECLARED}><D:allprop/><D:propname/></D:propfind>", "0"),
        (f"<D:prop {DECLARED}/>", "0"),
        ("<propfind><prop/></propfind>", "0"),
        ("<", "0"),
        (f"<D:propfind {DECLARED}><D:allprop/></D:propfind>", "2"),
        (f"<D:propfind {DECLARED}><D:prop>{'<D:a/>' * 201}</D:prop></D:propfind>", "0"),
    ],
)
async def test_questions_that_make_no_sense_are_bad_requests(anna: Client, body: str, depth: str) -> None:
    assert (await anna.ask("PROPFIND", CALENDAR, body, depth=depth)).status == 400


async def test_asking_for_no_property_at_all_lists_the_resources(anna: Client) -> None:
    assert CALENDAR in (await anna.propfind(anna.home, depth="1")).hrefs


async def test_properties_asked_for_twice_come_once(anna: Client) -> None:
    answer = await anna.propfind(CALENDAR, "D:displayname", "D:displayname", "D:x", "D:x")
    assert answer.body.count(b"<D:displayname>") == 1
    assert answer.body.count(b"<D:x/>") == 1


async def test_every_property_that_is_named_has_a_value(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "x.ics", an_event("x"))
    for path in ("/dav/", "/dav/principals/anna/", anna.home, CALENDAR, CALENDAR + "x.ics", BOOK):
        names = (await anna.ask("PROPFIND", path, f"<D:propfind {DECLARED}><D:propname/></D:propfind>", depth="0")).only
        props = "".join(f'<x:{name.partition("}")[2]} xmlns:x="{name[1:].partition("}")[0]}"/>' for name in names.found)
        body = f"<D:propfind {DECLARED}><D:prop>{props}</D:prop></D:propfind>"
        values = (await anna.ask("PROPFIND", path, body, depth="0")).only
        assert values.missing == set()
        assert set(values.found) == set(names.found)
