"""PROPPATCH (RFC 4918 §9.2): answered honestly with 403 for each property, for none can be set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import multistatus
from protocols.dav.names import dav
from protocols.dav.properties import PROPERTIES
from protocols.dav.selection import asked_names, response
from protocols.dav.tree import resolve
from protocols.dav.types import DavResponse, QName

_FORBIDDEN: Final = "<D:status>HTTP/1.1 403 Forbidden</D:status>"


async def proppatch(exchange: Exchange) -> DavResponse:
    """A multistatus in which live properties are refused as protected and all others as not kept. Raises NotFound."""
    root = xml.parse(exchange.request.body)
    if xml.name_of(root) != dav("propertyupdate"):
        raise DavError(400, "The body of a PROPPATCH must be a DAV:propertyupdate element.")
    names: dict[QName, None] = {}
    for instruction in root:
        prop = xml.child(instruction, dav("prop"))
        if xml.name_of(instruction) not in {dav("set"), dav("remove")} or prop is None:
            raise DavError(400, "A DAV:propertyupdate holds DAV:set and DAV:remove, and each of these a DAV:prop.")
        names |= dict.fromkeys(asked_names(prop))
    if not names:
        raise DavError(400, "No property is named.")
    node = await resolve(exchange.place, exchange.store, exchange.who)
    live = "".join(xml.empty(name) for name in names if name in PROPERTIES)
    others = "".join(xml.empty(name) for name in names if name not in PROPERTIES)
    # RFC 4918 §16: cannot-modify-protected-property.
    protected = f"<D:error>{precondition(dav('cannot-modify-protected-property'))}</D:error>"
    inner = ""
    if live:
        inner += f"<D:propstat><D:prop>{live}</D:prop>{_FORBIDDEN}{protected}</D:propstat>"
    if others:
        inner += f"<D:propstat><D:prop>{others}</D:prop>{_FORBIDDEN}</D:propstat>"

    async def only() -> AsyncGenerator[str]:
        yield response(node.url, inner)

    return await multistatus(only())
