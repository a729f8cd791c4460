"""Push-Dont-Notify: a client that changes something need not be told of it (draft-bitfire-webdav-push).

The header lists registrations by their URLs, or says `*` for all of the principal's. It is obeyed for the collection
the request is about, and only where nobody else has changed anything at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.core.errors import GatewayError, NotFound
from protocols.dav.exchange import Exchange
from protocols.dav.tree import Kind, locate, path_of
from protocols.dav.types import DavResponse

_WRITES: Final = frozenset({"PUT", "POST", "DELETE", "MOVE", "COPY", "PROPPATCH"})
_URL: Final = re.compile(r'"([^"]{1,2000})"')
MOST: Final = 50


async def hushed(exchange: Exchange, run: Callable[[Exchange], Awaitable[DavResponse]]) -> DavResponse:
    """What the method answers."""
    stated = exchange.request.header("push-dont-notify").strip()
    place = exchange.place
    if not stated or exchange.request.method not in _WRITES or place.kind not in {Kind.RESOURCE, Kind.COLLECTION}:
        return await run(exchange)
    before = await exchange.store.collection(exchange.who, place.name)
    answered = await run(exchange)
    if before.push is not None and answered.status < 300:
        try:
            await exchange.edits.hush_pushes(exchange.who, place.name, before.modseq, _registrations(stated, exchange))
        except GatewayError:
            # The write is done, and one push too many does no harm.
            return answered
    return answered


def _registrations(stated: str, exchange: Exchange) -> Sequence[str] | None:
    if stated == "*":
        return None
    found: list[str] = []
    for url in _URL.findall(stated)[:MOST]:
        try:
            place = locate(path_of(url), exchange.who)
        except NotFound:
            continue
        if place.kind is Kind.REGISTRATION:
            found.append(place.href)
    return found
