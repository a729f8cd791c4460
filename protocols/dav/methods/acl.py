"""ACL (RFC 3744 §8.1), for collections of one's own: a list of who may read or write is a list of sharees.

What can be said is what a share can be: reading, or reading and writing, granted to people. Entries that are
protected or inherited may be sent back and change nothing; everything else is refused with the RFC's own names for it
(§8.1.1). What the CRM shows has no such list to write: `write-acl` is nobody's there.
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NoPermission, NotFound
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from gateway.core.sharing import Access, Offer
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.named import person_named
from protocols.dav.names import caldav, dav
from protocols.dav.tree import Kind, principal_url, resolve
from protocols.dav.types import DavResponse, QName
from protocols.dav.wishes import MAX_WISHES, Wish

_READS: Final = frozenset({dav("read"), dav("read-current-user-privilege-set"), caldav("read-free-busy")})
_PARTS: Final = frozenset({dav("write-content"), dav("bind"), dav("unbind")})
_WRITES: Final = _PARTS | {dav("write"), dav("write-properties")}


async def acl(exchange: Exchange) -> DavResponse:
    """200. Raises NotFound, NoPermission, and DavError with the precondition that does not hold."""
    root = xml.parse(exchange.request.body)
    if xml.name_of(root) != dav("acl"):
        raise DavError(400, "The body of an ACL request must be a DAV:acl element.")
    node = await resolve(exchange.place, exchange.store, exchange.who)
    if (
        node.kind is not Kind.COLLECTION
        or node.collection is None
        or node.collection.owner
        or not node.collection.is_own
    ):
        raise NoPermission("Who may do what here is not yours to say.")
    aces = xml.children(root, dav("ace"))
    if len(aces) > MAX_WISHES:
        raise DavError(403, f"At most {MAX_WISHES} entries.", dav("limited-number-of-aces"))
    wishes: dict[str, Wish] = {}
    for ace in aces:
        if xml.child(ace, dav("protected")) is not None or xml.child(ace, dav("inherited")) is not None:
            continue
        wish = _read(ace, exchange.who)
        held = wishes.get(wish.address)
        if held is None or held.access is Access.READ:
            wishes[wish.address] = wish
    await _replace(exchange, list(wishes.values()))
    return DavResponse(200)


async def _replace(exchange: Exchange, wishes: list[Wish]) -> None:
    """Exactly these are let in; nothing happens where one of them is nobody."""
    meant: dict[PrincipalId, Wish] = {}
    for wish in wishes:
        try:
            meant[(await person_named(exchange, wish.address)).id] = wish
        except NotFound:
            raise DavError(403, "There is no such user.", dav("recognized-principal")) from None
    held = await exchange.store.shares(exchange.who, exchange.place.name)
    offers = [Offer(one.sharee.id, None) for one in held if one.sharee.id not in meant]
    summaries = {one.sharee.id: one.summary for one in held}
    offers += [Offer(key, wish.access, summaries.get(key, "")) for key, wish in meant.items()]
    await exchange.edits.share(exchange.who, exchange.place.name, offers)


def _read(ace: xml.Element, owner: Principal) -> Wish:
    if xml.child(ace, dav("deny")) is not None:
        raise DavError(403, "Nothing can be denied, only granted.", dav("grant-only"))
    if xml.child(ace, dav("invert")) is not None:
        raise DavError(403, "Nobody can be meant by not being somebody.", dav("no-invert"))
    principal, grant = xml.child(ace, dav("principal")), xml.child(ace, dav("grant"))
    href = None if principal is None else xml.child(principal, dav("href"))
    if principal is None or grant is None:
        raise DavError(400, "A DAV:ace has a DAV:principal and a DAV:grant.")
    if href is None:
        raise DavError(403, "Only people can be let in.", dav("allowed-principal"))
    address = xml.text_of(href)
    if address == principal_url(owner):
        raise DavError(403, "Your own rights cannot be changed.", dav("no-protected-ace-conflict"))
    return Wish(address, _access([xml.name_of(one) for privilege in grant for one in privilege]))


def _access(privileges: list[QName]) -> Access:
    wanted = set(privileges)
    if not wanted or not wanted <= _READS | _WRITES:
        raise DavError(403, "Reading and writing can be granted.", dav("not-supported-privilege"))
    if not wanted & _WRITES:
        if dav("read") not in wanted:
            raise DavError(403, "Reading can be granted as a whole.", dav("not-supported-privilege"))
        return Access.READ
    if dav("write") in wanted or wanted >= _PARTS:
        return Access.WRITE
    raise DavError(403, "Writing can be granted as a whole.", dav("not-supported-privilege"))
