"""PROPFIND (RFC 4918 §9.1): properties of what is at a place, and with depth 1 of what is directly in it.

A depth of infinity is refused; a missing one, which by the RFC means infinity, is taken for 0, for that is what the
clients that leave it out want.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocols.dav import xml
from protocols.dav.along import read_along
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.looks import below_looked_at, looked_at
from protocols.dav.multistatus import listed, multistatus
from protocols.dav.names import dav
from protocols.dav.selection import Names, Selection, asked_names
from protocols.dav.tree import Node, members, resolve
from protocols.dav.types import DavResponse, Depth


async def propfind(exchange: Exchange) -> DavResponse:
    """A multistatus. Raises NotFound."""
    stated = exchange.request.header("depth")
    depth = Depth.parse(stated) if stated else Depth.ZERO
    if depth is None:
        raise DavError(400, "Depth must be 0, 1 or infinity.")
    if depth is Depth.INFINITY:
        # RFC 4918 §9.1: the precondition that says which depth would do.
        raise DavError(403, "Ask with Depth 0 or 1.", dav("propfind-finite-depth"))
    preferences = exchange.preferences
    selection = _asked(exchange.request.body, is_minimal=preferences.is_minimal)
    nodes: Iterable[Node]
    if depth is Depth.ZERO:
        top = await resolve(exchange.place, exchange.store, exchange.who)
        nodes = [await looked_at(exchange, selection, top)]
    else:
        top, below = await members(exchange.place, exchange.store, exchange.who)
        nodes = await below_looked_at(exchange, selection, below)
        if not preferences.is_without_root:
            nodes = _after(await looked_at(exchange, selection, top), nodes)
    nodes = await furnished(nodes, selection.needs, exchange.store, exchange.who)
    return await multistatus(listed(await read_along(exchange, selection, nodes), selection), preferences.applied)


def _after(top: Node, below: Iterable[Node]) -> Iterable[Node]:
    yield top
    yield from below


def _asked(body: bytes, *, is_minimal: bool) -> Selection:
    # RFC 4918 §9.1: no body means allprop.
    if not body.strip():
        return Selection.everything()
    root = xml.parse(body)
    if xml.name_of(root) != dav("propfind"):
        raise DavError(400, "The body of a PROPFIND must be a DAV:propfind element.")
    prop = xml.child(root, dav("prop"))
    has_all = xml.child(root, dav("allprop")) is not None
    has_names = xml.child(root, dav("propname")) is not None
    if (prop is not None) + has_all + has_names != 1:
        raise DavError(400, "Ask for one of DAV:prop, DAV:allprop and DAV:propname.")
    if prop is not None:
        return Selection.named(asked_names(prop), is_minimal=is_minimal)
    if has_names:
        return Names()
    include = xml.child(root, dav("include"))
    return Selection.everything(() if include is None else asked_names(include))
