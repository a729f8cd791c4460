"""What some properties need beside the node itself: ties between people, and shares of collections.

Most requests need none of it. `furnished` asks the store once for the ties of the one who asks, and for the shares of
each collection that has any, and only where a property that is asked for says so (`Property.needs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.ids import CollectionId
from gateway.core.model import Principal
from gateway.core.sharing import LetsIn, Share
from protocols.dav.property import Need
from protocols.dav.tree import Node, Ties


async def furnished(nodes: Iterable[Node], needs: Need, store: LetsIn, who: Principal) -> Iterable[Node]:
    """The nodes with what is needed; as they came where that is nothing."""
    if not needs:
        return nodes
    nodes = list(nodes)
    if Need.TIES in needs or (Need.TIES_OF_OTHERS in needs and any(node.whose is not None for node in nodes)):
        ties = Ties(await store.proxies(who), await store.acts_for(who))
        for node in nodes:
            node.ties = ties
    if Need.SHARES in needs:
        held: dict[CollectionId, Sequence[Share]] = {}
        for node in nodes:
            collection = node.collection
            if collection is None or not (collection.is_offered or collection.owner) or collection.name.of:
                continue
            if collection.id not in held:
                held[collection.id] = await store.shares(who, collection.name)
            node.shares = held[collection.id]
    return nodes
