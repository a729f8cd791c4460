"""PROPPATCH: what a principal says of places is kept, told again, and nobody else's (RFC 4918 §9.2)."""

import pytest
from lxml import etree

from gateway.core.keeping import LOOK_LARGEST
from tests.dav.client import DECLARED, Client
from tests.dav.documents import an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/all-contacts/"
ITEM = CALENDAR + "a.ics"
OPEN = [
    "/dav/principals/anna/",
    "/dav/calendars/anna/",
    "/dav/addressbooks/anna/",
    "/dav/files/anna/",
    "/dav/calendars/anna/outbox/",
    CALENDAR,
    ITEM,
]
ZONE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"
    "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture(autouse=True)
async def an_item(anna: Client) -> None:
    assert (await anna.ask("PUT", ITEM, an_event("a"))).status == 201


async def test_live_properties_that_are_the_principals_to_say_are_said(anna: Client, bob: Client) -> None:
    answer = await anna.proppatch(
        CALENDAR,
        "<D:displayname>Mine &amp; only</D:displayname><A:calendar-color>#FF2968FF</A:calendar-color>"
        "<A:calendar-order>-7</A:calendar-order><C:calendar-description>Line one\nLine two</C:calendar-description>"
        "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>",
    )
    assert answer.status == 207
    assert answer.only.href == CALENDAR
    assert (len(answer.only.found), answer.only.missing) == (5, set())
    told = (await anna.propfind(CALENDAR, *names(answer.body))).only
    assert told.text("D:displayname") == "Mine & only"
    assert told.text("A:calendar-color") == "#FF2968FF"
    assert told.text("A:calendar-order") == "-7"
    assert told.text("C:calendar-description") == "Line one\nLine two"
    assert told.children("C:schedule-calendar-transp") == ["C:transparent"]
    his = (await bob.propfind("/dav/calendars/bob/my-calendar/", "D:displayname", "C:schedule-calendar-transp")).only
    assert his.text("D:displayname") != "Mine & only"
    assert his.children("C:schedule-calendar-transp") == ["C:opaque"]


def names(body: bytes) -> list[str]:
    """The properties a multistatus is about, prefixed as the client does."""
    return [
        f"{element.prefix}:{etree.QName(element).localname}"
        for element in etree.fromstring(body).iterfind(".//{DAV:}prop/*")
    ]


async def test_what_is_taken_back_is_as_it_was(anna: Client) -> None:
    before = (await anna.propfind(CALENDAR, "D:displayname", "A:calendar-color")).only
    await anna.proppatch(CALENDAR, "<D:displayname>X</D:displayname><A:calendar-color>#fff</A:calendar-color>")
    answer = await anna.proppatch(CALENDAR, "", "<D:displayname/><A:calendar-color/><never-there xmlns='urn:x'/>")
    assert answer.only.missing == set()
    after = (await anna.propfind(CALENDAR, "D:displayname", "A:calendar-color")).only
    assert after.text("D:displayname") == before.text("D:displayname")
    assert after.missing == before.missing


async def test_a_shared_book_is_called_what_each_calls_it(anna: Client, bob: Client) -> None:
    await anna.proppatch(
        BOOK,
        "<D:displayname>Everybody</D:displayname><CR:addressbook-description>All</CR:addressbook-description>"
        "<A:calendar-color>#00ff00</A:calendar-color>",
    )
    hers = (await anna.propfind(BOOK, "D:displayname", "CR:addressbook-description", "A:calendar-color")).only
    assert [hers.text(name) for name in ("D:displayname", "CR:addressbook-description", "A:calendar-color")] == [
        "Everybody",
        "All",
        "#00ff00",
    ]
    his = (await bob.propfind(BOOK.replace("anna", "bob"), "D:displayname", "CR:addressbook-description")).only
    assert his.text("D:displayname") != "Everybody"
    assert his.lacks("CR:addressbook-description")


async def test_the_time_zone_of_a_calendar_is_kept_as_object_and_told_as_name(anna: Client) -> None:
    answer = await anna.proppatch(CALENDAR, f"<C:calendar-timezone>{ZONE}</C:calendar-timezone>")
    assert answer.only.missing == set()
    told = (await anna.propfind(CALENDAR, "C:calendar-timezone", "C:calendar-timezone-id")).only
    assert told.text("C:calendar-timezone") == ZONE
    assert told.text("C:calendar-timezone-id") == "Europe/Berlin"
    await anna.proppatch(CALENDAR, "<C:calendar-timezone-id>America/New_York</C:calendar-timezone-id>")
    told = (await anna.propfind(CALENDAR, "C:calendar-timezone", "C:calendar-timezone-id")).only
    assert "TZID:America/New_York" in told.text("C:calendar-timezone")
    assert told.text("C:calendar-timezone-id") == "America/New_York"
    await anna.proppatch(CALENDAR, "", "<C:calendar-timezone/>")
    told = (await anna.propfind(CALENDAR, "C:calendar-timezone", "C:calendar-timezone-id")).only
    assert told.found == {}


