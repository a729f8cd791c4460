"""A question for people's time: VFREEBUSY with METHOD:REQUEST, and the answers to it (RFC 5546 §3.3, RFC 6638 §5).

`read_request` takes what a client posts to its outbox; everything that RFC 6638 calls a valid scheduling message is
checked here. `reply` is the answer for one of those asked: his busy times and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.filter import TimeRange
from gateway.core.ids import ObjectUid
from gateway.core.scheduling import BusyTime
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse
from gateway.formats.escaping import unescape
from gateway.formats.freebusy import free_busy
from gateway.formats.moments import read_stamp
from gateway.scheduling.addresses import normal

MOST_ASKED: Final = 200
"""People one question may ask about."""
LONGEST: Final = dt.timedelta(days=1_100)
"""Time one question may span."""
_MASK: Final = "X-CALENDARSERVER-MASK-UID"
"""The event that is being moved: it makes nobody busy."""


class NoSchedulingMessage(InvalidContent):
    """Well-formed iCalendar, but no scheduling message that is taken here (RFC 6638 §10.5)."""


@dataclass(frozen=True, slots=True)
class BusyRequest:
    """Who asks, about whom (each once, as the document spells them), and for which time."""

    uid: str
    organizer: Line
    attendees: Sequence[Line]
    wanted: TimeRange
    but: ObjectUid | None


def read_request(content: bytes) -> BusyRequest:
    """The question a document asks. Raises InvalidContent, and NoSchedulingMessage where it is none."""
    documents = parse(content)
    if len(documents) != 1 or documents[0].name.upper() != "VCALENDAR":
        raise NoSchedulingMessage("One VCALENDAR is taken at once.")
    document = documents[0]
    if _text(document, "METHOD").upper() != "REQUEST":
        raise NoSchedulingMessage("METHOD must be REQUEST.")
    asked = [one for one in document.components() if one.name.upper() != "VTIMEZONE"]
    if len(asked) != 1 or asked[0].name.upper() != "VFREEBUSY":
        raise NoSchedulingMessage("Only questions for free and busy time (one VFREEBUSY) are taken here.")
    component = asked[0]
    organizers = list(component.lines("ORGANIZER"))
    attendees = list({normal(line.value): line for line in component.lines("ATTENDEE")}.values())
    uid = _text(component, "UID")
    if not uid or len(organizers) != 1 or not attendees:
        raise NoSchedulingMessage("A question for free and busy time needs a UID, one ORGANIZER and ATTENDEEs.")
    if len(attendees) > MOST_ASKED:
        raise NoSchedulingMessage(f"At most {MOST_ASKED} people are asked about at once.")
    start, end = _instant(component, "DTSTART"), _instant(component, "DTEND")
    if start is None or end is None or end <= start or end - start > LONGEST:
        raise NoSchedulingMessage("DTSTART and DTEND must be times in UTC, in order, and not years apart.")
    masked = _text(component, _MASK)
    but = ObjectUid(masked) if masked else None
    return BusyRequest(uid, organizers[0], attendees, TimeRange(start, end), but)


def reply(request: BusyRequest, attendee: Line, times: Sequence[BusyTime], made: dt.datetime) -> Component:
    """The answer for one of those asked (RFC 5546 §3.3.3)."""
    document = free_busy(request.wanted, list(times), made)
    document.items.insert(2, Line("METHOD", "REPLY"))
    for component in document.components("VFREEBUSY"):
        for line in component.lines("UID"):
            line.value = request.uid
        component.items.insert(1, Line("ORGANIZER", request.organizer.value, request.organizer.params))
        component.items.insert(2, Line("ATTENDEE", attendee.value, attendee.params))
    return document


def _text(component: Component, name: str) -> str:
    line = component.line(name)
    return "" if line is None else unescape(line.value).strip()


def _instant(component: Component, name: str) -> dt.datetime | None:
    line = component.line(name)
    stamp = None if line is None else read_stamp(line.value)
    is_instant = isinstance(stamp, dt.datetime) and stamp.tzinfo is not None
    return stamp if is_instant and isinstance(stamp, dt.datetime) else None
