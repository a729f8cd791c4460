"""One CRM among several, as the others' keepers see it: its realm, and its store and logins once it is open."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from gateway.core.auth import Authenticator
from gateway.core.keeping import FullStore
from gateway.core.model import Collection, Principal
from gateway.core.realms import DEFAULT, outside


class Tenant(Protocol):
    """What is asked of one CRM."""

    @property
    def realm(self) -> str:
        """Empty for the one of logins without a realm."""
        ...

    @property
    def number(self) -> int:
        """The realm's number (`gateway.core.realms`)."""
        ...

    @property
    def store(self) -> FullStore:
        """Raises Unavailable while its database cannot be reached."""
        ...

    @property
    def authenticator(self) -> Authenticator:
        """Raises Unavailable while its database cannot be reached."""
        ...


def without_realm(who: Principal) -> Principal:
    """Who this is within his CRM."""
    if who.realm == DEFAULT:
        return who
    return replace(who, login=who.login.removesuffix(f"@{who.realm}"), realm=DEFAULT)


def with_realm(who: Principal, realm: str) -> Principal:
    """Who this is among the users of all CRMs: no two have one login."""
    return who if realm == DEFAULT else replace(who, login=f"{who.login}@{realm}", realm=realm)


def shown(collection: Collection, number: int, realm: str) -> Collection:
    """A collection with the number it has outside its realm, and its owner as he is called there."""
    if not number:
        return collection
    owner = None if collection.owner is None else with_realm(collection.owner, realm)
    return replace(collection, id=outside(number, collection.id), owner=owner)
