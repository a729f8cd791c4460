"""Events: times in every spelling, people, alarms; changing one thing changes one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.entities import Attendee, Period, Value
from gateway.core.ids import ObjectUid
from gateway.formats.contentline import serialise
from gateway.formats.event import EventCodec
from gateway.formats.sameness import changed
from tests.formats.calendars import SERIES, WINDOWS_ZONE, calendar, lines_of, tree, unfolded, written

CODEC = EventCodec()
MARCH_16 = dt.datetime(2026, 3, 16, 8, 30, tzinfo=dt.UTC)
HALF_HOUR = dt.timedelta(minutes=30)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


def test_a_series_with_everything_is_understood() -> None:
    assert CODEC.read(tree(SERIES)) == {
        "period": Period(MARCH_16, MARCH_16 + HALF_HOUR, "Europe/Berlin"),
        "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=10",
        "summary": "Stand-up, weekly",
        "location": None,
        "description": "Line one\nLine two",
        "url": None,
        "categories": ("Work", "Team", "Daily"),
        "private": False,
        "transparent": False,
        "status": None,
        "organizer": Attendee("Ada@example.com", "Ada"),
        "attendees": (Attendee("grace@example.com", "Grace H.", "ACCEPTED"), Attendee("alan@example.com")),
        "reminder": 15,
    }


CUSTOM_ZONE = WINDOWS_ZONE.replace("W. Europe Standard Time", "Our office")
ODD_ZONE = """\
BEGIN:VTIMEZONE
TZID:Odd
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0017
TZOFFSETTO:+0017
END:STANDARD
END:VTIMEZONE
"""
SPELLINGS: list[tuple[list[str], str, Period]] = [
    (["DTSTART:20260316T083000Z", "DTEND:20260316T090000Z"], "", Period(MARCH_16, MARCH_16 + HALF_HOUR, "UTC")),
    (["DTSTART;VALUE=DATE-TIME:20260316T083000Z"], "", Period(MARCH_16, MARCH_16, "UTC")),
    (["DTSTART;TZID=Europe/Berlin :20260316T093000"], "", Period(MARCH_16, MARCH_16, "Europe/Berlin")),
    (['DTSTART;TZID="europe/berlin":20260316T093000'], "", Period(MARCH_16, MARCH_16, "Europe/Berlin")),
    (["DTSTART;TZID=/mozilla.org/2005/Europe/Berlin:20260316T093000"], "", Period(MARCH_16, MARCH_16, "Europe/Berlin")),
    (["DTSTART;TZID=W. Europe Standard Time:20260316T093000"], "", Period(MARCH_16, MARCH_16, "Europe/Berlin")),
    (["DTSTART;TZID=Our office:20260316T093000"], CUSTOM_ZONE, Period(MARCH_16, MARCH_16, "Europe/Berlin")),
    (["DTSTART;TZID=Odd:20260316T084700"], ODD_ZONE, Period(MARCH_16, MARCH_16, "UTC")),
    (["DTSTART;TZID=Nowhere:20260316T083000"], "", Period(MARCH_16, MARCH_16, "")),
    (["DTSTART:20260316T083000", "DURATION:PT1H"], "", Period(MARCH_16, utc(2026, 3, 16, 9, 30), "")),
    (["DTSTART;TZID=GMT:20260316T083000"], "", Period(MARCH_16, MARCH_16, "UTC")),
    (["DTSTART;VALUE=DATE:20260316"], "", Period(dt.date(2026, 3, 16), dt.date(2026, 3, 17), "")),
    (["DTSTART:20260316", "DTEND:20260318"], "", Period(dt.date(2026, 3, 16), dt.date(2026, 3, 18), "")),
    (
        ["DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260316"],
        "",
        Period(dt.date(2026, 3, 16), dt.date(2026, 3, 17), ""),
    ),
    (["DTSTART;VALUE=DATE:20260316", "DURATION:P3D"], "", Period(dt.date(2026, 3, 16), dt.date(2026, 3, 19), "")),
    (
        ["DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D"],
        "",
        Period(utc(2026, 3, 28, 11), utc(2026, 3, 29, 10), "Europe/Berlin"),
    ),
    (
        ["DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT25H"],
        "",
        Period(utc(2026, 3, 28, 11), utc(2026, 3, 29, 12), "Europe/Berlin"),
    ),
    (
        ["DTSTART;TZID=Europe/Berlin:20260316T093000", "DTEND;TZID=America/New_York:20260316T050000"],
        "",
        Period(MARCH_16, MARCH_16 + HALF_HOUR, "Europe/Berlin"),
    ),
]


@pytest.mark.parametrize(("lines", "before", "period"), SPELLINGS)
def test_times_in_all_spellings_are_read_and_left_alone(lines: list[str], before: str, period: Period) -> None:
    document = calendar(*lines, before=before)
    text = serialise(document)
    assert CODEC.read(document)["period"] == period
    CODEC.write(document, {"period": period})
    assert serialise(document) == text


def test_no_start_is_no_period() -> None:
    assert CODEC.read(calendar("SUMMARY:x"))["period"] is None
    assert CODEC.read(calendar("DTSTART:nonsense"))["period"] is None
    assert CODEC.read(calendar("DTSTART:20261399T250000Z"))["period"] is None


@pytest.mark.parametrize(
    ("period", "lines", "zones"),
    [
        (Period(MARCH_16, MARCH_16 + HALF_HOUR), ["DTSTART:20260316T083000Z", "DTEND:20260316T090000Z"], []),
        (
            Period(MARCH_16, MARCH_16 + HALF_HOUR, "Europe/Berlin"),
            ["DTSTART;TZID=Europe/Berlin:20260316T093000", "DTEND;TZID=Europe/Berlin:20260316T100000"],
            ["TZID:Europe/Berlin"],
        ),
        (Period(MARCH_16, MARCH_16, ""), ["DTSTART:20260316T083000", "DTEND:20260316T083000"], []),
        (
            Period(dt.date(2026, 3, 16), dt.date(2026, 3, 17)),
            ["DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260317"],
            [],
        ),
        (
            Period(utc(2026, 10, 24, 23, 30), utc(2026, 10, 25, 1, 30), "Europe/Berlin"),
            ["DTSTART;TZID=Europe/Berlin:20261025T013000", "DTEND:20261025T013000Z"],
            ["TZID:Europe/Berlin"],
        ),
    ],
)
def test_times_are_written_in_their_zone(period: Period, lines: list[str], zones: list[str]) -> None:
    document = written({"period": period})
    assert lines_of(document, "DTSTART", "DTEND") == lines
    assert [line for line in unfolded(document) if line.startswith("TZID:")] == zones
    assert CODEC.read(tree(serialise(document)))["period"] == period or period.is_all_day


ZONES = st.sampled_from(["UTC", "", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


@given(
    st.datetimes(utc(1975, 1, 1).replace(tzinfo=None), utc(2036, 1, 1).replace(tzinfo=None)),
    st.integers(0, 3000),
    ZONES,
    ZONES,
)
def test_any_period_can_be_stated_over_any_other(start: dt.datetime, minutes: int, zone: str, other: str) -> None:
    begin = start.replace(second=0, microsecond=0, tzinfo=dt.UTC)
    period = Period(begin, begin + dt.timedelta(minutes=minutes), zone)
    for document in (
        written({}),
        written({"period": Period(begin, begin, other)}),
        written({"period": Period(begin.date(), begin.date() + dt.timedelta(days=1))}),
        tree(SERIES),
    ):
        CODEC.write(document, {"period": period})
        read = CODEC.read(tree(serialise(document)))["period"]
        assert isinstance(read, Period)
        assert (read.start, read.end) == (period.start, period.end)
        # The second coming of an hour can be said in UTC alone.
        assert read.zone in (zone, "UTC")
        text = serialise(document)
        CODEC.write(document, {"period": read})
        assert serialise(document) == text


def test_a_clients_name_for_the_zone_is_kept_when_the_time_changes() -> None:
    document = tree(SERIES)
    hour_later = MARCH_16 + dt.timedelta(hours=1)
    CODEC.write(document, {"period": Period(hour_later, hour_later + HALF_HOUR, "Europe/Berlin")})
    assert unfolded(document) == [
        line.replace("T093000", "T103000") if line.startswith("DTSTART;TZID=W. Europe Standard Time:20260316") else line
        for line in SERIES.split("\r\n")
    ]


def test_a_zone_nobody_knows_is_the_one_the_document_has() -> None:
    document = tree(SERIES)
    hour_later = MARCH_16 + dt.timedelta(hours=1)
    CODEC.write(document, {"period": Period(hour_later, hour_later + HALF_HOUR, None)})
    assert unfolded(document) == [
        line.replace("T093000", "T103000") if line.startswith("DTSTART;TZID=W. Europe Standard Time:20260316") else line
        for line in SERIES.split("\r\n")
    ]
    assert lines_of(written({"period": Period(MARCH_16, MARCH_16 + HALF_HOUR, None)}), "DTSTART") == [
        "DTSTART:20260316T083000Z"
    ]


def test_a_floating_time_is_no_time_of_a_crm_without_zones() -> None:
    document = calendar("DTSTART:20260316T083000", "DTEND:20260316T090000")
    CODEC.write(document, {"period": Period(MARCH_16, MARCH_16 + HALF_HOUR, None)})
    assert lines_of(document, "DTSTART", "DTEND") == ["DTSTART:20260316T083000Z", "DTEND:20260316T090000Z"]


def test_another_zone_brings_its_vtimezone_and_takes_away_what_nobody_uses() -> None:
    document = calendar(
        "DTSTART;TZID=Our office:20260316T093000", "DTEND;TZID=Our office:20260316T100000", before=CUSTOM_ZONE
    )
    CODEC.write(document, {"period": Period(MARCH_16, MARCH_16 + HALF_HOUR, "America/New_York")})
    assert [line for line in unfolded(document) if line.startswith("TZID:")] == ["TZID:America/New_York"]
    assert lines_of(document, "DTSTART", "DTEND") == [
        "DTSTART;TZID=America/New_York:20260316T043000",
        "DTEND;TZID=America/New_York:20260316T050000",
    ]


def test_a_zone_that_exceptions_use_stays() -> None:
    document = tree(SERIES)
    CODEC.write(document, {"period": Period(MARCH_16, MARCH_16 + HALF_HOUR, "UTC")})
    assert "TZID:W. Europe Standard Time" in unfolded(document)


CHANGES: list[tuple[Mapping[str, Value], list[str], list[str]]] = [
    ({"summary": "Daily"}, ["SUMMARY:Stand-up\\, weekly"], ["SUMMARY:Daily"]),
    (
        {"description": "New"},
        ['DESCRIPTION;ALTREP="cid:x":Line one\\nLine two', "X-ALT-DESC;FMTTYPE=text/html:<p>Line one</p>"],
        ["DESCRIPTION:New"],
    ),
    ({"location": "Room 1"}, [], ["LOCATION:Room 1"]),
    ({"reminder": 30}, ["TRIGGER:-PT15M"], ["TRIGGER:-PT30M"]),
    (
        {"reminder": None},
        [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:x",
            "TRIGGER:-PT15M",
            "X-MOZ-LASTACK:20260101T000000Z",
            "END:VALARM",
        ],
        [],
    ),
    ({"private": True}, [], ["CLASS:PRIVATE"]),
    ({"transparent": True}, [], ["TRANSP:TRANSPARENT"]),
    ({"status": "TENTATIVE"}, [], ["STATUS:TENTATIVE"]),
    ({"recurrence": "FREQ=DAILY"}, ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=10"], ["RRULE:FREQ=DAILY"]),
    ({"recurrence": None}, ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=10"], []),
    ({"recurrence": "no rule"}, [], []),
    (
        {"categories": ("Team", "Urgent, now")},
        ["CATEGORIES:Work,Team", "CATEGORIES:Daily"],
        ["CATEGORIES:Team,Urgent\\, now"],
    ),
    (
        {"attendees": (Attendee("GRACE@example.com", "", "DECLINED"), Attendee("new@example.com", "N; N"))},
        [
            'ATTENDEE;CN="Grace H.";PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:grace@example.com',
            "ATTENDEE:MAILTO:alan@example.com",
        ],
        [
            'ATTENDEE;CN="Grace H.";PARTSTAT=DECLINED;RSVP=TRUE:mailto:grace@example.com',
            'ATTENDEE;CN="N; N":mailto:new@example.com',
        ],
    ),
    (
        {"organizer": Attendee("bob@example.com", "Bob")},
        ["ORGANIZER;CN=Ada;SCHEDULE-AGENT=CLIENT:mailto:Ada@example.com"],
        ["ORGANIZER;CN=Bob:mailto:bob@example.com"],
    ),
    (
        {"organizer": Attendee("ada@example.com", "Ada L.")},
        ["ORGANIZER;CN=Ada;SCHEDULE-AGENT=CLIENT:mailto:Ada@example.com"],
        ["ORGANIZER;CN=Ada L.;SCHEDULE-AGENT=CLIENT:mailto:Ada@example.com"],
    ),
]


@pytest.mark.parametrize(("fields", "gone", "come"), CHANGES)
def test_a_change_touches_its_own_lines_alone(fields: Mapping[str, Value], gone: list[str], come: list[str]) -> None:
    document = tree(SERIES)
    CODEC.write(document, fields)
    before, after = SERIES.split("\r\n"), unfolded(document)
    for line in before:
        if line in after:
            after.remove(line)
        else:
            assert line in gone
    assert after == come
    assert changed(fields, {name: CODEC.read(document)[name] for name in fields}) == {} or fields["recurrence"]


FORM_ALONE: list[Mapping[str, Value]] = [
    {"summary": " Stand-up,  weekly", "location": "", "status": "CONFIRMED", "private": None},
    {"categories": ("Daily", "Team", "Work"), "recurrence": "RRULE:COUNT=10;INTERVAL=1;BYDAY=MO;FREQ=WEEKLY"},
    {"attendees": (Attendee("Alan@Example.com"), Attendee("grace@example.com", "", "accepted"))},
    {"organizer": Attendee("ada@EXAMPLE.com"), "description": "Line one\r\nLine two\r\n"},
    {"period": Period(MARCH_16, MARCH_16 + HALF_HOUR, "Europe/Paris")},
]


@pytest.mark.parametrize("fields", FORM_ALONE)
def test_a_difference_of_form_touches_nothing(fields: Mapping[str, Value]) -> None:
    document = tree(SERIES)
    CODEC.write(document, fields)
    assert serialise(document).decode() == SERIES


ALARMS: list[tuple[list[str], int | None]] = [
    (["ACTION:DISPLAY", "TRIGGER:-PT15M"], 15),
    (["ACTION:AUDIO", "TRIGGER;RELATED=START:-P1DT1H"], 1500),
    (["ACTION:DISPLAY", "TRIGGER:PT0S"], 0),
    (["ACTION:DISPLAY", "TRIGGER:PT5M"], -5),
    (["ACTION:DISPLAY", "TRIGGER;RELATED=END:-PT1H"], 30),
    (["ACTION:DISPLAY", "TRIGGER;VALUE=DATE-TIME:20260316T080000Z"], 30),
    (["ACTION:NONE", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z"], None),
    (["ACTION:EMAIL", "TRIGGER:-PT15M"], None),
    (["ACTION:DISPLAY", "TRIGGER:-PT15M", "REPEAT:3", "DURATION:PT5M"], None),
    (["ACTION:DISPLAY", "TRIGGER:P"], None),
    (["ACTION:DISPLAY"], None),
]


@pytest.mark.parametrize(("alarm", "minutes"), ALARMS)
def test_a_reminder_is_the_first_simple_alarm(alarm: list[str], minutes: int | None) -> None:
    document = calendar("DTSTART:20260316T083000Z", "DTEND:20260316T090000Z", "BEGIN:VALARM", *alarm, "END:VALARM")
    assert CODEC.read(document)["reminder"] == minutes
    text = serialise(document)
    CODEC.write(document, {"reminder": minutes})
    assert serialise(document) == text
    CODEC.write(document, {"reminder": 7})
    assert CODEC.read(document)["reminder"] == 7
    CODEC.write(document, {"reminder": None})
    assert CODEC.read(document)["reminder"] is None


def test_a_new_reminder_is_a_valid_display_alarm() -> None:
    document = written({"period": Period(MARCH_16, MARCH_16), "reminder": 1440})
    lines = unfolded(document)
    begin = lines.index("BEGIN:VALARM")
    assert lines[begin : begin + 5] == [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Reminder",
        "TRIGGER:-P1D",
        "END:VALARM",
    ]


def test_an_instance_alone_is_read_and_written() -> None:
    document = calendar("RECURRENCE-ID:20260316T083000Z", "DTSTART:20260316T083000Z", "SUMMARY:Only this one")
    assert CODEC.read(document)["summary"] == "Only this one"
    CODEC.write(document, {"summary": "Changed"})
    assert lines_of(document, "SUMMARY") == ["SUMMARY:Changed"]


def test_new_documents_are_the_same_whatever_the_order_of_fields() -> None:
    fields: dict[str, Value] = {
        "attendees": (Attendee("a@example.com", "A"),),
        "summary": "x",
        "reminder": 5,
        "period": Period(MARCH_16, MARCH_16 + HALF_HOUR, "Europe/Berlin"),
    }
    assert serialise(written(fields)) == serialise(written(dict(reversed(fields.items()))))


def test_stamps_are_set_in_our_own_documents_only() -> None:
    ours, theirs = CODEC.blank(ObjectUid("u")), tree(SERIES)
    for document in (ours, theirs):
        CODEC.stamp(document, utc(2026, 1, 1), utc(2026, 1, 2))
    assert lines_of(ours, "DTSTAMP", "CREATED", "LAST-MODIFIED") == [
        "DTSTAMP:20260102T000000Z",
        "CREATED:20260101T000000Z",
        "LAST-MODIFIED:20260102T000000Z",
    ]
    assert serialise(theirs).decode() == SERIES


def test_nothing_from_a_row_can_break_out_of_its_line() -> None:
    evil = "x\r\nEND:VEVENT\r\nATTENDEE:\x00"
    document = written(
        {
            "summary": evil,
            "url": evil,
            "status": evil,
            "recurrence": evil,
            "attendees": (Attendee(evil, evil, evil, evil),),
            "organizer": Attendee(evil, evil, evil, evil),
            "period": Period(MARCH_16, MARCH_16, evil),
        }
    )
    assert tree(serialise(document)) == document
