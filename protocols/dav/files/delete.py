"""DELETE of a file, or of a folder with all that is in it (RFC 4918 §9.6)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import multistatus
from protocols.dav.names import dav
from protocols.dav.preconditions import condition_of
from protocols.dav.selection import status_response
from protocols.dav.tree import file_url
from protocols.dav.types import DavResponse, Depth
from protocols.dav.xml import href


async def delete(exchange: Exchange) -> DavResponse:
    """204; 207 naming what is locked and had to stay. Raises NotFound, PreconditionFailed, NoPermission, Locked."""
    stated = exchange.request.header("depth")
    if stated and Depth.parse(stated) is not Depth.INFINITY:
        # RFC 4918 §9.6.1: a collection is deleted whole or not at all. To a file a depth means nothing.
        node = await exchange.store.file(exchange.who, exchange.place.path)
        if node.is_folder:
            raise DavError(400, "A folder is deleted with Depth: infinity.")
    left = await exchange.edits.delete_tree(exchange.who, exchange.place.path, await condition_of(exchange))
    if not left:
        return DavResponse(204)

    async def locked() -> AsyncGenerator[str]:
        for path in left:
            url = file_url(exchange.who, path, is_folder=False)
            error = f"<D:error>{precondition(dav('lock-token-submitted'), href(url))}</D:error>"
            yield status_response(url, "423 Locked", error)

    return await multistatus(locked())
