"""Series told as instances, or with fewer overrides."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.filter import TimeRange
from gateway.core.tree import Component
from gateway.formats.contentline import parse, serialise
from gateway.formats.recurrence import instances
from gateway.formats.unrolled import expanded, limited

BERLIN = ZoneInfo("Europe/Berlin")
SERIES = (
    "BEGIN:VEVENT", "UID:a", "DTSTART;TZID=Europe/Berlin:20270322T100000", "DTEND;TZID=Europe/Berlin:20270322T110000",
    "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20270405T100000", "SUMMARY:Jour fixe", "END:VEVENT",
)  # fmt: skip
OVERRIDE = (
    "BEGIN:VEVENT", "UID:a", "RECURRENCE-ID;TZID=Europe/Berlin:20270329T100000",
    "DTSTART;TZID=Europe/Berlin:20270330T120000", "DURATION:PT30M", "SUMMARY:Moved", "END:VEVENT",
)  # fmt: skip


def document(*lines: str) -> Component:
    text = "".join(f"{line}\r\n" for line in ("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR"))
    return parse(text.encode())[0]


def window(start: str, end: str) -> TimeRange:
    return TimeRange(*(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) for text in (start, end)))


def told(component: Component) -> list[str]:
    text = serialise(component).decode()
    return [line for line in text.split("\r\n") if line.split(":")[0].split(";")[0] in WANTED]


WANTED = ("DTSTART", "DTEND", "DUE", "DURATION", "RECURRENCE-ID", "RRULE", "EXDATE", "SUMMARY", "BEGIN")


def test_a_series_becomes_its_instances_in_utc() -> None:
    zone = ("BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "END:VTIMEZONE")
    made = expanded(document(*zone, *SERIES, *OVERRIDE), window("2027-03-22", "2027-04-13"))
    assert told(made) == [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT", "RECURRENCE-ID:20270329T080000Z", "DTSTART:20270330T100000Z", "DURATION:PT30M", "SUMMARY:Moved",
        "BEGIN:VEVENT", "DTSTART:20270322T090000Z", "DTEND:20270322T100000Z", "SUMMARY:Jour fixe",
        "RECURRENCE-ID:20270322T090000Z",
        "BEGIN:VEVENT", "DTSTART:20270412T080000Z", "DTEND:20270412T090000Z", "SUMMARY:Jour fixe",
        "RECURRENCE-ID:20270412T080000Z",
    ]  # fmt: skip


def test_only_what_touches_the_window_is_told() -> None:
    made = expanded(document(*SERIES, *OVERRIDE), window("2027-03-22T09:30", "2027-03-29"))
    assert [line for line in told(made) if line.startswith("DTSTART")] == ["DTSTART:20270322T090000Z"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("BEGIN:VEVENT", "UID:a", "DTSTART;VALUE=DATE:20270401", "DTEND;VALUE=DATE:20270403", "RRULE:FREQ=MONTHLY",
             "END:VEVENT"),
            ["DTSTART;VALUE=DATE:20270501", "DTEND;VALUE=DATE:20270503", "RECURRENCE-ID;VALUE=DATE:20270501"],
        ),
        (
            ("BEGIN:VEVENT", "UID:a", "DTSTART:20270401T230000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY", "END:VEVENT"),
            ["DTSTART:20270501T230000", "DURATION:PT1H", "RECURRENCE-ID:20270501T230000"],
        ),
        (
            ("BEGIN:VTODO", "UID:a", "DUE:20270401T120000Z", "RRULE:FREQ=MONTHLY", "END:VTODO"),
            ["DUE:20270501T120000Z", "RECURRENCE-ID:20270501T120000Z"],
        ),
        (
            ("BEGIN:VEVENT", "UID:a", "DTSTART;TZID=America/New_York:20270501T120000", "END:VEVENT"),
            ["DTSTART:20270501T160000Z"],
        ),
    ],
)  # fmt: skip
def test_days_stay_days_and_floating_times_floating(lines: tuple[str, ...], expected: list[str]) -> None:
    made = expanded(document(*lines), window("2027-05-01T00:00", "2027-05-02T06:00"), BERLIN)
    assert [line for line in told(made) if not line.startswith("BEGIN")] == expected


@given(
    count=st.integers(1, 20),
    rule=st.sampled_from(["DAILY", "WEEKLY;BYDAY=MO,TH", "MONTHLY;BYMONTHDAY=-1"]),
    first=st.dates(dt.date(2027, 1, 1), dt.date(2027, 12, 31)),
    length=st.integers(1, 200),
)
def test_the_instances_told_are_those_there_are(count: int, rule: str, first: dt.date, length: int) -> None:
    lines = ("BEGIN:VEVENT", "UID:a", f"DTSTART;TZID=Europe/Berlin:{first:%Y%m%d}T023000", "DURATION:PT45M",
             f"RRULE:FREQ={rule};COUNT={count}", "END:VEVENT")  # fmt: skip
    start = dt.datetime(2027, 6, 1, tzinfo=dt.UTC)
    wanted = TimeRange(start, start + dt.timedelta(days=length))
    made = expanded(document(*lines), wanted)
    held = sorted(begin for one in made.components() for begin, _ in instances(Component("X", [one]), None, None))
    assert held == [begin for begin, _ in instances(document(*lines), wanted.start, wanted.end)]
    assert all(one.line("RRULE") is None and one.line("RECURRENCE-ID") is not None for one in made.components())


@pytest.mark.parametrize(
    ("start", "end", "is_kept"),
    [
        ("2027-03-29T08:00", "2027-03-29T08:10", True),  # where it would have been
        ("2027-03-30T10:00", "2027-03-30T10:10", True),  # where it is
        ("2027-03-22", "2027-03-29", False),
        ("2027-04-01", "2027-05-01", False),
    ],
)
def test_an_override_is_kept_where_the_window_concerns_it(start: str, end: str, is_kept: bool) -> None:
    made = limited(document(*SERIES, *OVERRIDE), window(start, end))
    summaries = [line for line in told(made) if line.startswith(("SUMMARY", "RRULE"))]
    assert summaries == ["RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Jour fixe", *(["SUMMARY:Moved"] if is_kept else [])]
