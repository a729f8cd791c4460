"""Invitations between users of one CRM: out, back, changed and cancelled (RFC 6638)."""

import pytest

from gateway.core.ids import Href
from gateway.core.keeping import Placing
from gateway.core.model import UNCONDITIONAL, CollectionName, Section, Shape
from gateway.core.tree import Component
from gateway.formats.contentline import parse
from gateway.scheduling.objects import line_of
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import an_event

ANNA, BOB, EVE = "mailto:anna@crm.example", "mailto:bob@crm.example", "mailto:eve@elsewhere.example"
ANNAS, INVITATIONS = "/dav/calendars/anna/private/", "/dav/calendars/bob/invitations/"
INBOX = "/dav/calendars/{}/inbox/"
INVITED = (f"ORGANIZER;CN=Anna:{ANNA}", f"ATTENDEE;PARTSTAT=ACCEPTED:{ANNA}", f"ATTENDEE;RSVP=TRUE:{BOB}")
TIMES = ("20270310T090000Z", "20270310T100000Z")


@pytest.fixture
async def anna(anna: Client) -> Client:
    """With a calendar of her own."""
    await make(anna, "private")
    return anna


async def make(client: Client, slug: str) -> None:
    name = CollectionName(Section.CALENDARS, slug)
    await client.service._store.create_collection(client.who, name, Shape.EVENT, {})


def meeting(
    *more: str, summary: str = "Offer", times: tuple[str, str] = TIMES, people: tuple[str, ...] = INVITED
) -> bytes:
    return an_event("m", summary, *times, *people, *more)


async def put(client: Client, path: str, body: bytes, **headers: str) -> Answer:
    answer = await client.ask("PUT", path, body, content_type="text/calendar", **headers)
    assert answer.status in {201, 204}, answer.body
    return answer


async def documents(client: Client, collection: str) -> list[tuple[str, Component]]:
    """What stands in a collection: URLs and documents, in the order of the collection."""
    listed = await client.propfind(collection, "D:getetag", depth="1")
    if listed.status == 404:
        return []
    urls = [one.href for one in listed.resources if one.href != collection]
    return [(url, parse((await client.ask("GET", url)).body)[0]) for url in urls]


async def only(client: Client, collection: str) -> tuple[str, Component]:
    (found,) = await documents(client, collection)
    return found


def events(document: Component) -> list[Component]:
    return list(document.components("VEVENT"))


def said(document: Component, name: str) -> list[str]:
    return [line.value for event in events(document) for line in event.lines(name)]


def params(document: Component, address: str) -> str:
    line = line_of(events(document)[0], address)
    assert line is not None
    return line.params


def methods(found: list[tuple[str, Component]]) -> list[str]:
    return [line.value for _, document in found for line in document.lines("METHOD")]


async def answer(client: Client, status: str, **headers: str) -> Answer:
    """The attendee's client stores his answer."""
    url, _ = await only(client, INVITATIONS)
    raw = (await client.ask("GET", url)).body.replace(b"\r\n ", b"")
    lines = [
        f"ATTENDEE;PARTSTAT={status}:{BOB}".encode() if line.startswith(b"ATTENDEE") and b"bob@" in line else line
        for line in raw.split(b"\r\n")
    ]
    return await put(client, url, b"\r\n".join(lines), **headers)


async def test_an_invitation_reaches_inbox_and_calendar(anna: Client, bob: Client) -> None:
    stored = await put(anna, ANNAS + "m.ics", meeting())
    assert "ETag" not in stored.headers  # what is stored says what became of the messages
    assert stored.headers["Schedule-Tag"]
    url, document = await only(bob, INVITATIONS)
    assert said(document, "SUMMARY") == ["Offer"]
    assert "SCHEDULE" not in params(document, ANNA) + params(document, BOB)
    assert document.line("METHOD") is None
    assert methods(await documents(bob, INBOX.format("bob"))) == ["REQUEST"]
    assert (await bob.ask("GET", url)).headers["Schedule-Tag"]
    _, annas = await only(anna, ANNAS)
    assert "SCHEDULE-STATUS=1.2" in params(annas, BOB)
    assert await documents(anna, INBOX.format("anna")) == []
    shown = (await bob.propfind(INVITATIONS, "D:displayname", "D:resourcetype")).only
    assert shown.text("D:displayname") == "Invitations"
    assert "C:calendar" in shown.children("D:resourcetype")


