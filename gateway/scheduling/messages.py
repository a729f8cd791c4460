"""Scheduling messages (RFC 5546 §3.2): REQUEST, CANCEL and REPLY, made of parts of a calendar object.

A message says what its recipient is to know and no more: no alarms, nothing that passes between the sender's client
and his server, and of a series only the instances that concern him.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.tree import Component, Line
from gateway.formats.codec import PRODID
from gateway.formats.moments import write_utc
from gateway.formats.params import set_param
from gateway.scheduling.objects import (
    MASTER,
    SCHEDULE_PARAMS,
    bare,
    by_key,
    copied,
    excluded,
    line_of,
    scheduled,
    sequence_of,
    set_lines,
    zones_of,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: to whom (an address as the object spells it), and the document with its METHOD."""

    recipient: str
    method: str
    document: Component


def view_for(document: Component, address: str) -> Component | None:
    """What an attendee (normal address) is to see of the organizer's object; None where he takes part in nothing."""
    parts = by_key(document)
    mine = {key: one for key, one in parts.items() if line_of(one, address) is not None}
    if not mine:
        return None
    made = Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", PRODID)])
    made.items += zones_of(document, list(mine.values()))
    for key, component in mine.items():
        shown = _shown(component)
        if key == MASTER:
            _exclude(shown, [one for other, one in parts.items() if other not in mine], document)
        made.items.append(shown)
    return made


def _shown(component: Component) -> Component:
    """A component as others are told of it."""
    items: list[Line | Component] = []
    for item in copied(component).items:
        if isinstance(item, Component):
            if item.name.upper() != "VALARM":
                items.append(item)
        elif item.name.upper() in ("ATTENDEE", "ORGANIZER"):
            items.append(bare(item))
        elif item.name.upper() not in ("REQUEST-STATUS", "X-MOZ-LASTACK", "X-MOZ-SNOOZE-TIME"):
            items.append(item)
    return Component(component.name, items)


def _exclude(master: Component, overrides: Sequence[Component], document: Component) -> None:
    """Take the instances that others have among themselves out of a series."""
    held = excluded(master, document)
    parts = by_key(Component("VCALENDAR", [*document.components("VTIMEZONE"), *overrides]))
    lines = list(master.lines("EXDATE"))
    for key, component in parts.items():
        moment = component.line("RECURRENCE-ID")
        if moment is not None and key not in held:
            line = Line("EXDATE", moment.value.strip(), moment.params)
            set_param(line, "RANGE", None)
            lines.append(line)
    if lines:
        set_lines(master, "EXDATE", lines)


def request(view: Component, now: dt.datetime) -> Component:
    """METHOD:REQUEST with all that the recipient is to see."""
    return _message("REQUEST", view, scheduled(view), now)


def cancel(view: Component, now: dt.datetime, only: Mapping[str, Line] | None = None) -> Component:
    """METHOD:CANCEL of all that the recipient saw, or of the instances whose RECURRENCE-IDs are `only`."""
    parts = [copied(one) for one in scheduled(view)]
    if only is not None:
        master = by_key(view).get(MASTER)
        parts = [] if master is None else [_instance(master, line) for line in only.values()]
    for component in parts:
        set_lines(component, "STATUS", [Line("STATUS", "CANCELLED")])
        set_lines(component, "SEQUENCE", [Line("SEQUENCE", str(sequence_of(component) + 1))])
    return _message("CANCEL", view, parts, now)


def _instance(master: Component, recurrence: Line) -> Component:
    """An instance told by its name alone."""
    told = {"UID", "ORGANIZER", "ATTENDEE", "SUMMARY", "LOCATION", "SEQUENCE"}
    items: list[Line | Component] = [
        item for item in copied(master).items if isinstance(item, Line) and item.name.upper() in told
    ]
    items.append(recurrence)
    items.append(Line("DTSTART", recurrence.value, recurrence.params))
    return Component(master.name, items)


def reply(document: Component, components: Sequence[Component], me: Line, now: dt.datetime) -> Component:
    """METHOD:REPLY with one's own answer for each of these; `me` says how the address is written."""
    told = ("UID", "RECURRENCE-ID", "DTSTART", "SEQUENCE", "SUMMARY", "COMMENT")
    parts: list[Component] = []
    for component in components:
        items: list[Line | Component] = [line for name in told for line in component.lines(name)]
        items += [bare(line) for line in component.lines("ORGANIZER")]
        items.append(bare(me) if (own := line_of_value(component, me.value)) is None else bare(own))
        items.append(Line("REQUEST-STATUS", "2.0;Success"))
        parts.append(Component(component.name, items))
    return _message("REPLY", document, parts, now)


def line_of_value(component: Component, address: str) -> Line | None:
    """The ATTENDEE line with just this address."""
    return next((line for line in component.lines("ATTENDEE") if line.value.strip() == address.strip()), None)


def _message(method: str, document: Component, components: Sequence[Component], now: dt.datetime) -> Component:
    made = Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", PRODID), Line("METHOD", method)])
    made.items += zones_of(document, components)
    for component in components:
        one = copied(component)
        # RFC 5545 §3.8.7.2: with METHOD, DTSTAMP is when the message was made.
        set_lines(one, "DTSTAMP", [Line("DTSTAMP", write_utc(now))])
        for line in [*one.lines("ATTENDEE"), *one.lines("ORGANIZER")]:
            for name in SCHEDULE_PARAMS:
                if line.params:
                    set_param(line, name, None)
        made.items.append(one)
    return made
