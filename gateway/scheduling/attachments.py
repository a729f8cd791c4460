"""Managed attachments in calendar objects (RFC 8607 §4): ATTACH lines with a MANAGED-ID, set and taken away.

`rid` says which instances are meant, as the query has it: nothing for all of them, `M` for the master, or moments,
parted by commas. An instance that has no component yet is given one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.moments import read_moment_of
from gateway.formats.params import first_param, set_param
from gateway.scheduling.instances import instance
from gateway.scheduling.objects import KINDS, MASTER, by_key, moment_key, scheduled

_MANAGED: Final = re.compile(rb"MANAGED-ID=\"?([A-Za-z0-9_-]{8,64})\"?[;:]", re.IGNORECASE)
MOST_NAMED: Final = 100
"""Instances one request may name."""


class NoInstance(InvalidContent):
    """`rid` names what the event has not."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What an ATTACH line says of a file."""

    managed_id: str
    url: str
    name: str
    media_type: str
    size: int


def managed_in(content: bytes) -> frozenset[str]:
    """The MANAGED-IDs that a document has."""
    return frozenset(
        found.decode() for found in _MANAGED.findall(content.replace(b"\r\n ", b"").replace(b"\r\n\t", b""))
    )


def attach(document: Component, file: Attached, rid: str) -> None:
    """Give instances a file. Raises NoInstance."""
    for component in _meant(document, rid):
        _put(component, _line(file))


def replace(document: Component, managed_id: str, file: Attached) -> bool:
    """Have another file in place of one, wherever it is; whether it was anywhere."""
    places = [(one, line) for one in scheduled(document) for line in _lines(one, managed_id)]
    for component, line in places:
        component.items[component.items.index(line)] = _line(file)
    return bool(places)


def detach(document: Component, managed_id: str, rid: str) -> bool:
    """Take a file from instances; whether it was there. Raises NoInstance."""
    is_found = False
    for component in _meant(document, rid):
        for line in _lines(component, managed_id):
            component.items.remove(line)
            is_found = True
    return is_found


def count(document: Component) -> int:
    """How many files an object has, each counted once."""
    lines = [line for one in scheduled(document) for line in one.lines("ATTACH")]
    return len({first_param(line, "MANAGED-ID") for line in lines} - {None})


def _meant(document: Component, rid: str) -> Sequence[Component]:
    if not rid.strip():
        return scheduled(document)
    names = [name.strip() for name in rid.split(",")]
    if len(names) > MOST_NAMED:
        raise NoInstance(f"At most {MOST_NAMED} instances are named at once.")
    return [_one(document, name) for name in names]


def _one(document: Component, name: str) -> Component:
    held = by_key(document)
    master = held.get(MASTER)
    if name == "M":
        if master is None:
            raise NoInstance("The event has no master.")
        return master
    start = None if master is None else master.line("DTSTART")
    moment = read_moment_of(name, start or Line("DTSTART", name), document)
    key = "" if moment is None else moment_key(moment)
    found = held.get(key) if key else None
    if found is None and key:
        found = instance(document, key)
        if found is not None:
            document.items.append(found)
    if found is None or found.name.upper() not in KINDS:
        raise NoInstance(f"The event has no instance {name[:40]}.")
    return found


def _lines(component: Component, managed_id: str) -> list[Line]:
    return [line for line in component.lines("ATTACH") if first_param(line, "MANAGED-ID") == managed_id]


def _line(file: Attached) -> Line:
    line = Line("ATTACH", file.url)
    for name, value in (
        ("MANAGED-ID", file.managed_id),
        ("FMTTYPE", file.media_type),
        ("SIZE", str(file.size)),
        ("FILENAME", file.name),
    ):
        set_param(line, name, [value])
    return line


def _put(component: Component, line: Line) -> None:
    nested = next((at for at, item in enumerate(component.items) if isinstance(item, Component)), len(component.items))
    component.items.insert(nested, line)
