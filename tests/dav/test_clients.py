"""What real programs ask, in their own prefixes, headers and order, and what each needs in the answers to go on."""

import pytest

from tests.dav.client import Client
from tests.dav.documents import a_card, a_task, an_event

HOME = "/dav/calendars/anna/"
BOOKS = "/dav/addressbooks/anna/"
CALENDAR = HOME + "my-calendar/"
TASKS = HOME + "my-tasks/"
BOOK = BOOKS + "my-contacts/"
PRINCIPAL = "/dav/principals/anna/"


async def test_thunderbird_finds_reads_and_changes_a_calendar(anna: Client) -> None:
    detect = (
        '<d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/"><d:prop>'
        "<d:resourcetype/><d:owner/><d:displayname/><d:current-user-principal/><d:current-user-privilege-set/>"
        "<a:calendar-color/><c:calendar-home-set/></d:prop></d:propfind>"
    )
    root = await anna.ask("PROPFIND", "/dav/", detect, depth="0", prefer="return=minimal")
    assert root.only.hrefs("D:current-user-principal") == [PRINCIPAL]
    principal = await anna.ask("PROPFIND", PRINCIPAL, detect, depth="0")
    assert principal.only.hrefs("C:calendar-home-set") == [HOME]
    home = await anna.ask("PROPFIND", HOME, detect, depth="1")
    calendar = home.at(CALENDAR)
    assert "C:calendar" in calendar.children("D:resourcetype")
    assert "D:write" in calendar.descendants("D:current-user-privilege-set")
    options = await anna.ask("OPTIONS", HOME)
    assert "calendar-access" in options.headers["DAV"]
    assert "calendar-schedule" not in options.headers["DAV"]
    created = await anna.ask(
        "PUT", CALENDAR + "tb.ics", an_event("tb"), content_type="text/calendar; charset=utf-8", if_none_match="*"
    )
    assert created.status == 201
    first = await anna.ask(
        "REPORT",
        CALENDAR,
        '<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getcontenttype/><getetag/></prop></sync-collection>',
        depth="1",
    )
    event = first.at(CALENDAR + "tb.ics")
    assert event.text("D:getcontenttype").startswith("text/calendar")
    content = await anna.ask(
        "REPORT",
        CALENDAR,
        '<C:calendar-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/>'
        f"</D:prop><D:href>{event.href}</D:href></C:calendar-multiget>",
        depth="1",
    )
    assert b"<D:status>HTTP/1.1 200 OK</D:status>" in content.body
    etag = content.only.text("D:getetag")
    changed = await anna.ask("PUT", event.href, an_event("tb", "Changed"), if_match=etag)
    assert changed.status == 204
    assert (await anna.ask("DELETE", event.href, if_match=etag)).status == 412
    later = await anna.sync(CALENDAR, first.sync_token, "D:getcontenttype", "D:getetag", depth="1")
    assert later.hrefs == [event.href]


async def test_thunderbird_reads_an_address_book_with_its_content_in_the_sync(anna: Client) -> None:
    # It puts without any condition, and wants an ETag in the multiget that follows.
    put = await anna.ask("PUT", BOOK + "tb.vcf", a_card("tb"), content_type="text/vcard")
    assert put.status == 201
    got = await anna.multiget(BOOK, [BOOK + "tb.vcf"], "D:getetag", "CR:address-data", depth="1")
    assert got.only.text("D:getetag")
    state = (await anna.propfind(BOOK, "D:displayname", "CS:getctag", "D:sync-token")).only
    await anna.ask("PUT", BOOK + "tb.vcf", a_card("tb", "Rosalind"))
    body = (
        f'<sync-collection xmlns="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"><sync-token>{state.text("D:sync-token")}'
        "</sync-token><sync-level>1</sync-level><prop><getetag/><card:address-data/></prop></sync-collection>"
    )
    answer = await anna.ask("REPORT", BOOK, body)
    assert "Rosalind" in answer.only.text("CR:address-data")


