"""What a message makes of its recipient's object (RFC 6638 §4): the same message twice makes no difference.

A REQUEST or CANCEL changes an attendee's copy, a REPLY the organizer's object. Each says whether what came of it is of
*consequence*: whether a client that has the object open must look again before it stores (RFC 6638 §3.2.10); the mere
answers of other people are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.model import Principal
from gateway.core.tree import Component, Line
from gateway.formats.codec import PRODID
from gateway.formats.params import first_param, set_param
from gateway.scheduling.addresses import normal
from gateway.scheduling.attendee import my_line
from gateway.scheduling.instances import instance
from gateway.scheduling.meaning import excluded_keys, told
from gateway.scheduling.objects import (
    MASTER,
    by_key,
    copied,
    key_of,
    line_of,
    part_stat,
    scheduled,
    sequence_of,
    set_lines,
    status_of,
)

_KEPT: Final = ("TRANSP", "COMPLETED", "PERCENT-COMPLETE", "CATEGORIES")
"""What is an attendee's own in his copy, beside alarms and extensions."""
_DELIVERED: Final = "2.0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The object as it is from now on; None where there is nothing to change, or nothing to have."""

    document: Component | None
    is_consequential: bool = False


NOTHING: Final = Outcome(None)


def take_request(mine: Component | None, message: Component, who: Principal) -> Outcome:
    """An invitation, or a new version of one; what is the attendee's own in his copy stays."""
    parts = [copied(one) for one in scheduled(message)]
    if not any(my_line(one, who) is not None for one in parts):
        return NOTHING
    if mine is not None and _is_stale(mine, message):
        return NOTHING
    made = Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", PRODID)])
    made.items += [copied(one) for one in message.components("VTIMEZONE")]
    held = by_key(mine)
    for component in parts:
        key = key_of(component, message)
        _keep_own(held.get(key), held.get(MASTER), component, who)
        made.items.append(component)
    if mine is None:
        return Outcome(made, True)
    _keep_given_up(mine, made, who)
    if _same(mine, made):
        return NOTHING
    return Outcome(made, told(mine) != told(made) or _sequence(mine) != _sequence(made))


def take_cancel(mine: Component | None, message: Component, who: Principal) -> Outcome:
    """A meeting, or some instances of one, that will not be: marked as such, or taken out of the series."""
    if mine is None or _is_older(mine, message):
        return NOTHING
    made = copied(mine)
    held = by_key(made)
    is_changed = False
    for key, component in by_key(message).items():
        one = held.get(key)
        if one is not None and key != MASTER and MASTER in held:
            made.items.remove(one)
            is_changed = True
        if one is not None and (key == MASTER or MASTER not in held):
            is_changed = _cancelled(one, component) or is_changed
        if key == MASTER:
            for other in held.values():
                is_changed = _cancelled(other, component) or is_changed
        elif (master := held.get(MASTER)) is not None and key not in excluded_keys(master, made):
            line = component.line("RECURRENCE-ID")
            if line is not None:
                set_lines(master, "EXDATE", [*master.lines("EXDATE"), Line("EXDATE", line.value.strip(), line.params)])
                is_changed = True
    return Outcome(made, True) if is_changed else NOTHING


def take_reply(mine: Component | None, message: Component) -> Outcome:
    """An attendee's answers, each into the line that is his, of the instance it is for; strangers are not let in."""
    if mine is None:
        return NOTHING
    made = copied(mine)
    is_changed = False
    for answer in scheduled(message):
        line = answer.line("ATTENDEE")
        if line is None:
            continue
        target = _instance_for(made, answer, message, normal(line.value))
        own = None if target is None else line_of(target, normal(line.value))
        if own is None or target is None or sequence_of(answer) < sequence_of(target):
            continue
        if part_stat(own) != part_stat(line) or first_param(own, "SCHEDULE-STATUS") != _DELIVERED:
            set_param(own, "PARTSTAT", [part_stat(line)])
            set_param(own, "RSVP", None)
            set_param(own, "SCHEDULE-STATUS", [_DELIVERED])
            is_changed = True
            if key_of(target, made) != MASTER and target not in made.items:
                made.items.append(target)
    # RFC 6638 §3.2.10: an answer alone is of no consequence to the organizer's next change.
    return Outcome(made, False) if is_changed else NOTHING


