"""Parts of a document: the comp and prop elements of C:calendar-data (RFC 4791 §9.6) and CR:address-data (RFC 6352 §10.4).

A `Part` says which lines and which components of a component are wanted; `cut` leaves the others out. An element that
names a component and says nothing more wants all of it, as the RFCs' examples have it. Line order and spelling stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from protocols.dav import xml
from protocols.dav.names import split


@dataclass(frozen=True, slots=True)
class Part:
    """What is wanted of a component. None: everything of that kind. `without_value`: the line, but not what it says."""

    lines: frozenset[str] | None = None
    without_value: frozenset[str] = frozenset()
    components: dict[str, Part] | None = field(default=None)


def read_part(element: xml.Element) -> Part:
    """What a comp element (or an address-data, which has the same children) asks for."""
    lines: set[str] = set()
    without_value: set[str] = set()
    components: dict[str, Part] = {}
    all_lines = all_components = len(element) == 0
    for child in element:
        _, local = split(xml.name_of(child))
        name = child.get("name", "").upper()
        if local == "allprop":
            all_lines = True
        elif local == "allcomp":
            all_components = True
        elif local == "prop":
            lines.add(name)
            if child.get("novalue") == "yes":
                without_value.add(name)
        elif local == "comp":
            components[name] = read_part(child)
    return Part(
        None if all_lines else frozenset(lines), frozenset(without_value), None if all_components else components
    )


def cut(content: bytes, root: str, part: Part) -> bytes:
    """A document with only the part wanted of its outermost component, which is a `root`."""
    return b"".join(serialise(_cut(one, part)) for one in parse(content) if one.name.upper() == root)


def _cut(component: Component, part: Part) -> Component:
    kept: list[Line | Component] = []
    for item in component.items:
        name = item.name.upper()
        if isinstance(item, Component):
            if part.components is None:
                kept.append(item)
            elif name in part.components:
                kept.append(_cut(item, part.components[name]))
        elif part.lines is None or name in part.lines:
            kept.append(Line(item.name, "", item.params, item.group) if name in part.without_value else item)
    return Component(component.name, kept)
