"""C:free-busy-query, and instances in place of series."""

import datetime as dt

import pytest

from gateway.core.filter import TimeRange
from gateway.core.keeping import AVAILABILITY, FullStore
from gateway.core.model import CollectionName, Section
from gateway.formats.unrolled import expanded
from protocols.dav.told import Told
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import an_event

HOME = "/dav/calendars/anna/"
CALENDAR = HOME + "my-calendar/"
INBOX = CollectionName(Section.CALENDARS, "inbox")
SERIES = an_event("s", "Jour fixe", "20270301T090000Z", "20270301T100000Z").replace(
    b"SUMMARY", b"RRULE:FREQ=WEEKLY;COUNT=5\r\nSUMMARY"
)


async def ask(client: Client, window: str, path: str = CALENDAR) -> Answer:
    body = f"<C:free-busy-query {DECLARED}>{window}</C:free-busy-query>"
    return await client.ask("REPORT", path, body, depth="1")


MARCH = "<C:time-range start='20270301T000000Z' end='20270320T000000Z'/>"


@pytest.mark.parametrize("path", [CALENDAR, HOME])
async def test_a_calendar_tells_when_it_leaves_no_time(anna: Client, path: str) -> None:
    await anna.ask("PUT", CALENDAR + "s.ics", SERIES)
    await anna.ask("PUT", CALENDAR + "b.ics", an_event("b", "Beside", "20270308T093000Z", "20270308T113000Z"))
    answer = await ask(anna, MARCH, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    text = answer.body.decode().replace("\r\n ", "")
    assert text.count("BEGIN:VFREEBUSY") == 1
    for period in ("20270301T090000Z/20270301T100000Z", "20270308T090000Z/20270308T113000Z",
                   "20270315T090000Z/20270315T100000Z"):  # fmt: skip
        assert period in text
    assert "20270322" not in text
    assert "Jour fixe" not in text


async def test_an_address_book_has_no_time_to_tell(anna: Client) -> None:
    assert (await ask(anna, MARCH, "/dav/addressbooks/anna/my-contacts/")).status == 403


@pytest.mark.parametrize(
    "window",
    ["", "<C:time-range start='20270301T000000Z'/>", "<C:time-range start='20270301' end='20270320T000000Z'/>",
     "<C:time-range start='20270320T000000Z' end='20270301T000000Z'/>"],
)  # fmt: skip
async def test_a_window_has_both_ends(anna: Client, window: str) -> None:
    assert (await ask(anna, window)).status == 400


async def told(client: Client, inner: str) -> Answer:
    body = (
        f"<C:calendar-query {DECLARED}><D:prop><C:calendar-data>{inner}</C:calendar-data></D:prop><C:filter>"
        f"<C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>"
        f"<C:time-range start='20270301T000000Z' end='20270310T000000Z'/></C:comp-filter></C:comp-filter></C:filter>"
        f"</C:calendar-query>"
    )
    return await client.ask("REPORT", CALENDAR, body, depth="1")


async def test_a_query_may_ask_for_instances(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "s.ics", SERIES)
    answer = await told(anna, "<C:expand start='20270301T000000Z' end='20270310T000000Z'/>")
    text = answer.at(CALENDAR + "s.ics").text("C:calendar-data")
    assert text.count("BEGIN:VEVENT") == 2
    assert "RRULE" not in text
    assert "RECURRENCE-ID:20270308T090000Z" in text


async def test_instances_may_be_told_in_part(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "s.ics", SERIES)
    part = "<C:comp name='VCALENDAR'><C:comp name='VEVENT'><C:prop name='DTSTART'/></C:comp></C:comp>"
    answer = await told(anna, part + "<C:expand start='20270308T000000Z' end='20270310T000000Z'/>")
    assert answer.at(CALENDAR + "s.ics").text("C:calendar-data") == (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20270308T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_a_series_too_costly_to_follow_is_told_as_it_is() -> None:
    # A client cannot put one, but the CRM may hold one.
    costly = SERIES.replace(b"FREQ=WEEKLY;COUNT=5", b"FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30")
    start = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    told = Told(((expanded, TimeRange(start, start + dt.timedelta(days=9))),))
    assert told.of(costly, dt.UTC) == costly
    assert told.of(SERIES, dt.UTC) != SERIES


async def test_expanding_and_limiting_exclude_each_other(anna: Client) -> None:
    window = "start='20270301T000000Z' end='20270310T000000Z'"
    assert (await told(anna, f"<C:expand {window}/><C:limit-recurrence-set {window}/>")).status == 400
    assert (await told(anna, f"<C:limit-recurrence-set {window}/><C:limit-freebusy-set {window}/>")).status == 207


async def test_when_somebody_is_not_to_be_had_is_told_of_his_home_and_not_of_a_calendar(
    anna: Client, store: FullStore
) -> None:
    office = (
        "BEGIN:VCALENDAR\r\nBEGIN:VAVAILABILITY\r\nUID:v\r\nBEGIN:AVAILABLE\r\nUID:a\r\nDTSTART:20270304T070000\r\n"
        "DTEND:20270304T190000\r\nRRULE:FREQ=DAILY\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
    )
    await store.change_look(anna.who, INBOX, None, {AVAILABILITY: office})
    await anna.ask("PUT", CALENDAR + "e.ics", an_event("e", "Late", "20270316T173000Z", "20270316T183000Z"))
    window = "<C:time-range start='20270316T000000Z' end='20270317T000000Z'/>"
    home = (await ask(anna, window, HOME)).body.decode().replace("\r\n ", "")
    # Anna's day is from seven to seven in Berlin.
    assert "FBTYPE=BUSY-UNAVAILABLE:20270316T000000Z/20270316T060000Z,20270316T183000Z/20270317T000000Z" in home
    assert "20270316T173000Z/20270316T183000Z" in home
    assert "UNAVAILABLE" not in (await ask(anna, window)).body.decode()


@pytest.mark.parametrize("text", ["nonsense", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
async def test_an_availability_that_says_nothing_makes_nobody_busy(anna: Client, store: FullStore, text: str) -> None:
    await store.change_look(anna.who, INBOX, None, {AVAILABILITY: text})
    window = "<C:time-range start='20990316T000000Z' end='20990317T000000Z'/>"
    assert "FREEBUSY:" not in (await ask(anna, window, HOME)).body.decode()
