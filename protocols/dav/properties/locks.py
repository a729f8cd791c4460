"""The properties of RFC 4918 that tell of locks."""

from __future__ import annotations

from typing import Final

from protocols.dav.lockable import lockable_node
from protocols.dav.locking import SUPPORTED, active
from protocols.dav.names import dav
from protocols.dav.property import Property
from protocols.dav.tree import Node


class SupportedLock(Property):
    """RFC 4918 §15.10."""

    name = dav("supportedlock")
    in_allprop = True

    def value(self, node: Node) -> str:
        """Exclusive and shared write locks, where anything can be locked."""
        return "" if lockable_node(node) is None else SUPPORTED


class LockDiscovery(Property):
    """RFC 4918 §15.8."""

    name = dav("lockdiscovery")
    in_allprop = True
    needs_locks = True

    def value(self, node: Node) -> str | None:
        """The locks that cover it, those of folders above too."""
        at = lockable_node(node)
        if at is None:
            return ""
        if node.locks is None:
            return None
        return "".join(active(lock, at, node.subject) for lock in node.locks if lock.covers(at.path))


ALL: Final = (SupportedLock, LockDiscovery)