@pytest.mark.parametrize(
    ("text", "status", "why"),
    [
        ("<C:calendar-timezone>Europe/Berlin</C:calendar-timezone>", "403 Forbidden", ["C:valid-calendar-data"]),
        (f"<C:calendar-timezone>{an_event('x').decode()}</C:calendar-timezone>", "403 Forbidden", ["C:valid-calendar-data"]),
        (f"<C:calendar-timezone>{ZONE}{ZONE}</C:calendar-timezone>", "403 Forbidden", ["C:valid-calendar-data"]),
        (f"<C:calendar-timezone>{'x' * 70_000}</C:calendar-timezone>", "403 Forbidden", ["C:valid-calendar-data"]),
        ("<C:calendar-timezone-id>Mars/Olympus</C:calendar-timezone-id>", "403 Forbidden", ["C:valid-timezone"]),
        ("<C:calendar-timezone-id/>", "403 Forbidden", ["C:valid-timezone"]),
        ("<A:calendar-color>url(x)</A:calendar-color>", "409 Conflict", []),
        ("<A:calendar-order>first</A:calendar-order>", "409 Conflict", []),
        ("<C:schedule-calendar-transp>no</C:schedule-calendar-transp>", "409 Conflict", []),
        ("<D:getetag>x</D:getetag>", "403 Forbidden", ["D:cannot-modify-protected-property"]),
        ("<D:resourcetype><D:collection/></D:resourcetype>", "403 Forbidden", ["D:cannot-modify-protected-property"]),
        ("<D:getlastmodified>now</D:getlastmodified>", "403 Forbidden", ["D:cannot-modify-protected-property"]),
        ("<CR:addressbook-description>x</CR:addressbook-description>", "403 Forbidden", ["D:cannot-modify-protected-property"]),
    ],
)  # fmt: skip
async def test_what_is_refused_is_said_with_its_reason_and_nothing_of_the_rest_is_done(
    anna: Client, text: str, status: str, why: list[str]
) -> None:
    (name,) = names(f"<D:prop {DECLARED}><D:prop>{text}</D:prop></D:prop>".encode())
    answer = await anna.proppatch(CALENDAR, f'<D:displayname>No</D:displayname>{text}<n xmlns="urn:n">1</n>')
    assert answer.status == 207
    assert answer.only.found == {}
    assert answer.only.refused == {
        name: (status, why),
        "D:displayname": ("424 Failed Dependency", []),
        "{urn:n}n": ("424 Failed Dependency", []),
    }
    assert (await anna.propfind(CALENDAR, "D:displayname")).only.text("D:displayname") != "No"
    assert b"urn:n" not in (await anna.ask("PROPFIND", CALENDAR, "", depth="0")).body


DEAD = [
    '<x:plain xmlns:x="urn:x">text</x:plain>',
    "<none>of no namespace</none>",
    '<x:empty xmlns:x="urn:x"/>',
    '<y xmlns="urn:y" a="1" z:b="&lt;&quot;&#10;" xmlns:z="urn:z"><z:c>mixed<d xmlns="">deep</d> tail </z:c>  end\n</y>',
    '<x:prefixed xmlns:x="urn:x" xmlns:t="urn:types" kind="t:word">t:word</x:prefixed>',
    '<x:said xmlns:x="urn:x" xml:lang="fr">bonjour</x:said>',
    "<C:default-alarm-vevent-datetime>BEGIN:VALARM\nACTION:NONE\nEND:VALARM</C:default-alarm-vevent-datetime>",
    "<C:calendar-free-busy-set><D:href>/dav/calendars/anna/my-calendar/</D:href></C:calendar-free-busy-set>",
    "<D:getcontentlanguage>de</D:getcontentlanguage>",
    '<high xmlns="urn:high">&#x10330; &amp;amp; &#13;</high>',
]


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("dead", DEAD)
async def test_a_property_that_only_clients_understand_is_kept_as_it_came(anna: Client, path: str, dead: str) -> None:
    (sent,) = etree.fromstring(f"<D:prop {DECLARED}>{dead}</D:prop>")
    answer = await anna.proppatch(path, dead)
    assert (answer.status, list(answer.only.found)) == (207, [sent.tag])
    asked = f"<D:propfind {DECLARED}><D:prop><D:resourcetype/>{etree.tostring(sent, with_tail=False).decode()}</D:prop></D:propfind>"
    for body in (asked, "", f"<D:propfind {DECLARED}><D:allprop/></D:propfind>"):
        (told,) = (await anna.ask("PROPFIND", path, body, depth="0")).resources
        assert same(told.found[str(sent.tag)], sent)
    (named,) = (await anna.ask("PROPFIND", path, f"<D:propfind {DECLARED}><D:propname/></D:propfind>")).resources
    assert same(named.found[str(sent.tag)], etree.Element(sent.tag))
    taken = await anna.proppatch(path, "", dead)
    assert list(taken.only.found) == [sent.tag]
    (gone,) = (await anna.ask("PROPFIND", path, asked, depth="0")).resources
    assert sent.tag in gone.missing


