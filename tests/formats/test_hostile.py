"""Whatever a client sends is read or refused; nothing else happens."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import InvalidContent, UnsupportedContent
from gateway.core.filter import CompFilter, TimeRange
from gateway.core.model import Shape
from gateway.core.tree import Component, Line
from gateway.formats import codec_for, read_draft
from gateway.formats.contentline import parse, serialise
from gateway.formats.expansion import BudgetSpent
from gateway.formats.matching import matches
from gateway.formats.recurrence import bounds, instances

NAMES = st.sampled_from(
    [
        "DTSTART",
        "DTEND",
        "DUE",
        "DURATION",
        "RRULE",
        "EXRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "COMPLETED",
        "CREATED",
        "STATUS",
        "CLASS",
        "TRANSP",
        "SUMMARY",
        "ORGANIZER",
        "ATTENDEE",
        "CATEGORIES",
        "PRIORITY",
        "PERCENT-COMPLETE",
        "URL",
        "TRIGGER",
        "ACTION",
        "REPEAT",
        "UID",
        "FN",
        "N",
        "ORG",
        "TEL",
        "EMAIL",
        "ADR",
        "BDAY",
        "PHOTO",
        "NOTE",
        "NICKNAME",
        "KIND",
        "X-ABSHOWAS",
        "VERSION",
        "URL",
        "TITLE",
    ]
)
PARAMS = st.lists(
    st.sampled_from(
        [
            ";VALUE=DATE",
            ";VALUE=DATE-TIME",
            ";VALUE=URI",
            ";TZID=Europe/Berlin",
            ";TZID=Own",
            ";TZID=Nowhere",
            ";ENCODING=QUOTED-PRINTABLE",
            ";CHARSET=punycode",
            ";ENCODING=b",
            ";BASE64",
            ";RELATED=END",
            ";TYPE=home,,",
            ';TYPE="',
            ";PREF=99999999999",
            ";=;;",
        ]
    ),
    max_size=2,
).map("".join)
VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.sampled_from(
        [
            "00010101",
            "99991231T235959",
            "99991231T235959Z",
            "00010101T000000Z",
            "20260229",
            "20260329T023000",
            "P9999999D",
            "-P9999W",
            "PT999999999S",
            "-P1D",
            "FREQ=YEARLY;UNTIL=00010101T000000Z",
            "FREQ=DAILY;INTERVAL=100000;COUNT=10000",
            "FREQ=SECONDLY;COUNT=10000;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=YEARLY;BYWEEKNO=-53,53,1;BYDAY=MO,-53SU",
            "mailto:",
            "data:;base64,=",
            "data:image/png,%ff",
            "\\",
            ";;;;;;;;;;\\;",
            ",,,\\,",
            "2.1",
            "9" * 400,
            "=FF=ZZ=",
            "２０２６０１０１",
        ]
    ),
)
LINES = st.lists(st.builds(Line, NAMES, VALUES, PARAMS), max_size=8)
OWN_ZONE = st.builds(
    lambda lines: Component("VTIMEZONE", [Line("TZID", "Own"), Component("STANDARD", lines)]),
    st.lists(
        st.builds(
            Line,
            st.sampled_from(["DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"]),
            st.one_of(VALUES, st.just("+0100")),
        ),
        max_size=6,
    ),
)
SHAPES = {Shape.CARD: "VCARD", Shape.EVENT: "VEVENT", Shape.TASK: "VTODO", Shape.JOURNAL: "VJOURNAL"}


def document_of(shape: Shape, lines: list[Line], inner: list[Line], zone: Component) -> Component:
    """A document of this shape with these lines, an alarm with those."""
    if shape is Shape.CARD:
        return Component("VCARD", [*lines])
    body = Component(SHAPES[shape], [Line("UID", "u"), *lines, Component("VALARM", [*inner])])
    return Component("VCALENDAR", [zone, body])


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(list(SHAPES)), LINES, LINES, OWN_ZONE)
def test_any_document_is_read_and_written_or_refused(
    shape: Shape, lines: list[Line], inner: list[Line], zone: Component
) -> None:
    document = document_of(shape, lines, inner, zone)
    with contextlib.suppress(InvalidContent, UnsupportedContent):
        read_draft(shape, serialise(document))
    made = codec_for(shape, {"X-CRM": "own"})
    fields = made.read(document)
    before = serialise(document)
    made.write(document, fields)
    if (document.line("VERSION") or Line("", "")).value.strip() != "2.1":
        assert serialise(document) == before or shape is Shape.CARD
    made.write(document, dict.fromkeys(fields))
    made.stamp(document, None, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert len(parse(serialise(document))) == 1


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([Shape.EVENT, Shape.TASK, Shape.JOURNAL]), LINES, LINES, OWN_ZONE)
def test_any_document_can_be_asked_for_its_times(
    shape: Shape, lines: list[Line], inner: list[Line], zone: Component
) -> None:
    document = document_of(shape, lines, inner, zone)
    first, last = bounds(document)
    window = TimeRange(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
    alarm = CompFilter("VALARM", time_range=window)
    for wanted in (TimeRange(None, window.end), TimeRange(window.start, None), window):
        inside = CompFilter(SHAPES[shape], time_range=wanted, components=(alarm,))
        matches(document, CompFilter("VCALENDAR", components=(inside,)))
    with contextlib.suppress(BudgetSpent):
        for begin, end in instances(document, window.start, window.end, 5_000):
            assert first is None or first <= begin.timestamp()
            assert last is None or end.timestamp() <= last


@pytest.mark.parametrize("name", ["SUMMARY", "ATTENDEE", "CATEGORIES", "RDATE", "EXDATE", "RRULE", "X-A"])
@pytest.mark.parametrize("piece", ["\\", "\\,", ",", ";", '"', "^", ":", "=", "a;b\\;", "20260101T000000Z,"])
def test_long_values_take_no_longer_than_they_are_long(name: str, piece: str) -> None:
    document = document_of(
        Shape.EVENT, [Line("DTSTART", "20260101T000000Z"), Line(name, piece * 100_000)], [], Component("X")
    )
    text = serialise(document).replace(f"{name}:".encode(), f"{name};X={piece[:1] * 50_000}:".encode())
    with contextlib.suppress(InvalidContent):
        document = read_draft(Shape.EVENT, text).document
    codec_for(Shape.EVENT, {}).read(document)