async def test_an_answer_comes_back(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    tag = (await anna.ask("GET", ANNAS + "m.ics")).headers["Schedule-Tag"]
    await answer(bob, "ACCEPTED")
    _, annas = await only(anna, ANNAS)
    assert "PARTSTAT=ACCEPTED" in params(annas, BOB)
    assert "SCHEDULE-STATUS=2.0" in params(annas, BOB)
    assert methods(await documents(anna, INBOX.format("anna"))) == ["REPLY"]
    # RFC 6638 §3.2.10: an answer alone changes no tag.
    assert (await anna.ask("GET", ANNAS + "m.ics")).headers["Schedule-Tag"] == tag


async def test_a_new_time_asks_again_and_a_new_text_does_not(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    await answer(bob, "ACCEPTED")
    await put(
        anna,
        ANNAS + "m.ics",
        meeting(summary="Our offer").replace(b"ATTENDEE;RSVP=TRUE", b"ATTENDEE;PARTSTAT=ACCEPTED"),
    )
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "SUMMARY") == ["Our offer"]
    assert "PARTSTAT=ACCEPTED" in params(bobs, BOB)
    moved = meeting(summary="Our offer", times=("20270311T090000Z", "20270311T100000Z"))
    await put(anna, ANNAS + "m.ics", moved.replace(b"ATTENDEE;RSVP=TRUE", b"ATTENDEE;PARTSTAT=ACCEPTED"))
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "DTSTART") == ["20270311T090000Z"]
    assert "PARTSTAT=NEEDS-ACTION" in params(bobs, BOB)
    assert said(bobs, "SEQUENCE") == ["1"]
    assert methods(await documents(bob, INBOX.format("bob"))) == ["REQUEST"] * 3


async def test_what_is_bobs_own_survives_a_change(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, _ = await only(bob, INVITATIONS)
    raw = (await bob.ask("GET", url)).body
    alarm = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT"
    await put(bob, url, raw.replace(b"END:VEVENT", b"TRANSP:TRANSPARENT\r\n" + alarm))
    await put(anna, ANNAS + "m.ics", meeting("LOCATION:Room 1"))
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "LOCATION") == ["Room 1"]
    assert said(bobs, "TRANSP") == ["TRANSPARENT"]
    assert len(list(events(bobs)[0].components("VALARM"))) == 1
    assert not list(events((await only(anna, ANNAS))[1])[0].components("VALARM"))


async def test_a_cancelled_meeting_is_marked_and_not_taken_away(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    await anna.ask("DELETE", ANNAS + "m.ics")
    url, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "STATUS") == ["CANCELLED"]
    assert methods(await documents(bob, INBOX.format("bob"))) == ["REQUEST", "CANCEL"]
    assert (await bob.ask("DELETE", url)).status == 204
    assert await documents(anna, INBOX.format("anna")) == []


async def test_who_is_invited_no_longer_is_told(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    await put(anna, ANNAS + "m.ics", meeting(people=INVITED[:2]))
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "STATUS") == ["CANCELLED"]


@pytest.mark.parametrize(("header", "is_told"), [({}, True), ({"schedule_reply": "F"}, False)])
async def test_deleting_an_invitation_declines_it(
    anna: Client, bob: Client, header: dict[str, str], is_told: bool
) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, _ = await only(bob, INVITATIONS)
    assert (await bob.ask("DELETE", url, **header)).status == 204
    _, annas = await only(anna, ANNAS)
    assert ("PARTSTAT=DECLINED" in params(annas, BOB)) is is_told


