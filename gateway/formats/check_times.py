"""Are the times of a calendar object such as can be kept: written as times, in zones that are known, within our calendar?

`EARLIEST` and `LATEST` are what C:min-date-time and C:max-date-time say (RFC 4791 §5.2.6, §5.2.7); an end that follows
from a DURATION counts like one that is written. When something was made or done (CREATED, COMPLETED) is let be: old
exports have the year 0 there. A TZID that neither a VTIMEZONE beside it nor its own name explains would be a time on
nobody's clock, and is refused (RFC 7809 §3.1.3).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.errors import InvalidContent, OverLimit, UnknownZone
from gateway.core.limits import EARLIEST, LATEST, Limit
from gateway.core.tree import Component, Line
from gateway.formats.moments import Moment, read_duration, read_moment
from gateway.formats.params import first_param
from gateway.formats.series import dates_of
from gateway.formats.zones import is_explained

_SINGLE: Final = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID")
_LISTS: Final = ("RDATE", "EXDATE")


def check_times(component: Component, document: Component) -> None:
    """Raises InvalidContent for what is no time, OverLimit for one too far away, UnknownZone."""
    for name in _SINGLE:
        line = component.line(name)
        if line is None or not line.value.strip():
            continue
        moment = read_moment(line, document)
        if moment is None:
            raise InvalidContent(f"{name} is no date or time: {line.value[:40]!r}.")
        _check_zone(line, document)
        _check_reach(moment, name)
    _check_length(component, document)
    for name in _LISTS:
        for line in component.lines(name):
            _check_zone(line, document)
        for moment in dates_of(component, name, document):
            _check_reach(moment, name)


def _check_zone(line: Line, document: Component) -> None:
    name = first_param(line, "TZID") if line.params else None
    if name and not is_explained(name, document):
        raise UnknownZone(
            f"The time zone {name[:60]!r} is not known here; send its VTIMEZONE, or a name like Europe/Berlin."
        )


def _check_reach(moment: Moment, name: str) -> None:
    if moment.clock.year < EARLIEST.year:
        raise OverLimit(f"{name} is before the year {EARLIEST.year}.", Limit.EARLIEST)
    if not moment.is_date and moment.clock.year == LATEST.year and _is_beyond(moment):
        raise OverLimit(f"{name} is after the year {LATEST.year}.", Limit.LATEST)


def _is_beyond(moment: Moment) -> bool:
    try:
        moment.aware.astimezone(dt.UTC)
    except OverflowError:
        return True
    return False


def _check_length(component: Component, document: Component) -> None:
    length = component.line("DURATION")
    start = read_moment(component.line("DTSTART"), document)
    if length is None or start is None:
        return
    stated = read_duration(length.value)
    if stated is None:
        raise InvalidContent(f"DURATION is none: {length.value[:40]!r}.")
    try:
        start.clock + stated
    except OverflowError:
        raise OverLimit(f"The end is after the year {LATEST.year}.", Limit.LATEST) from None
