"""Filters: the facts of RFC 4791's and RFC 6352's examples, on objects of our own."""

from __future__ import annotations

import datetime as dt
import time
import zoneinfo

import pytest

from gateway.core.filter import (
    CardFilter,
    Collation,
    CompFilter,
    Filter,
    Junction,
    MatchType,
    ParamFilter,
    PropFilter,
    TextMatch,
    TimeRange,
)
from gateway.core.tree import Component
from gateway.formats.matching import matches
from tests.formats.calendars import calendar, tree
from tests.formats.cards import IPHONE


def utc(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)


def during(start: str | None, end: str | None) -> TimeRange:
    return TimeRange(utc(start), utc(end))


def asked(
    *properties: PropFilter, kind: str = "VEVENT", time_range: TimeRange | None = None, **more: object
) -> CompFilter:
    inner = CompFilter(kind, False, time_range, properties, **more)  # type: ignore[arg-type]
    return CompFilter("VCALENDAR", components=(inner,))


def office(*lines: str, kind: str = "VEVENT") -> Component:
    """A component in the American office whose clock RFC 4791's examples go by."""
    return calendar(*lines, kind=kind)


NEW_YORK = "TZID=America/New_York"
# What RFC 4791 appendix B has in its calendar, told anew: one plain meeting, one daily series of five with one moved,
# one monthly meeting with people, and four tasks of which one is done and one given up.
LUNCH = office(f"DTSTART;{NEW_YORK}:20060102T120000", "DURATION:PT1H", "SUMMARY:Lunch")
DAILY = tree(
    "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:2\n"
    f"DTSTART;{NEW_YORK}:20060102T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nSUMMARY:Daily\nEND:VEVENT\n"
    f"BEGIN:VEVENT\nUID:2\nRECURRENCE-ID;{NEW_YORK}:20060104T120000\nDTSTART;{NEW_YORK}:20060104T140000\n"
    "DURATION:PT1H\nSUMMARY:Daily, later\nEND:VEVENT\nEND:VCALENDAR"
)
REVIEW = office(
    "UID:DC6C50A017428C5216A2F1CD@example.com",
    f"DTSTART;{NEW_YORK}:20060104T100000",
    "DURATION:PT1H",
    "SUMMARY:Review",
    "STATUS:CANCELLED",
    "ORGANIZER:mailto:cyrus@example.com",
    "ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:cyrus@example.com",
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:lisa@example.com",
)
PLAIN_TASK = office("DUE;VALUE=DATE:20060104", "STATUS:NEEDS-ACTION", "SUMMARY:One", kind="VTODO")
ALARM_TASK = office(
    f"DTSTART;{NEW_YORK}:20060105T090000",
    "DUE;VALUE=DATE:20060106",
    "STATUS:NEEDS-ACTION",
    "SUMMARY:Two",
    "BEGIN:VALARM",
    "ACTION:AUDIO",
    "TRIGGER;RELATED=START:-PT10M",
    "END:VALARM",
    kind="VTODO",
)
DONE_TASK = office("COMPLETED:20051223T122322Z", "STATUS:COMPLETED", "SUMMARY:Three", kind="VTODO")
DROPPED_TASK = office("DUE;VALUE=DATE:20051225", "STATUS:CANCELLED", "SUMMARY:Four", kind="VTODO")
CALENDAR = {
    "lunch": LUNCH,
    "daily": DAILY,
    "review": REVIEW,
    "plain": PLAIN_TASK,
    "alarm": ALARM_TASK,
    "done": DONE_TASK,
    "dropped": DROPPED_TASK,
}


def test_a_component_alone_names_its_kind() -> None:
    assert [name for name, one in CALENDAR.items() if matches(one, asked())] == ["lunch", "daily", "review"]
    assert [name for name, one in CALENDAR.items() if matches(one, CompFilter("VCALENDAR"))] == list(CALENDAR)


