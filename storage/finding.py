"""From a principal and a name to a collection: the only way to one, and so the wall between principals.

Each call of the store finds the collection among the views the principal has, reads its row first and does its work in
one unit. What a name does not lead to for this principal is NotFound, whatever it may be for others. A collection that
nobody has opened yet is filled first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.engine import Connection

from gateway.core.errors import NotFound
from gateway.core.model import Collection, CollectionName, Principal, Section
from storage.crm.bound import BoundView
from storage.database import AnyRow, Database, Unit
from storage.state.collections import Collections
from storage.visits import Visits

T = TypeVar("T")


class _NotBuilt(Exception):
    """The collection has not come to life yet."""


class Finding:
    """What the calls of a store begin with."""

    def __init__(self, database: Database, collections: Collections, visits: Visits) -> None:
        self._database, self._collections, self._visits = database, collections, visits
        self._building: dict[tuple[str, str], asyncio.Lock] = {}

    def _view(self, name: CollectionName) -> BoundView:
        return self._collections.view(name)

    def _row(self, connection: Connection, bound: BoundView, who: Principal) -> AnyRow:
        row = self._collections.row(connection, bound, who)
        if row is None and bound.view.name not in self._collections.everybodys:
            raise NotFound("There is no such collection.")
        if row is None or not row.is_built:
            raise _NotBuilt
        return row

    async def _build(self, bound: BoundView, who: Principal) -> None:
        """Fill a collection; whoever comes at the same time waits for the first to be done."""
        lock = self._building.setdefault((_told(bound), "" if bound.view.is_shared else who.id), asyncio.Lock())
        async with lock:
            await self._database.at_length(self._visits.build, bound, who)

    async def _read(
        self, who: Principal, name: CollectionName, work: Callable[[Connection, Collection, AnyRow], T]
    ) -> T:
        bound = self._view(name)

        def look(connection: Connection) -> T:
            row = self._row(connection, bound, who)
            return work(connection, self._collections.seen(bound, row), row)

        try:
            return await self._database.read(look)
        except _NotBuilt:
            await self._build(bound, who)
            return await self._database.read(look)

    async def _write(
        self, who: Principal, names: Sequence[CollectionName], work: Callable[[Unit, list[Collection]], T]
    ) -> T:
        bounds = [self._view(name) for name in names]

        def change(unit: Unit) -> T:
            rows = [self._row(unit.connection, bound, who) for bound in bounds]
            return work(unit, [self._collections.seen(bound, row) for bound, row in zip(bounds, rows, strict=True)])

        try:
            return await self._database.write(change)
        except _NotBuilt:
            for bound in bounds:
                await self._build(bound, who)
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
