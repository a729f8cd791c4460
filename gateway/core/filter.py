"""The neutral filter: what a query asks of documents, whichever protocol asked (RFC 4791 §9.7, RFC 6352 §10.5).

Plain data. Whoever stores documents may narrow with it as it can, letting through too much but never too little;
`gateway.formats.matching` has the last word.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass


class Collation(enum.Enum):
    """How text is compared (RFC 4790, RFC 5051)."""

    ASCII_CASEMAP = "i;ascii-casemap"
    OCTET = "i;octet"
    UNICODE_CASEMAP = "i;unicode-casemap"


class MatchType(enum.Enum):
    """Where in a value the text must stand."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts-with"
    ENDS_WITH = "ends-with"


class Junction(enum.Enum):
    """Whether one of several conditions is enough, or all must hold."""

    ANYOF = "anyof"
    ALLOF = "allof"


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Text that a value must have, or with `negate` must not."""

    text: str
    collation: Collation = Collation.ASCII_CASEMAP
    match: MatchType = MatchType.CONTAINS
    negate: bool = False


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` to before `end`, aware UTC; None leaves that side open."""

    start: dt.datetime | None
    end: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """A parameter that must be there, must not be, or must have a value that matches."""

    name: str
    is_not_defined: bool = False
    text: TextMatch | None = None


@dataclass(frozen=True, slots=True)
class PropFilter:
    """A property of which one line must meet the conditions. `name` may have a group before a dot (RFC 6352 §10.5.1)."""

    name: str
    is_not_defined: bool = False
    time_range: TimeRange | None = None
    texts: tuple[TextMatch, ...] = ()
    params: tuple[ParamFilter, ...] = ()
    test: Junction = Junction.ALLOF
    """Over texts and params; RFC 6352's default is anyof, and its reader says so."""


@dataclass(frozen=True, slots=True)
class CompFilter:
    """A component of which one must meet the conditions; the outermost is the document itself."""

    name: str
    is_not_defined: bool = False
    time_range: TimeRange | None = None
    properties: tuple[PropFilter, ...] = ()
    components: tuple[CompFilter, ...] = ()
    test: Junction = Junction.ALLOF
    """Over properties and components; the time range must hold in any case."""


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Conditions on a card. Without any, every card meets it."""

    properties: tuple[PropFilter, ...] = ()
    test: Junction = Junction.ANYOF


Filter = CompFilter | CardFilter
