"""OPTIONS: which methods a place knows and what the server is (RFC 4918 §10.1). Announces what is built, no more."""

from __future__ import annotations

from typing import Final

from protocols.dav.exchange import Exchange
from protocols.dav.tree import Area, Kind
from protocols.dav.types import DavResponse

FEATURES: Final = (
    "1, 2, 3, access-control, extended-mkcol, calendar-access, calendar-auto-schedule, calendar-managed-attachments, "
    "calendar-no-timezone, calendar-proxy, calendarserver-principal-property-search, "
    "calendarserver-principal-search, calendarserver-sharing, resource-sharing, addressbook"
)


async def options(exchange: Exchange, allowed: str) -> DavResponse:
    """The DAV and Allow headers. Raises NotFound for a collection that is not there."""
    features = FEATURES
    if exchange.place.kind in {Kind.COLLECTION, Kind.RESOURCE}:
        collection = await exchange.store.collection(exchange.who, exchange.place.name)
        features += ", webdav-push" if collection.push is not None else ""
    headers = {"DAV": features, "Allow": allowed}
    if exchange.place.area is Area.FILES:
        # Without it Windows takes the address for one of FrontPage's.
        headers["MS-Author-Via"] = "DAV"
    return DavResponse(200, headers)
