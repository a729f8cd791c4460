"""What a calendar document must be before anybody looks at its meaning (RFC 4791 §4.1, §5.3.2.1; RFC 5545).

Refused is what the standards forbid and what would be a burden on us or on the programs it is served to: rules that
never end or cost too much, endless lists of dates, overrides or alarms. Everything else is let through as it is.
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import InvalidContent, InvalidObject, OverLimit, UnsupportedContent
from gateway.core.limits import ATTENDEES_MOST, INSTANCES_MOST, Limit
from gateway.core.model import Shape
from gateway.core.tree import Component
from gateway.formats.check_times import check_times
from gateway.formats.escaping import unescape
from gateway.formats.moments import read_duration, read_moment
from gateway.formats.rules import check_cost, parts_of, read_rule
from gateway.formats.spans import span_of

MAX_UID: Final = 1_000
"""Characters of a UID."""
MAX_OVERRIDES: Final = 3_000
"""Instances of a series that are told one by one."""
MAX_DATES: Final = INSTANCES_MOST
"""Dates in the RDATE and EXDATE lines of one component."""
MAX_RULES: Final = 10
"""RRULE and EXRULE lines of one component."""
MAX_ALARMS: Final = 100
"""Alarms of one component."""
MAX_REPEAT: Final = 100
"""Times an alarm may go off again."""
MAX_ATTENDEES: Final = ATTENDEES_MOST
"""People in one component."""
MAX_ZONES: Final = 100
"""VTIMEZONEs in one document."""

KINDS: Final = {"VEVENT": Shape.EVENT, "VTODO": Shape.TASK, "VJOURNAL": Shape.JOURNAL}
_SUBDAILY: Final = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})


def check_calendar(document: Component, shape: Shape) -> str:
    """The UID of a calendar object resource of this shape.

    Raises InvalidContent, InvalidObject for what RFC 4791 §4.1 forbids, OverLimit, UnsupportedContent.
    """
    if document.line("METHOD") is not None:
        # RFC 4791 §4.1: calendar object resources must not specify METHOD.
        raise InvalidObject("A stored calendar object has no METHOD; invitations go by mail.")
    components = [one for one in document.components() if one.name.upper() != "VTIMEZONE"]
    if sum(1 for _ in document.components("VTIMEZONE")) > MAX_ZONES:
        raise InvalidContent(f"The document has more than {MAX_ZONES} time zones.")
    kinds = {
        one.name.upper() for one in components if one.name.upper() in KINDS or not one.name.upper().startswith("X-")
    }
    if not kinds:
        raise InvalidObject("The document holds no event, task or journal entry.")
    if len(kinds) > 1:
        raise InvalidObject(f"One resource holds one kind of component, not {' and '.join(sorted(kinds))}.")
    (kind,) = kinds
    if KINDS.get(kind) is not shape:
        raise UnsupportedContent(f"This collection does not hold {kind}.")
    components = [one for one in components if one.name.upper() == kind]
    uids = {_uid(one) for one in components}
    if len(uids) != 1:
        raise InvalidObject("One resource holds one UID (RFC 4791 §4.1).")
    _check_series(components)
    for zone in document.components("VTIMEZONE"):
        _check_zone(zone)
    for component in components:
        _check_component(component, document, shape)
    return uids.pop()


def _uid(component: Component) -> str:
    line = component.line("UID")
    uid = "" if line is None else unescape(line.value).strip()
    if not uid or len(uid) > MAX_UID:
        raise InvalidContent(f"Every component needs a UID of at most {MAX_UID} characters.")
    return uid


def _check_series(components: list[Component]) -> None:
    masters = sum(1 for one in components if one.line("RECURRENCE-ID") is None)
    if masters > 1:
        raise InvalidObject("Two components of one UID need a RECURRENCE-ID to be told apart.")
    if len(components) > MAX_OVERRIDES:
        raise OverLimit(f"A series has more than {MAX_OVERRIDES} instances of its own.", Limit.INSTANCES)


def _check_zone(zone: Component) -> None:
    for observance in zone.components():
        for line in observance.lines("RRULE"):
            if parts_of(line.value).get("FREQ") in _SUBDAILY:
                raise InvalidContent("A time zone changes its clock more often than daily.")


def _check_component(component: Component, document: Component, shape: Shape) -> None:
    span = span_of(component, document)
    if shape is Shape.EVENT and span.start is None:
        raise InvalidContent("An event needs a DTSTART that is a date or time.")
    check_times(component, document)
    if shape is Shape.EVENT and span.start is not None and span.end is not None:
        is_whole = span.start.is_date or span.end.is_date
        start, end = span.start.utc, span.end.utc
        if (end.date() < start.date()) if is_whole else (end < start):
            raise InvalidContent("The event ends before it starts.")
    _check_rules(component, document)
    _check_counts(component)


def _check_rules(component: Component, document: Component) -> None:
    lines = [*component.lines("RRULE"), *component.lines("EXRULE")]
    if not lines:
        return
    if len(lines) > MAX_RULES:
        raise InvalidContent(f"A component has more than {MAX_RULES} recurrence rules.")
    start = read_moment(component.line("DTSTART"), document) or read_moment(component.line("DUE"), document)
    if start is None:
        raise InvalidContent("What recurs needs a DTSTART.")
    for line in lines:
        check_cost(read_rule(line.value), start.clock)


def _check_counts(component: Component) -> None:
    dates = sum(line.value.count(",") + 1 for name in ("RDATE", "EXDATE") for line in component.lines(name))
    if dates > MAX_DATES:
        raise OverLimit(f"A component lists more than {MAX_DATES} dates.", Limit.INSTANCES)
    if sum(1 for _ in component.lines("ATTENDEE")) > MAX_ATTENDEES:
        raise OverLimit(f"A component has more than {MAX_ATTENDEES} attendees.", Limit.ATTENDEES)
    alarms = list(component.components("VALARM"))
    if len(alarms) > MAX_ALARMS:
        raise InvalidContent(f"A component has more than {MAX_ALARMS} alarms.")
    for alarm in alarms:
        repeat = alarm.line("REPEAT")
        if repeat is not None and not _is_small(repeat.value.strip(), MAX_REPEAT):
            raise InvalidContent(f"An alarm repeats more than {MAX_REPEAT} times.")
        length = alarm.line("DURATION")
        if length is not None and read_duration(length.value) is None:
            raise InvalidContent(f"An alarm's DURATION is none: {length.value[:40]!r}.")


def _is_small(text: str, limit: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= limit
