"""MKCOL (RFC 4918 §9.3), which here always says what is to be made (RFC 5689): a home holds no plain collections."""

from __future__ import annotations

from gateway.core.errors import AlreadyExists
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.making import check_free, instructions_of, make
from protocols.dav.names import dav
from protocols.dav.types import DavResponse

_XML = frozenset({"application/xml", "text/xml", ""})


async def mkcol(exchange: Exchange) -> DavResponse:
    """201; 405 where there is something already (RFC 4918 §9.3.1). Raises DavError, Malformed."""
    request = exchange.request
    if request.body.strip() and request.media_type not in _XML:
        # RFC 4918 §9.3: a body that is not understood is refused, not ignored.
        raise DavError(415, "The body of a MKCOL must be a DAV:mkcol element.")
    try:
        await check_free(exchange)
        if not request.body.strip():
            raise DavError(403, "Say in a DAV:mkcol what is to be made.", dav("valid-resourcetype"))
        root = xml.parse(request.body)
        if xml.name_of(root) != dav("mkcol"):
            raise DavError(415, "The body of a MKCOL must be a DAV:mkcol element.")
        return await make(exchange, instructions_of(root), dav("mkcol-response"), type_wanted=None)
    except AlreadyExists as taken:
        headers = {"Allow": "OPTIONS, GET, HEAD, POST, DELETE, PROPFIND, PROPPATCH, REPORT"}
        raise DavError(405, str(taken), dav("resource-must-be-null"), headers=headers) from taken
