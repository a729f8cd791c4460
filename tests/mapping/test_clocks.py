"""Readings of clocks, instants and days: what a zone skips, tells twice, and leaves alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mssql, mysql, postgresql

from storage.crm.clocks import Clocks, day_of, instant_in, midnight_in, reading_in
from storage.crm.forms.times import Times, clock_time

BERLIN = Clocks("Europe/Berlin", "Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
PLAIN = sa.DateTime()
PLAIN_ONES: tuple[sa.types.TypeEngine[Any], ...] = (PLAIN, sa.Date(), sa.String())
INSTANTS: tuple[sa.types.TypeEngine[Any], ...] = (
    mysql.TIMESTAMP(),
    postgresql.TIMESTAMP(timezone=True),
    mssql.DATETIMEOFFSET(),  # type: ignore[no-untyped-call]
)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def naive(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("reading", "instant"),
    [
        ("2026-03-10 10:00:00", "2026-03-10 09:00"),  # winter
        ("2026-07-01 14:00:00", "2026-07-01 12:00"),  # summer
        ("2026-03-29 01:59:59", "2026-03-29 00:59:59"),
        ("2026-03-29 02:30:00", "2026-03-29 01:30"),  # skipped: half an hour after the jump, 03:30
        ("2026-03-29 03:30:00", "2026-03-29 01:30"),
        ("2026-10-25 02:30:00", "2026-10-25 00:30"),  # told twice: the first
        ("2026-10-25 03:00:00", "2026-10-25 02:00"),
        ("2026-12-31 00:30:00", "2026-12-30 23:30"),
        ("1980-05-17 00:00:00", "1980-05-16 22:00"),
    ],
)
def test_a_plain_date_time_is_a_reading_of_the_crms_clock(reading: str, instant: str) -> None:
    clock = BERLIN.of(sa.column("x", PLAIN))
    assert clock.instant(naive(reading)) == at(instant)
    assert clock.instant(reading) == at(instant)
    assert clock.reading(naive(reading)) == naive(reading)


@pytest.mark.parametrize("kind", INSTANTS)
def test_a_column_of_instants_is_no_matter_of_the_crms_zone(kind: sa.types.TypeEngine[Any]) -> None:
    clock = BERLIN.of(sa.column("x", kind))
    moment = at("2026-10-25 01:30")  # the second 02:30 in Berlin, which no plain column can tell
    assert clock.instant(clock.of_instant(moment)) == moment
    assert clock.of_instant(moment) in (moment, moment.replace(tzinfo=None))
    assert clock.reading(clock.of_instant(at("2026-07-01 22:30"))) == naive("2026-07-02 00:30")
    assert clock.day(clock.of_reading(naive("2026-07-02 00:00"))) == dt.date(2026, 7, 2)


@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_an_instant_comes_back_unless_its_reading_is_told_twice(moment: dt.datetime, zone: str, days: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=dt.UTC)
    clocks = Clocks(zone, days)
    kinds: tuple[sa.types.TypeEngine[Any], ...] = (PLAIN, sa.String(19), *INSTANTS)
    for kind in kinds:
        clock = clocks.of(sa.column("x", kind))
        back = clock.instant(clock.of_instant(moment))
        assert back is not None
        if clock.is_instant:
            assert back == moment
        else:
            assert reading_in(back, zone) == reading_in(moment, zone)
            assert back == moment or instant_in(reading_in(moment, zone), zone, is_later=True) == moment


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_a_day_comes_back_from_any_column_in_any_zone(day: dt.date, zone: str, days: str) -> None:
    clocks = Clocks(zone, days)
    kinds: tuple[sa.types.TypeEngine[Any], ...] = (*PLAIN_ONES, sa.String(10), *INSTANTS)
    for kind in kinds:
        clock = clocks.of(sa.column("x", kind))
        assert clock.day(clock.of_reading(dt.datetime(day.year, day.month, day.day))) == day
    assert reading_in(midnight_in(day, days), days).date() == day


@pytest.mark.parametrize("nothing", [None, "", "0000-00-00", "0000-00-00 00:00:00"])
def test_what_old_products_hold_in_place_of_nothing_is_nothing(nothing: str | None) -> None:
    for kind in (*PLAIN_ONES, *INSTANTS):
        clock = BERLIN.of(sa.column("x", kind))
        assert clock.instant(nothing) is clock.reading(nothing) is clock.day(nothing) is None


@pytest.mark.parametrize("held", ["soon", "2026-13-01", "2026-02-30 10:00:00"])
def test_what_is_no_date_is_an_error(held: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        BERLIN.of(sa.column("x", sa.String())).instant(held)


def test_the_ends_of_the_calendar_have_no_zones() -> None:
    for moment in (naive("0001-01-01 00:00:00"), naive("9999-12-31 23:59:59")):
        for zone in ZONES:
            aware = instant_in(moment, zone)
            assert abs(aware.replace(tzinfo=None) - moment) <= dt.timedelta(days=1)
            assert abs(reading_in(aware, zone) - moment) <= dt.timedelta(days=1)


def test_a_floating_time_is_on_the_day_its_clock_shows() -> None:
    assert day_of(naive("2026-03-12 23:30"), "America/New_York") == dt.date(2026, 3, 12)
    assert day_of(at("2026-03-12 02:30"), "America/New_York") == dt.date(2026, 3, 11)


@pytest.mark.parametrize(
    ("held", "minutes"),
    [
        (None, 0), ("", 0), ("09:30", 570), ("9:30", 570), ("09:30:00", 570), ("00:00", 0), ("24:00", 1440),
        (dt.time(9, 30), 570), (dt.timedelta(hours=9, minutes=30), 570), (" 09:30 ", 570), ("09:30:00.000", 570),
    ],
)  # fmt: skip
def test_a_clock_may_be_written_in_many_ways(held: object, minutes: int) -> None:
    assert clock_time(held) == dt.timedelta(minutes=minutes)


@pytest.mark.parametrize("held", ["25:00", "9.30", "09:60", "noon", dt.timedelta(hours=-1), dt.timedelta(hours=30)])
def test_what_no_clock_shows_is_an_error(held: object) -> None:
    with pytest.raises(ValueError, match="is no time"):
        clock_time(held)


@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)), st.sampled_from(ZONES))
def test_two_columns_hold_what_one_does(moment: dt.datetime, zone: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=dt.UTC)
    clocks = Clocks(zone, zone)
    one = Times(clocks, sa.column("x", PLAIN))
    for kind in (sa.String(50), sa.Time()):
        two = Times(clocks, sa.column("d", sa.Date()), sa.column("t", kind))
        assert two.instant(two.of_instant(moment)) == one.instant(one.of_instant(moment))
    short = Times(clocks, sa.column("d", sa.Date()), sa.column("t", sa.String(5)))
    assert short.instant(short.of_instant(moment)) == one.instant(one.of_instant(moment.replace(second=0)))


def test_a_clocks_text_stays_as_the_crm_wrote_it() -> None:
    two = Times(BERLIN, sa.column("d", sa.Date()), sa.column("t", sa.String(50)))
    held = {"d": dt.date(2026, 3, 10), "t": "9:00"}
    assert two.of_instant(at("2026-03-11 08:00"), held) == {"d": dt.date(2026, 3, 11), "t": "9:00"}
    assert two.of_instant(at("2026-03-11 08:30"), held) == {"d": dt.date(2026, 3, 11), "t": "09:30:00"}
    assert two.of_instant(at("2026-03-10 23:00"), held | {"t": ""})["t"] == "00:00:00"
