"""A calendar object as scheduling sees it: who called it, who takes part in which instance, and what tells two apart.

An instance is named by its *key*: empty for the master of a series or a single event, else the moment of its
RECURRENCE-ID. Nothing here changes a document that was handed in.
"""

from __future__ import annotations

import copy
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gateway.core.errors import SchedulingConflict
from gateway.core.model import Principal
from gateway.core.tree import Component, Line
from gateway.formats.moments import Moment, read_moment, read_moment_of, write_date, write_utc
from gateway.formats.params import first_param, set_param
from gateway.scheduling.addresses import is_of, normal

KINDS: Final = ("VEVENT", "VTODO")
"""Components that are scheduled here."""
MASTER: Final = ""
"""The key of what is no single instance."""
SCHEDULE_PARAMS: Final = ("SCHEDULE-AGENT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND")
"""What a client and its server say to one another, and nobody else is told (RFC 6638 §7)."""


class Side(enum.Enum):
    """What a principal is to a calendar object (RFC 6638 §3.1)."""

    NONE = "none"
    ORGANIZER = "organizer"
    ATTENDEE = "attendee"


def scheduled(document: Component) -> list[Component]:
    """The components that can be scheduled, in order."""
    return [one for one in document.components() if one.name.upper() in KINDS]


def organizer_of(document: Component) -> Line | None:
    """Who called it. Raises SchedulingConflict."""
    lines = [component.line("ORGANIZER") for component in scheduled(document)]
    stated = [line for line in lines if line is not None]
    if len({normal(line.value) for line in stated}) > 1 or (stated and len(stated) != len(lines)):
        raise SchedulingConflict(
            "All components of one event have the same ORGANIZER.", "same-organizer-in-all-components"
        )
    return stated[0] if stated else None


def attendees_of(document: Component) -> Mapping[str, Line]:
    """Everybody who takes part in any instance, by normal address; the line that names him first."""
    found: dict[str, Line] = {}
    for component in scheduled(document):
        for line in component.lines("ATTENDEE"):
            found.setdefault(normal(line.value), line)
    return found


def side_of(document: Component, who: Principal) -> Side:
    """What the principal is to the object. Raises SchedulingConflict."""
    organizer = organizer_of(document)
    if organizer is None:
        return Side.NONE
    if is_of(organizer.value, who):
        return Side.ORGANIZER if attendees_of(document) else Side.NONE
    return Side.ATTENDEE if any(is_of(line.value, who) for line in attendees_of(document).values()) else Side.NONE


def agent_of(line: Line | None) -> str:
    """Who is to send what is sent to somebody: SERVER, CLIENT or NONE (RFC 6638 §7.1); what nobody knows is NONE."""
    word = "SERVER" if line is None else (first_param(line, "SCHEDULE-AGENT") or "SERVER").upper()
    return word if word in ("SERVER", "CLIENT") else "NONE"


def forces(line: Line | None, method: str) -> bool:
    """Whether the client wants a message sent in any case (RFC 6638 §7.2)."""
    return line is not None and (first_param(line, "SCHEDULE-FORCE-SEND") or "").upper() == method


def line_of(component: Component, address: str) -> Line | None:
    """The ATTENDEE line of a normal address."""
    return next((line for line in component.lines("ATTENDEE") if normal(line.value) == address), None)


def part_stat(line: Line | None) -> str:
    """What somebody has answered."""
    return "" if line is None else (first_param(line, "PARTSTAT") or "NEEDS-ACTION").upper()


def key_of(component: Component, document: Component) -> str:
    """Which instance a component tells."""
    line = component.line("RECURRENCE-ID")
    moment = read_moment(line, document)
    if line is None:
        return MASTER
    return line.value.strip() if moment is None else moment_key(moment)


def moment_key(moment: Moment) -> str:
    """The key of the instance that would be at a moment."""
    return write_date(moment.clock) if moment.is_date else write_utc(moment.utc)


def by_key(document: Component | None) -> dict[str, Component]:
    """The components by instance."""
    return {} if document is None else {key_of(one, document): one for one in scheduled(document)}


def excluded(component: Component | None, document: Component) -> dict[str, tuple[Line, str]]:
    """The instances that EXDATE lines take out of a series: by key, the line and the value in it."""
    found: dict[str, tuple[Line, str]] = {}
    if component is not None:
        for line in component.lines("EXDATE"):
            for value in line.value.split(","):
                moment = read_moment_of(value, line, document)
                if moment is not None:
                    found.setdefault(moment_key(moment), (line, value))
    return found


def sequence_of(component: Component | None) -> int:
    """The revision of what matters (RFC 5545 §3.8.7.4)."""
    line = None if component is None else component.line("SEQUENCE")
    text = "" if line is None else line.value.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def text_of(component: Component, name: str) -> str:
    """The raw value of the first line of a name; empty where there is none."""
    line = component.line(name)
    return "" if line is None else line.value.strip()


def status_of(component: Component) -> str:
    """STATUS, in capitals."""
    return text_of(component, "STATUS").upper()


def copied(document: Component) -> Component:
    """A document of its own with the same content."""
    return copy.deepcopy(document)


def bare(line: Line) -> Line:
    """A line without what is between a client and its server."""
    made = Line(line.name, line.value, line.params, line.group)
    for name in SCHEDULE_PARAMS:
        if made.params:
            set_param(made, name, None)
    return made


def set_lines(component: Component, name: str, lines: Sequence[Line]) -> None:
    """Have exactly these lines of a name, where the first of them stood, else before what is nested."""
    wanted = name.upper()
    places = [at for at, item in enumerate(component.items) if isinstance(item, Line) and item.name.upper() == wanted]
    nested = next((at for at, item in enumerate(component.items) if isinstance(item, Component)), len(component.items))
    at = places[0] if places else nested
    before = component.items[:at]
    after = [item for item in component.items[at:] if not (isinstance(item, Line) and item.name.upper() == wanted)]
    component.items[:] = [*before, *lines, *after]


def with_status(document: Component, address: str, code: str) -> bool:
    """Say in all lines of an attendee, or organizer, what became of the message to him; whether that is new."""
    is_new = False
    for component in scheduled(document):
        for name in ("ATTENDEE", "ORGANIZER"):
            for line in component.lines(name):
                if normal(line.value) == address and first_param(line, "SCHEDULE-STATUS") != code:
                    set_param(line, "SCHEDULE-STATUS", [code])
                    is_new = True
    return is_new


def without_forcing(document: Component) -> None:
    """RFC 6638 §7.2: the server takes SCHEDULE-FORCE-SEND out once it has sent."""
    for component in scheduled(document):
        for name in ("ATTENDEE", "ORGANIZER"):
            for line in component.lines(name):
                if first_param(line, "SCHEDULE-FORCE-SEND") is not None:
                    set_param(line, "SCHEDULE-FORCE-SEND", None)


def zones_of(document: Component, components: Sequence[Component]) -> Iterator[Component]:
    """The VTIMEZONEs that these components name."""
    named = {
        first_param(item, "TZID")
        for component in components
        for item in component.items
        if isinstance(item, Line) and "TZID" in item.params.upper()
    }
    for zone in document.components("VTIMEZONE"):
        if text_of(zone, "TZID") in named:
            yield zone