async def test_nobody_outside_is_written_to_and_the_organizer_is_told_so(anna: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting(people=(*INVITED[:2], f"ATTENDEE:{EVE}", "ATTENDEE:urn:x:y")))
    _, annas = await only(anna, ANNAS)
    assert "SCHEDULE-STATUS=5.2" in params(annas, EVE)
    assert "SCHEDULE-STATUS=3.7" in params(annas, "urn:x:y")


@pytest.mark.parametrize("agent", ["CLIENT", "NONE", "X-OTHER"])
async def test_the_client_may_deliver_by_itself(anna: Client, bob: Client, agent: str) -> None:
    body = meeting(people=(*INVITED[:2], f"ATTENDEE;SCHEDULE-AGENT={agent}:{BOB}"))
    await put(anna, ANNAS + "m.ics", body)
    assert await documents(bob, INVITATIONS) == []
    assert (await anna.ask("GET", ANNAS + "m.ics")).body == body


async def test_an_organizers_answers_are_not_undone_by_what_he_has_not_seen(anna: Client, bob: Client) -> None:
    tag = (await put(anna, ANNAS + "m.ics", meeting())).headers["Schedule-Tag"]
    await answer(bob, "TENTATIVE")
    again = await put(anna, ANNAS + "m.ics", meeting("LOCATION:Room 1"), if_schedule_tag_match=tag)
    assert again.headers["Schedule-Tag"] != tag
    _, annas = await only(anna, ANNAS)
    assert "PARTSTAT=TENTATIVE" in params(annas, BOB)
    stale = await anna.ask("PUT", ANNAS + "m.ics", meeting(), if_schedule_tag_match=tag)
    assert stale.status == 412


async def test_a_tag_that_is_none_matches_nothing(anna: Client) -> None:
    calendar = "/dav/calendars/anna/my-calendar/"
    assert (await anna.ask("PUT", calendar + "a.ics", an_event("a"), if_schedule_tag_match='"x"')).status == 412
    assert (await anna.ask("PUT", ANNAS + "a.ics", an_event("a"), if_schedule_tag_match='"x"')).status == 412


async def test_the_tag_is_a_property(anna: Client) -> None:
    tag = (await put(anna, ANNAS + "m.ics", meeting())).headers["Schedule-Tag"]
    await put(anna, ANNAS + "a.ics", an_event("a"))
    found = await anna.propfind(ANNAS, "C:schedule-tag", depth="1")
    assert found.at(ANNAS + "m.ics").text("C:schedule-tag") == tag
    assert found.at(ANNAS + "a.ics").lacks("C:schedule-tag")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"DTSTART:20270310T090000Z", b"DTSTART:20270310T080000Z"),
        (b"SUMMARY:Offer", b"SUMMARY:Mine"),
        (b"ORGANIZER;CN=Anna:mailto:anna@", b"ORGANIZER:mailto:bob@"),
        (b"END:VEVENT", b"RRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT"),
        (b"ATTENDEE;RSVP=TRUE:mailto:bob@crm", b"ATTENDEE:mailto:rob@crm"),
    ],
)
async def test_an_attendee_changes_nothing_but_what_is_his(
    anna: Client, bob: Client, before: bytes, after: bytes
) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, _ = await only(bob, INVITATIONS)
    raw = (await bob.ask("GET", url)).body
    assert before in raw
    refused = await bob.ask("PUT", url, raw.replace(before, after))
    assert refused.status == 403
    assert refused.preconditions == ["C:allowed-attendee-scheduling-object-change"]


