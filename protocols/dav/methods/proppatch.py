"""PROPPATCH (RFC 4918 §9.2): what a principal says of a place, all of it or nothing, in the order of the request.

It is his own view of the thing: two who share a collection may each have it in another colour.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from gateway.core.errors import PreconditionFailed, TooLarge
from gateway.core.model import Condition
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.looks import has_look, say
from protocols.dav.multistatus import multistatus
from protocols.dav.names import dav
from protocols.dav.preconditions import condition_of
from protocols.dav.selection import response
from protocols.dav.tree import resolve
from protocols.dav.types import DavResponse
from protocols.dav.updates import Update, instructions_in, judged


async def proppatch(exchange: Exchange) -> DavResponse:
    """A multistatus with one status for each property. Raises NotFound."""
    root = xml.parse(exchange.request.body)
    if xml.name_of(root) != dav("propertyupdate"):
        raise DavError(400, "The body of a PROPPATCH must be a DAV:propertyupdate element.")
    instructions = [one for instruction in root for one in instructions_in(instruction)]
    if not instructions:
        raise DavError(400, "No property is named.")
    node = await resolve(exchange.place, exchange.store, exchange.who)
    when = await condition_of(exchange)
    if node.entry is not None and not when.holds(node.entry.etag):
        raise PreconditionFailed("It has been changed meanwhile.")
    update = judged(node, instructions, is_open=has_look(node))
    if not update.refused:
        await _apply(exchange, update, when)
    if exchange.preferences.is_minimal and not update.refused:
        # RFC 8144 §2.2: success needs no body.
        return DavResponse(200, exchange.preferences.applied)

    async def only() -> AsyncGenerator[str]:
        yield response(node.url, update.propstats())

    return await multistatus(only())


async def _apply(exchange: Exchange, update: Update, when: Condition) -> None:
    try:
        await say(exchange, update.change, when)
    except TooLarge as full:
        update.refuse_all(DavError(507, str(full)))
