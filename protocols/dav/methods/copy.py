"""COPY (RFC 4918 §9.8) of a resource to another name or another collection."""

from __future__ import annotations

from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.placing import placed
from protocols.dav.tree import Kind, resolve
from protocols.dav.types import DavResponse


async def copy(exchange: Exchange) -> DavResponse:
    """201 or 204; 403 for a collection, of which there would be no second with the same UIDs. Raises what is refused."""
    if exchange.place.kind is Kind.RESOURCE:
        return await placed(exchange, is_move=False)
    await resolve(exchange.place, exchange.store, exchange.who)
    raise DavError(403, "A collection is not copied; make another and copy what is in it.")
