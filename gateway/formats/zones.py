"""Time zones by whatever name a document gives them.

A TZID is looked for among the IANA names (whole, or as the end of a longer name such as
`/mozilla.org/20050126_1/Europe/Berlin`), then among Windows' names (the CLDR table that icalendar carries) and the
longer ones it shows to people, then by
the rules of the document's own VTIMEZONE: the IANA zone whose clock goes the same in these years, else those rules
as they are (`gateway.formats.observances`). A name that nothing explains means floating time.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from gateway.core.tree import Component


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's IANA name ("UTC", or "" for floating time) and the rules of its clock."""

    name: str
    rules: dt.tzinfo


UTC: Final = Zone("UTC", dt.UTC)
FLOATING: Final = Zone("", dt.UTC)
_UTC_NAMES: Final = frozenset(
    {"utc", "gmt", "z", "zulu", "etc/utc", "etc/gmt", "etc/zulu", "etc/uct", "uct", "universal", "etc/universal"}
    | {"tzone://microsoft/utc", "coordinated universal time"}
)
_LONGEST_NAME: Final = 128
_SHOWN: Final = re.compile(r"\((?:UTC|GMT)(?:([+-])([0-9]{2})[:.]([0-9]{2}))?\)\s*(.+)", re.ASCII | re.IGNORECASE)
_PLACES: Final = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache(maxsize=1)
def _iana_names() -> dict[str, str]:
    names = {name.casefold(): name for name in zoneinfo.available_timezones()}
    return {key: name for key, name in names.items() if not name.startswith(("posix/", "right/", "posixrules"))}


@lru_cache(maxsize=1)
def _windows_names() -> dict[str, str]:
    return {windows.casefold(): name for windows, name in WINDOWS_TO_OLSON.items()}


def zone(name: str) -> Zone | None:
    """The zone of a name alone: IANA's, Windows', one ending in IANA's, UTC's many; "" is floating. None if unknown."""
    return _zone_cached(name) if len(name) <= _LONGEST_NAME else None


def _by_cities(text: str) -> str | None:
    """The zone of a name as Windows shows it to people: `(UTC+01:00) Amsterdam, Berlin, Bern`.

    The first of the cities after which a zone is called whose clock stands so far from UTC in one of its seasons.
    """
    shown = _SHOWN.fullmatch(text)
    if shown is None:
        return None
    sign = -1 if shown[1] == "-" else 1
    away = sign * dt.timedelta(hours=int(shown[2] or 0), minutes=int(shown[3] or 0))
    for city in shown[4].split(","):
        name = _cities().get("_".join(city.split()).casefold())
        if name is not None and away in offsets(zoneinfo.ZoneInfo(name), 2025):
            return name
    return None


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """The zones of places by the last part of their names."""
    return {
        name.rpartition("/")[2].casefold(): name for name in sorted(_iana_names().values()) if name.startswith(_PLACES)
    }


@lru_cache(maxsize=2048)
def _zone_cached(name: str) -> Zone | None:
    text = name.strip().strip('"').strip()
    if not text:
        return FLOATING
    folded = text.casefold()
    if folded in _UTC_NAMES:
        return UTC
    found = _iana_names().get(folded) or _windows_names().get(folded)
    segments = folded.split("/")
    for count in (3, 2, 1):
        if found is None and len(segments) > count and segments[0] == "":
            found = _iana_names().get("/".join(segments[-count:]))
    found = found or _by_cities(text)
    if found is None:
        return None
    try:
        return Zone(found, zoneinfo.ZoneInfo(found))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def resolve(name: str, document: Component, year: int) -> Zone:
    """The zone a TZID of this document means around this year."""
    found = zone(name)
    if found is not None:
        return found
    from gateway.formats.observances import zone_of  # the rules of a VTIMEZONE are dates in zones themselves

    wanted = name.strip()
    for component in document.components("VTIMEZONE"):
        line = component.line("TZID")
        if line is not None and line.value.strip() == wanted:
            return zone_of(component, year) or FLOATING
    return FLOATING


def is_explained(name: str, document: Component) -> bool:
    """Whether a TZID of this document means anything: by its name, or by a VTIMEZONE of that name."""
    wanted = name.strip()
    return zone(name) is not None or any(
        (line := one.line("TZID")) is not None and line.value.strip() == wanted
        for one in document.components("VTIMEZONE")
    )


def same_clock(a: str, b: str, year: int) -> bool:
    """Whether two zones' clocks go the same in this year and the next. Floating time is no zone's."""
    if a == b:
        return True
    first, second = zone(a), zone(b)
    if first is None or second is None or "" in (first.name, second.name):
        return False
    return first.name == second.name or offsets(first.rules, year) == offsets(second.rules, year)


def offsets(rules: dt.tzinfo, year: int) -> tuple[dt.timedelta | None, ...]:
    """What a clock shows against UTC, sampled every eight days from the year's first for two years."""
    year = min(max(year, 2), dt.MAXYEAR - 3)
    start = dt.datetime(year, 1, 1, 12, tzinfo=dt.UTC)
    return tuple((start + dt.timedelta(days=day)).astimezone(rules).utcoffset() for day in range(0, 731, 8))


@lru_cache(maxsize=64)
def common_zones(year: int) -> dict[tuple[dt.timedelta | None, ...], str]:
    """The zones that Windows' names stand for, by how their clocks go around a year; of equals the first."""
    found: dict[tuple[dt.timedelta | None, ...], str] = {}
    for name in ("Europe/Berlin", "America/New_York", *WINDOWS_TO_OLSON.values()):
        known = zone(name)
        if known is not None and known.name:
            found.setdefault(offsets(known.rules, year), known.name)
    return found
