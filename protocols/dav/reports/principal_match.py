"""DAV:principal-match (RFC 3744 §9.3): what of a collection is, or by one of its properties points to, who asks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.multistatus import listed, multistatus
from protocols.dav.names import dav
from protocols.dav.properties import PROPERTIES
from protocols.dav.property import Property
from protocols.dav.selection import from_report
from protocols.dav.tree import Node, members, principal_node, principal_url
from protocols.dav.types import DavResponse

HREF = re.compile(r"<D:href[^>]*>([^<]*)</D:href>")


async def principal_match(exchange: Exchange, root: xml.Element) -> DavResponse:
    """DAV:self: the one who asks. DAV:principal-property: what is in the collection and names him there."""
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    wanted = xml.child(root, dav("principal-property"))
    if wanted is not None and len(wanted) == 1:
        known = PROPERTIES.get(xml.name_of(wanted[0]))
        nodes = await furnished(await _naming(exchange, known), selection.needs, exchange.store, exchange.who)
        return await multistatus(listed(nodes, selection))
    if wanted is not None or xml.child(root, dav("self")) is None:
        raise DavError(400, "Ask for DAV:self, or for one property in DAV:principal-property.")
    himself = principal_node(exchange.who, exchange.who)
    nodes = await furnished([himself], selection.needs, exchange.store, exchange.who)
    return await multistatus(listed(nodes, selection))


async def _naming(exchange: Exchange, known: Property | None) -> Iterable[Node]:
    """What is directly in the place and has the asker's URL in the property; RFC 3744 §9.3 leaves out the place itself."""
    if known is None or known.needs_content:
        return []
    _, nodes = await members(exchange.place, exchange.store, exchange.who)
    nodes = await furnished(nodes, known.needs, exchange.store, exchange.who)
    mine = {principal_url(exchange.who)}
    return (node for node in nodes if node.kind in known.kinds and mine & hrefs_of(known.value(node)))


def hrefs_of(value: str | None) -> set[str]:
    """The URLs in a property's value."""
    return {html.unescape(found[1]) for found in HREF.finditer(value or "")}
