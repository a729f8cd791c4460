"""When series happen, and the bounds an index keeps of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.tree import Component
from gateway.formats.expansion import Budget, BudgetSpent
from gateway.formats.recurrence import bounds, instances
from tests.formats.calendars import SERIES, calendar, tree


def utc(text: str) -> dt.datetime:
    return dt.datetime.strptime(text + "T000000"[len(text) - 8 :], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)


def starts(document: Component, start: str | None, end: str | None, floating: dt.tzinfo = dt.UTC) -> list[str]:
    window = (None if start is None else utc(start), None if end is None else utc(end))
    return [f"{begin:%Y%m%dT%H%M}" for begin, _ in instances(document, *window, floating=floating)]


def test_a_series_keeps_its_hour_over_the_change_of_clock_and_knows_its_exceptions() -> None:
    assert starts(tree(SERIES), "20260301", "20260501") == [
        "20260331T0800",
        "20260316T0830",
        "20260406T0730",
        "20260413T0730",
        "20260420T0730",
        "20260427T0730",
    ]


WEEKLY = ("DTSTART;TZID=Europe/Berlin:20160104T090000", "DTEND;TZID=Europe/Berlin:20160104T100000", "RRULE:FREQ=WEEKLY")
TABLE: list[tuple[tuple[str, ...], str | None, str | None, list[str]]] = [
    (WEEKLY, "20260301", "20260312", ["20260302T0800", "20260309T0800"]),
    (WEEKLY, "20260302T085900", "20260302T090000", ["20260302T0800"]),
    (WEEKLY, "20260302T090000", "20260309T080000", []),
    (("DTSTART:20260302T080000Z",), "20260302T080000", "20260302T080001", ["20260302T0800"]),
    (("DTSTART:20260302T080000Z",), "20260302T080001", None, []),
    (("DTSTART:20260302T080000Z",), None, "20260302T080000", []),
    (("DTSTART;VALUE=DATE:20260302",), "20260302T235959", None, ["20260302T0000"]),
    (("DTSTART;VALUE=DATE:20260302",), "20260303", None, []),
    (
        ("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260304", "RRULE:FREQ=YEARLY;COUNT=3"),
        "20270101",
        None,
        ["20270302T0000", "20280302T0000"],
    ),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260303T080000Z"), None, None, ["20260302T0800", "20260304T0800"]),
    (
        ("DTSTART;TZID=Europe/Berlin:20260302T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260303"),
        None,
        None,
        ["20260302T0800", "20260304T0800"],
    ),
    (
        ("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260303T000000"),
        None,
        None,
        ["20260302T0000", "20260304T0000"],
    ),
    (
        ("DTSTART:20260302T080000Z", "RDATE:20260310T080000Z,20260305T090000Z", "RDATE;VALUE=PERIOD:20260306T080000Z/PT1H"),
        None,
        None,
        ["20260302T0800", "20260305T0900", "20260306T0800", "20260310T0800"],
    ),
    (
        ("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;COUNT=5", "EXRULE:FREQ=DAILY;INTERVAL=2"),
        None,
        None,
        ["20260303T0800", "20260305T0800"],
    ),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;UNTIL=20260304T080000Z"), None, None, ["20260302T0800", "20260303T0800", "20260304T0800"]),
    (
        ("DTSTART;TZID=America/New_York:20260302T200000", "RRULE:FREQ=DAILY;UNTIL=20260304T010000Z"),
        None,
        None,
        ["20260303T0100", "20260304T0100"],
    ),
    (("DTSTART:20260303T080000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2"), None, None, ["20260303T0800", "20260309T0800", "20260316T0800"]),
    (("DTSTART:20260302T080000Z", "RRULE:nonsense"), None, None, ["20260302T0800"]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "start", "end", "expected"), TABLE)
def test_instances_in_a_window(lines: tuple[str, ...], start: str | None, end: str | None, expected: list[str]) -> None:
    assert starts(calendar(*lines), start, end) == expected


def test_floating_times_are_read_in_the_zone_that_is_asked_in() -> None:
    document = calendar("DTSTART:20260302T080000", "DTEND:20260302T090000", "RRULE:FREQ=DAILY;COUNT=2")
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    assert starts(document, None, None, berlin) == ["20260302T0700", "20260303T0700"]
    allday = calendar("DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260329", "RRULE:FREQ=DAILY;COUNT=3")
    assert [end for _, end in instances(allday, None, None, floating=berlin)] == [
        dt.datetime(2026, 3, day, tzinfo=berlin).astimezone(dt.UTC) for day in (29, 30, 31)
    ]


def test_a_long_instance_that_began_before_the_window_is_in_it() -> None:
    document = calendar("DTSTART:20260101T000000Z", "DURATION:P40D", "RRULE:FREQ=MONTHLY;COUNT=12")
    assert starts(document, "20260605", "20260606") == ["20260501T0000", "20260601T0000"]


def test_the_budget_ends_what_would_not_end() -> None:
    endless = calendar("DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY")
    with pytest.raises(BudgetSpent):
        list(instances(endless, None, None, 500))
    purse = Budget(1_000)
    list(instances(endless, utc("20260101"), utc("20260201"), purse))
    assert 800 < purse.left < 970


BOUNDS: list[tuple[tuple[str, ...], str | None, str | None]] = [
    (("DTSTART:20260302T080000Z", "DTEND:20260302T090000Z"), "20260302T080000", "20260302T090000"),
    (("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260303"), "20260301T100000", "20260304T120000"),
    (("DTSTART:20260302T080000",), "20260301T180000", "20260302T200000"),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY"), "20260302T080000", None),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;COUNT=3"), "20260302T080000", "20260306T080000"),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;UNTIL=20260304T080000Z"), "20260302T080000", "20260306T080000"),
    (("DTSTART:20260302T080000Z", "RDATE:20260201T080000Z,20260401T080000Z"), "20260201T080000", "20260401T080000"),
    (("DTSTART:20260302T080000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2"), "20260302T080000", None),
    (("SUMMARY:no start",), None, None),
]


@pytest.mark.parametrize(("lines", "first", "last"), BOUNDS)
def test_bounds(lines: tuple[str, ...], first: str | None, last: str | None) -> None:
    expected = tuple(None if text is None else int(utc(text).timestamp()) for text in (first, last))
    assert bounds(calendar(*lines)) == expected


def test_bounds_hold_overrides_too() -> None:
    moved = SERIES.replace("20260331T100000", "20300331T100000").replace("20260331T103000", "20300331T103000")
    assert bounds(tree(moved)) == (int(utc("20260316T083000").timestamp()), int(utc("20300331T083000").timestamp()))


def test_a_task_is_bound_by_what_it_has() -> None:
    assert bounds(calendar("DUE:20260302T080000Z", kind="VTODO")) == (int(utc("20260302T080000").timestamp()),) * 2
    assert bounds(calendar("SUMMARY:x", kind="VTODO")) == (None, None)


RULES = st.sampled_from(
    ["", "FREQ=DAILY;COUNT=40", "FREQ=WEEKLY;COUNT=9;BYDAY=MO,FR", "FREQ=MONTHLY;UNTIL=20270101", "FREQ=YEARLY"]
)


@settings(deadline=None)
@given(
    st.datetimes(utc("20200101").replace(tzinfo=None), utc("20261231").replace(tzinfo=None)),
    st.sampled_from(["{:%Y%m%dT%H%M%S}Z", "{:%Y%m%dT%H%M%S}", "{:%Y%m%d}"]),
    RULES,
    st.integers(0, 100),
    st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"]),
)
def test_nothing_happens_outside_the_bounds(start: dt.datetime, form: str, rule: str, hours: int, zone: str) -> None:
    length = f"P{hours}D" if form == "{:%Y%m%d}" else f"PT{hours}H"
    lines = [f"DTSTART:{form.format(start)}", f"DURATION:{length}"]
    document = calendar(*lines, *([f"RRULE:{rule}"] if rule else []))
    first, last = bounds(document)
    for begin, end in instances(document, None, utc("20350101"), floating=zoneinfo.ZoneInfo(zone)):
        assert first is not None
        assert first <= begin.timestamp()
        assert last is None or end.timestamp() <= last


@pytest.mark.parametrize("start", ["00010101T000000", "00010101T000000Z", "99991231T235959", "99991231", "00010101"])
@pytest.mark.parametrize(
    "rule", ["RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=YEARLY", "RDATE:00010101T000000Z,99991231T235959Z"]
)
@pytest.mark.parametrize("tzid", ["", ";TZID=Pacific/Kiritimati", ";TZID=Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_break_nothing(start: str, rule: str, tzid: str) -> None:
    document = calendar(f"DTSTART{tzid}:{start}", "DURATION:P3000D", rule)
    bounds(document)
    windows = [(None, utc("20260101")), (utc("99990101"), None), (utc("00010101"), utc("99991231T235959"))]
    for begin, end in windows:
        with contextlib.suppress(BudgetSpent):
            list(instances(document, begin, end, 2_000))
