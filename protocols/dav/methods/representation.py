"""`Prefer: return=representation` (RFC 7240 §4.2, RFC 8144 §3): what was written comes back as it is served.

So a client whose content was changed on its way in, or that lost a race (412), has in the same answer what it would
have to ask for next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.core.errors import NotFound, PreconditionFailed
from protocols.dav.errors import DavError, respond
from protocols.dav.exchange import Exchange
from protocols.dav.methods.get import get
from protocols.dav.tree import find
from protocols.dav.types import DavResponse

_KEPT = frozenset({"accept"})


async def represented(exchange: Exchange, answered: DavResponse, url: str) -> DavResponse:
    """The answer with the representation of what is at `url`, where that is preferred and there is something."""
    if not exchange.preferences.wants_representation:
        return answered
    headers = {name: value for name, value in exchange.request.headers.items() if name in _KEPT}
    asked = replace(exchange.request, method="GET", path=url, headers=headers, body=b"", query="")
    try:
        place = await find(url, exchange.store, exchange.who)
        found = await get(replace(exchange, request=asked, place=place))
    except (NotFound, DavError):
        return answered
    vary = ", ".join(filter(None, (found.headers.get("Vary"), "Prefer")))
    told = {"Content-Location": url, "Preference-Applied": "return=representation", "Vary": vary}
    # RFC 8144 §3: with a body 204 becomes 200.
    status = 200 if answered.status == 204 else answered.status
    return DavResponse(status, {**answered.headers, **found.headers, **told}, found.body)


async def or_what_is_there(exchange: Exchange, answering: Callable[[], Awaitable[DavResponse]]) -> DavResponse:
    """The answer; where a condition has failed and the client prefers so, 412 with what is there (RFC 8144 §3.2)."""
    try:
        return await answering()
    except PreconditionFailed as failed:
        if not exchange.preferences.wants_representation:
            raise
        return await represented(exchange, respond(DavError(412, str(failed))), exchange.place.url)
