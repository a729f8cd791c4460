"""LOCK (RFC 4918 §9.10): a new lock, or with no body more time for one that is held.

Of a folder of which something below is locked already, the answer names that, for nothing is wrong with the folder.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from gateway.core.errors import Locked, PreconditionFailed
from gateway.core.locks import Lock, Lockable
from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.lockable import lockable, url_of
from protocols.dav.locking import active, read_timeout, read_wish
from protocols.dav.multistatus import multistatus
from protocols.dav.names import dav
from protocols.dav.preconditions import condition_of
from protocols.dav.selection import status_response
from protocols.dav.types import DavResponse, Depth


async def lock(exchange: Exchange) -> DavResponse:
    """200, 201 where an empty file was made for it. Raises what `KeepsLocks.lock` raises."""
    request, at = exchange.request, lockable(exchange.place)
    if at is None:
        raise DavError(405, "Nothing can be locked here.")
    timeout, when = read_timeout(request.header("timeout")), await condition_of(exchange)
    if not request.body.strip():
        if not when.tokens:
            raise PreconditionFailed("To refresh a lock, name its token in an If header.")
        return _told(exchange, at, await exchange.edits.refresh_lock(exchange.who, at, timeout, when), 200)
    stated = request.header("depth")
    depth = Depth.parse(stated) if stated else Depth.INFINITY
    if depth not in {Depth.ZERO, Depth.INFINITY}:
        raise DavError(400, "A lock has Depth 0 or infinity.")
    wish = read_wish(xml.parse(request.body), depth, timeout)
    try:
        made = await exchange.edits.lock(exchange.who, at, wish, when)
    except Locked as locked:
        below = [root for root in locked.roots if len(root.path) > len(at.path)]
        if not locked.is_wish or len(below) < len(locked.roots):
            raise
        return await _kept_from_below(exchange, below)
    answer = _told(exchange, at, made.lock, 201 if made.is_new else 200)
    return DavResponse(answer.status, {**answer.headers, "Lock-Token": f"<{made.lock.token}>"}, answer.body)


def _told(exchange: Exchange, at: Lockable, held: Lock, status: int) -> DavResponse:
    body = f"{xml.HEAD}<D:prop {xml.NAMESPACES}><D:lockdiscovery>{active(held, at, exchange.place.whose or exchange.who)}</D:lockdiscovery></D:prop>"
    return DavResponse(status, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())


async def _kept_from_below(exchange: Exchange, below: list[Lockable]) -> DavResponse:
    """RFC 4918 §9.10.3: what stands against it, and that the rest failed for it."""

    async def responses() -> AsyncGenerator[str]:
        for root in below:
            url = url_of(exchange.place.whose or exchange.who, root)
            error = f"<D:error>{precondition(dav('no-conflicting-lock'), xml.href(url))}</D:error>"
            yield status_response(url, "423 Locked", error)
        yield status_response(exchange.place.url, "424 Failed Dependency")

    return await multistatus(responses())
