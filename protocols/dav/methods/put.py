"""PUT: bytes, media type and conditions on to `edits.put` (RFC 4918 §9.7, RFC 4791 §5.3.2, RFC 6352 §6.3.2).

An ETag goes back only where what will be served is octet for octet what came: otherwise the client would keep its own
version under the tag of ours (RFC 4791 §5.3.4), and without one it reads the resource again.
"""

from __future__ import annotations

from typing import Final

from gateway.formats import json
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.representation import or_what_is_there, represented
from protocols.dav.names import caldav, carddav
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Area, encode
from protocols.dav.types import DavResponse, schedule_tag

_MEDIA_TYPES: Final = {
    Area.CALENDARS: frozenset({"text/calendar", json.JCAL}),
    Area.ADDRESS_BOOKS: frozenset({"text/vcard", "text/x-vcard", "text/directory", "text/x-vlist", json.JCARD}),
}
_ANY: Final = frozenset({"", "application/octet-stream"})
"""What clients send that do not know better; the content tells."""


async def put(exchange: Exchange) -> DavResponse:
    """201 for a new resource, 204 for one changed; with what is served from now on where that is preferred."""
    return await or_what_is_there(exchange, lambda: _put(exchange))


async def _put(exchange: Exchange) -> DavResponse:
    request, place = exchange.request, exchange.place
    if "content-range" in request.headers:
        # RFC 9110 §14.4: taking a part for the whole would destroy the rest.
        raise DavError(400, "A part of a resource cannot be written.")
    check_media_type(exchange)
    when = await condition_of(exchange)
    written = await exchange.edits.put(
        exchange.who, place.name, place.href, request.header("content-type"), request.body, when
    )
    url = place.collection_url + encode(written.href)
    headers: dict[str, str] = {}
    if written.is_verbatim:
        headers["ETag"] = f'"{written.etag}"'
    headers |= schedule_tag(written.schedule_tag)
    if written.href != place.href:
        headers["Location"] = url
    return await represented(exchange, DavResponse(201 if written.is_new else 204, headers), url)


def check_media_type(exchange: Exchange) -> None:
    """Raises DavError 415 for what the collection does not say it takes."""
    area = exchange.place.area
    stated = exchange.request.media_type
    if area is None or stated in _ANY | _MEDIA_TYPES.get(area, _ANY):
        return
    # RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1: the media type must be one that the collection says it takes.
    is_cards = exchange.place.is_among_cards
    precondition = carddav("supported-address-data") if is_cards else caldav("supported-calendar-data")
    raise DavError(415, f"{stated} is not taken here.", precondition)
