"""What an owner asks to be done about people he lets in: read from any of the three dialects, done in one.

Calendar Server's `CS:share`, `DAV:share-resource` (draft-pot-webdav-resource-sharing) and the ACL method say the same
in other words. Each is read into wishes; `granted` looks the people up and has the store do all of it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import NotFound
from gateway.core.sharing import Access, Offer
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.named import person_named

MAX_WISHES: Final = 200
"""People spoken of in one request."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One person, by whatever address, and what he shall have; None: nothing more."""

    address: str
    access: Access | None
    summary: str = ""


async def granted(exchange: Exchange, wishes: Sequence[Wish]) -> list[str]:
    """Do it for those who are somebody, as a whole; the addresses that are nobody's (or the owner's) come back.

    Raises NotFound for the collection, NoPermission, TooLarge.
    """
    if len(wishes) > MAX_WISHES:
        raise DavError(403, f"At most {MAX_WISHES} people at once.")
    offers: list[Offer] = []
    unknown: list[str] = []
    for wish in wishes:
        try:
            person = await person_named(exchange, wish.address)
        except NotFound:
            unknown.append(wish.address)
            continue
        if person.id == exchange.who.id:
            unknown.append(wish.address)
        else:
            offers.append(Offer(person.id, wish.access, wish.summary))
    # Also where nobody is known: what may not be shared is refused first.
    await exchange.edits.share(exchange.who, exchange.place.name, offers)
    return unknown
