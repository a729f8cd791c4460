"""PROPPATCH of a proxy group: DAV:group-member-set says who acts for its owner (caldav-proxy §5.2, RFC 3744 §4.3).

That is all of a group that can be set. One of the two groups has a person or the other: whoever is put into the one
is taken out of the other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from gateway.core.errors import NoPermission, NotFound, TooLarge
from gateway.core.ids import PrincipalId
from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import multistatus
from protocols.dav.named import person_named
from protocols.dav.names import dav
from protocols.dav.selection import asked_names, response
from protocols.dav.tree import GROUPS
from protocols.dav.types import DavResponse, QName

MEMBERS: Final = dav("group-member-set")
MAX_MEMBERS: Final = 200


async def proppatch_group(exchange: Exchange) -> DavResponse:
    """A multistatus: 200 for the members, or 403 or 409 for what could not be, and 424 for the rest (RFC 4918 §9.2)."""
    if exchange.place.whose is not None:
        raise NoPermission("Only the one whose calendars they are says who acts for him.")
    names, members = _asked(xml.parse(exchange.request.body))
    others = [name for name in names if name != MEMBERS]
    if others:
        protected = f"<D:error>{precondition(dav('cannot-modify-protected-property'))}</D:error>"
        return await _answer(
            exchange, {"403 Forbidden": (others, protected), "424 Failed Dependency": ([MEMBERS], "")}, names
        )
    try:
        await set_members(exchange, members)
    except NotFound:
        # RFC 3744 §8.1.1 has the name for it.
        unknown = f"<D:error>{precondition(dav('recognized-principal'))}</D:error>"
        return await _answer(exchange, {"409 Conflict": ([MEMBERS], unknown)}, names)
    except TooLarge:
        return await _answer(exchange, {"507 Insufficient Storage": ([MEMBERS], "")}, names)
    return await _answer(exchange, {"200 OK": ([MEMBERS], "")}, names)


async def set_members(exchange: Exchange, addresses: list[str]) -> None:
    """These are the members from now on. Raises NotFound for an address that is nobody's, TooLarge."""
    if len(addresses) > MAX_MEMBERS:
        raise TooLarge(f"A group has at most {MAX_MEMBERS} members.", MAX_MEMBERS)
    people: set[PrincipalId] = {(await person_named(exchange, address)).id for address in addresses}
    access = next(access for access, slug in GROUPS.items() if slug == exchange.place.slug)
    await exchange.edits.set_proxies(exchange.who, access, people)


def _asked(root: xml.Element) -> tuple[list[QName], list[str]]:
    """All properties that are named, and the members as the last instruction has them."""
    if xml.name_of(root) != dav("propertyupdate"):
        raise DavError(400, "The body of a PROPPATCH must be a DAV:propertyupdate element.")
    names: dict[QName, None] = {}
    members: list[str] = []
    for instruction in root:
        prop = xml.child(instruction, dav("prop"))
        if xml.name_of(instruction) not in {dav("set"), dav("remove")} or prop is None:
            raise DavError(400, "A DAV:propertyupdate holds DAV:set and DAV:remove, and each of these a DAV:prop.")
        names |= dict.fromkeys(asked_names(prop))
        stated = xml.child(prop, MEMBERS)
        if stated is not None:
            is_set = xml.name_of(instruction) == dav("set")
            members = [xml.text_of(href) for href in xml.children(stated, dav("href"))] if is_set else []
    if not names:
        raise DavError(400, "No property is named.")
    return list(names), members


async def _answer(exchange: Exchange, told: dict[str, tuple[list[QName], str]], names: list[QName]) -> DavResponse:
    inner = "".join(
        f"<D:propstat><D:prop>{''.join(map(xml.empty, about))}</D:prop>"
        f"<D:status>HTTP/1.1 {status}</D:status>{error}</D:propstat>"
        for status, (wanted, error) in told.items()
        if (about := [name for name in wanted if name in names])
    )

    async def only() -> AsyncGenerator[str]:
        yield response(exchange.place.url, inner)

    return await multistatus(only())
