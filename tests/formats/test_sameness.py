"""Form is no change; meaning is."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.entities import Address, Attendee, Period, Photo, Typed, Value
from gateway.formats.sameness import changed, same

NINE = dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC)
TEN = NINE + dt.timedelta(hours=1)
DAY = dt.date(2026, 3, 16)

SAME: list[tuple[str, Value, Value]] = [
    ("summary", "a  b", " a b\r\n"),
    ("summary", None, ""),
    ("notes", "a\r\nb \n", "a\nb"),
    ("notes", "Zo\u0065\u0308", "Zoë"),
    ("emails", (Typed("A@X.de"), Typed("b@x.de")), (Typed("b@x.de "), Typed("a@x.DE"))),
    ("emails", (), None),
    ("emails", (Typed(" "),), ()),
    ("phones", (Typed("+49 (30) 12-34/5"),), (Typed("0049 30 12345"),)),
    ("phones", (Typed("+49 (0)30 1"),), (Typed("+49301"),)),
    ("phones", (Typed("tel:+49-30.1"),), (Typed("+49301"),)),
    ("phones", (Typed("1", ("cell", "voice", "pref")),), (Typed("1", ("MOBILE",)),)),
    ("phones", (Typed("1", ("fax", "work")),), (Typed("1", ("work", "fax")),)),
    ("urls", (Typed("HTTPS://Example.com/"),), (Typed("https://example.com"),)),
    ("addresses", (Address("A 1\r\n", city=" B"),), (Address("A 1", city="B"),)),
    ("addresses", (Address(),), ()),
    ("categories", ("a", "b"), ("b", "a", "a")),
    ("kind", None, "individual"),
    ("private", None, False),
    ("priority", None, 0),
    ("percent", 0, None),
    ("status", None, "CONFIRMED"),
    ("status", "needs-action", None),
    ("status", "Completed", "COMPLETED"),
    ("photo", Photo("image/jpeg", b"1"), Photo("image/jpg", b"1")),
    ("completed", NINE, NINE.astimezone(dt.timezone(dt.timedelta(hours=5)))),
    ("completed", NINE.replace(second=37), NINE),
    ("completed", NINE.replace(microsecond=5), NINE),
    ("period", Period(NINE, TEN), Period(NINE, TEN, "Etc/UTC")),
    ("period", Period(NINE, TEN, "Europe/Berlin"), Period(NINE, TEN, "Europe/Vienna")),
    ("period", Period(NINE, TEN, "Europe/Berlin"), Period(NINE, TEN, None)),
    ("period", Period(NINE, TEN, "Europe/Berlin"), Period(NINE, TEN, "W. Europe Standard Time")),
    ("period", Period(DAY, TEN.date()), Period(DAY, TEN.date(), "Europe/Berlin")),
    ("recurrence", "FREQ=WEEKLY;BYDAY=MO,TU", "RRULE:BYDAY=TU,MO;FREQ=weekly;INTERVAL=1;WKST=MO"),
    ("recurrence", "FREQ=MONTHLY;BYDAY=+1MO", "FREQ=MONTHLY;BYDAY=1MO"),
    ("organizer", Attendee("A@x.de", "A"), Attendee("a@x.de")),
    ("attendees", (Attendee("a@x.de"), Attendee("b@x.de", "B")), (Attendee("B@x.de"), Attendee("a@x.de", "A"))),
]

DIFFERENT: list[tuple[str, Value, Value]] = [
    ("summary", "a", "A"),
    ("notes", "a\nb", "a b"),
    ("emails", (Typed("a@x.de"),), (Typed("a@x.de"), Typed("a@x.de"))),
    ("emails", (Typed("a@x.de", ("work",)),), (Typed("a@x.de", ("home",)),)),
    ("phones", (Typed("+49301"),), (Typed("+49302"),)),
    ("phones", (Typed("030 1 (0) 2"),), (Typed("030 1 2"),)),
    ("urls", (Typed("https://example.com/A"),), (Typed("https://example.com/a"),)),
    ("categories", ("a",), ("A",)),
    ("reminder", 0, None),
    ("private", True, None),
    ("status", "TENTATIVE", None),
    ("photo", Photo("image/jpeg", b"1"), Photo("image/jpeg", b"2")),
    ("birthday", DAY, DAY + dt.timedelta(days=1)),
    ("completed", NINE, None),
    ("completed", NINE.replace(second=37), NINE.replace(second=12)),
    ("period", Period(NINE, TEN), Period(NINE, NINE)),
    ("period", Period(NINE, TEN), None),
    ("period", Period(NINE, TEN), Period(NINE, TEN, "Europe/London")),
    ("period", Period(NINE, TEN), Period(NINE, TEN, "")),
    ("period", Period(NINE, TEN), Period(DAY, TEN.date())),
    ("recurrence", "FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=2"),
    ("recurrence", "FREQ=WEEKLY", None),
    ("attendees", (Attendee("a@x.de"),), (Attendee("a@x.de", "", "ACCEPTED"),)),
    ("attendees", (Attendee("a@x.de"),), ()),
    ("organizer", Attendee("a@x.de", "A"), Attendee("a@x.de", "B")),
]


@pytest.mark.parametrize(("field", "a", "b"), SAME)
def test_a_difference_of_form_is_no_change(field: str, a: Value, b: Value) -> None:
    assert same(field, a, b)
    assert same(field, b, a)


@pytest.mark.parametrize(("field", "a", "b"), DIFFERENT)
def test_a_difference_of_meaning_is_a_change(field: str, a: Value, b: Value) -> None:
    assert not same(field, a, b)
    assert not same(field, b, a)


def test_changed_names_what_differs_with_its_new_value() -> None:
    before: dict[str, Value] = {"summary": "a", "status": None, "location": "x"}
    after: dict[str, Value] = {"summary": "a ", "status": "TENTATIVE", "location": None, "url": None, "x": "new"}
    assert changed(before, after) == {"status": "TENTATIVE", "location": None, "x": "new"}


@given(st.text())
def test_every_text_is_the_same_as_itself_with_other_line_ends(text: str) -> None:
    clean = text.replace("\r", "")
    assert same("notes", clean, clean.replace("\n", "\r\n"))
    assert same("phones", (Typed(clean),), (Typed(f" {clean} "),))