async def test_evolution_walks_from_the_root_and_reads_by_query(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "evo.ics", an_event("evo"), if_none_match="*", prefer="return=minimal")
    root = await anna.propfind(
        "/dav/", "D:resourcetype", "D:current-user-principal", "D:principal-URL", "C:calendar-home-set"
    )
    assert root.only.hrefs("D:principal-URL") == [PRINCIPAL]
    home = await anna.propfind(
        HOME,
        "D:resourcetype",
        "D:displayname",
        "C:supported-calendar-component-set",
        "CS:source",
        "A:calendar-color",
        "A:calendar-order",
        "CS:getctag",
        "D:creationdate",
        depth="1",
    )
    assert home.at(CALENDAR).has("CS:getctag")
    assert home.at(CALENDAR).lacks("CS:source")
    query = (
        '<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><D:getetag/></D:prop><C:filter>'
        '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{}</C:comp-filter></C:comp-filter></C:filter>'
        "</C:calendar-query>"
    )
    during = '<C:time-range start="20270101T000000Z" end="20280101T000000Z"/>'
    before = '<C:time-range start="20200101T000000Z" end="20200102T000000Z"/>'
    assert CALENDAR + "evo.ics" in (await anna.ask("REPORT", CALENDAR, query.format(during), depth="1")).hrefs
    assert CALENDAR + "evo.ics" not in (await anna.ask("REPORT", CALENDAR, query.format(before), depth="1")).hrefs
    every = await anna.ask("REPORT", CALENDAR, query.format(""), depth="1")
    assert CALENDAR + "evo.ics" in every.hrefs
    assert CALENDAR not in every.hrefs
    got = await anna.multiget(CALENDAR, [CALENDAR + "evo.ics"])
    assert got.only.has("C:calendar-data")
    # It changes and deletes without conditions.
    assert (await anna.ask("PUT", CALENDAR + "evo.ics", an_event("evo", "Again"))).status == 204
    assert (await anna.ask("DELETE", CALENDAR + "evo.ics")).status == 204


async def test_vdirsyncer_asks_one_thing_at_a_time(anna: Client) -> None:
    assert (await anna.propfind("/dav/", "D:resourcetype", depth="1")).status == 207
    assert (await anna.propfind("/dav/", "D:current-user-principal")).only.hrefs("D:current-user-principal")
    assert (await anna.propfind(PRINCIPAL, "CR:addressbook-home-set")).only.hrefs("CR:addressbook-home-set") == [BOOKS]
    books = await anna.propfind(BOOKS, "D:resourcetype", depth="1")
    assert "CR:addressbook" in books.at(BOOK).children("D:resourcetype")
    await anna.ask("PUT", BOOK + "vd.vcf", a_card("vd"), if_none_match="*", content_type="text/vcard; charset=utf-8")
    listing = await anna.propfind(BOOK, "D:resourcetype", "D:getcontenttype", "D:getetag", depth="1")
    card = listing.at(BOOK + "vd.vcf")
    assert "text/vcard" in card.text("D:getcontenttype")
    assert (await anna.multiget(BOOK, [card.href])).only.text("D:getetag") == card.text("D:getetag")
    assert (await anna.ask("DELETE", card.href, if_match=card.text("D:getetag"))).status == 204


async def test_caldav_synchronizer_finds_tasks_by_query_and_contacts_by_listing(anna: Client) -> None:
    await anna.ask("PUT", TASKS + "out.ics", a_task("out"), if_none_match="*")
    await anna.ask("PUT", BOOK + "out.vcf", a_card("out"), if_none_match="*")
    root = await anna.propfind("/dav/", "D:current-user-principal", "D:principal-URL", "D:resourcetype")
    assert root.only.hrefs("D:current-user-principal") == [PRINCIPAL]
    home = await anna.propfind(
        HOME,
        "D:resourcetype",
        "D:displayname",
        "A:calendar-color",
        "C:supported-calendar-component-set",
        depth="1",
    )
    for path in (CALENDAR, TASKS):
        # Without these two a calendar is not listed.
        assert home.at(path).has("C:supported-calendar-component-set")
        assert home.at(path).has("D:displayname")
    rights = (await anna.propfind(CALENDAR, "D:current-user-privilege-set", "D:owner", "D:supported-report-set")).only
    assert {"D:write", "D:bind", "D:unbind"} <= set(rights.descendants("D:current-user-privilege-set"))
    assert {"C:calendar-query", "D:sync-collection"} <= set(rights.descendants("D:supported-report-set"))
    query = (
        '<?xml version="1.0"?><C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop xmlns:D="DAV:"><D:getetag/>'
        '</D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VTODO"/></C:comp-filter></C:filter>'
        "</C:calendar-query>"
    )
    tasks = await anna.ask("REPORT", TASKS, query, depth="1")
    assert tasks.at(TASKS + "out.ics").text("D:getetag").startswith('"')
    got = await anna.multiget(TASKS, [TASKS + "out.ics"], "D:getetag", "D:displayname", "C:calendar-data", depth="1")
    assert "BEGIN:VTODO" in got.only.text("C:calendar-data")
    contacts = await anna.propfind(BOOK, "D:getetag", "D:getcontenttype", depth="1")
    assert contacts.at(BOOK + "out.vcf").text("D:getcontenttype") != "text/x-vlist"
    card = await anna.multiget(BOOK, [BOOK + "out.vcf"], depth="0")
    assert card.only.has("CR:address-data")
    refused = await anna.sync(BOOK, "http://sabre.io/ns/sync/1", depth="0")
    assert refused.status == 403
    assert refused.preconditions == ["D:valid-sync-token"]


