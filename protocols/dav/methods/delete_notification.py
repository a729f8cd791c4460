"""DELETE of a notification: it is put away, and whatever it told of stays as it is."""

from __future__ import annotations

from protocols.dav.exchange import Exchange
from protocols.dav.tree import NOTIFICATION_EXTENSION
from protocols.dav.types import DavResponse


async def delete_notification(exchange: Exchange) -> DavResponse:
    """204. Raises NotFound."""
    token = exchange.place.href.removesuffix(NOTIFICATION_EXTENSION)
    await exchange.edits.put_away(exchange.who, token if token != exchange.place.href else "")
    return DavResponse(204)