async def test_what_an_attendees_client_leaves_out_is_put_right(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting("DESCRIPTION:Long"))
    url, _ = await only(bob, INVITATIONS)
    mine = an_event("m", "Offer", *TIMES, INVITED[0], f"ATTENDEE;PARTSTAT=ACCEPTED:{BOB}")
    await put(bob, url, mine)
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "DESCRIPTION") == ["Long"]
    assert set(said(bobs, "ATTENDEE")) == {ANNA, BOB}


async def test_a_meeting_is_in_ones_calendars_once(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, _ = await only(bob, INVITATIONS)
    raw = (await bob.ask("GET", url)).body
    await make(bob, "other")
    refused = await bob.ask("PUT", "/dav/calendars/bob/other/x.ics", raw)
    assert refused.status == 403
    assert refused.preconditions == ["C:unique-scheduling-object-resource"]
    assert url.encode() in refused.body


async def test_one_meeting_has_one_organizer(anna: Client) -> None:
    body = meeting("RRULE:FREQ=DAILY;COUNT=3").replace(
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20270101T000000Z\r\nRECURRENCE-ID:20270311T090000Z\r\n"
        b"DTSTART:20270311T090000Z\r\nORGANIZER:mailto:bob@crm.example\r\nATTENDEE:mailto:bob@crm.example\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR",
    )
    refused = await anna.ask("PUT", ANNAS + "m.ics", body)
    assert refused.preconditions == ["C:same-organizer-in-all-components"]


async def test_an_organizer_does_not_give_his_meeting_away(anna: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    given = meeting().replace(b"ORGANIZER;CN=Anna:mailto:anna@", b"ORGANIZER:mailto:bob@")
    refused = await anna.ask("PUT", ANNAS + "m.ics", given)
    assert refused.preconditions == ["C:allowed-organizer-scheduling-object-change"]


async def test_an_event_of_bobs_own_is_not_taken_over(anna: Client, bob: Client) -> None:
    await make(bob, "own")
    mine = an_event("m", "Mine", *TIMES, f"ORGANIZER:{BOB}", f"ATTENDEE:{BOB}", f"ATTENDEE:{EVE}")
    await put(bob, "/dav/calendars/bob/own/m.ics", mine)
    await put(anna, ANNAS + "m.ics", meeting())
    _, bobs = await only(bob, "/dav/calendars/bob/own/")
    assert said(bobs, "SUMMARY") == ["Mine"]
    _, annas = await only(anna, ANNAS)
    assert "SCHEDULE-STATUS=5.3" in params(annas, BOB)
    assert await documents(bob, INBOX.format("bob")) == []


async def test_a_stranger_to_a_meeting_does_not_answer_it(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting(people=(*INVITED[:2], f"ATTENDEE:{EVE}")))
    await make(bob, "own")
    crashed = an_event("m", "Offer", *TIMES, INVITED[0], f"ATTENDEE;PARTSTAT=ACCEPTED:{BOB}")
    await put(bob, "/dav/calendars/bob/own/m.ics", crashed)
    _, annas = await only(anna, ANNAS)
    assert BOB not in said(annas, "ATTENDEE")


async def test_one_instance_is_answered_moved_and_cancelled(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting("RRULE:FREQ=DAILY;COUNT=5"))
    url, _ = await only(bob, INVITATIONS)
    raw = (await bob.ask("GET", url)).body
    declined = (
        f"BEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20270101T000000Z\r\nRECURRENCE-ID:20270311T090000Z\r\n"
        f"DTSTART:20270311T090000Z\r\nDTEND:20270311T100000Z\r\nSUMMARY:Offer\r\n{INVITED[0]}\r\n{INVITED[1]}\r\n"
        f"ATTENDEE;PARTSTAT=DECLINED:{BOB}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    ).encode()
    await put(bob, url, raw.replace(b"END:VCALENDAR", declined))
    _, annas = await only(anna, ANNAS)
    assert said(annas, "RECURRENCE-ID") == ["20270311T090000Z"]
    override = next(one for one in events(annas) if one.line("RECURRENCE-ID"))
    line = line_of(override, BOB)
    assert line is not None
    assert "PARTSTAT=DECLINED" in line.params
    stored = (await anna.ask("GET", ANNAS + "m.ics")).body
    await put(anna, ANNAS + "m.ics", stored.replace(b"RRULE:", b"EXDATE:20270313T090000Z\r\nRRULE:", 1))
    _, bobs = await only(bob, INVITATIONS)
    assert said(bobs, "EXDATE") == ["20270313T090000Z"]
    assert methods(await documents(bob, INBOX.format("bob"))) == ["REQUEST", "CANCEL"]


async def test_an_invitation_is_moved_between_ones_own_calendars(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, _ = await only(bob, INVITATIONS)
    source, target = CollectionName(Section.CALENDARS, "invitations"), CollectionName(Section.CALENDARS, "my-calendar")
    href = Href(url.rpartition("/")[2])
    placing = Placing(source, href, target, Href("m.ics"), UNCONDITIONAL, is_move=True, may_replace=False)
    await bob.service._edits.place(bob.who, placing)
    _, annas = await only(anna, ANNAS)
    assert "DECLINED" not in params(annas, BOB)
    await put(anna, ANNAS + "m.ics", meeting("LOCATION:Room 2"))
    moved = (await bob.ask("GET", "/dav/calendars/bob/my-calendar/m.ics")).body
    assert b"LOCATION:Room 2" in moved


async def test_a_message_in_the_inbox_is_taken_out(anna: Client, bob: Client) -> None:
    await put(anna, ANNAS + "m.ics", meeting())
    url, document = await only(bob, INBOX.format("bob"))
    assert document.line("METHOD") is not None
    query = (
        f"<C:calendar-query {DECLARED}><D:prop><C:calendar-data/></D:prop><C:filter>"
        "<C:comp-filter name='VCALENDAR'/></C:filter></C:calendar-query>"
    )
    assert (await bob.ask("REPORT", INBOX.format("bob"), query, depth="1")).hrefs == [url]
    assert (await bob.ask("DELETE", url)).status == 204
    assert await documents(bob, INBOX.format("bob")) == []


MEETINGS = "/dav/calendars/anna/my-calendar/"


async def test_a_meeting_of_the_crm_is_told_of_and_not_copied(anna: Client, bob: Client) -> None:
    await documents(bob, "/dav/calendars/bob/my-calendar/")  # who has never looked into his calendar is told nothing
    await put(anna, MEETINGS + "m.ics", meeting())
    (told,) = await documents(bob, INBOX.format("bob"))
    assert said(told[1], "SUMMARY") == ["Offer"]
    assert methods([told]) == ["REQUEST"]
    assert await documents(bob, INVITATIONS) == []
    shown = [document for _, document in await documents(bob, "/dav/calendars/bob/my-calendar/")]
    assert "m" in [uid for document in shown for uid in said(document, "UID")]
    # A change is in his calendar already.
    await put(anna, MEETINGS + "m.ics", meeting(summary="Our offer"))
    assert len(await documents(bob, INBOX.format("bob"))) == 1
    assert await documents(anna, INBOX.format("anna")) == []


async def test_a_meeting_that_has_been_is_told_to_nobody(anna: Client, bob: Client) -> None:
    await documents(bob, "/dav/calendars/bob/my-calendar/")
    await put(anna, MEETINGS + "m.ics", meeting(times=("20200310T090000Z", "20200310T100000Z")))
    assert await documents(bob, INBOX.format("bob")) == []


async def test_the_inbox_can_be_kept_free_of_meetings_of_the_crm(anna: Client, bob: Client, opened: Opened) -> None:
    await documents(bob, "/dav/calendars/bob/my-calendar/")
    opened.store.scheduling.tells_invited = False
    await put(anna, MEETINGS + "m.ics", meeting())
    assert await documents(bob, INBOX.format("bob")) == []
