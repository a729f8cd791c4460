"""Properties on their way in, for PROPPATCH, MKCOL and MKCALENDAR: all are taken or none (RFC 4918 §9.2, RFC 5689 §3).

A live property that has a word is read into that; a protected one is refused; what no live property is called is the
client's own and kept as it came. What has been judged is told as propstats: where one is refused, all others have
failed with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.names import DAV, dav, split
from protocols.dav.properties import PROPERTIES
from protocols.dav.selection import asked_names
from protocols.dav.standing import key_of, standing
from protocols.dav.tree import Node
from protocols.dav.types import QName

Instruction = tuple[QName, xml.Element | None]
"""A property to set, or (None) to take away."""

_OPEN: Final = frozenset({dav("getcontentlanguage")})
"""Names of WebDAV's own that are a client's to say."""
_DEPENDENT: Final = DavError(424, "Another property was refused.")


@dataclass(slots=True)
class Update:
    """What is to be said of a node, and what is refused and why. Names in the order of the request."""

    names: dict[QName, None] = field(default_factory=dict)
    change: dict[str, str | None] = field(default_factory=dict)
    refused: dict[QName, DavError] = field(default_factory=dict)

    def refuse_all(self, why: DavError) -> None:
        """None can be kept."""
        self.refused = dict.fromkeys(self.names, why)

    def propstats(self) -> str:
        """One DAV:propstat for each outcome (RFC 4918 §14.22)."""
        if not self.refused:
            return _propstat(self.names, None)
        text = ""
        for why in dict.fromkeys(self.refused.values()):
            text += _propstat([name for name in self.names if self.refused.get(name) is why], why)
        others = [name for name in self.names if name not in self.refused]
        return text + _propstat(others, _DEPENDENT) if others else text


def instructions_in(instruction: xml.Element) -> list[Instruction]:
    """What a DAV:set or DAV:remove says, in order. Raises Malformed for anything else."""
    kind, props = xml.name_of(instruction), xml.children(instruction, dav("prop"))
    if kind not in {dav("set"), dav("remove")} or not props:
        raise xml.Malformed(400, "Properties come in DAV:set and DAV:remove, and there in a DAV:prop.")
    return [
        (name, element if kind == dav("set") else None)
        for prop in props
        for name, element in zip(asked_names(prop), prop, strict=True)
    ]


def judged(node: Node, instructions: Iterable[Instruction], *, is_open: bool) -> Update:
    """What becomes of instructions at a node, of which the later one counts. `is_open`: whether it has a look at all."""
    update = Update()
    protected = DavError(403, "This property is not set by clients.", dav("cannot-modify-protected-property"))
    closed = DavError(403, "Nothing can be said of what is here.")
    for name, element in instructions:
        update.names[name] = None
        known = PROPERTIES.get(name)
        if (known is not None and not (is_open and known.may_be_said(node))) or _is_webdavs(name):
            update.refused[name] = protected
        elif not is_open:
            update.refused[name] = closed
        elif known is not None:
            try:
                update.change[known.word] = None if element is None else known.read_at(node, element)
            except DavError as wrong:
                update.refused[name] = wrong
        else:
            update.change[key_of(name)] = None if element is None else standing(element)
    return update


def _is_webdavs(name: QName) -> bool:
    """Whether WebDAV defines the name, and we do not have it: what it means is not a client's to say."""
    return split(name)[0] == DAV and name not in PROPERTIES and name not in _OPEN


def _propstat(names: Iterable[QName], why: DavError | None) -> str:
    props = "".join(map(xml.empty, names))
    status = HTTPStatus.OK if why is None else HTTPStatus(why.status)
    text = f"<D:propstat><D:prop>{props}</D:prop><D:status>HTTP/1.1 {status.value} {status.phrase}</D:status>"
    if why is not None and why.precondition is not None:
        text += f"<D:error>{precondition(why.precondition, why.inner)}</D:error>"
    if why is not None:
        text += f"<D:responsedescription>{xml.escape(str(why))}</D:responsedescription>"
    return text + "</D:propstat>"
