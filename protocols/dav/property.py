"""What a property is: a name, where it is found, and its value as XML.

Each property is a small class in `properties/`, named after the RFC that defines it; `properties.PROPERTIES` is all of
them by name. A value is the XML *inside* the property's element, escaped; None says that this node has no such
property, which a client sees as 404 in its propstat.
"""

from __future__ import annotations

from typing import ClassVar, Final

from protocols.dav import xml
from protocols.dav.tree import Kind, Node
from protocols.dav.types import QName

EVERYWHERE: Final = frozenset(Kind)
ONLY_COLLECTION: Final = frozenset({Kind.COLLECTION})
ONLY_RESOURCE: Final = frozenset({Kind.RESOURCE})
ONLY_PRINCIPAL: Final = frozenset({Kind.PRINCIPAL})


class Property:
    """A live property. All are protected: PROPPATCH may not set them (RFC 4918 §15)."""

    name: ClassVar[QName]
    kinds: ClassVar[frozenset[Kind]] = EVERYWHERE
    """Where the property may be found."""
    in_allprop: ClassVar[bool] = False
    """Whether DAV:allprop answers with it: the properties of RFC 4918 itself do, and no others (RFC 4918 §9.1)."""
    needs_content: ClassVar[bool] = False
    needs_locks: ClassVar[bool] = False
    needs_quota: ClassVar[bool] = False

    def __init__(self) -> None:
        self.start, self.end = xml.tag(self.name)
        self.nothing = xml.empty(self.name)

    def asked(self, element: xml.Element) -> Property:
        """The property as a report's DAV:prop asks for it: content may be wanted in part, or in a certain version."""
        return self

    def value(self, node: Node) -> str | None:
        """The XML within the element; empty for an empty element, None where this node has no such property."""
        raise NotImplementedError

    def element(self, node: Node) -> str | None:
        """The property's whole element, or None."""
        inner = self.value(node)
        if inner is None:
            return None
        return f"{self.start}{inner}{self.end}" if inner else self.nothing
