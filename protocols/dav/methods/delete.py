"""DELETE of a resource (RFC 4918 §9.6)."""

from __future__ import annotations

from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.types import DavResponse


async def delete(exchange: Exchange) -> DavResponse:
    """204. Raises NotFound, PreconditionFailed, NoPermission, Refused."""
    when = await condition_of(exchange)
    await exchange.edits.delete(exchange.who, exchange.place.name, exchange.place.href, when)
    return DavResponse(204)
