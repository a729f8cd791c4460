"""The outbox and the inbox of RFC 6638, and the question when people are free."""

import pytest
from lxml import etree

from gateway.core.keeping import TRANSPARENT
from gateway.core.model import CollectionName, Section
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import an_event

INBOX = "/dav/calendars/anna/inbox/"
OUTBOX = "/dav/calendars/anna/outbox/"
ANNA, BOB = "mailto:anna@crm.example", "mailto:bob@crm.example"
BOBS = "/dav/calendars/bob/my-calendar/"


def question(*attendees: str, organizer: str = ANNA, more: str = "", method: str = "REQUEST") -> str:
    return "".join(
        f"{line}\r\n"
        for line in (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", f"METHOD:{method}", "BEGIN:VFREEBUSY", "UID:q1",
            "DTSTAMP:20270101T000000Z", "DTSTART:20270301T000000Z", "DTEND:20270401T000000Z",
            f"ORGANIZER:{organizer}", *(f"ATTENDEE;CN=Somebody:{one}" for one in attendees),
            *more.split("|"), "END:VFREEBUSY", "END:VCALENDAR",
        )
        if line
    )  # fmt: skip


async def ask(client: Client, body: str, path: str = OUTBOX, media: str = "text/calendar; charset=utf-8") -> Answer:
    return await client.ask("POST", path, body, content_type=media)


def answers(answer: Answer) -> dict[str, tuple[str, str]]:
    """By recipient: the status, and the calendar data."""
    assert answer.status == 200, answer.body
    root = answer.xml
    assert root.tag == "{urn:ietf:params:xml:ns:caldav}schedule-response"
    return {
        _text(one, "C:recipient/D:href"): (_text(one, "C:request-status"), _text(one, "C:calendar-data"))
        for one in root
    }


def _text(element: etree._Element, path: str) -> str:
    names = {"C": "urn:ietf:params:xml:ns:caldav", "D": "DAV:"}
    return (element.findtext(path, "", names) or "").replace("\r\n ", "")


async def test_a_principal_has_an_inbox_and_an_outbox(anna: Client) -> None:
    found = (
        await anna.propfind(
            "/dav/principals/anna/", "C:schedule-inbox-URL", "C:schedule-outbox-URL", "C:calendar-user-type",
            "C:calendar-user-address-set",
        )
    ).only  # fmt: skip
    assert found.hrefs("C:schedule-inbox-URL") == [INBOX]
    assert found.hrefs("C:schedule-outbox-URL") == [OUTBOX]
    assert found.text("C:calendar-user-type") == "INDIVIDUAL"
    assert found.hrefs("C:calendar-user-address-set")[0] == ANNA


@pytest.mark.parametrize(
    ("path", "kind", "privilege"),
    [(INBOX, "C:schedule-inbox", "C:schedule-deliver"), (OUTBOX, "C:schedule-outbox", "C:schedule-send")],
)
async def test_they_are_what_they_say(anna: Client, path: str, kind: str, privilege: str) -> None:
    found = (await anna.propfind(path, "D:resourcetype", "D:current-user-privilege-set", "D:displayname")).only
    assert found.children("D:resourcetype") == ["D:collection", kind]
    privileges = found.descendants("D:current-user-privilege-set")
    assert privilege in privileges
    assert "D:bind" not in privileges
    assert "C:read-free-busy" not in privileges
    assert found.text("D:displayname")


async def test_they_stand_in_the_home_and_are_no_calendars(anna: Client) -> None:
    home = await anna.propfind("/dav/calendars/anna/", "D:resourcetype", depth="1")
    assert {INBOX, OUTBOX} <= set(home.hrefs)
    calendars = [one.href for one in home.resources if "C:calendar" in one.children("D:resourcetype")]
    assert calendars
    assert not {INBOX, OUTBOX} & set(calendars)


@pytest.mark.parametrize("path", [INBOX, OUTBOX])
async def test_nobody_makes_deletes_or_fills_them(anna: Client, path: str) -> None:
    assert (await anna.ask("PUT", path + "x.ics", an_event("x"))).status in {403, 404, 409}
    assert (await anna.ask("DELETE", path)).status in {403, 405}
    assert (await anna.ask("MKCALENDAR", path)).status in {403, 405, 409}
    found = await anna.propfind(path, "D:resourcetype", depth="1")
    assert [one.href for one in found.resources] == [path]


async def test_an_inbox_can_be_synchronised(anna: Client) -> None:
    first = await anna.sync(INBOX)
    assert (await anna.sync(INBOX, first.sync_token)).sync_token == first.sync_token


async def test_busy_times_are_told_and_nothing_else(anna: Client, bob: Client) -> None:
    await bob.ask("PUT", BOBS + "a.ics", an_event("a", "Secret talk", "20270310T090000Z", "20270310T100000Z"))
    found = answers(await ask(anna, question(BOB, ANNA)))
    status, data = found[BOB]
    assert status == "2.0;Success"
    assert "FREEBUSY;FBTYPE=BUSY:20270310T090000Z/20270310T100000Z" in data
    for line in ("METHOD:REPLY", "UID:q1", f"ORGANIZER:{ANNA}", f"ATTENDEE;CN=Somebody:{BOB}"):
        assert line in data
    assert "Secret" not in data
    assert "a.ics" not in data
    assert "20270310T090000Z" not in found[ANNA][1]


