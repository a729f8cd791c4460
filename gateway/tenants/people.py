"""The part of the stores of all CRMs (`gateway.tenants.store`) that is about other people: those of the caller's realm.

A login from outside ends in its realm, and people come back under such logins; another realm's is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import replace

from gateway.core.errors import NotFound
from gateway.core.ids import PrincipalId
from gateway.core.model import Collection, CollectionName, Principal
from gateway.core.realms import DEFAULT
from gateway.core.sharing import Access, Invitation, Offer, Proxy, Share
from gateway.tenants.callers import Callers
from gateway.tenants.tenant import shown, with_realm, without_realm


class PeopleOfRealms(Callers):
    """Implements `gateway.core.people.KnowsPeople` and `gateway.core.sharing.LetsIn`."""

    async def people(self, who: Principal) -> Sequence[Principal]:
        """See the interface."""
        store, me, _ = self._of(who)
        return [with_realm(one, who.realm) for one in await store.people(me)]

    async def person(self, who: Principal, login: str) -> Principal:
        """See the interface."""
        store, me, _ = self._of(who)
        return with_realm(await store.person(me, inner_login(login, who.realm)), who.realm)

    async def home_of(self, who: Principal, other: Principal) -> Sequence[Collection]:
        """See the interface."""
        store, me, number = self._of(who)
        if other.realm != who.realm:
            raise NotFound("There is no such user.")
        return [shown(one, number, who.realm) for one in await store.home_of(me, without_realm(other))]

    async def acts_for(self, who: Principal) -> Sequence[Proxy]:
        """See the interface."""
        store, me, _ = self._of(who)
        return [replace(one, person=with_realm(one.person, who.realm)) for one in await store.acts_for(me)]

    async def proxies(self, who: Principal) -> Sequence[Proxy]:
        """See the interface."""
        store, me, _ = self._of(who)
        return [replace(one, person=with_realm(one.person, who.realm)) for one in await store.proxies(me)]

    async def set_proxies(self, who: Principal, access: Access, people: Some[PrincipalId]) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.set_proxies(me, access, people)

    async def shares(self, who: Principal, name: CollectionName) -> Sequence[Share]:
        """See the interface."""
        store, me, _ = self._of(who)
        return [replace(one, sharee=with_realm(one.sharee, who.realm)) for one in await store.shares(me, name)]

    async def share(self, who: Principal, name: CollectionName, offers: Sequence[Offer]) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.share(me, name, offers)

    async def invitations(self, who: Principal) -> Sequence[Invitation]:
        """See the interface."""
        store, me, number = self._of(who)
        return [
            replace(
                one,
                owner=with_realm(one.owner, who.realm),
                collection=shown(one.collection, number, who.realm),
            )
            for one in await store.invitations(me)
        ]

    async def reply(self, who: Principal, token: str, *, accepts: bool, summary: str = "") -> CollectionName:
        """See the interface."""
        store, me, _ = self._of(who)
        return await store.reply(me, token, accepts=accepts, summary=summary)

    async def put_away(self, who: Principal, token: str) -> None:
        """See the interface."""
        store, me, _ = self._of(who)
        await store.put_away(me, token)


def inner_login(login: str, realm: str) -> str:
    """The login within a realm. Raises NotFound for one of elsewhere."""
    if realm == DEFAULT:
        return login
    inner = login.removesuffix(f"@{realm}")
    if inner == login or not inner:
        raise NotFound("There is no such user.")
    return inner
