"""DAV:sync-collection (RFC 6578): what changed since a token.

The token that goes back is the one of exactly what is listed. Where the client's limit cut the list, that is said with
507 for the collection itself, and the token continues from there. Depth and sync-level are taken as clients send them
(0, 1, missing): a collection has no collections in it, so all mean the same.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from gateway.core.changes import Changes
from gateway.core.errors import TokenExpired
from gateway.core.ids import SyncToken
from gateway.core.model import Entry
from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.looks import resources_looked_at
from protocols.dav.multistatus import BATCH, multistatus
from protocols.dav.names import dav
from protocols.dav.reports.report import contents
from protocols.dav.selection import Selection, from_report, status_response
from protocols.dav.tree import Node, encode, member
from protocols.dav.types import DavResponse


async def sync_collection(exchange: Exchange, root: xml.Element) -> DavResponse:
    """A multistatus with DAV:sync-token. Raises NotFound; TokenExpired for a token that is not, or no longer, good."""
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    since = _token(xml.text_of(xml.child(root, dav("sync-token"))))
    changes = await exchange.store.changes(exchange.who, exchange.place.name, since, _limit(root))
    return await multistatus(
        _answer(exchange, changes, selection, is_initial=since is None), exchange.preferences.applied
    )


def _token(text: str) -> SyncToken | None:
    if not text:
        return None
    token = SyncToken.parse(text)
    if token is None:
        raise TokenExpired("This is no sync token of ours.")
    return token


def _limit(root: xml.Element) -> int | None:
    limit = xml.child(root, dav("limit"))
    if limit is None:
        return None
    text = xml.text_of(xml.child(limit, dav("nresults")))
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise DavError(400, "DAV:nresults must be a whole number.")
    if int(text) == 0:
        # RFC 6578 §3.2: a limit that cannot be kept is refused, for nothing could ever be sent.
        raise DavError(507, "Nothing can be sent within this limit.", dav("number-of-matches-within-limits"))
    return int(text)


async def _answer(
    exchange: Exchange, changes: Changes, selection: Selection, *, is_initial: bool
) -> AsyncGenerator[str]:
    place = exchange.place
    top = Node(place.kind, place.url, exchange.who, place.area, changes.collection, whose=place.whose)
    pieces = _with_content if selection.needs_content else _without_content
    async for piece in pieces(exchange, top, changes.changed, selection):
        yield piece
    # RFC 6578 §3.5: a client that holds nothing yet is told of nothing that went.
    if not is_initial:
        for start in range(0, len(changes.removed), BATCH):
            batch = changes.removed[start : start + BATCH]
            yield "".join(status_response(top.url + encode(href), "404 Not Found") for href in batch)
    if changes.is_truncated:
        # RFC 6578 §3.6: 507 for the request URI, beside the token of what was sent.
        error = f"<D:error>{precondition(dav('number-of-matches-within-limits'))}</D:error>"
        yield status_response(top.url, "507 Insufficient Storage", error)
    yield f"<D:sync-token>{changes.token}</D:sync-token>\n"


async def _without_content(
    exchange: Exchange, top: Node, changed: Sequence[Entry], selection: Selection
) -> AsyncGenerator[str]:
    for start in range(0, len(changed), BATCH):
        nodes = [member(top, entry) for entry in changed[start : start + BATCH]]
        yield "".join(map(selection.response, await resources_looked_at(exchange, selection, nodes)))


async def _with_content(
    exchange: Exchange, top: Node, changed: Sequence[Entry], selection: Selection
) -> AsyncGenerator[str]:
    async for batch in contents(exchange, [entry.href for entry in changed]):
        # What went in the meantime is left out: the next synchronisation says that it went.
        there = (batch.found[href] for href in batch.hrefs if href in batch.found)
        nodes = [member(top, one.entry, one.content) for one in there]
        yield "".join(map(selection.response, await resources_looked_at(exchange, selection, nodes)))