EXAMPLES: list[tuple[str, Filter, list[str]]] = [
    ("§7.8.1 events by time range", asked(time_range=during("20060104T000000Z", "20060105T000000Z")), ["daily", "review"]),
    (
        "§7.8.5 alarms by time range",
        asked(kind="VTODO", components=(CompFilter("VALARM", time_range=during("20060105T000000Z", "20060107T000000Z")),)),
        ["alarm"],
    ),
    (
        "§7.8.6 by UID",
        asked(PropFilter("UID", texts=(TextMatch("DC6C50A017428C5216A2F1CD@example.com", Collation.OCTET),))),
        ["review"],
    ),
    (
        "§7.8.7 by PARTSTAT",
        asked(
            PropFilter(
                "ATTENDEE",
                texts=(TextMatch("mailto:lisa@example.com"),),
                params=(ParamFilter("PARTSTAT", text=TextMatch("NEEDS-ACTION")),),
            )
        ),
        ["review"],
    ),
    (
        "one attendee must meet it all",
        asked(
            PropFilter(
                "ATTENDEE",
                texts=(TextMatch("mailto:lisa@example.com"),),
                params=(ParamFilter("PARTSTAT", text=TextMatch("ACCEPTED")),),
            )
        ),
        [],
    ),
    (
        "§7.8.9 pending tasks",
        asked(
            PropFilter("COMPLETED", is_not_defined=True),
            PropFilter("STATUS", texts=(TextMatch("CANCELLED", negate=True),)),
            kind="VTODO",
        ),
        ["plain", "alarm"],
    ),
    ("no such component", asked(kind="VJOURNAL"), []),
    ("component not defined", CompFilter("VCALENDAR", components=(CompFilter("VEVENT", True),)), ["plain", "alarm", "done", "dropped"]),
    ("not even the root", CompFilter("VCARD"), []),
    ("property defined", asked(PropFilter("ORGANIZER")), ["review"]),
    ("property not defined", asked(PropFilter("ORGANIZER", True)), ["lunch", "daily"]),
    ("parameter not defined", asked(PropFilter("ATTENDEE", params=(ParamFilter("ROLE", True),))), ["review"]),
    ("parameter defined", asked(PropFilter("ATTENDEE", params=(ParamFilter("ROLE"),))), ["review"]),
    ("parameter nowhere", asked(PropFilter("ATTENDEE", params=(ParamFilter("X-Y"),))), []),
    ("ASCII letter case", asked(PropFilter("SUMMARY", texts=(TextMatch("lUnCh"),))), ["lunch"]),
    ("octets", asked(PropFilter("SUMMARY", texts=(TextMatch("lunch", Collation.OCTET),))), []),
    ("two properties", asked(PropFilter("SUMMARY"), PropFilter("STATUS")), ["review"]),
    (
        "any of two",
        asked(PropFilter("STATUS"), PropFilter("RRULE"), test=Junction.ANYOF),
        ["daily", "review"],
    ),
    ("an instance of a series", asked(time_range=during("20060106T170000Z", "20060106T180000Z")), ["daily"]),
    ("the moved instance is not at its old time", asked(time_range=during("20060104T171500Z", "20060104T174500Z")), []),
    ("the moved instance is at its new time", asked(time_range=during("20060104T191500Z", "20060104T194500Z")), ["daily"]),
    (
        "time and text of the same component",
        asked(PropFilter("SUMMARY", texts=(TextMatch("later"),)), time_range=during("20060106T000000Z", "20060107T000000Z")),
        [],
    ),
    ("open end", asked(time_range=during("20060105T000000Z", None)), ["daily"]),
    ("open start", asked(time_range=during(None, "20060102T170001Z")), ["lunch", "daily"]),
    ("property's own time", asked(PropFilter("DTSTART", time_range=during("20060104T000000Z", "20060105T000000Z"))), ["daily", "review"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wanted", "found"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES])
def test_the_standards_examples(name: str, wanted: Filter, found: list[str]) -> None:
    assert [key for key, one in CALENDAR.items() if matches(one, wanted)] == found, name


S, E = "20260302T080000Z", "20260302T100000Z"
BEFORE, INSIDE, AFTER = "20260302T070000Z", "20260302T090000Z", "20260302T110000Z"
ROWS: list[tuple[str, tuple[str, ...], bool]] = [
    # RFC 4791 §9.9, events
    ("VEVENT", (f"DTSTART:{BEFORE}", f"DTEND:{S}"), False),
    ("VEVENT", (f"DTSTART:{BEFORE}", f"DTEND:{INSIDE}"), True),
    ("VEVENT", (f"DTSTART:{BEFORE}", f"DTEND:{AFTER}"), True),
    ("VEVENT", (f"DTSTART:{E}", f"DTEND:{AFTER}"), False),
    ("VEVENT", (f"DTSTART:{BEFORE}", "DURATION:PT1H"), False),
    ("VEVENT", (f"DTSTART:{BEFORE}", "DURATION:PT61M"), True),
    ("VEVENT", (f"DTSTART:{S}", "DURATION:PT0S"), True),
    ("VEVENT", (f"DTSTART:{E}", "DURATION:PT0S"), False),
    ("VEVENT", (f"DTSTART:{S}",), True),
    ("VEVENT", (f"DTSTART:{BEFORE}",), False),
    ("VEVENT", (f"DTSTART:{E}",), False),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260302",), True),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260301",), False),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260303",), False),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260228", "DTEND;VALUE=DATE:20260302"), False),
    # tasks
    ("VTODO", (f"DTSTART:{BEFORE}", "DURATION:PT1H"), True),
    ("VTODO", (f"DTSTART:{BEFORE}", "DURATION:PT59M"), False),
    ("VTODO", (f"DTSTART:{E}", "DURATION:PT1H"), False),
    ("VTODO", (f"DTSTART:{BEFORE}", f"DUE:{INSIDE}"), True),
    ("VTODO", (f"DTSTART:{BEFORE}", f"DUE:{S}"), False),
    ("VTODO", (f"DTSTART:{S}", f"DUE:{S}"), True),
    ("VTODO", (f"DTSTART:{E}", f"DUE:{E}"), True),
    ("VTODO", (f"DTSTART:{INSIDE}",), True),
    ("VTODO", (f"DTSTART:{BEFORE}",), False),
    ("VTODO", (f"DTSTART:{E}",), False),
    ("VTODO", (f"DUE:{INSIDE}",), True),
    ("VTODO", (f"DUE:{E}",), True),
    ("VTODO", (f"DUE:{S}",), False),
    ("VTODO", (f"DUE:{AFTER}",), False),
    ("VTODO", ("DUE;VALUE=DATE:20260302",), True),
    ("VTODO", ("DUE;VALUE=DATE:20260301",), False),
    ("VTODO", ("DUE;VALUE=DATE:20260303",), False),
    ("VTODO", ("DTSTART;VALUE=DATE:20260301", "DUE;VALUE=DATE:20260305"), True),
    ("VTODO", ("DTSTART;VALUE=DATE:20260303", "DUE;VALUE=DATE:20260305"), False),
    ("VTODO", (f"COMPLETED:{INSIDE}", f"CREATED:{BEFORE}"), True),
    ("VTODO", (f"COMPLETED:{AFTER}", f"CREATED:{BEFORE}"), True),
    ("VTODO", (f"COMPLETED:{BEFORE}", f"CREATED:{BEFORE}"), False),
    ("VTODO", (f"COMPLETED:{AFTER}", f"CREATED:{AFTER}"), False),
    ("VTODO", (f"COMPLETED:{E}",), True),
    ("VTODO", (f"COMPLETED:{AFTER}",), False),
    ("VTODO", (f"CREATED:{BEFORE}",), True),
    ("VTODO", (f"CREATED:{E}",), False),
    ("VTODO", ("SUMMARY:always",), True),
    ("VTODO", (f"DTSTART:{BEFORE}", "DURATION:PT30M", "RRULE:FREQ=HOURLY;COUNT=2"), True),
    # journals and busy time
    ("VJOURNAL", (f"DTSTART:{INSIDE}",), True),
    ("VJOURNAL", (f"DTSTART:{E}",), False),
    ("VJOURNAL", ("DTSTART;VALUE=DATE:20260302",), True),
    ("VJOURNAL", ("SUMMARY:never",), False),
    ("VFREEBUSY", (f"DTSTART:{BEFORE}", f"DTEND:{S}"), True),
    ("VFREEBUSY", (f"FREEBUSY:{BEFORE}/PT1H,{INSIDE}/{AFTER}",), True),
    ("VFREEBUSY", (f"FREEBUSY:{BEFORE}/PT1H",), False),
    ("VFREEBUSY", ("SUMMARY:never",), False),
]


