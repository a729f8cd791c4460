"""How a calendar object is told: C:expand, C:limit-recurrence-set and C:limit-freebusy-set (RFC 4791 §9.6.5–§9.6.7).

A series that is too costly to follow is told as it is stored: a client that can ask for instances can also count them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.filter import TimeRange
from gateway.core.tree import Component
from gateway.formats.contentline import parse, serialise
from gateway.formats.expansion import BudgetSpent
from gateway.formats.freebusy import limited_busy
from gateway.formats.unrolled import expanded, limited
from gateway.formats.zone_form import ZONE
from gateway.formats.zones import zone
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.filters import window
from protocols.dav.names import caldav


def limited_busy_at(document: Component, wanted: TimeRange, _floating: dt.tzinfo) -> Component:
    """C:limit-freebusy-set, for which it makes no difference in which zone floating times are."""
    return limited_busy(document, wanted)


Telling = Callable[[Component, TimeRange, dt.tzinfo], Component]
_WAYS: Final[Mapping[str, Telling]] = {
    "expand": expanded,
    "limit-recurrence-set": limited,
    "limit-freebusy-set": limited_busy_at,
}


_CONCERNED: Final[Mapping[Telling, bytes]] = {
    expanded: b"",
    limited: b"RECURRENCE-ID",
    limited_busy_at: b"VFREEBUSY",
}
"""What a document has in it that is told otherwise in such a way."""


@dataclass(frozen=True, slots=True)
class Told:
    """The ways asked for, in order, each with its window."""

    ways: tuple[tuple[Telling, TimeRange], ...]

    def of(self, content: bytes, floating: dt.tzinfo) -> bytes:
        """The content told so. `floating` is the zone of times that have none."""
        made = b""
        if not any(_CONCERNED[way] in content.upper() for way, _ in self.ways):
            return content
        if self.ways[0][0] is expanded:
            # Instances are told in UTC: a zone whose name says all is not needed, and reading it is half the work.
            content = ZONE.sub(lambda found: b"" if _is_known(found[1]) else found[0], content)
        for document in parse(content):
            told = document
            try:
                for way, wanted in self.ways:
                    told = way(told, wanted, floating)
            except BudgetSpent:
                told = document
            made += serialise(told)
        return made


def _is_known(name: bytes) -> bool:
    return zone(name.decode("utf-8", "replace")) is not None


def read_told(element: xml.Element) -> Told | None:
    """What a C:calendar-data asks for; None for the content as it is. Raises DavError."""
    found = {name: one for name in _WAYS if (one := xml.child(element, caldav(name))) is not None}
    if "expand" in found and "limit-recurrence-set" in found:
        # RFC 4791 §9.6: one or the other.
        raise DavError(400, "C:expand and C:limit-recurrence-set exclude each other.")
    ways = tuple((_WAYS[name], window(one, name)) for name, one in found.items())
    return Told(ways) if ways else None
