"""Entries of a time: what the index knows without reading content is never too little."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gateway.core.filter import TimeRange
from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Principal, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.mapping.served import component

CALENDAR = CollectionName(Section.CALENDARS, "my-calendar")
TASKS = CollectionName(Section.CALENDARS, "my-tasks")
EVENTS = {
    "march": ("DTSTART:20270310T090000Z", "DTEND:20270310T100000Z"),
    "june": ("DTSTART;VALUE=DATE:20270610", "DTEND;VALUE=DATE:20270612"),
    "weekly": ("DTSTART:20270101T090000Z", "DTEND:20270101T100000Z", "RRULE:FREQ=WEEKLY;COUNT=30"),
    "endless": ("DTSTART:20270401T090000Z", "DTEND:20270401T100000Z", "RRULE:FREQ=YEARLY"),
}


def window(start: str, end: str) -> TimeRange:
    ends = (dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None for text in (start, end))
    return TimeRange(*ends)


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (("2027-03-10T09:30", "2027-03-10T09:40"), {"march", "weekly"}),
        (("2027-03-10T11:00", "2027-03-11"), {"weekly"}),
        (("2027-06-11", "2027-06-12"), {"june", "weekly", "endless"}),
        (("2028-01-01", "2029-01-01"), {"endless"}),
        (("2026-01-01", "2026-12-01"), set()),
        (("", "2027-02-01"), {"weekly"}),
        (("2027-09-01", ""), {"endless"}),
        (("", ""), set(EVENTS)),
    ],
)
async def test_entries_of_a_time_are_those_that_may_happen_then(
    opened_everywhere: Opened, within: tuple[str, str], expected: set[str]
) -> None:
    who = principal(opened_everywhere, "anna")
    writes = Edits(opened_everywhere.store)
    for name, lines in EVENTS.items():
        content = component("VEVENT", name, "SUMMARY:x", *lines)
        await writes.put(who, CALENDAR, Href(f"{name}.ics"), "text/calendar", content, UNCONDITIONAL)
    _, found = await opened_everywhere.store.entries(who, CALENDAR, within=window(*within))
    assert {entry.href.removesuffix(".ics") for entry in found} & set(EVENTS) == expected


async def test_a_task_without_a_date_is_there_at_all_times(
    opened: Opened, anna_principal: Principal, edits: Edits
) -> None:
    content = component("VTODO", "t", "SUMMARY:some day")
    await edits.put(anna_principal, TASKS, Href("t.ics"), "text/calendar", content, UNCONDITIONAL)
    for year in ("1990", "2027"):
        _, found = await opened.store.entries(anna_principal, TASKS, within=window(f"{year}-01-01", f"{year}-01-02"))
        assert "t.ics" in {entry.href for entry in found}


async def test_a_day_is_that_day_wherever_its_reader_lives(
    opened: Opened, anna_principal: Principal, edits: Edits
) -> None:
    content = component("VEVENT", "d", "SUMMARY:x", "DTSTART;VALUE=DATE:20270610")
    await edits.put(anna_principal, CALENDAR, Href("d.ics"), "text/calendar", content, UNCONDITIONAL)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        noon = dt.datetime(2027, 6, 10, 12, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
        within = TimeRange(noon, noon + dt.timedelta(minutes=1))
        _, found = await opened.store.entries(anna_principal, CALENDAR, within=within)
        assert "d.ics" in {entry.href for entry in found}
