"""What a change of an attendee's object means to the organizer (RFC 6638 §3.2.2): his answers, instance by instance.

An attendee answers, and keeps what is his own (alarms, whether the time is free, stamps, extensions). What the
organizer says stays as it is: another time, text or list of people is refused; what a client merely left out, or says
of other people, is put right without a word.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.errors import SchedulingConflict
from gateway.core.model import Principal
from gateway.core.tree import Component, Line
from gateway.formats.escaping import unescape
from gateway.formats.params import set_param
from gateway.formats.sameness import normal_text
from gateway.scheduling.addresses import is_of, normal
from gateway.scheduling.meaning import times
from gateway.scheduling.messages import Message, reply
from gateway.scheduling.objects import (
    MASTER,
    agent_of,
    by_key,
    copied,
    excluded,
    forces,
    organizer_of,
    part_stat,
    scheduled,
    sequence_of,
    set_lines,
    status_of,
    without_forcing,
)
from gateway.scheduling.organizer import Plan

ORGANIZERS_OWN: Final = ("SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "URL", "GEO", "RESOURCES")
"""Text that only the organizer sets."""


def _not_allowed(message: str) -> SchedulingConflict:
    # RFC 6638 §3.2.4.4
    return SchedulingConflict(message, "allowed-attendee-scheduling-object-change")


def plan_attendee(
    before: Component | None, after: Component | None, who: Principal, now: dt.datetime, *, replies: bool = True
) -> Plan:
    """What the attendee's change means. `replies`: False where he wants a removal not to be told (RFC 6638 §8.1).

    Raises SchedulingConflict.
    """
    if after is None:
        return Plan(None, _declined(before, who, now) if before is not None and replies else ())
    stored = copied(after)
    if before is not None:
        _hold(before, stored, who)
    messages = _answers(before, stored, who, now)
    without_forcing(stored)
    return Plan(stored, messages)


def my_line(component: Component | None, who: Principal) -> Line | None:
    """The principal's own ATTENDEE line."""
    lines = () if component is None else component.lines("ATTENDEE")
    return next((line for line in lines if is_of(line.value, who)), None)


def _hold(before: Component, stored: Component, who: Principal) -> None:
    """What is the organizer's stays his, in place. Raises SchedulingConflict."""
    organizer, known = organizer_of(stored), organizer_of(before)
    if organizer is None or known is None or normal(organizer.value) != normal(known.value):
        raise _not_allowed("Only the organizer of a meeting changes who that is.")
    held = by_key(before)
    for key, component in by_key(stored).items():
        original = held.get(key)
        if original is not None and times(component, stored) != times(original, before):
            raise _not_allowed("Only the organizer of a meeting changes when it is. Propose another time to him.")
        source = original or held.get(MASTER)
        if source is None:
            raise _not_allowed("This instance of the meeting is not yours to add.")
        _hold_texts(source, component)
        _hold_people(source, component, who)
        if sequence_of(component) != sequence_of(source):
            set_lines(component, "SEQUENCE", [Line("SEQUENCE", str(sequence_of(source)))])


def _hold_texts(source: Component, component: Component) -> None:
    for name in ORGANIZERS_OWN:
        theirs, ours = _text(source, name), _text(component, name)
        if ours and ours != theirs and not (name == "STATUS" and {ours, theirs} <= {"CONFIRMED", ""}):
            raise _not_allowed(f"Only the organizer of a meeting changes its {name}.")
        if theirs and not ours:
            set_lines(component, name, [Line(one.name, one.value, one.params) for one in source.lines(name)])


def _hold_people(source: Component, component: Component, who: Principal) -> None:
    """Everybody as the organizer has him, but for oneself."""
    mine = my_line(component, who)
    if mine is None:
        raise _not_allowed("You take part in this meeting: answer it, or delete it.")
    wanted = [mine if is_of(line.value, who) else line for line in source.lines("ATTENDEE")]
    if not any(line is mine for line in wanted):
        wanted.append(mine)
    present = list(component.lines("ATTENDEE"))
    if [(one.value, one.params) for one in wanted] != [(one.value, one.params) for one in present]:
        set_lines(component, "ATTENDEE", [Line(one.name, one.value, one.params, one.group) for one in wanted])


def _text(component: Component, name: str) -> str:
    line = component.line(name)
    text = "" if line is None else normal_text(unescape(line.value))
    return text.upper() if name == "STATUS" else text


def _answers(before: Component | None, stored: Component, who: Principal, now: dt.datetime) -> tuple[Message, ...]:
    """The REPLY that tells what is answered anew, if anything is."""
    organizer = organizer_of(stored)
    if organizer is None or agent_of(organizer) != "SERVER":
        return ()
    held = by_key(before)
    told: list[Component] = []
    me: Line | None = None
    is_forced = forces(organizer, "REPLY")
    for key, component in by_key(stored).items():
        line = my_line(component, who)
        if line is None:
            continue
        me = me or line
        known = my_line(held.get(key) or held.get(MASTER), who)
        former = "NEEDS-ACTION" if known is None else part_stat(known)
        if is_forced or part_stat(line) != former:
            told.append(component)
    told += _given_up(before, stored, who)
    if me is None or not told:
        return ()
    return (Message(organizer.value, "REPLY", reply(stored, told, me, now)),)


def _given_up(before: Component | None, stored: Component, who: Principal) -> list[Component]:
    """Instances that the attendee has taken out of his series: he declines them."""
    if before is None:
        return []
    held = by_key(before)
    master = by_key(stored).get(MASTER)
    old, new = excluded(held.get(MASTER), before), excluded(master, stored)
    found: list[Component] = []
    for key in new.keys() - old.keys():
        source = held.get(key) or master
        if source is None or (key in held and status_of(held[key]) == "CANCELLED"):
            continue
        line, value = new[key]
        one = _declining(copied(source), who)
        set_lines(one, "RECURRENCE-ID", [Line("RECURRENCE-ID", value.strip(), line.params)])
        if key not in held:
            set_lines(one, "DTSTART", [Line("DTSTART", value.strip(), line.params)])
        found.append(one)
    return found


def _declining(component: Component, who: Principal) -> Component:
    for line in component.lines("ATTENDEE"):
        if is_of(line.value, who):
            set_param(line, "PARTSTAT", ["DECLINED"])
    return component


def _declined(before: Component, who: Principal, now: dt.datetime) -> tuple[Message, ...]:
    """The REPLY of who deletes a meeting that is still to be, and that he has not declined already."""
    organizer = organizer_of(before)
    if organizer is None or agent_of(organizer) != "SERVER":
        return ()
    parts = [
        one
        for one in scheduled(before)
        if status_of(one) != "CANCELLED" and part_stat(my_line(one, who)) not in ("", "DECLINED")
    ]
    me = next((line for one in parts if (line := my_line(one, who)) is not None), None)
    if me is None:
        return ()
    told = [_declining(copied(one), who) for one in parts]
    return (Message(organizer.value, "REPLY", reply(before, told, me, now)),)
