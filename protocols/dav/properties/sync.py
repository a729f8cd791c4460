"""The property of RFC 6578."""

from __future__ import annotations

from typing import Final

from protocols.dav.names import dav
from protocols.dav.property import ONLY_COLLECTION, Property
from protocols.dav.tree import Node


class SyncToken(Property):
    """RFC 6578 §4."""

    name = dav("sync-token")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """The token of the collection as it stands; a URI."""
        return None if node.collection is None else str(node.collection.token)


ALL: Final = (SyncToken,)