@pytest.mark.parametrize(("kind", "lines", "is_in"), ROWS)
def test_time_ranges_row_by_row(kind: str, lines: tuple[str, ...], is_in: bool) -> None:
    assert matches(calendar(*lines, kind=kind), asked(kind=kind, time_range=during(S, E))) is is_in


ALARMS: list[tuple[tuple[str, ...], bool]] = [
    (("TRIGGER:-PT30M",), True),
    (("TRIGGER:-PT3H",), False),
    (("TRIGGER:PT0S",), False),
    (("TRIGGER:-PT4H", "REPEAT:3", "DURATION:PT1H"), True),
    (("TRIGGER:-PT4H", "REPEAT:1", "DURATION:PT1H"), False),
    (("TRIGGER;RELATED=END:-PT2H",), True),
    (("TRIGGER;VALUE=DATE-TIME:20260302T093000Z",), True),
    (("TRIGGER;VALUE=DATE-TIME:20260303T093000Z",), False),
    (("TRIGGER:-P7DT30M",), False),
    (("TRIGGER:whenever",), False),
    ((), False),
]


@pytest.mark.parametrize(("alarm", "is_in"), ALARMS)
def test_alarms_by_when_they_go_off(alarm: tuple[str, ...], is_in: bool) -> None:
    document = calendar("DTSTART:20260302T100000Z", "DTEND:20260302T110000Z", "BEGIN:VALARM", *alarm, "END:VALARM")
    wanted = asked(components=(CompFilter("VALARM", time_range=during(S, E)),))
    assert matches(document, wanted) is is_in


