"""Where COPY and MOVE go: the headers Destination and Overwrite (RFC 4918 §10.3, §10.6), and one resource on its way.

Rights and conditions are the store's to judge, in the transaction that moves; here is only what a client must be told
about the other place in words of DAV.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from gateway.core.errors import NotFound, UidConflict
from gateway.core.keeping import Placing
from gateway.core.model import Right
from protocols.dav import xml
from protocols.dav.errors import NO_PLACE_TEXT, DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.representation import represented
from protocols.dav.names import caldav, carddav, dav
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Kind, Place, find, path_of, sibling_url
from protocols.dav.types import DavResponse

_PORTS: Final = {"http": 80, "https": 443}


async def destination(exchange: Exchange) -> Place:
    """The place the header names. Raises DavError: 400 for none, 502 for another server, 409 where nothing can be."""
    stated = exchange.request.header("destination").strip()
    try:
        parts = urlsplit(stated)
        is_here = not parts.netloc or _is_ours(exchange, parts)
    except ValueError:
        raise DavError(400, "The Destination header cannot be read.") from None
    if not parts.path.startswith("/"):
        raise DavError(400, "Say in a Destination header where to.")
    if not is_here:
        raise DavError(502, "Nothing is sent to other servers from here.")
    try:
        place = await find(path_of(stated), exchange.store, exchange.who)
    except NotFound:
        raise DavError(409, NO_PLACE_TEXT) from None
    if place.url == exchange.place.url:
        # RFC 4918 §9.8.5, §9.9.4.
        raise DavError(403, "Source and destination are the same.")
    return place


def _is_ours(exchange: Exchange, parts: SplitResult) -> bool:
    """Whether the URL names this server, by whatever name the client, or a proxy before us, asked for it."""
    if parts.scheme.lower() not in _PORTS:
        return False
    known = f"{exchange.request.header('host')},{exchange.request.header('x-forwarded-host')}".split(",")
    wanted = _host(parts)
    return wanted in {_host(urlsplit(f"{parts.scheme}://{name.strip()}")) for name in known if name.strip()}


def _host(parts: SplitResult) -> tuple[str, int | None]:
    return (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme.lower())


def overwrites(exchange: Exchange) -> bool:
    """What Overwrite says; nothing means yes (RFC 4918 §10.6). Raises DavError 400."""
    stated = exchange.request.header("overwrite").strip().upper()
    if stated not in {"", "T", "F"}:
        raise DavError(400, "Overwrite is T or F.")
    return stated != "F"


async def placed(exchange: Exchange, *, is_move: bool) -> DavResponse:
    """Copy or move one resource: 201, or 204 where another one gave way. Raises what `KeepsDocuments.place` raises."""
    source, who = exchange.place, exchange.who
    target, may_replace = await destination(exchange), overwrites(exchange)
    if target.kind is not Kind.RESOURCE:
        raise DavError(409, "Say under which name it is to stand in which collection.")
    await _check_target(exchange, target)
    when = await condition_of(exchange)
    placing = Placing(source.name, source.href, target.name, target.href, when, is_move, may_replace)
    try:
        written = await exchange.edits.place(who, placing)
    except UidConflict as conflict:
        precondition = carddav("no-uid-conflict") if target.is_among_cards else caldav("no-uid-conflict")
        inner = xml.href(sibling_url(target, conflict.href))
        raise DavError(409, str(conflict), precondition, inner) from conflict
    # An ETag here would be taken for that of the request's own URL (RFC 9110 §8.8.3), so there is none.
    if not written.is_new:
        return await represented(exchange, DavResponse(204), target.url)
    return await represented(exchange, DavResponse(201, {"Location": target.url}), target.url)


async def _check_target(exchange: Exchange, target: Place) -> None:
    try:
        collection = await exchange.store.collection(exchange.who, target.name)
    except NotFound:
        raise DavError(409, NO_PLACE_TEXT) from None
    if Right.CREATE not in collection.rights:
        url = target.collection_url
        inner = f"<D:resource>{xml.href(url)}<D:privilege><D:bind/></D:privilege></D:resource>"
        raise DavError(403, "You may read that collection but not add to it.", dav("need-privileges"), inner)
