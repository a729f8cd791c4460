"""VAVAILABILITY as busy time: the situations of RFC 7953, in one week of March 2027 (1 March is a Monday)."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import InvalidContent, OverLimit
from gateway.core.filter import TimeRange
from gateway.core.tree import Component
from gateway.formats.availability import check_availability, unavailable
from gateway.formats.expansion import BudgetSpent
from gateway.formats.freebusy import merged
from tests.formats.calendars import tree


def utc(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=dt.UTC)


def available(*lines: str, uid: str = "a") -> str:
    return "\n".join(("BEGIN:AVAILABLE", f"UID:{uid}", "DTSTAMP:20270101T000000Z", *lines, "END:AVAILABLE"))


def layer(*lines: str) -> str:
    return "\n".join(("BEGIN:VAVAILABILITY", "UID:v", "DTSTAMP:20270101T000000Z", *lines, "END:VAVAILABILITY"))


def document(*layers: str) -> Component:
    return tree("\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *layers, "END:VCALENDAR")))


def told(made: Component, start: str, end: str, floating: dt.tzinfo = dt.UTC) -> list[str]:
    return [
        f"{low:%d.%H:%M}-{high:%d.%H:%M}" + ("" if kind == "BUSY-UNAVAILABLE" else f" {kind}")
        for low, high, kind in unavailable(made, TimeRange(utc(start), utc(end)), floating)
    ]


OFFICE = available("DTSTART:20270104T090000Z", "DTEND:20270104T170000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")


def test_what_is_not_available_is_busy() -> None:
    assert told(document(layer(OFFICE)), "20270301T0000", "20270303T0000") == [
        "01.00:00-01.09:00", "01.17:00-02.09:00", "02.17:00-03.00:00",
    ]  # fmt: skip


def test_a_weekend_is_busy_as_a_whole() -> None:
    assert told(document(layer(OFFICE)), "20270305T1200", "20270308T1000") == ["05.17:00-08.09:00"]


def test_without_any_available_time_all_of_it_is_busy() -> None:
    assert told(document(layer()), "20270301T0000", "20270303T0000") == ["01.00:00-03.00:00"]


def test_it_speaks_for_its_own_stretch_alone() -> None:
    holiday = layer("DTSTART:20270302T000000Z", "DTEND:20270304T000000Z", "BUSYTYPE:BUSY")
    assert told(document(holiday), "20270301T0000", "20270310T0000") == ["02.00:00-04.00:00 BUSY"]
    from_then_on = layer("DTSTART:20270302T000000Z", OFFICE)
    assert told(document(from_then_on), "20270301T0000", "20270302T1000") == ["02.00:00-02.09:00"]
    until_then = layer("DTSTART:20270101T000000Z", "DURATION:P60D", OFFICE)
    assert told(document(until_then), "20270301T1200", "20270303T0000") == ["01.17:00-02.00:00"]


def test_the_more_important_hides_the_less_important_in_its_stretch() -> None:
    every_week = layer("PRIORITY:5", OFFICE)
    trade_fair = layer(
        "PRIORITY:1", "DTSTART:20270302T000000Z", "DTEND:20270303T000000Z", "BUSYTYPE:BUSY-TENTATIVE",
        available("DTSTART:20270302T120000Z", "DURATION:PT2H"),
    )  # fmt: skip
    expected = ["01.17:00-02.00:00", "02.00:00-02.12:00 BUSY-TENTATIVE", "02.14:00-03.00:00 BUSY-TENTATIVE", "03.00:00-03.09:00"]  # fmt: skip
    for order in ((every_week, trade_fair), (trade_fair, every_week)):
        assert told(document(*order), "20270301T1200", "20270303T1200") == expected
    least = every_week.replace("PRIORITY:5\n", "PRIORITY:0\n")
    assert (
        told(document(trade_fair.replace("PRIORITY:1", "PRIORITY:9"), least), "20270301T1200", "20270303T1200")
        == expected
    )


def test_a_series_of_periods_has_exceptions() -> None:
    longer = available("RECURRENCE-ID:20270302T090000Z", "DTSTART:20270302T080000Z", "DTEND:20270302T200000Z")
    made = document(layer(OFFICE.replace("RRULE", "EXDATE:20270303T090000Z\nRRULE"), longer))
    assert told(made, "20270301T1700", "20270304T1000") == ["01.17:00-02.08:00", "02.20:00-04.09:00"]


def test_exceptions_go_by_uid() -> None:
    other = available("RECURRENCE-ID:20270302T090000Z", "DTSTART:20270302T180000Z", "DTEND:20270302T190000Z", uid="b")
    assert told(document(layer(OFFICE, other)), "20270302T0900", "20270303T0000") == [
        "02.17:00-02.18:00", "02.19:00-03.00:00",
    ]  # fmt: skip


def test_floating_times_are_those_of_whoever_is_asked_about() -> None:
    floating = layer(available("DTSTART:20270301T090000", "DTEND:20270301T170000"))
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    assert told(document(floating), "20270301T0600", "20270301T1800", berlin) == [
        "01.06:00-01.08:00",
        "01.16:00-01.18:00",
    ]


def test_a_zone_of_the_document_is_known_within() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\n"
        "END:STANDARD\nEND:VTIMEZONE"
    )
    made = document(zone, layer(available("DTSTART;TZID=Office:20270301T090000", "DTEND;TZID=Office:20270301T170000")))
    assert told(made, "20270301T0000", "20270302T0000") == ["01.00:00-01.06:00", "01.14:00-02.00:00"]


def test_a_kind_that_nobody_knows_is_busy() -> None:
    assert told(document(layer("BUSYTYPE:X-ASLEEP")), "20270301T0000", "20270301T0100") == ["01.00:00-01.01:00 BUSY"]


def test_events_are_added_to_it() -> None:
    window = TimeRange(utc("20270301T0000"), utc("20270302T0000"))
    event = (utc("20270301T1600"), utc("20270301T1800"), "BUSY")
    assert [f"{low:%H:%M}-{high:%H:%M} {kind}" for low, high, kind in merged([*unavailable(document(layer(OFFICE)), window), event])] == [
        "00:00-09:00 BUSY-UNAVAILABLE", "16:00-18:00 BUSY", "18:00-00:00 BUSY-UNAVAILABLE",
    ]  # fmt: skip


SHIFTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(1, 40), st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20)), max_size=4)),
    max_size=4,
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(SHIFTS)
def test_every_hour_is_what_the_most_important_layer_over_it_says(
    shifts: list[tuple[int, int, int, list[tuple[int, int]]]],
) -> None:
    """Counted hour by hour, without any arithmetic on stretches."""
    monday = utc("20270301T0000")

    def stamp(hours: int) -> str:
        return f"{monday + dt.timedelta(hours=hours):%Y%m%dT%H%M%SZ}"

    layers = [
        layer(
            f"PRIORITY:{priority}", f"DTSTART:{stamp(first)}", f"DTEND:{stamp(first + length)}",
            *(available(f"DTSTART:{stamp(one)}", f"DTEND:{stamp(one + many)}", uid=f"{one}-{many}") for one, many in dict.fromkeys(holes)),
        )
        for priority, first, length, holes in shifts
    ]  # fmt: skip
    found = unavailable(document(*layers), TimeRange(monday, monday + dt.timedelta(hours=100)))
    for hour in range(100):
        moment = monday + dt.timedelta(hours=hour)
        over = [one for one in shifts if one[1] <= hour < one[1] + one[2]]
        ranks = sorted((one[0] or 10) for one in over)
        if len(ranks) > 1 and ranks[0] == ranks[1]:
            continue  # RFC 7953 leaves open which of two alike is above
        top = min(over, key=lambda one: one[0] or 10, default=None)
        is_free = top is None or any(one <= hour < one + many for one, many in top[3])
        assert any(low <= moment < high for low, high, _ in found) is not is_free


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (document(), InvalidContent),
        (document("BEGIN:VEVENT\nUID:1\nEND:VEVENT", layer()), InvalidContent),
        (document(layer(available("DTSTART;VALUE=DATE:20270301"))), InvalidContent),
        (document(layer(available("DTEND:20270301T090000Z"))), InvalidContent),
        (document(layer(available("DTSTART:20270301T090000Z", "RRULE:FREQ=SECONDLY"))), OverLimit),
        (document(layer("DTSTART:00010101T000000Z")), OverLimit),
        (document(*[layer()] * 51), OverLimit),
        (document(layer(*[OFFICE] * 501)), OverLimit),
    ],
)
def test_what_is_no_availability_or_a_burden_is_refused(made: Component, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        check_availability(made)


def test_what_is_one_is_taken() -> None:
    check_availability(document(layer("PRIORITY:1", OFFICE)))


def test_rules_too_costly_to_follow_end_with_the_budget() -> None:
    costly = available("DTSTART:19900101T090000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30")
    with pytest.raises(BudgetSpent):
        told(document(layer(costly)), "20270301T0000", "20270302T0000")
