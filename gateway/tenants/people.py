"""The part of the stores of all CRMs (`gateway.tenants.store`) that is about other people: those of the caller's realm.

A login from outside ends in its realm, and people come back under such logins; another realm's is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.errors import NotFound
from gateway.core.model import Principal
from gateway.core.realms import DEFAULT
from gateway.tenants.callers import Callers
from gateway.tenants.tenant import with_realm


class PeopleOfRealms(Callers):
    """Implements `gateway.core.people.KnowsPeople`."""

    async def people(self, who: Principal) -> Sequence[Principal]:
        """See the interface."""
        store, me, _ = self._of(who)
        return [with_realm(one, who.realm) for one in await store.people(me)]

    async def person(self, who: Principal, login: str) -> Principal:
        """See the interface."""
        store, me, _ = self._of(who)
        return with_realm(await store.person(me, inner_login(login, who.realm)), who.realm)


def inner_login(login: str, realm: str) -> str:
    """The login within a realm. Raises NotFound for one of elsewhere."""
    if realm == DEFAULT:
        return login
    inner = login.removesuffix(f"@{realm}")
    if inner == login or not inner:
        raise NotFound("There is no such user.")
    return inner