def same(one: etree._Element, other: etree._Element) -> bool:
    """Whether two elements say the same: names, attributes, text, order, and what prefixes in them mean."""
    scope = {prefix: uri for prefix, uri in other.nsmap.items() if prefix and f"{prefix}:" in (other.text or "")}
    return (
        one.tag == other.tag
        and sorted(one.attrib.items()) == sorted(other.attrib.items())
        and (one.text or "") == (other.text or "")
        and scope.items() <= one.nsmap.items()
        and len(one) == len(other)
        and all(same(a, b) and (a.tail or "") == (b.tail or "") for a, b in zip(one, other, strict=True))
    )


async def test_a_language_stated_above_a_property_stays_with_it(anna: Client) -> None:
    body = (
        '<D:propertyupdate xmlns:D="DAV:" xml:lang="de"><D:set xml:lang="en"><D:prop><a xmlns="urn:a"/></D:prop></D:set>'
        '<D:set><D:prop><b xmlns="urn:a">x</b></D:prop></D:set></D:propertyupdate>'
    )
    await anna.ask("PROPPATCH", CALENDAR, body)
    (told,) = (await anna.ask("PROPFIND", CALENDAR, "", depth="0")).resources
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [told.found[name].get(lang) for name in ("{urn:a}a", "{urn:a}b")] == ["en", "de"]


async def test_instructions_are_followed_in_the_order_they_stand(anna: Client) -> None:
    one, two = '<n xmlns="urn:n">1</n>', '<n xmlns="urn:n">2</n>'
    for body, value in (
        (f"<D:set><D:prop>{one}{two}</D:prop></D:set>", "2"),
        (f"<D:set><D:prop>{two}</D:prop><D:prop>{one}</D:prop></D:set>", "1"),
        (f"<D:remove><D:prop>{one}</D:prop></D:remove><D:set><D:prop>{two}</D:prop></D:set>", "2"),
        (f"<D:set><D:prop>{two}</D:prop></D:set><D:remove><D:prop>{one}</D:prop></D:remove>", None),
    ):
        answer = await anna.ask("PROPPATCH", CALENDAR, f"<D:propertyupdate {DECLARED}>{body}</D:propertyupdate>")
        assert answer.body.count(b"urn:n") == 1
        (told,) = (await anna.ask("PROPFIND", CALENDAR, "", depth="0")).resources
        assert (told.found["{urn:n}n"].text if "{urn:n}n" in told.found else None) == value


async def test_what_is_said_of_items_is_told_wherever_they_are_listed(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "b.ics", an_event("b"))
    await anna.proppatch(ITEM, '<D:displayname>Item</D:displayname><seen xmlns="urn:s">yes</seen>')
    props = '<D:prop><D:getetag/><D:displayname/><seen xmlns="urn:s"/></D:prop>'
    query = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'
    for method, body in (
        ("PROPFIND", f"<D:propfind {DECLARED}>{props}</D:propfind>"),
        ("REPORT", f"<C:calendar-query {DECLARED}>{props}{query}</C:calendar-query>"),
        ("REPORT", f"<C:calendar-multiget {DECLARED}>{props}<D:href>{ITEM}</D:href><D:href>{CALENDAR}b.ics</D:href></C:calendar-multiget>"),
        ("REPORT", f"<D:sync-collection {DECLARED}><D:sync-token/>{props}</D:sync-collection>"),
        ("REPORT", f"<D:sync-collection {DECLARED}><D:sync-token/>{props.replace('<D:getetag/>', '<C:calendar-data/>')}</D:sync-collection>"),
    ):  # fmt: skip
        answer = await anna.ask(method, CALENDAR, body, depth="1")
        assert (answer.at(ITEM).text("D:displayname"), answer.at(ITEM).found["{urn:s}seen"].text) == ("Item", "yes")
        assert answer.at(CALENDAR + "b.ics").missing == {"{DAV:}displayname", "{urn:s}seen"}


