"""The lossless content-line tree (RFC 5545 §3.1, RFC 6350 §3.3): the form in which documents are kept.

A document is components within components, and each component an ordered list of content lines and components.
Nothing is interpreted: order, letter case, groups, parameter spelling, repeated parameters and raw values stay as
the client wrote them; only folding is undone. `gateway.formats.contentline` reads and writes it, the codecs beside
that give it meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Line:
    """One content line. `group` is without its dot, `params` the raw text between name and colon, with its leading `;`."""

    name: str
    value: str
    """Raw: still escaped as the format has it."""
    params: str = ""
    group: str = ""


@dataclass(slots=True)
class Component:
    """`BEGIN:name` … `END:name`, its items in order."""

    name: str
    items: list[Line | Component] = field(default_factory=list)

    def lines(self, name: str) -> Iterator[Line]:
        """The lines of this name (any letter case), in order."""
        wanted, size = name.upper(), len(name)
        # Most names have another length, which is cheaper to see than their letters.
        return (
            item
            for item in self.items
            if isinstance(item, Line) and len(item.name) == size and item.name.upper() == wanted
        )

    def line(self, name: str) -> Line | None:
        """The first line of this name."""
        wanted, size = name.upper(), len(name)
        for item in self.items:
            if isinstance(item, Line) and len(item.name) == size and item.name.upper() == wanted:
                return item
        return None

    def components(self, name: str | None = None) -> Iterator[Component]:
        """The components of this name (any letter case; None: all of them), in order."""
        wanted = None if name is None else name.upper()
        return (
            item
            for item in self.items
            if isinstance(item, Component) and (wanted is None or item.name.upper() == wanted)
        )
