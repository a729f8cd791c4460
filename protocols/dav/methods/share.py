"""POST of CS:share (Calendar Server's caldav-sharing §5.1) or DAV:share-resource (draft-pot-webdav-resource-sharing) to
a collection of one's own: let people in, or no more.

Whoever is known is let in at once. Where some are not, the answer is a multistatus that says which.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from gateway.core.sharing import Access
from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import multistatus
from protocols.dav.names import calendarserver, dav
from protocols.dav.selection import status_response
from protocols.dav.types import DavResponse
from protocols.dav.wishes import Wish, granted

SHARING_TYPES: Final = frozenset({"application/xml", "text/xml", "application/davsharing+xml"})
_ACCESS: Final = {dav("read"): Access.READ, dav("read-write"): Access.WRITE, dav("no-access"): None}


async def share(exchange: Exchange) -> DavResponse:
    """200, or 207 where somebody is not known. Raises NotFound, NoPermission, TooLarge."""
    root = xml.parse(exchange.request.body)
    name = xml.name_of(root)
    if name == calendarserver("share"):
        wishes = [_calendar_server(element) for element in root]
    elif name == dav("share-resource"):
        wishes = [_draft(element) for element in xml.children(root, dav("sharee"))]
    else:
        raise DavError(415, "The body must be a CS:share or DAV:share-resource element.")
    unknown = await granted(exchange, wishes)
    if not unknown:
        return DavResponse(200)
    # RFC 3744 §8.1.1 has the name for it.
    error = f"<D:error>{precondition(dav('recognized-principal'))}</D:error>"

    async def pieces() -> AsyncGenerator[str]:
        for wish in wishes:
            is_unknown = wish.address in unknown
            yield status_response(
                wish.address, "403 Forbidden" if is_unknown else "200 OK", error if is_unknown else ""
            )

    return await multistatus(pieces())


def _calendar_server(element: xml.Element) -> Wish:
    address = xml.text_of(xml.child(element, dav("href")))
    if xml.name_of(element) == calendarserver("remove"):
        return Wish(address, None)
    if xml.name_of(element) != calendarserver("set"):
        raise DavError(400, "A CS:share holds CS:set and CS:remove.")
    is_writer = xml.child(element, calendarserver("read-write")) is not None
    if not is_writer and xml.child(element, calendarserver("read")) is None:
        raise DavError(400, "A CS:set says CS:read or CS:read-write.")
    summary = xml.text_of(xml.child(element, calendarserver("summary")))
    return Wish(address, Access.WRITE if is_writer else Access.READ, summary)


def _draft(element: xml.Element) -> Wish:
    stated = xml.child(element, dav("share-access"))
    wanted = None if stated is None or len(stated) != 1 else xml.name_of(stated[0])
    if wanted not in _ACCESS:
        raise DavError(400, "DAV:share-access is one of DAV:read, DAV:read-write and DAV:no-access.")
    comment = xml.text_of(xml.child(element, dav("comment")))
    return Wish(xml.text_of(xml.child(element, dav("href"))), _ACCESS[wanted], comment)
