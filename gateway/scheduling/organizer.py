"""What a change of an organizer's object means to those who take part (RFC 6638 §3.2.1).

Everybody is told what he sees: one REQUEST with all his instances where any of it has changed, one CANCEL where he
has none left or only lost some. A change of times makes a new revision and asks everybody again, whatever the client
made of it; the answers that came in while the client was editing stay.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.errors import SchedulingConflict
from gateway.core.model import Principal
from gateway.core.tree import Component, Line
from gateway.formats.params import set_param
from gateway.scheduling.addresses import is_of, normal
from gateway.scheduling.meaning import times, told
from gateway.scheduling.messages import Message, cancel, request, view_for
from gateway.scheduling.objects import (
    MASTER,
    agent_of,
    attendees_of,
    by_key,
    copied,
    excluded,
    forces,
    organizer_of,
    part_stat,
    sequence_of,
    set_lines,
    without_forcing,
)


def _not_allowed(message: str) -> SchedulingConflict:
    # RFC 6638 §3.2.4.3
    return SchedulingConflict(message, "allowed-organizer-scheduling-object-change")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be stored in place of what came (None: it goes), and what is to be sent."""

    document: Component | None
    messages: tuple[Message, ...]


def plan_organizer(
    before: Component | None, after: Component | None, who: Principal, now: dt.datetime, *, keeps_answers: bool = False
) -> Plan:
    """What the organizer's change means. `keeps_answers`: answers that came since the client looked are not undone.

    Raises SchedulingConflict where the meeting would have another organizer.
    """
    _check(before, after, who)
    stored = None if after is None else copied(after)
    if before is not None and stored is not None:
        if keeps_answers:
            _keep_answers(before, stored)
        _revise(before, stored)
    messages: list[Message] = []
    people = {**({} if before is None else attendees_of(before)), **({} if stored is None else attendees_of(stored))}
    for address, line in people.items():
        if is_of(line.value, who) or agent_of(line) != "SERVER":
            continue
        message = _message(before, stored, address, line, now)
        if message is not None:
            messages.append(message)
    if stored is not None:
        without_forcing(stored)
    return Plan(stored, tuple(messages))


def _check(before: Component | None, after: Component | None, who: Principal) -> None:
    if before is None or after is None:
        return
    organizer = organizer_of(after)
    if organizer is not None and not is_of(organizer.value, who):
        raise _not_allowed("The organizer of a meeting cannot be changed.")


def _keep_answers(before: Component, stored: Component) -> None:
    """The answers as they are now, for whoever the client did not touch: it may not have seen them."""
    held = by_key(before)
    for key, component in by_key(stored).items():
        known = held.get(key)
        answers = {} if known is None else {normal(line.value): line for line in known.lines("ATTENDEE")}
        for line in component.lines("ATTENDEE"):
            address = normal(line.value)
            if address in answers and part_stat(answers[address]) != part_stat(line):
                set_param(line, "PARTSTAT", [part_stat(answers[address])])


def _revise(before: Component, stored: Component) -> None:
    """A new revision of what happens at another time; those who had answered for the old one are asked again."""
    held = by_key(before)
    for key, component in by_key(stored).items():
        known = held.get(key) or held.get(MASTER)
        if known is None or key not in held or times(known, before) == times(component, stored):
            continue
        if sequence_of(component) <= sequence_of(known):
            set_lines(component, "SEQUENCE", [Line("SEQUENCE", str(sequence_of(known) + 1))])
        answered = {normal(line.value): part_stat(line) for line in known.lines("ATTENDEE")}
        organizer = component.line("ORGANIZER")
        own = "" if organizer is None else normal(organizer.value)
        for line in component.lines("ATTENDEE"):
            address = normal(line.value)
            is_theirs = address != own and agent_of(line) == "SERVER"
            if (
                is_theirs
                and part_stat(line) not in ("NEEDS-ACTION", "DELEGATED")
                and answered.get(address) == part_stat(line)
            ):
                set_param(line, "PARTSTAT", ["NEEDS-ACTION"])
                set_param(line, "RSVP", ["TRUE"])


def _message(
    before: Component | None, stored: Component | None, address: str, line: Line, now: dt.datetime
) -> Message | None:
    was = None if before is None else view_for(before, address)
    is_now = None if stored is None else view_for(stored, address)
    if is_now is None:
        return None if was is None else Message(line.value, "CANCEL", cancel(was, now))
    if was is not None and told(was) == told(is_now) and not forces(line, "REQUEST"):
        return None
    if was is not None and told(was, with_exclusions=False) == told(is_now, with_exclusions=False):
        lost = _lost(was, is_now)
        if lost and not forces(line, "REQUEST"):
            return Message(line.value, "CANCEL", cancel(is_now, now, lost))
    return Message(line.value, "REQUEST", request(is_now, now))


def _lost(was: Component, is_now: Component) -> Mapping[str, Line]:
    """The instances that a series had and has no more, as RECURRENCE-IDs; nothing where some have come back."""
    old, new = excluded(by_key(was).get(MASTER), was), excluded(by_key(is_now).get(MASTER), is_now)
    if old.keys() - new.keys():
        return {}
    return {key: Line("RECURRENCE-ID", new[key][1], new[key][0].params) for key in new.keys() - old.keys()}
