"""Which properties a request asks for, and one DAV:response for a node.

The question is prepared once for each kind of node: what that kind can never have is a constant, the rest a list of
properties to read. So ten thousand entries cost a few string operations each. Names that no live property has are
looked for in what the principal has said of the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from gateway.core.keeping import Look
from protocols.dav import xml
from protocols.dav.names import dav
from protocols.dav.properties import PROPERTIES
from protocols.dav.property import FORBIDDEN, NOTHING, Property
from protocols.dav.standing import key_of, name_of_key
from protocols.dav.tree import Kind, Node
from protocols.dav.types import QName

# Thunderbird compares the status line as text.
_OK: Final = "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
_NOT_FOUND: Final = "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
_FORBIDDEN: Final = "</D:prop><D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat>"
_PROPSTAT: Final = "<D:propstat><D:prop>"
MAX_PROPERTIES: Final = 200


class Selection:
    """A set of properties, asked of any number of nodes."""

    def __init__(
        self,
        properties: Iterable[Property],
        unknown: Iterable[QName] = (),
        *,
        is_minimal: bool = False,
        has_all: bool = False,
    ):
        """`has_all`: whatever has been said of a node is asked for too."""
        self._properties = tuple(properties)
        self._unknown = [(key_of(name), xml.empty(name)) for name in unknown]
        self._absent = "".join(nothing for _, nothing in self._unknown)
        self._is_minimal, self._has_all = is_minimal, has_all
        self._prepared: dict[Kind, tuple[tuple[Property, ...], str]] = {}
        self.needs_content = any(wanted.needs_content for wanted in self._properties)
        self.needs = NOTHING
        for wanted in self._properties:
            self.needs |= wanted.needs
        self.needs_locks = any(wanted.needs_locks for wanted in self._properties)
        self.needs_directories = any(wanted.needs_directories for wanted in self._properties)
        self.needs_quota = any(wanted.needs_quota for wanted in self._properties)

    @classmethod
    def named(cls, names: Iterable[QName], *, is_minimal: bool = False) -> Selection:
        """These properties (RFC 4918 §14.18), each once."""
        wanted = dict.fromkeys(names)
        return cls(
            [PROPERTIES[name] for name in wanted if name in PROPERTIES],
            [name for name in wanted if name not in PROPERTIES],
            is_minimal=is_minimal,
        )

    @classmethod
    def everything(cls, include: Iterable[QName] = ()) -> Selection:
        """DAV:allprop, with what DAV:include adds (RFC 4918 §14.2, §14.8)."""
        asked = set(include)
        listed = [known for name, known in PROPERTIES.items() if known.in_allprop or name in asked]
        return cls(listed, is_minimal=True, has_all=True)

    def needs_look(self, kind: Kind) -> bool:
        """Whether the looks of nodes of this kind are asked for; a collection's own comes along with it."""
        return bool(self._unknown) or self._has_all or any(kind in wanted.read_along for wanted in self._properties)

    def response(self, node: Node) -> str:
        """The DAV:response of a node: what it has with 200, what it has not with 404."""
        prepared = self._prepared.get(node.kind)
        if prepared is None:
            prepared = self._prepare(node.kind)
        properties, missing = prepared
        found = forbidden = ""
        for wanted in properties:
            inner = wanted.value(node)
            if inner:
                found += wanted.start + inner + wanted.end
            elif inner is None:
                missing += wanted.nothing
            elif inner is FORBIDDEN:
                forbidden += wanted.nothing
            else:
                found += wanted.nothing
        if node.look:
            said, unsaid = self._said(node.look)
            found, missing = found + said, missing + unsaid
        else:
            missing += self._absent
        # RFC 8144 §2.1: with return=minimal the 404s are left out; a response keeps at least one propstat.
        return response(node.url, propstats(found, "" if self._is_minimal else missing, forbidden))

    def _prepare(self, kind: Kind) -> tuple[tuple[Property, ...], str]:
        properties = tuple(wanted for wanted in self._properties if kind in wanted.kinds)
        absent = "".join(wanted.nothing for wanted in self._properties if kind not in wanted.kinds)
        prepared = (properties, absent)
        self._prepared[kind] = prepared
        return prepared

    def _said(self, look: Look) -> tuple[str, str]:
        """What is found of the unknown names in a look, and what is not."""
        if self._has_all:
            return "".join(text for key, text in look.items() if name_of_key(key) is not None), ""
        found = "".join(look[key] for key, _ in self._unknown if key in look)
        return found, "".join(nothing for key, nothing in self._unknown if key not in look)


class Names(Selection):
    """DAV:propname: which properties a node has, without their values (RFC 4918 §9.1)."""

    def __init__(self) -> None:
        super().__init__((known for known in PROPERTIES.values() if not known.needs_content), has_all=True)

    def response(self, node: Node) -> str:
        """The names as empty elements."""
        names = (
            known.nothing for known in self._properties if node.kind in known.kinds and _is_told(known.value(node))
        )
        said = (xml.empty(name) for key in node.look if (name := name_of_key(key)) is not None)
        return response(node.url, _PROPSTAT + "".join(names) + "".join(said) + _OK)


def _is_told(value: str | None) -> bool:
    return value is not None and value is not FORBIDDEN


def response(url: str, inner: str) -> str:
    """A DAV:response; a URL of ours needs no escaping but for what is not ours in it."""
    return f"<D:response>{xml.href(url)}{inner}</D:response>\n"


def propstats(found: str, missing: str, forbidden: str = "") -> str:
    """What was found with 200, what was not with 404, what is not told with 403; at least one of them."""
    text = _PROPSTAT + found + _OK if found or not (missing or forbidden) else ""
    if missing:
        text += _PROPSTAT + missing + _NOT_FOUND
    return text + _PROPSTAT + forbidden + _FORBIDDEN if forbidden else text


def status_response(url: str, status: str, inner: str = "") -> str:
    """A DAV:response of one status for the whole resource (`404 Not Found`)."""
    return response(url, f"<D:status>HTTP/1.1 {status}</D:status>{inner}")


def asked_names(prop: xml.Element) -> Sequence[QName]:
    """The names in a DAV:prop element."""
    if len(prop) > MAX_PROPERTIES:
        raise xml.Malformed(400, f"More than {MAX_PROPERTIES} properties are asked for at once.")
    return [xml.name_of(element) for element in prop]


def from_report(root: xml.Element, *, is_minimal: bool) -> Selection:
    """What a report asks of each resource: DAV:prop, DAV:allprop, DAV:propname, or nothing at all (RFC 4791 §7.8)."""
    prop = xml.child(root, dav("prop"))
    if prop is not None:
        wanted = dict(zip(asked_names(prop), prop, strict=True))
        return Selection(
            [PROPERTIES[name].asked(element) for name, element in wanted.items() if name in PROPERTIES],
            [name for name in wanted if name not in PROPERTIES],
            is_minimal=is_minimal,
        )
    if xml.child(root, dav("allprop")) is not None:
        return Selection.everything()
    if xml.child(root, dav("propname")) is not None:
        return Names()
    return Selection(())
