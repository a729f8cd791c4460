"""DAV:expand-property (RFC 3253 §3.8): properties whose hrefs are followed, as deep as the question nests.

macOS and iOS read a principal and what it points to with it. Only hrefs we wrote ourselves are followed, and only so
many in all: people point to groups and groups to people, so a deep question could ask for the product of both.
"""

from __future__ import annotations

import html
import re
from collections.abc import AsyncGenerator
from typing import Final

from gateway.core.errors import NotFound
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.multistatus import multistatus
from protocols.dav.names import DAV, dav
from protocols.dav.properties import PROPERTIES
from protocols.dav.property import FORBIDDEN, NOTHING
from protocols.dav.reports.principal_match import HREF
from protocols.dav.selection import MAX_PROPERTIES, propstats, response
from protocols.dav.tree import Node, find, resolve
from protocols.dav.types import DavResponse, QName

_LOCAL_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9:/.?#_~%&=+;,@-]*")


MOST_FOLLOWED: Final = 1_000
"""Hrefs followed for one question."""


async def expand_property(exchange: Exchange, root: xml.Element) -> DavResponse:
    """A multistatus with one response, others within it. Raises NotFound; DavError 403 where it would be too many."""
    node = await resolve(exchange.place, exchange.store, exchange.who)
    return await multistatus(_only(await _Expansion(exchange).response(node, root)))


async def _only(piece: str) -> AsyncGenerator[str]:
    yield piece


class _Expansion:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._left = exchange, MOST_FOLLOWED

    async def response(self, node: Node, asked: xml.Element) -> str:
        found = missing = forbidden = ""
        wanted = xml.children(asked, dav("property"))
        if len(wanted) > MAX_PROPERTIES:
            raise xml.Malformed(400, f"More than {MAX_PROPERTIES} properties are asked for at once.")
        names = [_name(element) for element in wanted]
        needs = NOTHING
        for name in names:
            needs |= PROPERTIES[name].needs if name in PROPERTIES else NOTHING
        (node,) = await furnished([node], needs, self._exchange.store, self._exchange.who)
        for element, name in zip(wanted, names, strict=True):
            known = PROPERTIES.get(name)
            inner = known.value(node) if known is not None and node.kind in known.kinds else None
            if known is None or inner is None:
                missing += xml.empty(name)
            elif inner is FORBIDDEN:
                forbidden += xml.empty(name)
            elif len(element):
                found += known.start + await self._followed(inner, element) + known.end
            else:
                found += known.start + inner + known.end
        return response(node.url, propstats(found, missing, forbidden))

    async def _followed(self, inner: str, asked: xml.Element) -> str:
        """The responses of the hrefs in a value; what cannot be followed stays an href."""
        text, store, who = "", self._exchange.store, self._exchange.who
        for found in HREF.finditer(inner):
            self._left -= 1
            if self._left < 0:
                # RFC 3744 §9.4 and RFC 6578 have the name for it.
                limit = dav("number-of-matches-within-limits")
                raise DavError(403, f"At most {MOST_FOLLOWED} properties can be followed at once.", limit)
            try:
                node = await resolve(await find(html.unescape(found[1]), store, who), store, who)
            except NotFound:
                text += found[0]
            else:
                text += await self.response(node, asked)
        return text


def _name(element: xml.Element) -> QName:
    local, namespace = element.get("name", ""), element.get("namespace", DAV)
    if not _LOCAL_NAME.fullmatch(local) or not _NAMESPACE.fullmatch(namespace):
        raise xml.Malformed(400, "DAV:property needs the name of a property.")
    return QName(f"{{{namespace}}}{local}" if namespace else local)
