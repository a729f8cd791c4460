"""Time zones by reference (RFC 7809), and zones under all the names programs have for them, through DAV."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from gateway.core.model import CollectionName, Section, Shape
from gateway.formats.calendar_zone import calendar_of_zone
from storage.opened import Opened
from tests.dav.client import DECLARED, Client
from tests.formats.calendars import WINDOWS_ZONE

CALENDAR = "/dav/calendars/anna/my-calendar/"


def event(uid: str, *lines: str, zones: str = "") -> bytes:
    body = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", *zones.splitlines(), "BEGIN:VEVENT", f"UID:{uid}",
            "DTSTAMP:20270101T000000Z", *lines, f"SUMMARY:{uid}", "END:VEVENT", "END:VCALENDAR", "")  # fmt: skip
    return "\r\n".join(body).encode()


def named(tzid: str) -> tuple[str, str]:
    quoted = f'"{tzid}"' if set(",:;") & set(tzid) else tzid
    return f"DTSTART;TZID={quoted}:20270310T100000", f"DTEND;TZID={quoted}:20270310T110000"


def as_sent(body: bytes) -> bytes:
    """Without the organiser, whom the CRM knows and the client did not name."""
    return re.sub(rb"ORGANIZER[^\r]*\r\n(?: [^\r]*\r\n)*", b"", body)


OWN = WINDOWS_ZONE.replace("W. Europe Standard Time", "Office")
NAMES = [
    ("Europe/Berlin", "", True),
    ("europe/berlin", "", True),
    ("W. Europe Standard Time", "", True),
    ("W. Europe Standard Time ", "", True),
    ("/mozilla.org/20050126_1/Europe/Berlin", "", True),
    ("/freeassociation.sourceforge.net/Europe/Berlin", "", True),
    ("(UTC+01:00) Somewhere, Berlin, Bern, Rome, Stockholm, Vienna", "", True),
    ("(GMT+01.00) Amsterdam / Bern, Berlin", "", True),
    ("W. Europe Standard Time", WINDOWS_ZONE, False),
    ("W. Europe Standard Time ", WINDOWS_ZONE.replace("Time\n", "Time \n"), False),
    ("Office", OWN, False),
]


@pytest.mark.parametrize(("tzid", "zones", "is_supplied"), NAMES)
async def test_ten_in_berlin_is_nine_in_utc_under_every_name(
    anna: Client, opened: Opened, tzid: str, zones: str, is_supplied: bool
) -> None:
    sent = event("z", *named(tzid), zones=zones)
    answer = await anna.ask("PUT", CALENDAR + "z.ics", sent, content_type="text/calendar")
    assert answer.status == 201
    row = opened.database.read_now(
        lambda connection: connection.exec_driver_sql(
            "SELECT starts_at, timezone FROM meetings WHERE subject = 'z'"
        ).one()
    )
    assert (str(row[0])[:16], row[1]) == ("2027-03-10 09:00", "Europe/Berlin")
    served = (await anna.ask("GET", CALENDAR + "z.ics")).body.decode()
    # RFC 5545 §3.6.5: every TZID has its definition, the client's own where it sent one.
    assert served.count("BEGIN:VTIMEZONE") == 1
    assert (as_sent(served.encode()) == sent) is not is_supplied
    assert f"TZID:{tzid.strip()}\r\n" in served.replace("\r\n ", "").replace(f"{tzid}\r\n", f"{tzid.strip()}\r\n")
    window = "<C:time-range start='20270310T090000Z' end='20270310T090001Z'/>"
    body = (
        f"<C:calendar-query {DECLARED}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name='VCALENDAR'>"
        f"<C:comp-filter name='VEVENT'>{window}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    assert CALENDAR + "z.ics" in (await anna.ask("REPORT", CALENDAR, body)).hrefs


async def test_a_client_may_do_without_definitions(anna: Client) -> None:
    path = CALENDAR + "z.ics"
    await anna.ask("PUT", path, event("z", *named("Europe/Berlin")))
    whole = await anna.ask("GET", path, caldav_timezones="T")
    bare = await anna.ask("GET", path, caldav_timezones="F")
    plain = await anna.ask("GET", path)
    assert b"BEGIN:VTIMEZONE" in whole.body
    assert as_sent(bare.body) == event("z", *named("Europe/Berlin"))
    assert (plain.body, plain.etag) == (whole.body, bare.etag)
    assert "CalDAV-Timezones" in bare.headers["Vary"]


async def test_a_definition_that_nothing_else_explains_is_always_told(anna: Client) -> None:
    path = CALENDAR + "z.ics"
    sent = event("z", *named("Office"), zones=OWN)
    await anna.ask("PUT", path, sent)
    assert as_sent((await anna.ask("GET", path, caldav_timezones="F")).body) == sent


@pytest.mark.parametrize("wanted", ["T", "F", ""])
async def test_reports_obey_it_too(anna: Client, wanted: str) -> None:
    path = CALENDAR + "z.ics"
    token = (await anna.sync(CALENDAR)).sync_token
    await anna.ask("PUT", path, event("z", *named("Europe/Berlin")))
    query = (
        f"<C:calendar-query {DECLARED}><D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name='VCALENDAR'>"
        f"<C:comp-filter name='VTIMEZONE'/><C:comp-filter name='VEVENT'/></C:comp-filter></C:filter></C:calendar-query>"
    )
    for answer in (
        await anna.multiget(CALENDAR, [path], caldav_timezones=wanted),
        await anna.sync(CALENDAR, token, "C:calendar-data", caldav_timezones=wanted),
        await anna.ask("REPORT", CALENDAR, query, caldav_timezones=wanted),
    ):
        assert ("BEGIN:VTIMEZONE" in answer.at(path).text("C:calendar-data")) is (wanted != "F")


async def test_it_is_announced_and_the_home_says_where_zones_are_had(anna: Client) -> None:
    assert "calendar-no-timezone" in (await anna.ask("OPTIONS", CALENDAR)).headers["DAV"].split(", ")
    home = (await anna.propfind("/dav/calendars/anna/", "C:timezone-service-set")).only
    assert home.has("C:timezone-service-set")
    assert home.children("C:timezone-service-set") == []
    assert (await anna.propfind("/dav/addressbooks/anna/", "C:timezone-service-set")).only.lacks(
        "C:timezone-service-set"
    )


async def test_a_query_names_its_zone_in_one_way(anna: Client) -> None:
    both = "<C:timezone>BEGIN:VCALENDAR</C:timezone><C:timezone-id>Europe/Berlin</C:timezone-id>"
    body = (
        f"<C:calendar-query {DECLARED}><D:prop/><C:filter><C:comp-filter name='VCALENDAR'/></C:filter>{both}"
        f"</C:calendar-query>"
    )
    answer = await anna.ask("REPORT", CALENDAR, body)
    assert (answer.status, answer.preconditions) == (403, ["C:valid-timezone"])


# A CRM's events are on its user's clock; those of a calendar of his own are kept as they came.
OWN_CALENDAR = "/dav/calendars/anna/own/"


async def own_calendar(anna: Client, opened: Opened, zone: str = "") -> None:
    look = {"timezone": calendar_of_zone(zone, dt.date(2027, 3, 1)) or ""}
    name = CollectionName(Section.CALENDARS, "own")
    await opened.store.create_collection(anna.who, name, Shape.EVENT, look if zone else {})
    sent = event("f", "DTSTART:20270310T100000", "DTEND:20270310T110000")
    assert (await anna.ask("PUT", OWN_CALENDAR + "f.ics", sent)).status == 201


async def busy(anna: Client, more: str) -> str:
    window = "<C:time-range start='20270310T000000Z' end='20270311T000000Z'/>"
    body = f"<C:free-busy-query {DECLARED}>{window}{more}</C:free-busy-query>"
    return (await anna.ask("REPORT", OWN_CALENDAR, body)).body.decode()


async def test_floating_times_are_read_in_the_zone_of_the_query_or_of_the_calendar(
    anna: Client, opened: Opened
) -> None:
    await own_calendar(anna, opened, "Asia/Tokyo")
    for zone, begin in (
        ("America/New_York", "20270310T150000Z"),
        ("Asia/Kolkata", "20270310T043000Z"),
        ("", "20270310T010000Z"),
    ):
        more = f"<C:timezone-id>{zone}</C:timezone-id>" if zone else ""
        assert f":{begin}/" in await busy(anna, more)
        window = f"<C:time-range start='{begin}' end='{begin[:-3]}01Z'/>"
        body = (
            f"<C:calendar-query {DECLARED}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name='VCALENDAR'>"
            f"<C:comp-filter name='VEVENT'>{window}</C:comp-filter></C:comp-filter></C:filter>{more}</C:calendar-query>"
        )
        assert (await anna.ask("REPORT", OWN_CALENDAR, body)).hrefs == [OWN_CALENDAR + "f.ics"]


async def test_without_either_they_are_read_where_the_user_lives(anna: Client, opened: Opened) -> None:
    await own_calendar(anna, opened)
    assert anna.who.timezone == "Europe/Berlin"
    assert ":20270310T090000Z/" in await busy(anna, "")


async def test_what_is_kept_as_it_came_is_given_its_zones_when_asked(anna: Client, opened: Opened) -> None:
    await own_calendar(anna, opened)
    sent = event("z", *named("Europe/Berlin"))
    await anna.ask("PUT", OWN_CALENDAR + "z.ics", sent)
    assert (await anna.ask("GET", OWN_CALENDAR + "z.ics")).body == sent
    assert b"TZID:Europe/Berlin\r\n" in (await anna.ask("GET", OWN_CALENDAR + "z.ics", caldav_timezones="T")).body
