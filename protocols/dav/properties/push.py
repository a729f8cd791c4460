"""The properties of WebDAV-Push (draft-bitfire-webdav-push): how to hear that a collection has moved."""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import push
from protocols.dav.property import ONLY_COLLECTION, Property
from protocols.dav.tree import Node


class Transports(Property):
    """Web Push, with the key by which a push service tells our pushes from others' (RFC 8292)."""

    name = push("transports")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """One transport, where there are pushes."""
        offer = None if node.collection is None else node.collection.push
        if offer is None:
            return None
        key = f'<P:vapid-public-key type="p256ecdsa">{xml.escape(offer.key)}</P:vapid-public-key>'
        return f"<P:web-push>{key}</P:web-push>"


class Topic(Property):
    """What the collection is called in pushes."""

    name = push("topic")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """A name that tells nothing to others."""
        offer = None if node.collection is None else node.collection.push
        return None if offer is None else xml.escape(offer.topic)


class SupportedTriggers(Property):
    """What a push can be had of: changes of what stands in the collection."""

    name = push("supported-triggers")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """Content, one level deep."""
        if node.collection is None or node.collection.push is None:
            return None
        return "<P:content-update><D:sync-level>1</D:sync-level></P:content-update>"


ALL: Final = (Transports, Topic, SupportedTriggers)
