"""What a client may send, and what is refused with which reason."""

from __future__ import annotations

import pytest

from gateway.core.errors import InvalidContent, UnsupportedContent
from gateway.core.model import Shape
from gateway.core.tree import Line
from gateway.formats import checks, codec_for, read_draft, rules
from gateway.formats.contentline import serialise
from tests.formats.calendars import SERIES
from tests.formats.cards import IPHONE, NOKIA


def event(*lines: str, kind: str = "VEVENT", uid: str = "u-1") -> bytes:
    body = (f"BEGIN:{kind}", f"UID:{uid}", *lines, f"END:{kind}") if kind else lines
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *body, "END:VCALENDAR", "")).encode()


START = "DTSTART:20260316T083000Z"


def test_a_calendar_object_is_taken_as_it_is() -> None:
    draft = read_draft(Shape.EVENT, SERIES.encode())
    assert draft.object_uid == "series-1"
    assert draft.content == SERIES.encode()
    assert serialise(draft.document) == draft.content


def test_a_card_is_taken_as_it_is() -> None:
    draft = read_draft(Shape.CARD, IPHONE)
    assert (draft.shape, draft.object_uid) == (Shape.CARD, "ada-1")
    assert serialise(draft.document) == IPHONE == draft.content


def test_a_card_without_uid_is_given_the_same_one_each_time() -> None:
    first, second = read_draft(Shape.CARD, NOKIA), read_draft(Shape.CARD, NOKIA)
    assert first.object_uid == second.object_uid
    assert len(first.object_uid) == 36
    assert first.document.line("UID") == Line("UID", first.object_uid)
    assert first.document.line("VERSION") == Line("VERSION", "3.0")
    assert first.content == NOKIA
    assert read_draft(Shape.CARD, NOKIA.replace(b"Weg", b"Weg ")).object_uid != first.object_uid


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        pytest.param(Shape.EVENT, event(START), id="event"),
        pytest.param(Shape.EVENT, event("DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260316"), id="empty day"),
        pytest.param(Shape.EVENT, event(START, "DTEND:20260316T083000Z", "DURATION:PT0S"), id="end and duration"),
        pytest.param(Shape.EVENT, event(START, "RRULE:FREQ=DAILY;COUNT=3650"), id="ten years of days"),
        pytest.param(Shape.EVENT, event(START, "RRULE:FREQ=HOURLY;COUNT=24"), id="hours with an end"),
        pytest.param(Shape.EVENT, event(START, "RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z"), id="the year 9999"),
        pytest.param(Shape.TASK, event("SUMMARY:x", kind="VTODO"), id="task without dates"),
        pytest.param(Shape.TASK, event(START, "DUE:20260315T083000Z", kind="VTODO"), id="task due before it starts"),
        pytest.param(Shape.JOURNAL, event(START, kind="VJOURNAL"), id="journal"),
        pytest.param(Shape.EVENT, event("X-A:1", START, "BEGIN:X-B", "END:X-B"), id="X- within"),
    ],
)
def test_what_programs_send_is_taken(shape: Shape, content: bytes) -> None:
    assert read_draft(shape, content).object_uid == "u-1"


