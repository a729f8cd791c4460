"""What a calendar does not take: each refusal with its precondition, the property that states the limit, nothing written."""

from __future__ import annotations

import pytest

from gateway.core.limits import ATTENDEES_MOST, DOCUMENT_LARGEST, INSTANCES_MOST
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_task, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
TASKS = "/dav/calendars/anna/my-tasks/"


def event(*lines: str, start: str = "DTSTART:20270310T090000Z") -> bytes:
    """One event without an end."""
    return calendar("BEGIN:VEVENT", "UID:u", start, *lines, "END:VEVENT")


def calendar(*lines: str) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", *lines, "END:VCALENDAR", "")).encode()


ONE = ("BEGIN:VEVENT", "UID:1", "DTSTART:20270310T090000Z", "END:VEVENT")
OTHER = ("BEGIN:VEVENT", "UID:2", "DTSTART:20270310T090000Z", "END:VEVENT")
REFUSED: list[tuple[str, bytes, str]] = [
    ("no text of a calendar", b"hello", "valid-calendar-data"),
    ("a cut document", an_event("u")[:-20], "valid-calendar-data"),
    ("no UID", calendar("BEGIN:VEVENT", "DTSTART:20270310T090000Z", "END:VEVENT"), "valid-calendar-data"),
    ("no start", calendar("BEGIN:VEVENT", "UID:u", "END:VEVENT"), "valid-calendar-data"),
    ("a start that is none", event(start="DTSTART:soon"), "valid-calendar-data"),
    ("a duration that is none", event("DURATION:long"), "valid-calendar-data"),
    ("an end before its start", event("DTEND:20270309T090000Z"), "valid-calendar-data"),
    ("a rule that is none", event("RRULE:FREQ=NEVER"), "valid-calendar-data"),
    ("a month that is none", event("RRULE:FREQ=YEARLY;BYMONTH=13"), "valid-calendar-data"),
    ("a METHOD", calendar("METHOD:REQUEST", *ONE), "valid-calendar-object-resource"),
    ("two kinds", calendar(*ONE, "BEGIN:VTODO", "UID:1", "END:VTODO"), "valid-calendar-object-resource"),
    ("two UIDs", calendar(*ONE, *OTHER), "valid-calendar-object-resource"),
    ("two masters", calendar(*ONE, *ONE), "valid-calendar-object-resource"),
    ("two calendars", calendar(*ONE) + calendar(*OTHER), "valid-calendar-object-resource"),
    ("a calendar of nothing", calendar(), "valid-calendar-object-resource"),
    ("a task", a_task("u"), "supported-calendar-component"),
    ("free and busy times", calendar("BEGIN:VFREEBUSY", "UID:u", "END:VFREEBUSY"), "supported-calendar-component"),
    ("a zone that nothing explains", event(start="DTSTART;TZID=Middle/Earth:20270310T090000"), "valid-timezone"),
    ("such a zone in a list", event("EXDATE;TZID=Middle/Earth:20270310T090000"), "valid-timezone"),
    ("before our calendar", event(start="DTSTART:15821231T235959Z"), "min-date-time"),
    ("an exception before our calendar", event("RDATE:09990101T000000Z"), "min-date-time"),
    ("after the last instant", event(start="DTSTART;TZID=America/New_York:99991231T230000"), "max-date-time"),
    ("an end after the last day", event("DURATION:P999999W"), "max-date-time"),
    ("a count too high", event(f"RRULE:FREQ=DAILY;COUNT={INSTANCES_MOST + 1}"), "max-instances"),
    ("seconds without end", event("RRULE:FREQ=SECONDLY"), "max-instances"),
    ("minutes for a year", event("RRULE:FREQ=MINUTELY;UNTIL=20280310T000000Z"), "max-instances"),
    ("hours without end", event("RRULE:FREQ=HOURLY;INTERVAL=3"), "max-instances"),
    ("an exception rule as costly", event("RRULE:FREQ=DAILY", "EXRULE:FREQ=SECONDLY"), "max-instances"),
    ("a list too long", event("RDATE:" + ",".join(["20270310T090000Z"] * (INSTANCES_MOST + 1))), "max-instances"),
    ("a crowd", event(*["ATTENDEE:mailto:a@b.example"] * (ATTENDEES_MOST + 1)), "max-attendees-per-instance"),
    ("too many bytes", event("X-LONG:" + "x" * DOCUMENT_LARGEST), "max-resource-size"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "precondition"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_refusal_names_its_precondition_and_nothing_is_written(
    anna: Client, body: bytes, precondition: str
) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    answer = await anna.ask("PUT", CALENDAR + "bad.ics", body, content_type="text/calendar")
    assert (answer.status, answer.preconditions) == (403, [f"C:{precondition}"])
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.xml.findtext("{urn:crmgate:dav}message")
    assert (await anna.sync(CALENDAR, token)).sync_token == token
    assert (await anna.ask("GET", CALENDAR + "bad.ics")).status == 404


@pytest.mark.parametrize("body", [row[1] for row in REFUSED[:24:4]])
async def test_a_change_that_is_refused_leaves_what_was_there(anna: Client, body: bytes) -> None:
    await anna.ask("PUT", CALENDAR + "good.ics", an_event("u", "Good"))
    before = await anna.ask("GET", CALENDAR + "good.ics")
    assert (await anna.ask("PUT", CALENDAR + "good.ics", body)).status == 403
    after = await anna.ask("GET", CALENDAR + "good.ics")
    assert (after.body, after.etag) == (before.body, before.etag)


async def test_the_limits_are_stated_as_properties(anna: Client) -> None:
    names = (
        "C:min-date-time",
        "C:max-date-time",
        "C:max-instances",
        "C:max-attendees-per-instance",
        "C:max-resource-size",
    )
    for path in (CALENDAR, TASKS):
        stated = (await anna.propfind(path, *names)).only
        assert [stated.text(name) for name in names] == [
            "15830101T000000Z", "99991231T235959Z", str(INSTANCES_MOST), str(ATTENDEES_MOST), str(DOCUMENT_LARGEST),
        ]  # fmt: skip
    book = (await anna.propfind("/dav/addressbooks/anna/my-contacts/", *names)).only
    assert all(book.lacks(name) for name in names)


@pytest.mark.parametrize(
    "lines",
    [
        (f"RRULE:FREQ=DAILY;COUNT={INSTANCES_MOST}",),
        ("RRULE:FREQ=DAILY",),
        ("RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z",),
        ("RRULE:FREQ=MINUTELY;COUNT=600",),
        ("CREATED:00001231T000000Z",),
        ("DTEND:99991231T235959Z",),
    ],
)
async def test_what_is_within_the_limits_is_taken(anna: Client, lines: tuple[str, ...]) -> None:
    assert (await anna.ask("PUT", CALENDAR + "good.ics", event(*lines))).status == 201
    assert (await anna.ask("PUT", CALENDAR + "old.ics", an_event("old", "Old", "15830101T000000Z", "15830101T010000Z"))).status == 201  # fmt: skip


async def test_a_second_resource_of_one_uid_is_told_which_the_first_is(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "first.ics", an_event("same"))
    token = (await anna.sync(CALENDAR)).sync_token
    answer = await anna.ask("PUT", CALENDAR + "second.ics", an_event("same", "Other"))
    assert (answer.status, answer.preconditions) == (409, ["C:no-uid-conflict"])
    conflict = answer.xml.find("{urn:ietf:params:xml:ns:caldav}no-uid-conflict/{DAV:}href")
    assert conflict is not None
    assert conflict.text == CALENDAR + "first.ics"
    changed = await anna.ask("PUT", CALENDAR + "first.ics", an_event("another"))
    assert (changed.status, changed.preconditions) == (409, ["C:no-uid-conflict"])
    assert (await anna.sync(CALENDAR, token)).sync_token == token


async def test_another_media_type_is_told_which_one_is_taken(anna: Client) -> None:
    answer = await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"), content_type="text/html")
    assert (answer.status, answer.preconditions) == (415, ["C:supported-calendar-data"])


BOMB = "<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'><!ENTITY c '&a;&a;&a;&a;&a;&a;'>]>"
QUERY = "<C:calendar-query {declared}><D:prop><D:getetag/></D:prop>{inner}</C:calendar-query>"


@pytest.mark.parametrize(
    ("inner", "status", "precondition"),
    [
        ("", 403, "C:valid-filter"),
        ("<C:filter/>", 403, "C:valid-filter"),
        ("<C:filter><C:comp-filter name='VEVENT'/></C:filter>", 403, "C:valid-filter"),
        ("<C:filter><C:comp-filter name='VCALENDAR'><C:x/></C:comp-filter></C:filter>", 403, "C:supported-filter"),
        (
            "<C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'><C:prop-filter name='SUMMARY'>"
            "<C:text-match collation='i;klingon'>x</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter>",
            403,
            "C:supported-collation",
        ),
        (
            "<C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'><C:time-range start='2027'/>"
            "</C:comp-filter></C:comp-filter></C:filter>",
            403,
            "C:valid-filter",
        ),
        ("<C:filter><C:comp-filter", 400, ""),
    ],
)
async def test_a_query_that_cannot_be_answered_says_why(
    anna: Client, inner: str, status: int, precondition: str
) -> None:
    answer = await anna.ask("REPORT", CALENDAR, QUERY.format(declared=DECLARED, inner=inner), depth="1")
    assert answer.status == status
    assert not precondition or answer.preconditions == [precondition]


@pytest.mark.parametrize(
    "body",
    [
        BOMB + QUERY.format(declared=DECLARED, inner="&c;"),
        "<a>" * 100 + "</a>" * 100,
        "<a>" + "<b/>" * 20_000 + "</a>",
        "<C:calendar-query xmlns:C='urn:ietf:params:xml:ns:caldav'",
        "nothing like XML",
        "",
    ],
)
async def test_bodies_that_are_no_or_too_much_xml_are_bad_requests(anna: Client, body: str) -> None:
    assert (await anna.ask("REPORT", CALENDAR, body, depth="1")).status == 400


async def test_a_report_may_be_asked_of_one_event(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Offer"))
    await anna.ask("PUT", CALENDAR + "b.ics", an_event("b", "Offer"))
    inner = "<C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>{}</C:comp-filter></C:comp-filter></C:filter>"
    hit = "<C:prop-filter name='SUMMARY'><C:text-match>off</C:text-match></C:prop-filter>"
    miss = hit.replace(">off<", ">no<")
    for condition, expected in ((hit, [CALENDAR + "a.ics"]), ("", [CALENDAR + "a.ics"]), (miss, [])):
        body = QUERY.format(declared=DECLARED, inner=inner.format(condition))
        assert (await anna.ask("REPORT", CALENDAR + "a.ics", body, depth="0")).hrefs == expected
    body = QUERY.format(declared=DECLARED, inner=inner.format(hit))
    assert (await anna.ask("REPORT", CALENDAR + "none.ics", body)).status == 404


@pytest.mark.parametrize("depth", ["0", "1", "infinity", None])
async def test_any_depth_means_what_is_in_the_calendar(anna: Client, depth: str | None) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Offer"))
    inner = "<C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'/></C:comp-filter></C:filter>"
    headers = {} if depth is None else {"depth": depth}
    answer = await anna.ask("REPORT", CALENDAR, QUERY.format(declared=DECLARED, inner=inner), **headers)
    assert CALENDAR + "a.ics" in answer.hrefs