async def test_ios_asks_for_much_that_nobody_has(anna: Client) -> None:
    asked = (
        "CR:addressbook-home-set", "C:calendar-home-set", "C:calendar-user-address-set", "C:schedule-inbox-URL",
        "C:schedule-outbox-URL", "CS:dropbox-home-URL", "CS:email-address-set", "CS:notification-URL", "CR:directory-gateway",
        "D:current-user-principal", "D:displayname", "D:principal-collection-set", "D:principal-URL", "D:resource-id",
        "D:supported-report-set", "D:group-membership",
    )  # fmt: skip
    for path in ("/", "/principals/", "/dav/", "/calendar/dav/anna/user/", PRINCIPAL):
        answer = await anna.propfind(path, *asked, depth="0", brief="t")
        assert answer.status == 207
        assert answer.only.hrefs("D:current-user-principal") == [PRINCIPAL]
    principal = (await anna.propfind(PRINCIPAL, *asked)).only
    assert principal.hrefs("C:schedule-inbox-URL") == [f"{HOME}inbox/"]
    assert principal.lacks("CS:dropbox-home-URL")
    assert principal.lacks("D:resource-id")
    home = await anna.propfind(
        HOME, "D:resourcetype", "D:add-member", "CS:push-transports", "CS:pushkey", "D:quota-used-bytes",
        "D:supported-report-set", "CS:getctag", "D:sync-token", depth="1",
    )  # fmt: skip
    assert "D:sync-collection" in home.at(HOME).descendants("D:supported-report-set")
    assert home.at(CALENDAR).has("D:sync-token")
    patched = await anna.ask(
        "PROPPATCH",
        CALENDAR,
        '<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><D:calendar-order xmlns:D="http://apple.com/ns/ical/">1'
        "</D:calendar-order></A:prop></A:set></A:propertyupdate>",
    )
    assert patched.status == 207


async def test_davx5_reads_a_book_in_pages(anna: Client) -> None:
    for n in range(5):
        await anna.ask(
            "PUT", BOOK + f"dx{n}.vcf", a_card(f"dx{n}"), if_none_match="*", content_type="text/vcard; version=4.0"
        )
    found = (
        await anna.propfind(
            BOOK,
            "D:resourcetype",
            "D:current-user-privilege-set",
            "D:supported-report-set",
            "CR:supported-address-data",
            "D:sync-token",
            "CS:getctag",
        )
    ).only
    assert "D:sync-collection" in found.descendants("D:supported-report-set")
    token, pages, hrefs = "", 0, set()
    while pages < 100:
        page = await anna.sync(BOOK, token, limit=2)
        pages += 1
        token = page.sync_token
        hrefs |= {resource.href for resource in page.resources if not resource.status}
        if not any(resource.status.startswith("507") for resource in page.resources):
            break
    assert {BOOK + f"dx{n}.vcf" for n in range(5)} <= hrefs
    assert pages > 2


@pytest.mark.parametrize("headers", [{}, {"depth": "0"}, {"depth": "1"}])
async def test_windows_and_syncevolution_query_at_any_depth(anna: Client, headers: dict[str, str]) -> None:
    await anna.ask("PUT", CALENDAR + "win.ics", an_event("win"))
    body = (
        '<c:calendar-query xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:"><d:prop><d:getetag/><c:calendar-data/></d:prop>'
        '<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    )
    answer = await anna.ask("REPORT", CALENDAR, body, **headers)
    assert answer.at(CALENDAR + "win.ics").has("C:calendar-data")
