"""MOVE (RFC 4918 §9.9): of a resource to another name or collection, and of an own collection to another name.

A collection that is moved stays the same: its entries, sync tokens, and what was said of it. Nothing gives way to it,
whatever Overwrite says: a calendar lost by the name of another is more than anybody means by a new name.
"""

from __future__ import annotations

from gateway.core.errors import AlreadyExists, InvalidContent, TooLarge, UnsupportedContent
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.making import location_ok
from protocols.dav.methods.placing import destination, overwrites, placed
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Kind
from protocols.dav.types import DavResponse, Depth


async def move(exchange: Exchange) -> DavResponse:
    """201 or 204. Raises NotFound, NoPermission, PreconditionFailed, Refused, DavError."""
    if exchange.place.kind is Kind.RESOURCE:
        return await placed(exchange, is_move=True)
    stated = exchange.request.header("depth")
    if stated and Depth.parse(stated) is not Depth.INFINITY:
        # RFC 4918 §9.9.2.
        raise DavError(400, "A collection is moved whole: Depth is infinity.")
    await exchange.store.collection(exchange.who, exchange.place.name)
    target = await destination(exchange)
    if target.kind is not Kind.COLLECTION:
        raise DavError(403, "Collections stand directly in your home.", location_ok(exchange.place))
    try:
        await exchange.edits.rename_collection(
            exchange.who, exchange.place.name, target.name, await condition_of(exchange)
        )
    except AlreadyExists as taken:
        raise DavError(403 if overwrites(exchange) else 412, str(taken)) from taken
    except (InvalidContent, TooLarge, UnsupportedContent) as wrong:
        raise DavError(403, str(wrong), location_ok(exchange.place)) from wrong
    return DavResponse(201, {"Location": target.url})
