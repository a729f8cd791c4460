"""Which rows belong to which collections, computed in SQL for a whole batch and all users at once.

A personal view joins users and rows on its filter; a shared one only filters. What users put into a collection or
took out of it by hand (`placement`) is added afterwards. Only collections that have come to life are found: for the
others nobody has asked yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, EntityKey, PrincipalId
from storage.crm.bound import BoundEntity, BoundView
from storage.crm.crm import Crm
from storage.database import AnyRow
from storage.state.schema import State

Members = Mapping[EntityKey, frozenset[CollectionId]]
NOWHERE: frozenset[CollectionId] = frozenset()


class Membership:
    """Answers for one CRM."""

    def __init__(self, crm: Crm, state: State) -> None:
        self.crm, self.state = crm, state

    def of(self, connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> Members:
        """The living collections that each of `keys` (column values) belongs to; keys of none are left out."""
        pairs: list[tuple[EntityKey, str, str]] = []
        for bound in self.crm.views_of(entity.name):
            if bound.folders is not None:
                linked = bound.folders.of_messages(entity, bound.filter).where(entity.key.in_(keys))
                found = connection.execute(linked)
                pairs.extend((EntityKey(str(key)), folder_view(bound, ref), "") for key, ref in found)
                continue
            found = connection.execute(self._rows(bound, entity).where(entity.key.in_(keys)))
            pairs.extend((EntityKey(str(row[0])), bound.view.name, self._owner(row)) for row in found)
        alive = self._collections(connection, {view for _, view, _ in pairs}, {owner for _, _, owner in pairs})
        members: dict[EntityKey, set[CollectionId]] = defaultdict(set)
        for key, view, owner in pairs:
            collection = alive.get((view, owner))
            if collection is not None:
                members[key].add(collection)
        self._place(connection, entity.name, [EntityKey(str(key)) for key in keys], members)
        return {key: frozenset(collections) for key, collections in members.items() if collections}

    def kept(self, connection: Connection, entity: str, keys: Sequence[EntityKey]) -> Members:
        """The same for what the gateway keeps by itself: it stands where it was put and nowhere else."""
        members: dict[EntityKey, set[CollectionId]] = defaultdict(set)
        self._place(connection, entity, keys, members)
        return {key: frozenset(collections) for key, collections in members.items() if collections}

    def keys(self, connection: Connection, bound: BoundView, principal: PrincipalId, size: int) -> Iterator[list[Any]]:
        """All keys (column values) a view shows to a principal, in batches, ascending."""
        entity = bound.entity
        if entity is None:
            return
        if bound.folders is not None:
            link, record = bound.folders.link, bound.folders.record
            wanted = bound.folders.of_messages(entity, bound.filter)
            wanted = wanted.where(link.ref == record.key_value(folder_record(bound.view.name)))
        else:
            wanted = self._rows(bound, entity)
        wanted = wanted.order_by(entity.key).limit(size)
        if not bound.view.is_shared:
            wanted = wanted.where(sa.cast(self.crm.users.key, sa.String(64)) == principal)
        last: Any = None
        while True:
            page = wanted if last is None else wanted.where(entity.key > last)
            batch = [row[0] for row in connection.execute(page)]
            if not batch:
                return
            yield batch
            last = batch[-1]

    def _rows(self, bound: BoundView, entity: BoundEntity) -> sa.Select[Any]:
        if bound.filter is None:
            raise ValueError("a kept mailbox has no filter")
        users = self.crm.users
        if bound.view.is_shared:
            return sa.select(entity.key).where(bound.filter)
        return sa.select(entity.key, users.key).select_from(
            entity.table.join(users.table, sa.and_(bound.filter, users.alive))
        )

    @staticmethod
    def _owner(row: AnyRow) -> str:
        return str(row[1]) if len(row) > 1 else ""

    def _collections(
        self, connection: Connection, views: set[str], owners: set[str]
    ) -> dict[tuple[str, str], CollectionId]:
        if not views:
            return {}
        table = self.state.collection
        found = sa.select(table.c.id, table.c.view, table.c.principal).where(
            table.c.view.in_(views), table.c.principal.in_(owners)
        )
        return {(row.view, row.principal): CollectionId(row.id) for row in connection.execute(found)}

    def _place(
        self,
        connection: Connection,
        entity: str,
        keys: Sequence[EntityKey],
        members: dict[EntityKey, set[CollectionId]],
    ) -> None:
        table = self.state.placement
        wanted = sa.select(table.c.collection_id, table.c.row_key, table.c.is_in).where(
            table.c.entity == entity, table.c.row_key.in_(keys)
        )
        for collection, key, is_in in connection.execute(wanted):
            if is_in:
                members[EntityKey(key)].add(CollectionId(collection))
            else:
                members[EntityKey(key)].discard(CollectionId(collection))


def folder_view(bound: BoundView, record: object) -> str:
    """What stands for the view in the collection of one record's mailbox; views' own names have no slash."""
    return f"{bound.view.name}/{record}"


def folder_record(view: str) -> EntityKey:
    """The record's key in it."""
    return EntityKey(view.partition("/")[2])