def _instance_for(made: Component, answer: Component, message: Component, address: str) -> Component | None:
    """The component an answer is for; for an instance that has none yet a new one, not yet in the document."""
    held = by_key(made)
    key = key_of(answer, message)
    if key in held or key == MASTER:
        return held.get(key)
    master = held.get(MASTER)
    return None if master is None or line_of(master, address) is None else instance(made, key)


def _cancelled(component: Component, message: Component) -> bool:
    if status_of(component) == "CANCELLED":
        return False
    set_lines(component, "STATUS", [Line("STATUS", "CANCELLED")])
    sequence = max(sequence_of(component), sequence_of(message))
    set_lines(component, "SEQUENCE", [Line("SEQUENCE", str(sequence))])
    return True


def _keep_own(held: Component | None, master: Component | None, component: Component, who: Principal) -> None:
    """What the attendee has added or answered in his copy of a component goes into its new version."""
    known = held or master
    if known is None:
        return
    is_asked_anew = sequence_of(component) > sequence_of(known)
    mine, new = my_line(known, who), my_line(component, who)
    if mine is not None and new is not None and not is_asked_anew and part_stat(mine) != part_stat(new):
        set_param(new, "PARTSTAT", [part_stat(mine)])
    if held is None:
        return
    for name in _KEPT:
        own = list(held.lines(name))
        if own and not (is_asked_anew and name == "TRANSP"):
            set_lines(component, name, own)
    for item in held.items:
        if isinstance(item, Component) and item.name.upper() == "VALARM":
            component.items.append(copied(item))
    theirs = {item.name.upper() for item in component.items if isinstance(item, Line)}
    extensions = [item for item in held.items if isinstance(item, Line) and item.name.upper().startswith("X-")]
    for line in extensions:
        if line.name.upper() not in theirs:
            set_lines(component, line.name, [*component.lines(line.name), line])


def _keep_given_up(mine: Component, made: Component, who: Principal) -> None:
    """Instances that the attendee has taken out, and that the organizer knows he declines, stay out."""
    parts, old = by_key(made), by_key(mine).get(MASTER)
    master = parts.get(MASTER)
    if old is None or master is None:
        return
    for key in excluded_keys(old, mine):
        one = parts.get(key)
        line = None if one is None else one.line("RECURRENCE-ID")
        if one is not None and line is not None and part_stat(my_line(one, who)) == "DECLINED":
            made.items.remove(one)
            set_lines(master, "EXDATE", [*master.lines("EXDATE"), Line("EXDATE", line.value.strip(), line.params)])


def _is_stale(mine: Component, message: Component) -> bool:
    """Whether a REQUEST is of an older revision than what is held (RFC 5546 §2.1.5)."""
    held = by_key(mine)
    return any(
        key in held and sequence_of(one) < sequence_of(held[key]) and status_of(held[key]) != "CANCELLED"
        for key, one in by_key(message).items()
    )


def _is_older(mine: Component, message: Component) -> bool:
    held = by_key(mine)
    return any(key in held and sequence_of(one) < sequence_of(held[key]) for key, one in by_key(message).items())


def _sequence(document: Component) -> int:
    return max((sequence_of(one) for one in scheduled(document)), default=0)


def _same(one: Component, other: Component) -> bool:
    def said(document: Component) -> list[tuple[str, str, str]]:
        return sorted(
            (key_of(part, document) + item.name.upper(), item.params, item.value)
            for part in scheduled(document)
            for item in part.items
            if isinstance(item, Line) and item.name.upper() not in ("DTSTAMP", "LAST-MODIFIED", "CREATED")
        )

    return said(one) == said(other)