async def test_homes_and_the_principal_are_looked_at_in_lists_too(anna: Client) -> None:
    await anna.proppatch("/dav/calendars/anna/", '<n xmlns="urn:n">home</n>')
    await anna.proppatch("/dav/principals/anna/", '<n xmlns="urn:n">principal</n>')
    asked = f'<D:propfind {DECLARED}><D:prop><n xmlns="urn:n"/></D:prop></D:propfind>'
    for path, at, text in (
        ("/dav/calendars/", "/dav/calendars/anna/", "home"),
        ("/dav/calendars/anna/", "/dav/calendars/anna/", "home"),
        ("/dav/principals/", "/dav/principals/anna/", "principal"),
    ):
        answer = await anna.ask("PROPFIND", path, asked, depth="1")
        assert answer.at(at).found["{urn:n}n"].text == text


@pytest.mark.parametrize("path", ["/dav/", "/dav/principals/", "/dav/calendars/"])
async def test_of_what_is_nobodys_nothing_can_be_said(anna: Client, path: str) -> None:
    answer = await anna.proppatch(path, '<n xmlns="urn:n">x</n><D:displayname>x</D:displayname>')
    assert {status for status, _ in answer.only.refused.values()} == {"403 Forbidden"}
    assert (await anna.proppatch("/dav/principals/anna/", "<D:displayname>x</D:displayname>")).only.found == {}


@pytest.mark.parametrize("path", ["/dav/calendars/bob/my-calendar/", "/dav/principals/nobody/", CALENDAR + "none.ics", "/dav/calendars/anna/none/"])  # fmt: skip
async def test_what_is_not_there_for_one_is_404(anna: Client, path: str) -> None:
    assert (await anna.proppatch(path, '<n xmlns="urn:n">x</n>')).status == 404


async def test_what_is_too_much_is_507_and_leaves_all_as_it_was(anna: Client) -> None:
    half = "x" * (LOOK_LARGEST // 2)
    assert (await anna.proppatch(CALENDAR, f'<a xmlns="urn:n">{half}</a>')).only.missing == set()
    answer = await anna.proppatch(CALENDAR, f'<b xmlns="urn:n">{half}</b><D:displayname>No</D:displayname>')
    assert answer.only.refused["{urn:n}b"] == ("507 Insufficient Storage", [])
    assert answer.only.refused["D:displayname"] == ("507 Insufficient Storage", [])
    (told,) = (await anna.ask("PROPFIND", CALENDAR, "", depth="0")).resources
    assert len(told.found["{urn:n}a"].text or "") == len(half)
    assert "{urn:n}b" not in told.found


async def test_conditions_hold_for_properties_too(anna: Client) -> None:
    assert (await anna.proppatch(ITEM, '<n xmlns="urn:n">x</n>', if_match='"other"')).status == 412
    etag = (await anna.ask("GET", ITEM)).etag
    assert (await anna.proppatch(ITEM, '<n xmlns="urn:n">x</n>', if_match=etag)).status == 207
    assert (await anna.ask("GET", ITEM)).etag == etag


async def test_success_needs_no_body_where_none_is_preferred(anna: Client) -> None:
    answer = await anna.proppatch(CALENDAR, '<n xmlns="urn:n">x</n>', prefer="return=minimal")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    answer = await anna.proppatch(CALENDAR, "<D:getetag>x</D:getetag>", prefer="return=minimal")
    assert answer.status == 207


async def test_no_look_is_read_where_only_live_properties_are_asked_for(anna: Client) -> None:
    await anna.proppatch(ITEM, '<n xmlns="urn:n">x</n>')
    polled = ["D:getetag", "D:getcontenttype", "CS:getctag", "D:sync-token", "D:resourcetype"]
    asked: list[str] = []
    store = anna.service._store
    for name in ("looks", "spot"):
        counted(store, name, asked)
    await anna.propfind(CALENDAR, *polled, depth="1")
    await anna.propfind("/dav/calendars/anna/", *polled, "D:displayname", depth="1")
    await anna.sync(CALENDAR)
    assert asked == []
    await anna.propfind(CALENDAR, "D:displayname", depth="1")
    assert asked == ["looks"]


def counted(store: object, name: str, into: list[str]) -> None:
    """Have calls of a store's method noted."""
    method = getattr(store, name)

    def noted(*arguments: object) -> object:
        into.append(name)
        return method(*arguments)

    setattr(store, name, noted)


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"<D:propertyupdate {DECLARED}/>",
        f"<D:propertyupdate {DECLARED}><D:set/></D:propertyupdate>",
        f"<D:propertyupdate {DECLARED}><D:set><D:prop/></D:set></D:propertyupdate>",
        f"<D:propertyupdate {DECLARED}><D:prop><D:x/></D:prop></D:propertyupdate>",
        f"<D:propfind {DECLARED}><D:prop><D:x/></D:prop></D:propfind>",
    ],
)
async def test_bodies_that_make_no_sense_are_bad_requests(anna: Client, body: str) -> None:
    assert (await anna.ask("PROPPATCH", CALENDAR, body)).status == 400