def test_alarms_of_later_instances_count() -> None:
    document = calendar(
        "DTSTART:20260102T100000Z", "RRULE:FREQ=DAILY", "BEGIN:VALARM", "TRIGGER:-P1DT30M", "END:VALARM"
    )
    assert matches(document, asked(components=(CompFilter("VALARM", time_range=during(S, E)),)))


DAY_ALARMS: list[tuple[str, tuple[str, ...], str, bool]] = [
    # RFC 5545 §3.6.1: an event on a day that states no end ends with the day.
    ("VEVENT", ("DTSTART;VALUE=DATE:20260301",), "TRIGGER;RELATED=END:PT9H", True),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260302",), "TRIGGER;RELATED=END:PT9H", False),
    ("VEVENT", ("DTSTART;VALUE=DATE:20260302",), "TRIGGER:PT9H", True),
    ("VTODO", ("DUE;VALUE=DATE:20260302",), "TRIGGER;RELATED=END:PT9H", True),
    ("VTODO", (f"DTSTART:{BEFORE}",), "TRIGGER;RELATED=END:PT2H", True),
    ("VTODO", ("SUMMARY:whenever",), "TRIGGER:PT2H", False),
    ("VTODO", ("SUMMARY:whenever",), f"TRIGGER;VALUE=DATE-TIME:{INSIDE}", True),
]


@pytest.mark.parametrize(("kind", "lines", "trigger", "is_in"), DAY_ALARMS)
def test_alarms_of_days_and_of_tasks(kind: str, lines: tuple[str, ...], trigger: str, is_in: bool) -> None:
    document = calendar(*lines, "BEGIN:VALARM", trigger, "END:VALARM", kind=kind)
    wanted = asked(kind=kind, components=(CompFilter("VALARM", time_range=during(S, E)),))
    assert matches(document, wanted) is is_in


