"""DELETE of a resource (RFC 4918 §9.6), and of a registration for pushes."""

from __future__ import annotations

from protocols.dav.exchange import Exchange
from protocols.dav.methods.push_register import push_unregister
from protocols.dav.preconditions import condition
from protocols.dav.tree import Kind
from protocols.dav.types import DavResponse


async def delete(exchange: Exchange) -> DavResponse:
    """204. Raises NotFound, PreconditionFailed, NoPermission, Refused."""
    if exchange.place.kind is Kind.REGISTRATION:
        return await push_unregister(exchange)
    when = condition(exchange.request.headers, exchange.place.url, exchange.who)
    await exchange.edits.delete(exchange.who, exchange.place.name, exchange.place.href, when)
    return DavResponse(204)
