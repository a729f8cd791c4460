"""DAV:acl-principal-prop-set (RFC 3744 §9.2): properties of the principals that a resource's list names."""

from __future__ import annotations

from gateway.core.errors import NoPermission, NotFound
from protocols.dav import xml
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.multistatus import listed, multistatus
from protocols.dav.privileges import aces
from protocols.dav.property import Need
from protocols.dav.reports.principal_match import hrefs_of
from protocols.dav.selection import from_report
from protocols.dav.tree import Node, find, resolve
from protocols.dav.types import DavResponse


async def acl_principal_prop_set(exchange: Exchange, root: xml.Element) -> DavResponse:
    """One response for each principal that has a URL, once. Raises NotFound; NoPermission where the list is not shown."""
    node = await resolve(exchange.place, exchange.store, exchange.who)
    (node,) = await furnished([node], Need.SHARES, exchange.store, exchange.who)
    found = aces(node)
    if found is None:
        raise NoPermission("Who may do what here is its owner's to know.")
    principals: dict[str, Node] = {}
    for ace in found:
        for url in hrefs_of(ace.principal) - principals.keys():
            try:
                place = await find(url, exchange.store, exchange.who)
                principals[url] = await resolve(place, exchange.store, exchange.who)
            except NotFound:
                continue  # he left between the two looks
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    nodes = await furnished(principals.values(), selection.needs, exchange.store, exchange.who)
    return await multistatus(listed(nodes, selection))
