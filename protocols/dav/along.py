"""What is read along with nodes only where a question asks for it: locks and quotas, each once for all of a listing."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core.files import Quota
from gateway.core.locks import Lock
from gateway.core.model import CollectionName
from protocols.dav.exchange import Exchange
from protocols.dav.lockable import lockable_node
from protocols.dav.selection import Selection
from protocols.dav.tree import Node


async def read_along(exchange: Exchange, selection: Selection, nodes: Iterable[Node]) -> Iterable[Node]:
    """The nodes, with what the selection needs beside them."""
    if not selection.needs_locks and not selection.needs_quota:
        return nodes
    found = list(nodes)
    quota: Quota | None = None
    known: dict[CollectionName | None, list[Lock]] = {}
    for node in found:
        at = lockable_node(node)
        if selection.needs_locks and at is not None:
            if at.name not in known:
                known[at.name] = list(await exchange.store.locks(exchange.who, at))
            node.locks = known[at.name]
        if selection.needs_quota and node.file is not None and node.file.is_folder:
            quota = quota or await exchange.store.quota(exchange.who)
            node.quota = quota
    return found
