"""The reports that look for people: principal-property-search (RFC 3744 §9.4), principal-search-property-set (§9.5),
and Calendar Server's principal-search, which programs ask while somebody types.

Who can be found is who can be seen (`KnowsPeople.people`), wherever in the tree the question is put: there is one
collection of principals, and clients ask at it, at the root and at themselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import AsyncGenerator, Callable
from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.multistatus import multistatus
from protocols.dav.names import caldav, calendarserver, dav
from protocols.dav.properties import PROPERTIES
from protocols.dav.selection import asked_names, from_report, status_response
from protocols.dav.tree import Node, principal_node
from protocols.dav.types import DavResponse, QName

MOST: Final = 500
"""People found at once."""
MAX_SEARCHES: Final = 20

_SEARCHABLE: Final = {
    dav("displayname"): "Name",
    calendarserver("first-name"): "First name",
    calendarserver("last-name"): "Last name",
    calendarserver("email-address-set"): "E-mail address",
    caldav("calendar-user-address-set"): "Calendar user address",
    caldav("calendar-user-type"): "Calendar user type",
}
_TAG = re.compile("<[^>]*>")
_PEOPLE: Final = {"", "attendee", "user"}
_Holds = Callable[[Node], bool]

_KINDS_OF_MATCH: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, wanted: wanted in text,
    "starts-with": str.startswith,
    "ends-with": str.endswith,
    "equals": str.__eq__,
}


async def principal_property_search(exchange: Exchange, root: xml.Element) -> DavResponse:
    """RFC 3744 §9.4: those whom every (with test="anyof", any) search finds."""
    elements = xml.children(root, dav("property-search"))
    if len(elements) > MAX_SEARCHES:
        raise DavError(400, f"More than {MAX_SEARCHES} searches are put at once.")
    searches = [_search(element) for element in elements]
    together = any if root.get("test") == "anyof" else all
    # Without any search, which the RFC does not foresee, clients want all there are.
    return await _found(exchange, root, lambda node: not searches or together(holds(node) for holds in searches), MOST)


async def calendarserver_principal_search(exchange: Exchange, root: xml.Element) -> DavResponse:
    """Those who have each CS:search-token in their name, address or login."""
    tokens = [xml.text_of(token).casefold() for token in xml.children(root, calendarserver("search-token"))]
    tokens = [token for token in tokens if token]
    if not tokens or len(tokens) > MAX_SEARCHES:
        raise DavError(400, f"A search has one CS:search-token or more, {MAX_SEARCHES} at most.")
    is_of_people = root.get("context", "").lower() in _PEOPLE
    stated = root.find("{DAV:}limit/{DAV:}nresults")
    if stated is None:
        stated = root.find(f"{calendarserver('limit')}/{calendarserver('nresults')}")
    number = xml.text_of(stated)
    limit = min(MOST, int(number)) if number.isascii() and number.isdigit() and int(number) else MOST

    def holds(node: Node) -> bool:
        who = node.subject
        text = f"{who.name}\n{who.address}\n{who.login}".casefold()
        return is_of_people and all(token in text for token in tokens)

    return await _found(exchange, root, holds, limit)


async def principal_search_property_set(exchange: Exchange, root: xml.Element) -> DavResponse:
    """RFC 3744 §9.5: what principal-property-search can look at."""
    listed = "".join(
        f"<D:principal-search-property><D:prop>{xml.empty(name)}</D:prop>"
        f'<D:description xml:lang="en">{text}</D:description></D:principal-search-property>'
        for name, text in _SEARCHABLE.items()
    )
    body = f"{xml.HEAD}<D:principal-search-property-set {xml.NAMESPACES}>{listed}</D:principal-search-property-set>"
    return DavResponse(200, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())


async def _found(exchange: Exchange, root: xml.Element, holds: _Holds, limit: int) -> DavResponse:
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    people = (principal_node(exchange.who, one) for one in await exchange.store.people(exchange.who))
    nodes = await furnished(people, selection.needs, exchange.store, exchange.who)

    async def pieces() -> AsyncGenerator[str]:
        count = 0
        for node in nodes:
            if not holds(node):
                continue
            if count == limit:
                error = f"<D:error>{precondition(dav('number-of-matches-within-limits'))}</D:error>"
                yield status_response(exchange.place.url, "507 Insufficient Storage", error)
                return
            count += 1
            yield selection.response(node)

    return await multistatus(pieces())


def _search(search: xml.Element) -> _Holds:
    """One DAV:property-search: each of its properties holds the text; one that cannot be searched never does."""
    prop, match = xml.child(search, dav("prop")), xml.child(search, dav("match"))
    if prop is None or match is None:
        raise DavError(400, "A DAV:property-search has a DAV:prop and a DAV:match.")
    names, wanted = asked_names(prop), xml.text_of(match).casefold()
    # Calendar Server's attribute; without it the RFC's meaning.
    agrees = _KINDS_OF_MATCH.get(match.get("match-type", "contains"), _KINDS_OF_MATCH["contains"])

    def has(node: Node, name: QName) -> bool:
        if name not in _SEARCHABLE:
            return False
        value = PROPERTIES[name].value(node) or ""
        texts = [html.unescape(text).strip().casefold() for text in _TAG.split(value)]
        return any(agrees(text, wanted) for text in texts if text) or not wanted

    return lambda node: all(has(node, name) for name in names)
