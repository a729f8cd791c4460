"""What an index may know of when a document happens, so that it need not be read to answer for a window.

`bounds` hold everything that happens in it. Where a document tells one happening alone, how it relates to its bounds
is known as well, and `happens` can say yes or no by numbers: an event between two instants fills its bounds, which
settles every window; anything else that happens once (a day, a floating time, a task, a journal entry) lies somewhere
in them, which settles the windows around them and leaves those at their edges to a look at the document.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gateway.core.tree import Component
from gateway.formats.recurrence import KINDS, bounds, is_recurring
from gateway.formats.spans import span_of


class Timing(enum.IntEnum):
    """How a document relates to its bounds. The numbers are stored."""

    OPEN = 0
    """It may happen often, or never: it has to be read."""
    FILLS = 1
    """One event, from the one bound to the other."""
    WITHIN = 2
    """One happening, somewhere between the bounds."""


@dataclass(frozen=True, slots=True)
class When:
    """First and last instant in seconds since 1970 (None: no bound on that side), and what lies between."""

    first: int | None
    last: int | None
    timing: Timing


def when(document: Component) -> When:
    """All that an index keeps of a calendar object's times."""
    first, last = bounds(document)
    return When(first, last, Timing.OPEN if first is None or last is None else _timing(document))


def _timing(document: Component) -> Timing:
    told = [one for one in document.components() if one.name.upper() in KINDS]
    if len(told) != 1 or is_recurring(told[0]):
        return Timing.OPEN
    if told[0].name.upper() != "VEVENT":
        return Timing.WITHIN
    span = span_of(told[0], document)
    if span.start is None:
        return Timing.OPEN
    if span.end is None or span.start.is_date or span.end.is_date or not (span.start.zone.name and span.end.zone.name):
        return Timing.WITHIN
    return Timing.FILLS if span.end.utc > span.start.utc else Timing.WITHIN


def happens(
    first: int | None, last: int | None, timing: int | None, start: float | None, end: float | None
) -> bool | None:
    """Whether a document of these bounds touches the window from `start` to before `end`; None: it has to be read.

    RFC 4791 §9.9: an event touches it that begins before its end and ends after its start. What lies within its bounds
    touches for certain a window that holds them whole with room on both sides, whichever row of the table it is.
    """
    if first is None or last is None or timing not in (Timing.FILLS, Timing.WITHIN):
        return None
    if timing == Timing.FILLS:
        return (end is None or first < end) and (start is None or last > start)
    return True if (start is None or first > start) and (end is None or last < end) else None
