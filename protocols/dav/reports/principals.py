"""The reports that look for principals (RFC 3744 §9.3 to §9.5). Nobody is found but oneself: others cannot be seen."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from protocols.dav import xml
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import multistatus
from protocols.dav.names import caldav, calendarserver, dav
from protocols.dav.selection import asked_names, from_report
from protocols.dav.tree import Kind, Node, principal_url
from protocols.dav.types import DavResponse, QName

_SEARCHABLE: Final = {
    dav("displayname"): "Name",
    calendarserver("email-address-set"): "E-mail address",
    caldav("calendar-user-address-set"): "Calendar user address",
}


async def principal_property_search(exchange: Exchange, root: xml.Element) -> DavResponse:
    """RFC 3744 §9.4: the principal himself where every (with test="anyof", any) search finds him."""
    # Without any search, which the RFC does not foresee, clients want all there are.
    found = [_matches(exchange, search) for search in xml.children(root, dav("property-search"))]
    is_found = not found or (any(found) if root.get("test") == "anyof" else all(found))
    return await multistatus(_himself(exchange, root, is_found=is_found))


async def principal_match(exchange: Exchange, root: xml.Element) -> DavResponse:
    """RFC 3744 §9.3: which principals are the one who asks (DAV:self)."""
    is_found = xml.child(root, dav("self")) is not None
    return await multistatus(_himself(exchange, root, is_found=is_found))


async def principal_search_property_set(exchange: Exchange, root: xml.Element) -> DavResponse:
    """RFC 3744 §9.5: what principal-property-search can look at."""
    listed = "".join(
        f"<D:principal-search-property><D:prop>{xml.empty(name)}</D:prop>"
        f'<D:description xml:lang="en">{text}</D:description></D:principal-search-property>'
        for name, text in _SEARCHABLE.items()
    )
    body = f"{xml.HEAD}<D:principal-search-property-set {xml.NAMESPACES}>{listed}</D:principal-search-property-set>"
    return DavResponse(200, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())


async def _himself(exchange: Exchange, root: xml.Element, *, is_found: bool) -> AsyncGenerator[str]:
    if is_found:
        node = Node(Kind.PRINCIPAL, principal_url(exchange.who), exchange.who)
        yield from_report(root, is_minimal=exchange.preferences.is_minimal).response(node)


def _matches(exchange: Exchange, search: xml.Element) -> bool:
    prop = xml.child(search, dav("prop"))
    wanted = xml.text_of(xml.child(search, dav("match"))).casefold()
    if prop is None:
        return False
    who = exchange.who
    texts: dict[QName, str] = {
        dav("displayname"): who.name or who.login,
        calendarserver("email-address-set"): who.address,
        caldav("calendar-user-address-set"): f"mailto:{who.address}" if who.address else "",
    }
    return all(wanted in texts.get(name, "").casefold() if name in _SEARCHABLE else False for name in asked_names(prop))
