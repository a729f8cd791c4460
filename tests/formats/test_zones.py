"""Zones by any name, and VTIMEZONEs that are right."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import icalendar
import pytest

from gateway.core.tree import Component
from gateway.formats.contentline import serialise
from gateway.formats.observances import zone_of
from gateway.formats.vtimezone import vtimezone
from gateway.formats.zones import offsets, zone
from tests.formats.calendars import tree

SOME = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Antarctica/Troll",
    "Europe/Moscow",
]


@pytest.mark.parametrize("year", [1972, 2005, 2026])
@pytest.mark.parametrize("name", SOME)
def test_a_vtimezone_shows_the_same_clock_as_the_zone_from_its_year_on(name: str, year: int) -> None:
    component = vtimezone(name, year)
    assert component is not None
    text = serialise(component)
    assert len(text) < 6_000
    assert serialise(vtimezone(name, year) or Component("")) == text
    parsed = icalendar.Timezone.from_ical(text)
    assert isinstance(parsed, icalendar.Timezone)
    read = parsed.to_tz(lookup_tzid=False)
    rules = zoneinfo.ZoneInfo(name)
    at = dt.datetime(year, 1, 2, 0, 30)
    while at.year <= 2037:
        local = at.replace(tzinfo=rules)
        is_plain = local.utcoffset() == local.replace(fold=1).utcoffset()
        if is_plain:
            assert at.replace(tzinfo=read).utcoffset() == local.utcoffset(), at
        at += dt.timedelta(days=2, hours=5)


@pytest.mark.parametrize("name", SOME)
def test_our_own_reading_agrees(name: str) -> None:
    component = vtimezone(name, 2020)
    assert component is not None
    component.items[0].value = "Some office"  # type: ignore[union-attr]
    read = zone_of(component, 2026)
    assert read is not None
    assert offsets(read.rules, 2026) == offsets(zoneinfo.ZoneInfo(name), 2026)


def test_a_usual_zone_is_short() -> None:
    component = vtimezone("Europe/Berlin", 2026)
    assert component is not None
    assert serialise(component).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:DAYLIGHT",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "DTSTART:19810329T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/BERLIN ", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/softwarestudio.org/Olson_20011030_5/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("", ""),
        ("Nowhere/Land", None),
        ("../../etc/passwd", None),
        ("x" * 500, None),
    ],
)
def test_zones_are_known_by_many_names(name: str, iana: str | None) -> None:
    found = zone(name)
    assert (found.name if found is not None else None) == iana


def test_there_is_no_vtimezone_for_utc_floating_or_unknown() -> None:
    assert [vtimezone(name, 2026) for name in ("UTC", "", "Nowhere")] == [None, None, None]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;UNTIL=x", "x"],
)
def test_a_hostile_vtimezone_costs_little(rule: str) -> None:
    lines = ["BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", f"RRULE:{rule}"]
    body = "\n".join([*lines, "END:STANDARD"] * 20)
    component = tree(f"BEGIN:VTIMEZONE\nTZID:x\n{body}\nEND:VTIMEZONE")
    found = zone_of(component, 2026)
    assert found is not None
    assert dt.datetime(2026, 6, 1, tzinfo=found.rules).utcoffset() in (dt.timedelta(hours=1), dt.timedelta(hours=2))


def test_offsets_with_seconds_are_read() -> None:
    component = tree(
        "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:18000101T000000\n"
        "TZOFFSETFROM:+005328\nTZOFFSETTO:+005328\nEND:STANDARD\nEND:VTIMEZONE"
    )
    found = zone_of(component, 1850)
    assert found is not None
    assert dt.datetime(1850, 6, 1, tzinfo=found.rules).utcoffset() == dt.timedelta(minutes=53, seconds=28)