async def test_the_event_that_is_moved_makes_nobody_busy(anna: Client, bob: Client) -> None:
    await bob.ask("PUT", BOBS + "a.ics", an_event("a", "Talk", "20270310T090000Z", "20270310T100000Z"))
    found = answers(await ask(anna, question(BOB, more="X-CALENDARSERVER-MASK-UID:a")))
    assert "20270310T090000Z" not in found[BOB][1]


async def test_a_user_may_be_named_by_his_principal(anna: Client) -> None:
    found = answers(await ask(anna, question("/dav/principals/bob/")))
    assert found["/dav/principals/bob/"][0] == "2.0;Success"


async def test_time_that_a_calendar_leaves_free_is_free(anna: Client, bob: Client, opened: Opened) -> None:
    await bob.ask("PUT", BOBS + "a.ics", an_event("a", "Talk", "20270310T090000Z", "20270310T100000Z"))
    calendar = CollectionName(Section.CALENDARS, "my-calendar")
    await opened.store.change_look(bob.who, calendar, None, {"transparent": TRANSPARENT})
    found = answers(await ask(anna, question(BOB)))
    assert "20270310T090000Z" not in found[BOB][1]


@pytest.mark.parametrize(
    ("address", "code"),
    [("mailto:nobody@elsewhere.example", "5.2"), ("/dav/principals/nobody/", "3.7"), ("urn:x:y", "3.7")],
)
async def test_of_strangers_nothing_is_known(anna: Client, address: str, code: str) -> None:
    status, data = answers(await ask(anna, question(address)))[address]
    assert status.startswith(code + ";")
    assert data == ""


@pytest.mark.parametrize(
    ("body", "precondition"),
    [
        (question(BOB, organizer=BOB), "C:organizer-allowed"),
        (question(BOB, method="PUBLISH"), "C:valid-scheduling-message"),
        (question(), "C:valid-scheduling-message"),
        (question(BOB).replace("ORGANIZER:", "X-ORGANIZER:"), "C:valid-scheduling-message"),
        (question(BOB).replace("UID:q1", "X-UID:q1"), "C:valid-scheduling-message"),
        (question(BOB).replace("DTEND:20270401T000000Z", "DTEND:20270201T000000Z"), "C:valid-scheduling-message"),
        (question(BOB).replace("DTEND:2027", "DTEND:2127"), "C:valid-scheduling-message"),
        (question(BOB).replace("DTEND:20270401T000000Z", "DTEND:20270401"), "C:valid-scheduling-message"),
        (question(*(f"mailto:x{n}@y.example" for n in range(201))), "C:valid-scheduling-message"),
        (an_event("x").decode(), "C:valid-scheduling-message"),
        ("BEGIN:VCALENDAR\r\nnonsense", "C:valid-calendar-data"),
    ],
)  # fmt: skip
async def test_what_is_no_such_question_is_refused(anna: Client, body: str, precondition: str) -> None:
    answer = await ask(anna, body)
    assert answer.status == 403
    assert answer.preconditions == [precondition]


async def test_other_media_are_refused(anna: Client) -> None:
    assert (await ask(anna, "<x/>", media="application/xml")).status == 415


async def test_nobody_posts_to_anothers_outbox(bob: Client) -> None:
    assert (await ask(bob, question(BOB, organizer=BOB))).status == 404


async def set_property(client: Client, name: str, inner: str) -> Answer:
    body = f"<D:propertyupdate {DECLARED}><D:set><D:prop><{name}>{inner}</{name}></D:prop></D:set></D:propertyupdate>"
    return await client.ask("PROPPATCH", INBOX.replace("anna", client.who.login), body)


async def test_a_default_calendar_is_chosen(anna: Client) -> None:
    name, calendar = "C:schedule-default-calendar-URL", "/dav/calendars/anna/my-calendar/"
    assert (await anna.propfind(INBOX, name)).only.text(name) == ""
    answer = await set_property(anna, name, f"<D:href>http://any.host{calendar}</D:href>")
    assert answer.only.has(name)
    assert (await anna.propfind(INBOX, name)).only.hrefs(name) == [calendar]
    assert (await anna.propfind(calendar, name)).only.lacks(name)


@pytest.mark.parametrize(
    "url", ["/dav/calendars/bob/my-calendar/", INBOX, "/dav/addressbooks/anna/my-contacts/", "http://[", ""]
)
async def test_what_is_no_calendar_of_ones_own_is_not(anna: Client, url: str) -> None:
    answer = await set_property(anna, "C:schedule-default-calendar-URL", f"<D:href>{url}</D:href>")
    assert answer.only.lacks("C:schedule-default-calendar-URL")
    assert b"<C:valid-schedule-default-calendar-URL/>" in answer.body


async def test_when_somebody_is_not_to_be_had_others_hear_of_it(anna: Client, bob: Client) -> None:
    away = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VAVAILABILITY\r\nUID:v\r\nDTSTAMP:20270101T000000Z\r\n"
        "DTSTART:20270310T000000Z\r\nDTEND:20270312T000000Z\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
    )
    assert (await set_property(bob, "C:calendar-availability", away)).only.has("C:calendar-availability")
    found = answers(await ask(anna, question(BOB)))
    assert "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270310T000000Z/20270312T000000Z" in found[BOB][1]
    refused = await set_property(bob, "C:calendar-availability", "nonsense")
    assert b"<C:valid-calendar-data/>" in refused.body
