"""MKCOL of a folder (RFC 4918 §9.3). An extended MKCOL (RFC 5689) is for calendars and address books."""

from __future__ import annotations

from gateway.core.errors import AlreadyExists
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.types import DavResponse


async def mkcol(exchange: Exchange) -> DavResponse:
    """201; 405 where something is already, 409 where there is no folder to make it in, 415 for a body."""
    if exchange.request.body:
        raise DavError(415, "A folder is made without a body.")
    try:
        await exchange.edits.make_folder(exchange.who, exchange.place.path, await condition_of(exchange))
    except AlreadyExists as there:
        # RFC 4918 §9.3.1: 405, for MKCOL is of unmapped URLs only.
        raise DavError(405, str(there)) from there
    return DavResponse(201)
