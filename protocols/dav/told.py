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
from gateway.formats.zones import zone
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.filters import window
from protocols.dav.names import caldav

Telling = Callable[[Component, TimeRange, dt.tzinfo], Component]
_WAYS: Final[Mapping[str, Telling]] = {
    "expand": expanded,
    "limit-recurrence-set": limited,
    "limit-freebusy-set": lambda document, wanted, _: limited_busy(document, wanted),
}


@dataclass(frozen=True, slots=True)
class Told:
    """The ways asked for, in order, each with its window."""

    ways: tuple[tuple[Telling, TimeRange], ...]

    def of(self, content: bytes, home: str) -> bytes:
        """The content told so. `home` is the zone of times that have none."""
        own = zone(home)
        floating = dt.UTC if own is None else own.rules
        made = b""
        for document in parse(content):
            told = document
            try:
                for way, wanted in self.ways:
                    told = way(told, wanted, floating)
            except BudgetSpent:
                told = document
            made += serialise(told)
        return made


def read_told(element: xml.Element) -> Told | None:
    """What a C:calendar-data asks for; None for the content as it is. Raises DavError."""
    found = {name: one for name in _WAYS if (one := xml.child(element, caldav(name))) is not None}
    if "expand" in found and "limit-recurrence-set" in found:
        # RFC 4791 §9.6: one or the other.
        raise DavError(400, "C:expand and C:limit-recurrence-set exclude each other.")
    ways = tuple((_WAYS[name], window(one, name)) for name, one in found.items())
    return Told(ways) if ways else None
