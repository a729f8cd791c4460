"""Who is meant by an address in a request's body: a principal's URL, his `mailto:`, or his `urn:uuid:`."""

from __future__ import annotations

from urllib.parse import unquote

from gateway.core.errors import NotFound
from gateway.core.model import Principal
from protocols.dav.exchange import Exchange
from protocols.dav.properties.principal import urn_of
from protocols.dav.tree import ANY_PERSON, find, path_of


async def person_named(exchange: Exchange, address: str) -> Principal:
    """The one it means among those whom the asker may see. Raises NotFound, for an address that two have too."""
    scheme, _, rest = address.strip().partition(":")
    scheme = scheme.lower()
    if scheme in {"mailto", "urn"}:
        people = await exchange.store.people(exchange.who)
        if scheme == "urn":
            found = [one for one in people if urn_of(one) == address.strip().lower()]
        else:
            wanted = unquote(rest.partition("?")[0]).casefold()
            found = [one for one in people if one.address and one.address.casefold() == wanted]
        if len(found) != 1:
            raise NotFound("There is no such user.")
        return found[0]
    place = await find(path_of(address), exchange.store, exchange.who)
    if place.kind not in ANY_PERSON:
        raise NotFound("There is no such user.")
    return place.whose or exchange.who
