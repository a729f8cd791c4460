"""DELETE (RFC 4918 §9.6): of a resource, of a collection that the principal made himself, of a registration for pushes.

A collection goes with all that stands in it, or stays. One that shows the CRM is the administrator's: it is refused, so
that no program takes its disappearance for that of the rows.
"""

from __future__ import annotations

from gateway.core.errors import PreconditionFailed
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.push_register import push_unregister
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Kind
from protocols.dav.types import DavResponse, Depth


async def delete(exchange: Exchange) -> DavResponse:
    """204. Raises NotFound, PreconditionFailed, NoPermission, Refused."""
    if exchange.place.kind is Kind.REGISTRATION:
        return await push_unregister(exchange)
    when = await condition_of(exchange)
    if exchange.place.kind is Kind.RESOURCE:
        await exchange.edits.delete(exchange.who, exchange.place.name, exchange.place.href, when)
        return DavResponse(204)
    stated = exchange.request.header("depth")
    if stated and Depth.parse(stated) is not Depth.INFINITY:
        # RFC 4918 §9.6.1: a collection is deleted with all that is in it, and no client may ask for less.
        raise DavError(400, "A collection is deleted whole: Depth is infinity.")
    await exchange.store.collection(exchange.who, exchange.place.name)
    if when.must_be_new or when.any_of is not None:
        # A collection has no entity tag that one could hold to.
        raise PreconditionFailed("The collection is not as you say.")
    await exchange.edits.delete_collection(exchange.who, exchange.place.name, when)
    return DavResponse(204)