@pytest.mark.parametrize(
    ("window", "is_in"),
    [(("29990101T000000Z", None), True), ((None, "19000101T000000Z"), False), ((None, "20260302T080001Z"), True),
     (("19000101T000000Z", None), True), ((None, "99991231T235959Z"), True)],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=-1MO"])
def test_a_window_may_reach_to_infinity(rule: str, window: tuple[str | None, str | None], is_in: bool) -> None:
    document = calendar(f"DTSTART:{S}", "DURATION:PT1H", f"RRULE:{rule}")
    began = time.process_time()
    assert matches(document, asked(time_range=during(*window))) is is_in
    assert time.process_time() - began < 0.2


def test_times_without_a_zone_are_read_in_the_asking_zone() -> None:
    document = calendar("DTSTART:20260302T170000", "DTEND:20260302T180000")
    wanted = asked(time_range=during(S, E))
    assert not matches(document, wanted)
    assert matches(document, wanted, zoneinfo.ZoneInfo("Asia/Tokyo"))


CARD = tree(
    "BEGIN:VCARD\nVERSION:3.0\nFN:Cyrus Daboo\nN:Daboo;Cyrus;;;\nNICKNAME:me\n"
    "item1.EMAIL;TYPE=INTERNET,PREF:cyrus@example.com\nEMAIL;TYPE=HOME:home@example.org\nitem1.X-ABLabel:Work\n"
    "NOTE:Straße\\, Ärger\nUID:1\nEND:VCARD"
)
CARDS: list[tuple[str, CardFilter, bool]] = [
    ("nothing asked", CardFilter(), True),
    ("§8.6.3 nickname", CardFilter((PropFilter("NICKNAME", texts=(TextMatch("me", match=MatchType.EQUALS),)),)), True),
    (
        "§8.6.4 name or address",
        CardFilter((PropFilter("FN", texts=(TextMatch("dabo2"),)), PropFilter("EMAIL", texts=(TextMatch("DABOO"),)))),
        False,
    ),
    (
        "§8.6.4 name or address, one of them",
        CardFilter((PropFilter("FN", texts=(TextMatch("daboo"),)), PropFilter("EMAIL", texts=(TextMatch("daboo"),)))),
        True,
    ),
    (
        "all of them",
        CardFilter(
            (PropFilter("FN", texts=(TextMatch("daboo"),)), PropFilter("EMAIL", texts=(TextMatch("daboo"),))),
            Junction.ALLOF,
        ),
        False,
    ),
    ("equals", CardFilter((PropFilter("FN", texts=(TextMatch("cyrus", match=MatchType.EQUALS),)),)), False),
    ("starts with", CardFilter((PropFilter("FN", texts=(TextMatch("CYRUS", match=MatchType.STARTS_WITH),)),)), True),
    ("ends with", CardFilter((PropFilter("FN", texts=(TextMatch("Cyrus", match=MatchType.ENDS_WITH),)),)), False),
    ("negated", CardFilter((PropFilter("FN", texts=(TextMatch("daboo", negate=True),)),)), False),
    ("any line may be the one", CardFilter((PropFilter("EMAIL", texts=(TextMatch("example.org"),)),)), True),
    ("not defined", CardFilter((PropFilter("TEL", is_not_defined=True),)), True),
    (
        "one text is enough",
        CardFilter((PropFilter("FN", texts=(TextMatch("nobody"), TextMatch("cyrus")), test=Junction.ANYOF),)),
        True,
    ),
    (
        "both texts are wanted",
        CardFilter((PropFilter("FN", texts=(TextMatch("nobody"), TextMatch("cyrus"))),)),
        False,
    ),
    (
        "type among several",
        CardFilter(
            (PropFilter("EMAIL", params=(ParamFilter("TYPE", text=TextMatch("pref", match=MatchType.EQUALS)),)),)
        ),
        True,
    ),
    ("with its group", CardFilter((PropFilter("ITEM1.email", texts=(TextMatch("cyrus"),)),)), True),
    ("in another group", CardFilter((PropFilter("item2.EMAIL"),)), False),
    ("without its group", CardFilter((PropFilter("X-ABLABEL", texts=(TextMatch("work"),)),)), True),
    (
        "Unicode letter case",
        CardFilter((PropFilter("NOTE", texts=(TextMatch("STRASSE, äRGER", Collation.UNICODE_CASEMAP),)),)),
        True,
    ),
    ("ASCII letter case leaves others", CardFilter((PropFilter("NOTE", texts=(TextMatch("ärger"),)),)), False),
]


@pytest.mark.parametrize(("name", "wanted", "is_in"), CARDS, ids=[name for name, _, _ in CARDS])
def test_cards(name: str, wanted: CardFilter, is_in: bool) -> None:
    assert matches(CARD, wanted) is is_in, name


def test_a_phones_card_is_found_by_its_mail() -> None:
    assert matches(tree(IPHONE), CardFilter((PropFilter("EMAIL", texts=(TextMatch("ada@example.com"),)),)))


def test_what_is_too_costly_to_follow_is_let_through_in_short_time() -> None:
    overrides = "".join(
        f"BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:2026{month:02}{day:02}T{hour:02}0000Z\nDTSTART:20250101T000000Z\nEND:VEVENT\n"
        for month in range(1, 13)
        for day in range(1, 28)
        for hour in range(9)
    )
    alarms = "BEGIN:VALARM\nTRIGGER:-PT1M\nREPEAT:100\nDURATION:P1D\nEND:VALARM\n" * 100
    costly = tree(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20000101T000000Z\n"
        f"RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8;BYMINUTE=0,1,2,3,4,5;BYMONTH=2;BYMONTHDAY=29\n{alarms}END:VEVENT\n"
        f"{overrides}END:VCALENDAR"
    )
    far = during("20270301T000000Z", "20270302T000000Z")
    began = time.process_time()
    for wanted in (asked(time_range=far), asked(components=(CompFilter("VALARM", time_range=far),))):
        matches(costly, wanted)
    assert time.process_time() - began < 3
