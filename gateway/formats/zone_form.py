"""Calendar objects with and without the definitions of well-known time zones (RFC 7809).

`supply` gives a document the VTIMEZONEs that its TZIDs need and it lacks (RFC 5545 §3.6.5), made from the zones whose
names they are, Windows' names included. `without_known` takes those away that every program knows by their IANA name;
a definition under any other name stays, because nothing else explains it.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from gateway.formats.moments import read_stamp
from gateway.formats.params import read
from gateway.formats.vtimezone import vtimezone
from gateway.formats.zones import zone

ZONE: Final = re.compile(
    rb"^BEGIN:VTIMEZONE\r\n(?:(?!BEGIN:)[^\r\n]*\r\n)*?TZID:([^\r\n]+)\r\n(?![ \t]).*?^END:VTIMEZONE\r\n",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
"""A definition with its name, in a document as we write them."""
_MOST: Final = 20
"""Definitions that one document is given at most."""


def supply(document: Component) -> bool:
    """Add the definitions that are missing, each right from the first year it is needed in; whether there were any."""
    needed: dict[str, int] = {}
    _gather(document, needed)
    if not needed:
        return False
    present = {line.value.strip() for one in document.components("VTIMEZONE") if (line := one.line("TZID"))}
    made: list[Component] = []
    for name, year in needed.items():
        known = zone(name) if name not in present else None
        definition = None if known is None else vtimezone(known.name, year)
        if definition is not None and len(made) < _MOST:
            definition.items[0] = Line("TZID", name)
            made.append(definition)
    place = next((place for place, item in enumerate(document.items) if isinstance(item, Component)), 0)
    document.items[place:place] = made
    return bool(made)


def with_zones(content: bytes) -> bytes:
    """The same for a document's bytes; themselves where nothing is missing."""
    if b"TZID" not in content:
        return content
    documents = parse(content)
    were_any = [supply(document) for document in documents]
    return b"".join(map(serialise, documents)) if any(were_any) else content


def without_known(content: bytes) -> bytes:
    """A document's bytes without the definitions of zones that have an IANA name and go by it."""
    return ZONE.sub(lambda found: b"" if is_standard(found[1].decode("utf-8", "replace")) else found[0], content)


def is_standard(name: str) -> bool:
    """Whether a TZID is an IANA name, letter for letter."""
    known = zone(name)
    return known is not None and known.name == name


def _gather(component: Component, needed: dict[str, int]) -> None:
    """Every TZID with the earliest year it is used in."""
    for item in component.items:
        if isinstance(item, Component):
            if item.name.upper() != "VTIMEZONE":
                _gather(item, needed)
        elif item.params and "TZID" in item.params.upper():
            stamp = read_stamp(item.value.partition(",")[0])
            year = 1970 if stamp is None else stamp.year
            for name, values in read(item.params):
                if name == "TZID" and values:
                    tzid = values[0].strip()
                    needed[tzid] = min(year, needed.get(tzid, year))
