"""POST to a collection (RFC 5995): a new resource under a name that the server gives it.

All that a PUT of a new resource has to hold to holds here too; the answer says in Location what the name is.
"""

from __future__ import annotations

import uuid

from gateway.core.ids import Href
from gateway.core.model import Condition
from protocols.dav.exchange import Exchange
from protocols.dav.methods.put import check_media_type
from protocols.dav.methods.representation import represented
from protocols.dav.tree import encode
from protocols.dav.types import DavResponse, schedule_tag


async def add_member(exchange: Exchange) -> DavResponse:
    """201 with Location, and an ETag where what is served is what was sent. Raises what a PUT raises."""
    check_media_type(exchange)
    request, place = exchange.request, exchange.place
    extension = ".vcf" if place.is_among_cards else ".ics"
    written = await exchange.edits.put(
        exchange.who,
        place.name,
        Href(f"{uuid.uuid4()}{extension}"),
        request.header("content-type"),
        request.body,
        Condition(must_be_new=True),
    )
    url = place.collection_url + encode(written.href)
    headers = {"Location": url}
    if written.is_verbatim:
        headers["ETag"] = f'"{written.etag}"'
    headers |= schedule_tag(written.schedule_tag)
    return await represented(exchange, DavResponse(201, headers), url)
