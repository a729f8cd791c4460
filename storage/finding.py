"""From a principal and a name to a collection: the only way to one, and so the wall between principals.

Each call of the store finds the collection among the views the principal has, reads its row first and does its work in
one unit. What a name does not lead to for this principal is NotFound, whatever it may be for others. A collection that
nobody has opened yet is filled first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.engine import Connection

from gateway.core.errors import NotFound
from gateway.core.ids import PrincipalId
from gateway.core.model import Collection, CollectionName, Principal, Section
from gateway.core.sharing import Proxy
from storage.crm.bound import BoundView
from storage.database import AnyRow, Database, Unit
from storage.people import People
from storage.state.collections import INBOX, Collections
from storage.state.proxies import Proxies
from storage.visits import Visits

T = TypeVar("T")


class _NotBuilt(Exception):
    """The collection has not come to life yet, in the home of `owner`."""

    def __init__(self, bound: BoundView, owner: Principal) -> None:
        super().__init__()
        self.bound, self.owner = bound, owner


class Finding:
    """What the calls of a store begin with."""

    _people: People
    _proxies: Proxies

    def __init__(self, database: Database, collections: Collections, visits: Visits) -> None:
        self._database, self._collections, self._visits = database, collections, visits
        self._building: dict[tuple[str, str], asyncio.Lock] = {}

    def _view(self, name: CollectionName) -> BoundView:
        return self._collections.view(name)

    def _reached(self, connection: Connection, name: CollectionName, who: Principal) -> tuple[Collection, AnyRow]:
        """A collection and its row, whichever way leads there. Raises NotFound."""
        bound, owner = self._view(name), who
        if name.of:
            proxy = self._acting(connection, who, name.of)
            if name.section is not Section.CALENDARS or bound.view.name == INBOX:
                raise NotFound("There is no such collection.")
            owner = proxy.person
            row = self._collections.delegated(connection, bound, who, owner.id, proxy.access)
        else:
            row = self._collections.row(connection, bound, who)
        if row is None and bound.view.name not in self._collections.everybodys:
            raise NotFound("There is no such collection.")
        if row is None or not row.is_built:
            raise _NotBuilt(bound, owner)
        collection = self._collections.seen(bound, row)
        if row.access and not name.of:
            lent = self._lent(connection, [(collection, row)])
            if not lent:
                raise NotFound("There is no such collection.")
            collection = lent[0]
        elif row.access:
            collection = replace(collection, name=name, owner=None if bound.view.is_shared else owner)
        return collection, row

    def _acting(self, connection: Connection, who: Principal, other: PrincipalId) -> Proxy:
        """Him for whom the principal acts, and how far. Raises NotFound."""
        access = self._proxies.access(connection, other, who.id)
        person = self._people.of_keys(connection, [other]).get(other) if access is not None else None
        if access is None or person is None:
            raise NotFound("There is no such collection.")
        return Proxy(person, access)

    def _lent(self, connection: Connection, found: Sequence[tuple[Collection, AnyRow]]) -> list[Collection]:
        """Collections with those whose they are; what others share goes with them when they do."""
        lenders = {PrincipalId(row.principal) for _, row in found if row.access}
        owners = self._people.of_keys(connection, lenders)
        return [
            replace(collection, owner=owners[PrincipalId(row.principal)]) if row.access else collection
            for collection, row in found
            if not row.access or row.principal in owners
        ]

    async def _build(self, bound: BoundView, who: Principal) -> None:
        """Fill a collection; whoever comes at the same time waits for the first to be done."""
        lock = self._building.setdefault((_told(bound), "" if bound.view.is_shared else who.id), asyncio.Lock())
        async with lock:
            await self._database.at_length(self._visits.build, bound, who)

    async def _read(
        self, who: Principal, name: CollectionName, work: Callable[[Connection, Collection, AnyRow], T]
    ) -> T:
        def look(connection: Connection) -> T:
            return work(connection, *self._reached(connection, name, who))

        try:
            return await self._database.read(look)
        except _NotBuilt as wanting:
            await self._build(wanting.bound, wanting.owner)
            return await self._database.read(look)

    async def _write(
        self, who: Principal, names: Sequence[CollectionName], work: Callable[[Unit, list[Collection]], T]
    ) -> T:
        def change(unit: Unit) -> T:
            return work(unit, [self._reached(unit.connection, name, who)[0] for name in names])

        for _ in names:
            try:
                return await self._database.write(change)
            except _NotBuilt as wanting:
                await self._build(wanting.bound, wanting.owner)
        return await self._database.write(change)

    def _mailbox(self, name: CollectionName) -> BoundView:
        if name.section is not Section.MAILBOXES:
            raise NotFound("There is no such mailbox.")
        return self._view(name)

    def _document(self, name: CollectionName) -> BoundView:
        if name.section is Section.MAILBOXES:
            raise NotFound("There is no such collection.")
        return self._view(name)


def _told(bound: BoundView) -> str:
    """What tells a collection of one owner from the others."""
    return bound.view.name if bound.folders is None else bound.view.display_name
