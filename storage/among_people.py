"""The part of `SqlStore` that is about other people: who they are, and what they let each other into.

Every person that comes from outside is looked up first: nobody can let in one he may not see, and what belongs to one
who has gone, or may not be seen any more, is NotFound like everything else that is not there.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.engine import Connection

from gateway.core.errors import NoPermission, NotFound, TooLarge
from gateway.core.ids import CollectionId, PrincipalId
from gateway.core.model import Collection, CollectionName, Principal, Section
from gateway.core.sharing import Access, Invitation, Offer, Proxy, Share, Standing
from storage.database import AnyRow, Unit
from storage.finding import Finding
from storage.people import People
from storage.state.collections import INBOX, name_of
from storage.state.looks import ITSELF, Looks
from storage.state.shares import ShareTable

PROXIES_MOST: Final = 200
"""People who act for one."""


class AmongPeople(Finding):
    """Implements `gateway.core.people.KnowsPeople` and `gateway.core.sharing.LetsIn`."""

    _people: People
    _shares: ShareTable
    _looks: Looks

    async def people(self, who: Principal) -> Sequence[Principal]:
        """See `KnowsPeople`."""
        return await self._database.read(lambda connection: self._people.all(connection, who))

    async def person(self, who: Principal, login: str) -> Principal:
        """See `KnowsPeople`."""
        return await self._database.read(lambda connection: self._people.one(connection, who, login))

    # --- proxies ---------------------------------------------------------------------------------------------------

    async def home_of(self, who: Principal, other: Principal) -> Sequence[Collection]:
        """See `LetsIn`."""

        def look(connection: Connection) -> tuple[Proxy, dict[str, AnyRow]]:
            proxy = self._acting(connection, who, other.id)
            return proxy, self._collections.delegated_home(connection, who, other.id, proxy.access)

        proxy, living = await self._database.read(look)
        if not living.keys() >= self._collections.everybodys.keys() - {INBOX}:
            await self._database.at_length(self._visits.enter_home, proxy.person)
            proxy, living = await self._database.read(look)
        found = [self._collections.seen(self._collections.bound(view), row) for view, row in living.items()]
        return [
            _as_of(one, proxy.person)
            for one in sorted(found, key=lambda one: (one.order, one.name.slug))
            if one.name.section is Section.CALENDARS
        ]

    async def acts_for(self, who: Principal) -> Sequence[Proxy]:
        """See `LetsIn`."""
        return await self._database.read(
            lambda connection: self._persons(connection, self._proxies.by(connection, who.id))
        )

    async def proxies(self, who: Principal) -> Sequence[Proxy]:
        """See `LetsIn`."""
        return await self._database.read(
            lambda connection: self._persons(connection, self._proxies.of(connection, who.id))
        )

    def _persons(self, connection: Connection, found: dict[PrincipalId, Access]) -> list[Proxy]:
        people = self._people.of_keys(connection, found)
        return sorted((Proxy(people[key], found[key]) for key in people), key=lambda one: one.person.login)

    async def set_proxies(self, who: Principal, access: Access, people: Some[PrincipalId]) -> None:
        """See `LetsIn`."""

        def work(unit: Unit) -> None:
            wanted = set(people) - {who.id}
            if len(wanted) > PROXIES_MOST:
                raise TooLarge(f"At most {PROXIES_MOST} people can act for one.", PROXIES_MOST)
            if not wanted <= self._people.of_keys(unit.connection, wanted).keys():
                raise NotFound("There is no such user.")
            self._proxies.set(unit.connection, who.id, access, wanted)

        await self._database.write(work)

    # --- shares ----------------------------------------------------------------------------------------------------

    async def shares(self, who: Principal, name: CollectionName) -> Sequence[Share]:
        """See `LetsIn`."""

        def look(connection: Connection, collection: Collection, _row: AnyRow) -> list[Share]:
            rows = self._shares.of(connection, collection.id)
            if collection.owner is not None:
                rows = [row for row in rows if row.principal == who.id]
            people = self._people.of_keys(connection, [PrincipalId(row.principal) for row in rows])
            found = [
                Share(people[PrincipalId(row.principal)], Access(row.access), Standing(row.standing), row.summary)
                for row in rows
                if row.principal in people
            ]
            return sorted(found, key=lambda one: one.sharee.login)

        return await self._read(who, name, look)

    async def share(self, who: Principal, name: CollectionName, offers: Sequence[Offer]) -> None:
        """See `LetsIn`."""

        def work(unit: Unit, ones: list[Collection]) -> None:
            collection, connection = ones[0], unit.connection
            if not collection.is_own or collection.owner is not None or name.section is Section.MAILBOXES:
                raise NoPermission("Only collections that you made yourself are yours to share.")
            row = self._collections.row(connection, self._view(name), who)
            wanted = {offer.sharee for offer in offers if offer.access is not None}
            if row is None or who.id in wanted or not wanted <= self._people.of_keys(connection, wanted).keys():
                raise NotFound("There is no such user.")
            for offer in offers:
                if offer.access is None:
                    self._end(connection, collection.id, offer.sharee)
                else:
                    self._shares.offer(connection, row, who.login, offer.sharee, offer.access, offer.summary)

        await self._write(who, [name], work)

    def _end(self, connection: Connection, collection: CollectionId, sharee: PrincipalId) -> None:
        self._shares.end(connection, collection, sharee)
        self._looks.forget(connection, collection, sharee)

    async def invitations(self, who: Principal) -> Sequence[Invitation]:
        """See `LetsIn`."""

        def look(connection: Connection) -> list[Invitation]:
            told = {row.view: row for row in self._shares.with_him(connection, who.id) if not row.is_told}
            if not told:
                return []
            rows = self._collections.lent(connection, who)
            seen = [
                (self._collections.seen(self._collections.bound(view), rows[view]), rows[view])
                for view in told
                if view in rows
            ]
            names = {row.id: told[row.view] for _, row in seen}
            return [
                Invitation(
                    token=row.token,
                    owner=one.owner,
                    collection=one,
                    access=Access(row.access),
                    standing=Standing(row.standing),
                    summary=row.summary,
                    when=row.changed,
                )
                for one in self._lent(connection, seen)
                if one.owner is not None and (row := names[one.id])
            ]

        return await self._database.read(look)

    async def reply(self, who: Principal, token: str, *, accepts: bool, summary: str = "") -> CollectionName:
        """See `LetsIn`."""

        def work(unit: Unit) -> CollectionName:
            connection = unit.connection
            row = self._shares.invitation(connection, who.id, token)
            name = name_of(row.view)
            self._shares.answer(connection, row.id, Standing.ACCEPTED if accepts else Standing.DECLINED)
            collection = CollectionId(row.collection_id)
            if not accepts:
                self._looks.forget(connection, collection, who.id)
            elif summary:
                self._looks.change(connection, collection, who.id, ITSELF, {"display_name": summary})
            return name

        return await self._database.write(work)

    async def put_away(self, who: Principal, token: str) -> None:
        """See `LetsIn`."""

        def work(unit: Unit) -> None:
            row = self._shares.invitation(unit.connection, who.id, token)
            if row.is_told:
                raise NotFound("There is no such invitation.")
            self._shares.tell_no_more(unit.connection, row.id)

        await self._database.write(work)


def _as_of(collection: Collection, owner: Principal) -> Collection:
    """A collection as it stands in another's home."""
    name = CollectionName(collection.name.section, collection.name.slug, owner.id)
    return replace(collection, name=name, owner=None if collection.is_shared else owner)
