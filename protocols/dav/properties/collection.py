"""Properties that calendars and address books have under names of their own and with the same meaning.

A subclass says its name and which nodes it belongs to; the RFC is named there.
"""

from __future__ import annotations

from gateway.core.filter import Collation
from gateway.core.limits import DOCUMENT_LARGEST
from protocols.dav import xml
from protocols.dav.property import ONLY_COLLECTION, ONLY_RESOURCE, Property
from protocols.dav.tree import Node


class OfCollection(Property):
    """A property of one kind of collection; others do not have it."""

    kinds = ONLY_COLLECTION

    def may_be_said(self, node: Node) -> bool:
        """Whether the principal may set it here."""
        return super().may_be_said(node) and self.belongs(node)

    def belongs(self, node: Node) -> bool:
        """Whether this is a collection of that kind, or in one."""
        raise NotImplementedError

    def value(self, node: Node) -> str | None:
        """What is said, where it belongs."""
        return self.said(node) if self.belongs(node) else None

    def said(self, node: Node) -> str | None:
        """The XML within the element."""
        raise NotImplementedError


class CollationSet(OfCollection):
    """The collations text-match may name. `prefix`: of the element's namespace."""

    kinds = ONLY_COLLECTION | ONLY_RESOURCE
    prefix = ""

    def said(self, node: Node) -> str:
        """One element each."""
        tag = f"{self.prefix}:supported-collation"
        return "".join(f"<{tag}>{one.value}</{tag}>" for one in Collation)


class LargestResource(OfCollection):
    """What a PUT may bring."""

    def said(self, node: Node) -> str:
        """Bytes."""
        return str(DOCUMENT_LARGEST)


class Description(OfCollection):
    """What a collection is for, in words."""

    word = "description"

    def said(self, node: Node) -> str | None:
        """The collection's description, where it has one."""
        text = node.collection.description if node.collection is not None else ""
        return xml.escape(text) if text else None