TWO_KINDS = event("BEGIN:VEVENT", "UID:1", START, "END:VEVENT", "BEGIN:VTODO", "UID:1", "END:VTODO", kind="")
TWO_UIDS = event("BEGIN:VEVENT", "UID:1", START, "END:VEVENT", "BEGIN:VEVENT", "UID:2", START, "END:VEVENT", kind="")
TWO_MASTERS = event("BEGIN:VEVENT", "UID:1", START, "END:VEVENT", "BEGIN:VEVENT", "UID:1", START, "END:VEVENT", kind="")
NO_UID = event("BEGIN:VEVENT", START, "END:VEVENT", kind="")
METHOD = event("METHOD:REQUEST", "BEGIN:VEVENT", "UID:1", START, "END:VEVENT", kind="")
FAST_ZONE = event(
    *("BEGIN:VTIMEZONE", "TZID:x", "BEGIN:STANDARD", "RRULE:FREQ=SECONDLY", "END:STANDARD", "END:VTIMEZONE"),
    *("BEGIN:VEVENT", "UID:1", START, "END:VEVENT"),
    kind="",
)


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        pytest.param(Shape.EVENT, b"", id="nothing"),
        pytest.param(Shape.EVENT, b"hello", id="no document"),
        pytest.param(Shape.CARD, IPHONE + IPHONE, id="two cards"),
        pytest.param(Shape.CARD, IPHONE.replace(b"ada-1", b"x" * 2000), id="long UID of a card"),
        pytest.param(Shape.EVENT, event(kind=""), id="empty calendar"),
        pytest.param(Shape.EVENT, TWO_KINDS, id="two kinds"),
        pytest.param(Shape.EVENT, TWO_UIDS, id="two UIDs"),
        pytest.param(Shape.EVENT, TWO_MASTERS, id="two masters"),
        pytest.param(Shape.EVENT, NO_UID, id="no UID"),
        pytest.param(Shape.EVENT, event(START, uid=" "), id="blank UID"),
        pytest.param(Shape.EVENT, event(START, uid="x" * 2000), id="long UID"),
        pytest.param(Shape.EVENT, METHOD, id="METHOD"),
        pytest.param(Shape.EVENT, FAST_ZONE, id="restless zone"),
        pytest.param(Shape.EVENT, event("SUMMARY:x"), id="no start"),
        pytest.param(Shape.EVENT, event("DTSTART:tomorrow"), id="start that is none"),
        pytest.param(Shape.EVENT, event(START, "DTEND:late"), id="end that is none"),
        pytest.param(Shape.EVENT, event(START, "DTEND:20260316T082959Z"), id="ends before it starts"),
        pytest.param(Shape.EVENT, event(START, "DURATION:-PT1H"), id="negative duration"),
        pytest.param(
            Shape.EVENT,
            event("DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260315"),
            id="day ends before it starts",
        ),
        pytest.param(Shape.TASK, event("RRULE:FREQ=DAILY", kind="VTODO"), id="recurs without a start"),
        pytest.param(Shape.EVENT, event(START, *["RRULE:FREQ=DAILY"] * (checks.MAX_RULES + 1)), id="many rules"),
        pytest.param(
            Shape.EVENT,
            event(START, "EXDATE:" + ",".join(["20260316T083000Z"] * (checks.MAX_DATES + 1))),
            id="many dates",
        ),
        pytest.param(
            Shape.EVENT, event(START, *["BEGIN:VALARM", "END:VALARM"] * (checks.MAX_ALARMS + 1)), id="many alarms"
        ),
        pytest.param(
            Shape.EVENT, event(START, *["ATTENDEE:mailto:a@b"] * (checks.MAX_ATTENDEES + 1)), id="many attendees"
        ),
        pytest.param(
            Shape.EVENT,
            event(START, "BEGIN:VALARM", "REPEAT:99999999999", "DURATION:PT1S", "END:VALARM"),
            id="many repeats",
        ),
    ],
)
def test_what_is_broken_or_a_burden_is_refused(shape: Shape, content: bytes) -> None:
    with pytest.raises(InvalidContent):
        read_draft(shape, content)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=DAILY;COUNT=0",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;BYSECOND=1",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;UNTIL=20991231T235959Z",
        "FREQ=YEARLY;COUNT=1;BYMONTH=" + ",".join(map(str, range(1, 13))) + ";BYHOUR="
        + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
        "FREQ=FORTNIGHTLY",
        "COUNT=3",
        "",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=99MO",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;WKST=XX",
        "FREQ=DAILY;BYHOUR=" + "1," * 3000 + "1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["RRULE", "EXRULE"])
def test_absurd_rules_are_refused(rule: str, name: str) -> None:
    with pytest.raises(InvalidContent):
        read_draft(Shape.EVENT, event(START, f"{name}:{rule}"))


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        (Shape.EVENT, event(kind="VTODO")),
        (Shape.TASK, event(START)),
        (Shape.EVENT, event(START, kind="VFREEBUSY")),
        (Shape.EVENT, IPHONE),
        (Shape.CARD, SERIES.encode()),
        (Shape.CARD, b"BEGIN:VNOTE\r\nEND:VNOTE\r\n"),
        (Shape.MESSAGE, b"Subject: x\r\n\r\n"),
    ],
)
def test_another_kind_of_document_is_not_supported_here(shape: Shape, content: bytes) -> None:
    with pytest.raises(UnsupportedContent):
        read_draft(shape, content)


def test_codecs_go_by_shape() -> None:
    for shape in (Shape.CARD, Shape.EVENT, Shape.TASK, Shape.JOURNAL):
        made = codec_for(shape, {"X-A": "a"})
        assert made.shape is shape
        assert "a" in made.read(read_draft(shape, {Shape.CARD: IPHONE, Shape.EVENT: event(START)}.get(
            shape, event(kind="VJOURNAL" if shape is Shape.JOURNAL else "VTODO"))).document)  # fmt: skip
    with pytest.raises(UnsupportedContent):
        codec_for(Shape.MESSAGE, {})


def test_limits_are_not_below_what_people_use() -> None:
    assert rules.MAX_COUNT >= 3650
