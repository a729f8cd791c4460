"""C:calendar-multiget (RFC 4791 §7.9) and CR:addressbook-multiget (RFC 6352 §8.7), which differ in name alone.

The body names resources; each is answered once, in the order asked for, under the URL we always write. What is not
there, and what is not in this collection, is 404 each. Depth is ignored, as the RFCs say.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from gateway.core.ids import Href
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.looks import resources_looked_at
from protocols.dav.multistatus import BATCH, multistatus
from protocols.dav.names import dav
from protocols.dav.reports.report import contents
from protocols.dav.selection import Selection, from_report, status_response
from protocols.dav.tree import Kind, Node, encode, href_within, member
from protocols.dav.types import DavResponse

MAX_HREFS: Final = 5_000


async def multiget(exchange: Exchange, root: xml.Element) -> DavResponse:
    """A multistatus with one response for each href. Raises NotFound for a collection that is not there."""
    references = [xml.text_of(element) for element in xml.children(root, dav("href"))]
    if len(references) > MAX_HREFS:
        raise DavError(403, f"Ask for at most {MAX_HREFS} resources at once.", dav("number-of-matches-within-limits"))
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    return await multistatus(_answer(exchange, references, selection), exchange.preferences.applied)


async def _answer(exchange: Exchange, references: Sequence[str], selection: Selection) -> AsyncGenerator[str]:
    hrefs: dict[Href, None] = {}
    absent: dict[str, None] = {}
    for reference in references:
        href = href_within(exchange.place, reference, exchange.who)
        if href is None:
            absent[reference] = None
        else:
            hrefs[href] = None
    if not hrefs:
        await exchange.store.collection(exchange.who, exchange.place.name)
    url = exchange.place.collection_url
    async for batch in contents(exchange, list(hrefs)):
        place = exchange.place
        top = Node(Kind.COLLECTION, url, exchange.who, place.area, batch.collection, whose=place.whose)
        there = [member(top, one.entry, one.content) for one in batch.found.values()]
        found = {node.url: node for node in await resources_looked_at(exchange, selection, there)}
        piece = ""
        for href in batch.hrefs:
            node = found.get(url + encode(href))
            piece += status_response(url + encode(href), "404 Not Found") if node is None else selection.response(node)
        yield piece
    names = list(absent)
    for start in range(0, len(names), BATCH):
        yield "".join(status_response(name, "404 Not Found") for name in names[start : start + BATCH])
