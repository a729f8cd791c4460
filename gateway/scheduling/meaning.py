"""Whether two versions of a component say the same: all that others are told of, or only when it is.

`told` leaves out what a program writes by itself (stamps, its own bookkeeping) and what people answered. `times` is
what makes a new meeting of a meeting (RFC 5546 §2.1.4): who had accepted the old time is asked again.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.escaping import unescape
from gateway.formats.moments import Moment, read_moment_of
from gateway.formats.params import params_of
from gateway.formats.rules import normal_rule
from gateway.formats.sameness import normal_text
from gateway.formats.spans import span_of
from gateway.scheduling.addresses import normal
from gateway.scheduling.objects import key_of, moment_key, scheduled

_VOLATILE: Final = frozenset({"DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "REQUEST-STATUS", "PRODID", "COMMENT"})
_TIMES: Final = frozenset(
    {"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}
)
_ANSWERS: Final = frozenset({"PARTSTAT", "RSVP", "SCHEDULE-AGENT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND"})
_ABSENT: Final = {("STATUS", "CONFIRMED"), ("STATUS", "NEEDS-ACTION"), ("TRANSP", "OPAQUE"), ("CLASS", "PUBLIC")}
"""What is meant where nothing is said."""


def told(document: Component, *, with_exclusions: bool = True) -> Hashable:
    """All that an object tells of its instances, as something to compare."""
    return frozenset(
        (
            key_of(one, document),
            _told(one),
            times(one, document),
            excluded_keys(one, document) if with_exclusions else 0,
        )
        for one in scheduled(document)
    )


def _told(component: Component) -> Hashable:
    said: set[Hashable] = set()
    for item in component.items:
        if isinstance(item, Component):
            continue
        name = item.name.upper()
        if name in _VOLATILE or name in _TIMES or name.startswith("X-MOZ-"):
            continue
        if name in ("ATTENDEE", "ORGANIZER"):
            said.add((name, normal(item.value), _params(item)))
            continue
        text = normal_text(unescape(item.value))
        if text and (name, text.upper()) not in _ABSENT:
            said.add((name, text))
    return frozenset(said)


def _params(line: Line) -> Hashable:
    return frozenset((name, tuple(values)) for name, values in params_of(line) if name not in _ANSWERS)


def times(component: Component, document: Component) -> Hashable:
    """When a component happens, its exceptions aside."""
    span = span_of(component, document)
    rules = frozenset((name, normal_rule(line.value)) for name in ("RRULE", "EXRULE") for line in component.lines(name))
    added = frozenset(_moments(component, "RDATE", document))
    return (_moment(span.start), _moment(span.end), rules, added)


def excluded_keys(component: Component, document: Component) -> frozenset[str]:
    """The instances a series does not have."""
    return frozenset(_moments(component, "EXDATE", document))


def _moments(component: Component, name: str, document: Component) -> list[str]:
    found: list[str] = []
    for line in component.lines(name):
        for value in line.value.split(","):
            moment = read_moment_of(value.partition("/")[0], line, document)
            found.append(value.strip() if moment is None else moment_key(moment))
    return found


def _moment(moment: Moment | None) -> str:
    return "" if moment is None else moment_key(moment)
