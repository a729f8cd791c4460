"""What a property is: a name, where it is found, and its value as XML.

Each property is a small class in `properties/`, named after the RFC that defines it; `properties.PROPERTIES` is all of
them by name. A value is the XML *inside* the property's element, escaped; None says that this node has no such
property, which a client sees as 404 in its propstat, FORBIDDEN that it has one which is not for him.

Most are protected. Those that a principal may say himself have a word (`gateway.core.keeping`): what he says is kept
under it, and shown to him where else the CRM's or our own value stands.
"""

from __future__ import annotations

import enum
from typing import ClassVar, Final

from protocols.dav import xml
from protocols.dav.tree import ANY_PERSON, Kind, Node
from protocols.dav.types import QName

EVERYWHERE: Final = frozenset(Kind)
ONLY_COLLECTION: Final = frozenset({Kind.COLLECTION})
ONLY_RESOURCE: Final = frozenset({Kind.RESOURCE})
ONLY_DOCUMENT: Final = frozenset({Kind.RESOURCE, Kind.FILE, Kind.NOTIFICATION})
"""Whatever has bytes to be fetched."""
ONLY_PRINCIPAL: Final = frozenset({Kind.PRINCIPAL})
"""The principal himself; what he may know of others says `ANY_PRINCIPAL`."""
ANY_PRINCIPAL: Final = ANY_PERSON


class Need(enum.Flag):
    """What a property needs to know that a node does not have by itself (`protocols.dav.furnish`)."""

    TIES = enum.auto()
    """Who acts for whom."""
    TIES_OF_OTHERS = enum.auto()
    """The same, but only at what is another's."""
    SHARES = enum.auto()
    """With whom a collection is shared."""


NOTHING: Final = Need(0)


class Forbidden(str):
    """A value that the one who asks may not know."""

    __slots__ = ()


FORBIDDEN: Final = Forbidden()
"""Said in place of a value: a client sees 403 in its propstat (RFC 4918 §9.1)."""


class Property:
    """A live property (RFC 4918 §15)."""

    name: ClassVar[QName]
    kinds: ClassVar[frozenset[Kind]] = EVERYWHERE
    """Where the property may be found."""
    in_allprop: ClassVar[bool] = False
    """Whether DAV:allprop answers with it: the properties of RFC 4918 itself do, and no others (RFC 4918 §9.1)."""
    needs_content: ClassVar[bool] = False
    needs: ClassVar[Need] = NOTHING
    needs_locks: ClassVar[bool] = False
    needs_quota: ClassVar[bool] = False
    needs_directories: ClassVar[bool] = False
    word: ClassVar[str] = ""
    """The neutral word under which a principal says it himself; empty: it is protected, PROPPATCH may not set it."""
    read_along: ClassVar[frozenset[Kind]] = frozenset()
    """Where the value is in a look that has to be read for it; a collection's own comes along with the collection."""

    def __init__(self) -> None:
        self.start, self.end = xml.tag(self.name)
        self.nothing = xml.empty(self.name)

    def asked(self, element: xml.Element) -> Property:
        """The property as a report's DAV:prop asks for it: content may be wanted in part, or in a certain version."""
        return self

    def may_be_said(self, node: Node) -> bool:
        """Whether the principal may set it here."""
        return bool(self.word) and node.kind in self.kinds

    def read(self, element: xml.Element) -> str:
        """What a client says, as it is kept. Raises DavError for what makes no sense (RFC 4918 §9.2.1: 409)."""
        return "".join(map(str, element.itertext()))

    def read_at(self, node: Node, element: xml.Element) -> str:
        """The same of a property whose sense depends on where it is said."""
        return self.read(element)

    def value(self, node: Node) -> str | None:
        """The XML within the element; empty for an empty element, None where this node has no such property."""
        raise NotImplementedError

    def element(self, node: Node) -> str | None:
        """The property's whole element, or None."""
        inner = self.value(node)
        if inner is None:
            return None
        return f"{self.start}{inner}{self.end}" if inner else self.nothing
