"""Several CRMs in one gateway: what a realm is called, and numbers that no two of them share.

A realm is the part of a login behind its last `@`: `anna@nord`. Each CRM counts its collections for itself, so outside
its realm a collection's number has the realm's own number before it. That number is made of the name alone: a realm
that is added or taken away changes nobody else's, and a sync token of one is never another's.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from gateway.core.ids import CollectionId

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""What a realm may be called. No dot: what has one is a mail domain."""
DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
"""A mail domain whose addresses are logins of a realm."""
DEFAULT: Final = ""
"""The realm of logins that name none."""

_ROOM: Final = 1 << 32
_REALMS: Final = (1 << 27) - 1
"""Together they fit the 18 digits that a sync token has for a collection."""


def number_of(realm: str) -> int:
    """The realm's number: 0 for the default, else one of 134 million."""
    if realm == DEFAULT:
        return 0
    return 1 + int.from_bytes(hashlib.sha256(realm.encode()).digest()[:8], "big") % _REALMS


def outside(number: int, collection: CollectionId) -> CollectionId:
    """A collection's number as it is known outside the realm with this number."""
    if not 0 <= collection < _ROOM:
        raise ValueError(f"collection {collection} has no room beside a realm")
    return CollectionId(number * _ROOM + collection)


def inside(number: int, collection: CollectionId) -> CollectionId:
    """The same within the realm; 0, which no collection has, for one of another realm."""
    return CollectionId(collection % _ROOM if collection // _ROOM == number else 0)
