"""Another program's reading of series agrees with ours: recurring-ical-events, on documents nobody made by hand."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.filter import CompFilter, TimeRange
from gateway.core.tree import Component
from gateway.formats.contentline import serialise
from gateway.formats.matching import matches
from gateway.formats.recurrence import bounds, instances
from gateway.formats.unrolled import expanded
from gateway.formats.vtimezone import vtimezone
from tests.formats.calendars import tree

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")
RULES = (
    "FREQ=DAILY;COUNT=40", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=2TU,-1FR", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=1,100,-1", "FREQ=HOURLY;INTERVAL=7;COUNT=60", "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0,30;COUNT=50",
)  # fmt: skip


def clock(moment: dt.datetime, zone: str) -> str:
    return f"{moment:%Y%m%dT%H%M%S}" + ("Z" if zone == "UTC" else "")


def params(zone: str) -> str:
    return "" if zone == "UTC" else f";TZID={zone}"


@st.composite
def series(draw: st.DrawFn) -> Component:
    """A series with exceptions: dates taken out, dates added, an instance moved, each on an occurrence or beside one."""
    zone = draw(st.sampled_from(ZONES))
    start = dt.datetime(draw(st.integers(2022, 2025)), draw(st.integers(1, 12)), draw(st.integers(1, 28)),
                        draw(st.integers(4, 20)), draw(st.sampled_from((0, 30))))  # fmt: skip
    length = draw(st.sampled_from(("PT30M", "PT1H", "PT26H", "P2D")))
    rule = draw(st.sampled_from(RULES))
    lines = [f"DTSTART{params(zone)}:{clock(start, zone)}", f"DURATION:{length}", f"RRULE:{rule}"]
    plain = tree("\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:s", *lines, "END:VEVENT", "END:VCALENDAR")))
    own = [
        begin.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
        for begin, _ in instances(plain, None, dt.datetime(2026, 2, 1, tzinfo=dt.UTC), 50_000)
    ]
    named = draw(st.lists(st.sampled_from(own[:60]), max_size=3, unique=True)) if own else []
    gone, moved = named[:2], named[2:]
    if gone:
        lines.append(f"EXDATE{params(zone)}:" + ",".join(clock(one, zone) for one in gone))
    if draw(st.booleans()):
        lines.append(f"RDATE{params(zone)}:{clock(start + dt.timedelta(days=3, hours=1), zone)}")
    body = ["BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z", *lines, "SUMMARY:series", "END:VEVENT"]
    for one in moved:
        later = one + dt.timedelta(hours=draw(st.sampled_from((-5, 2, 50))))
        body += ["BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z", f"RECURRENCE-ID{params(zone)}:{clock(one, zone)}",
                 f"DTSTART{params(zone)}:{clock(later, zone)}", "DURATION:PT45M", "SUMMARY:moved", "END:VEVENT"]  # fmt: skip
    made = tree("\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", *body, "END:VCALENDAR")))
    described = vtimezone(zone, 2020)
    if described is not None:
        made.items.insert(2, described)
    return made


WINDOWS = st.builds(
    lambda day, days: (
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=day),
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=day + days),
    ),
    st.integers(0, 720),
    st.sampled_from((1, 7, 31)),
)
Found = set[tuple[dt.datetime, dt.datetime, str]]


def theirs(document: Component, start: dt.datetime, end: dt.datetime) -> Found:
    """What the other program finds; of what only touches the window it says more than RFC 4791 §9.9 does."""
    read = icalendar.Calendar.from_ical(serialise(document))
    found = recurring_ical_events.of(read).between(start - dt.timedelta(days=4), end + dt.timedelta(days=4))
    spans = {(one["DTSTART"].dt.astimezone(dt.UTC), _end(one).astimezone(dt.UTC), str(one["SUMMARY"])) for one in found}
    return {span for span in spans if span[0] < end and span[1] > start}


def _end(event: Any) -> dt.datetime:
    end = event["DTEND"].dt if "DTEND" in event else event["DTSTART"].dt + event["DURATION"].dt
    assert isinstance(end, dt.datetime)
    return end


@settings(max_examples=150, deadline=None)
@given(series(), WINDOWS)
def test_both_find_the_same_instances(document: Component, window: tuple[dt.datetime, dt.datetime]) -> None:
    expected = theirs(document, *window)
    assert {(begin, end) for begin, end in instances(document, *window, 50_000)} == {span[:2] for span in expected}
    inside = CompFilter("VEVENT", time_range=TimeRange(*window))
    assert matches(document, CompFilter("VCALENDAR", components=(inside,))) is bool(expected)


@settings(max_examples=100, deadline=None)
@given(series(), WINDOWS)
def test_instances_told_one_by_one_are_read_as_the_same_by_both(
    document: Component, window: tuple[dt.datetime, dt.datetime]
) -> None:
    told = icalendar.Calendar.from_ical(serialise(expanded(document, TimeRange(*window))))
    seen: Found = set()
    events: Any = told.walk("VEVENT")
    for event in events:
        assert "RRULE" not in event
        start = event["DTSTART"].dt
        assert isinstance(start, dt.datetime)
        seen.add((start.astimezone(dt.UTC), _end(event).astimezone(dt.UTC), str(event["SUMMARY"])))
    assert seen == theirs(document, *window)


def test_whole_days_last_as_many_days_by_the_calendar_also_over_a_change_of_the_clock() -> None:
    document = tree(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:d\nDTSTART;TZID=America/New_York:20220311T040000\n"
        "DURATION:P2D\nRRULE:FREQ=DAILY;INTERVAL=3\nSUMMARY:series\nEND:VEVENT\nEND:VCALENDAR"
    )
    day = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    found = {end for _, end in instances(document, day, day + dt.timedelta(days=1))}
    assert found == {dt.datetime(2024, 1, 2, 9, tzinfo=dt.UTC)}


DAYS = st.sampled_from(("FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=YEARLY"))


@settings(max_examples=80, deadline=None)
@given(DAYS, st.integers(1, 5), st.dates(dt.date(2020, 1, 1), dt.date(2024, 6, 1)), WINDOWS)
def test_both_find_the_same_days(rule: str, days: int, first: dt.date, window: tuple[dt.datetime, dt.datetime]) -> None:
    document = tree(
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:d\nDTSTART;VALUE=DATE:{first:%Y%m%d}\n"
        f"DTEND;VALUE=DATE:{first + dt.timedelta(days=days):%Y%m%d}\nRRULE:{rule}\nSUMMARY:day\nEND:VEVENT\nEND:VCALENDAR"
    )
    read = icalendar.Calendar.from_ical(serialise(document))
    start, end = window
    found = recurring_ical_events.of(read).between(start.date() - dt.timedelta(6), end.date() + dt.timedelta(6))
    expected = {
        one["DTSTART"].dt for one in found
        if one["DTSTART"].dt < end.date() and one["DTEND"].dt > start.date()
    }  # fmt: skip
    assert {begin.date() for begin, _ in instances(document, start, end)} == expected


ALARMS = st.tuples(
    st.sampled_from(("START", "END")), st.integers(-3000, 200), st.sampled_from((None, (1, 30), (4, 60), (2, 1440)))
)


@settings(max_examples=150, deadline=None)
@given(series(), ALARMS, WINDOWS, st.sampled_from(("both", "start", "end")))
def test_alarms_go_off_where_the_other_programs_instances_are(
    document: Component,
    alarm: tuple[str, int, tuple[int, int] | None],
    window: tuple[dt.datetime, dt.datetime],
    ends: str,
) -> None:
    """Counted by hand from each instance (RFC 5545 §3.6.6); a window may be open on one side (RFC 4791 §9.9)."""
    related, minutes, again = alarm
    sign, size = ("-", -minutes) if minutes < 0 else ("", minutes)
    lines = [f"TRIGGER;RELATED={related}:{sign}PT{size}M", "ACTION:AUDIO"]
    if again is not None:
        lines += [f"REPEAT:{again[0]}", f"DURATION:PT{again[1]}M"]
    for event in document.components("VEVENT"):
        event.items.append(tree("\n".join(("BEGIN:VALARM", *lines, "END:VALARM"))))
    first, last = window
    start = None if ends == "end" else first
    end = None if ends == "start" else last
    reach = dt.timedelta(days=12)
    near = theirs(document, (start or dt.datetime(2021, 1, 1, tzinfo=dt.UTC)) - reach, (end or last) + reach)
    offs = [
        (begin if related == "START" else finish) + dt.timedelta(minutes=minutes + number * (again[1] if again else 0))
        for begin, finish, _ in near
        for number in range((again[0] if again else 0) + 1)
    ]
    expected = any((start is None or start <= off) and (end is None or off < end) for off in offs)
    inside = CompFilter("VEVENT", components=(CompFilter("VALARM", time_range=TimeRange(start, end)),))
    found = matches(document, CompFilter("VCALENDAR", components=(inside,)))
    # With an open end there may be instances after those that were counted.
    assert found is expected or (end is None and found)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(ZONES), st.sampled_from(RULES[:7]), st.integers(1, 12), st.sampled_from((-49, -3, 0, 2, 30)),
    st.sampled_from((15, 60, 1500)), WINDOWS,
)  # fmt: skip
def test_an_override_that_is_meant_onwards_moves_all_that_follow(
    zone: str, rule: str, which: int, hours: int, minutes: int, window: tuple[dt.datetime, dt.datetime]
) -> None:
    """Counted by hand from the plain series (RFC 5545 §3.2.13)."""
    first = dt.datetime(2024, 1, 10, 9)
    lines = (f"DTSTART{params(zone)}:{clock(first, zone)}", "DURATION:PT1H", f"RRULE:{rule}", "SUMMARY:series")
    plain = tree("\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:s", *lines, "END:VEVENT", "END:VCALENDAR")))
    at = [begin for begin, _ in instances(plain, None, dt.datetime(2027, 1, 1, tzinfo=dt.UTC), 50_000)]
    named = at[min(which, len(at) - 1)].astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
    override = (
        f"RECURRENCE-ID;RANGE=THISANDFUTURE{params(zone)}:{clock(named, zone)}",
        f"DTSTART{params(zone)}:{clock(named + dt.timedelta(hours=hours), zone)}",
        f"DURATION:PT{minutes}M", "SUMMARY:moved",
    )  # fmt: skip
    body = ("BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT",
            "BEGIN:VEVENT", "UID:s", "DTSTAMP:20260101T000000Z", *override, "END:VEVENT")  # fmt: skip
    made = tree("\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *body, "END:VCALENDAR")))
    tz = zoneinfo.ZoneInfo(zone)
    expected: Found = set()
    for begin in at:
        local = begin.astimezone(tz).replace(tzinfo=None)
        if local < named:
            expected.add((begin, begin + dt.timedelta(hours=1), "series"))
        else:
            moved = (local + dt.timedelta(hours=hours)).replace(tzinfo=tz).astimezone(dt.UTC)
            expected.add((moved, moved + dt.timedelta(minutes=minutes), "moved"))
    expected = {one for one in expected if one[0] < window[1] and one[1] > window[0]}
    assert {*instances(made, *window, 50_000)} == {one[:2] for one in expected}
    told = tree(serialise(expanded(made, TimeRange(*window))))
    found = {
        (str(one.line("SUMMARY").value), str(one.line("DTSTART").value))  # type: ignore[union-attr]
        for one in told.components("VEVENT")
    }
    assert found == {(name, f"{begin:%Y%m%dT%H%M%SZ}") for begin, _, name in expected}
    ids = [one.line("RECURRENCE-ID") for one in told.components("VEVENT")]
    assert len({line.value for line in ids if line is not None}) == len(expected)
    low, high = bounds(made)
    for begin, end in instances(made, None, dt.datetime(2027, 1, 1, tzinfo=dt.UTC), 50_000):
        assert low is not None
        assert low <= begin.timestamp()
        assert high is None or end.timestamp() <= high
