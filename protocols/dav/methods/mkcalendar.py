"""MKCALENDAR (RFC 4791 §5.3.1): a calendar of the principal's own."""

from __future__ import annotations

from gateway.core.errors import AlreadyExists
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.making import CALENDAR, check_free, instructions_of, make
from protocols.dav.names import caldav, dav
from protocols.dav.types import DavResponse


async def mkcalendar(exchange: Exchange) -> DavResponse:
    """201; 403 with a precondition where there is something already, or no calendar may be. Raises Malformed."""
    body = exchange.request.body
    try:
        await check_free(exchange)
        if not body.strip():
            return await make(exchange, (), caldav("mkcalendar-response"), type_wanted=CALENDAR)
        root = xml.parse(body)
        if xml.name_of(root) != caldav("mkcalendar"):
            raise DavError(415, "The body of a MKCALENDAR must be a C:mkcalendar element.")
        return await make(exchange, instructions_of(root), caldav("mkcalendar-response"), type_wanted=CALENDAR)
    except AlreadyExists as taken:
        # RFC 4791 §5.3.1.1.
        raise DavError(403, str(taken), dav("resource-must-be-null")) from taken
