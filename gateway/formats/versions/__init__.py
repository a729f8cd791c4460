"""vCards told in another version (RFC 2426 and RFC 6350), losing nothing.

What a client sent is what is kept; a client that asks for the other version is told a translation, made when it is
asked for. A translation says everything that the original says: what only one of the versions has goes by an
extension name or keeps its own, and where two names of one version are one of the other's, a parameter remembers
which it was (`names.FORMER`). What neither version knows is passed on as it stands. So a client may write back what
it was told, and neither the fields nor what no column holds are changed by the way they have come.
"""

from __future__ import annotations

from typing import Final

from gateway.core.tree import Component, Line
from gateway.formats.vcard21 import is_old, to_vcard30
from gateway.formats.versions.downward import Downward
from gateway.formats.versions.upward import Upward

VERSIONS: Final = ("3.0", "4.0")
"""What a card can be told in, the one to prefer first."""


def version_of(card: Component) -> str:
    """The version a card is written in, of those it can be told in; 2.1 and what says nothing count as 3.0."""
    line = card.line("VERSION")
    return "4.0" if line is not None and line.value.strip().startswith("4") else "3.0"


def translated(card: Component, version: str) -> Component:
    """The card in a version of `VERSIONS`: itself where it is in it, else a new one."""
    if is_old(card):
        card = Component(card.name, [copied(item) if isinstance(item, Line) else item for item in card.items])
        to_vcard30(card)
    if version_of(card) == version:
        return card
    return Upward(card).translated() if version == "4.0" else Downward(card).translated()


def copied(line: Line) -> Line:
    """The same line, to be changed."""
    return Line(line.name, line.value, line.params, line.group)
