"""What numbers say of when a document happens is what reading it says."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.filter import CompFilter, TimeRange
from gateway.core.tree import Component
from gateway.formats.matching import matches
from gateway.formats.timing import Timing, happens, when
from tests.formats.calendars import SERIES, calendar, tree

START = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("lines", "kind", "timing"),
    [
        (("DTSTART:20260302T080000Z", "DTEND:20260302T090000Z"), "VEVENT", Timing.FILLS),
        (("DTSTART;TZID=Europe/Berlin:20260302T080000", "DURATION:PT1H"), "VEVENT", Timing.FILLS),
        (("DTSTART:20260302T080000Z",), "VEVENT", Timing.WITHIN),
        (("DTSTART:20260302T080000", "DTEND:20260302T090000"), "VEVENT", Timing.WITHIN),
        (("DTSTART;VALUE=DATE:20260302",), "VEVENT", Timing.WITHIN),
        (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;COUNT=2"), "VEVENT", Timing.OPEN),
        (("DTSTART:20260302T080000Z", "RDATE:20260302T080000Z"), "VEVENT", Timing.OPEN),
        (("DUE:20260302T080000Z",), "VTODO", Timing.WITHIN),
        (("SUMMARY:whenever",), "VTODO", Timing.OPEN),
        (("DTSTART:20260302T080000Z",), "VJOURNAL", Timing.WITHIN),
        (("SUMMARY:a note",), "VJOURNAL", Timing.OPEN),
    ],
)
def test_how_a_document_lies_between_its_bounds(lines: tuple[str, ...], kind: str, timing: Timing) -> None:
    assert when(calendar(*lines, kind=kind)).timing is timing


def test_a_series_has_to_be_read() -> None:
    assert when(tree(SERIES)).timing is Timing.OPEN


HOURS = st.integers(-30, 30)


@st.composite
def once(draw: st.DrawFn) -> tuple[str, Component]:
    kind = draw(st.sampled_from(("VEVENT", "VTODO", "VJOURNAL")))
    form = draw(st.sampled_from(("{:%Y%m%dT%H%M%S}Z", "{:%Y%m%dT%H%M%S}", "{:%Y%m%d}")))
    start = START + dt.timedelta(hours=draw(HOURS))
    lines = []
    if kind != "VTODO" or draw(st.booleans()):
        lines.append(f"DTSTART:{form.format(start)}")
    end = draw(st.sampled_from(("", "DURATION", "DTEND")))
    later = start + dt.timedelta(hours=draw(st.integers(0, 30)))
    if end == "DTEND" and kind != "VJOURNAL":
        lines.append(f"{'DUE' if kind == 'VTODO' else 'DTEND'}:{form.format(later)}")
    elif end == "DURATION" and lines and kind != "VJOURNAL":
        days = form == "{:%Y%m%d}"
        lines.append(f"DURATION:{'P' if days else 'PT'}{draw(st.integers(0, 30))}{'D' if days else 'H'}")
    return kind, calendar(*lines, kind=kind)


@settings(max_examples=400, deadline=None)
@given(
    once(), st.none() | HOURS, st.none() | HOURS,
    st.sampled_from(("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin")),
)  # fmt: skip
def test_what_numbers_settle_is_so(
    document: tuple[str, Component], first: int | None, last: int | None, zone: str
) -> None:
    kind, component = document
    start, end = (None if one is None else START + dt.timedelta(hours=one) for one in (first, last))
    if (start is None and end is None) or (start is not None and end is not None and end <= start):
        return
    known = when(component)
    stamps = [None if one is None else one.timestamp() for one in (start, end)]
    said = happens(known.first, known.last, known.timing, stamps[0], stamps[1])
    wanted = CompFilter("VCALENDAR", components=(CompFilter(kind, time_range=TimeRange(start, end)),))
    assert said is None or said is matches(component, wanted, zoneinfo.ZoneInfo(zone))
