"""GET and HEAD: the bytes of a resource, and a line of text for whoever opens a collection in a browser.

What is served was written by clients. So a browser is told to save it, not to guess what it is, and to run nothing.
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotFound, PreconditionFailed
from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.properties.webdav import CONTENT_TYPE
from protocols.dav.tree import Kind, encode, resolve
from protocols.dav.types import DavResponse

GUARDS: Final = {
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}
_GREETING: Final = (
    "This is a CalDAV and CardDAV server. Give this address, or only the server's name, to your calendar or contacts "
    "program.\n"
)


async def get(exchange: Exchange) -> DavResponse:
    """The resource with its ETag; 304 or 412 where the conditions say so (RFC 9110 §13.2.2). Raises NotFound."""
    place = exchange.place
    if place.kind is not Kind.RESOURCE:
        await resolve(place, exchange.store, exchange.who)
        return DavResponse(200, {"Content-Type": "text/plain; charset=utf-8"}, _GREETING.encode())
    collection, found = await exchange.store.resources(exchange.who, place.name, [place.href])
    if not found:
        raise NotFound
    resource = found[0]
    when = await condition_of(exchange)
    etag = resource.entry.etag
    if when.any_of is not None and etag not in when.any_of:
        raise PreconditionFailed("The resource has changed since you read it.")
    if when.must_be_new or (when.none_of is not None and etag in when.none_of):
        return DavResponse(304, {"ETag": f'"{etag}"'})
    return DavResponse(
        200,
        {
            "Content-Type": CONTENT_TYPE[collection.shape],
            "ETag": f'"{etag}"',
            **GUARDS,
            "Content-Disposition": f"attachment; filename*=UTF-8''{encode(place.href)}",
        },
        resource.content,
    )
