"""UNLOCK (RFC 4918 §9.11)."""

from __future__ import annotations

from gateway.core.errors import NotFound
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.lockable import lockable
from protocols.dav.locking import read_token
from protocols.dav.names import dav
from protocols.dav.types import DavResponse


async def unlock(exchange: Exchange) -> DavResponse:
    """204. 409 where there is no such lock, 403 for somebody else's."""
    at = lockable(exchange.place)
    if at is None:
        raise DavError(405, "Nothing can be locked here.")
    token = read_token(exchange.request.header("lock-token"))
    try:
        await exchange.edits.unlock(exchange.who, at, token)
    except NotFound as none:
        # RFC 4918 §9.11.1: 409 where the resource was not locked, or not by this.
        raise DavError(409, str(none), dav("lock-token-matches-request-uri")) from none
    return DavResponse(204)
