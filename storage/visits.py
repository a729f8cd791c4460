"""Bringing collections to life and filling them: first visits, `crmgate index`, re-evaluation, full comparison.

All of it is the indexer, run over keys in batches of one transaction each. A first visit and a changed user look
only at the difference between what the filter says and what the index holds; a full comparison renders every row
again, and is the repair for whatever went past the triggers. Any of it may be repeated or broken off at any time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, EntityKey, PrincipalId
from gateway.core.model import Principal
from storage.crm.bound import BoundEntity, BoundView
from storage.crm.crm import Crm
from storage.crm.users import Users
from storage.database import AnyRow, Database, Unit
from storage.indexer import BATCH, Indexer
from storage.state.collections import Collections, owner_of

Progress = Callable[[str, int, int], None]
"""Told the entity, how many of its rows are done, and how many there are."""

log = logging.getLogger(__name__)


class Visits:
    """Synchronous; runs on whatever thread calls it, in transactions of its own."""

    def __init__(self, database: Database, crm: Crm, indexer: Indexer, collections: Collections) -> None:
        self.database, self.crm = database, crm
        self.indexer, self.collections = indexer, collections
        self.users = Users(crm.users)

    def enter_home(self, who: Principal) -> None:
        """Bring to life what the principal's views have not brought to life yet."""

        def create(unit: Unit) -> None:
            living = self.collections.home(unit.connection, who)
            missing = [bound for name, bound in self.collections.everybodys.items() if name not in living]
            self.collections.create(unit.connection, missing, who.id)

        self.database.write_now(create)

    def enter_folders(self, who: Principal) -> None:
        """The same with the mailboxes of records that he is shown."""

        def create(unit: Unit) -> None:
            for bound, title in self.collections.folders.missing(unit.connection, who):
                self.collections.create(unit.connection, [bound], who.id, title=title)

        self.database.write_now(create)

    def build(self, bound: BoundView, who: Principal) -> None:
        """Index all that one collection shows, before it is first opened."""
        row = self.database.read_now(lambda connection: self.collections.row(connection, bound, who))
        if row is None:
            self.enter_home(who)
            row = self.database.read_now(lambda connection: self.collections.row(connection, bound, who))
        if row is None or row.is_built:
            return
        self.compare(self.collections.bound(row.view), who.id, CollectionId(row.id))
        self.database.write_now(lambda unit: self.collections.mark_built(unit.connection, [CollectionId(row.id)]))

    def compare(self, bound: BoundView, principal: PrincipalId, collection: CollectionId) -> int:
        """Refresh the rows on which filter and index disagree; how many there were."""
        if bound.entity is None:
            return 0
        entity = bound.entity
        self.fence(entity, collection)

        def look(connection: Connection) -> tuple[dict[str, Any], set[str]]:
            batches = self.indexer.membership.keys(connection, bound, principal, 5000)
            wanted = {str(key): key for batch in batches for key in batch}
            return wanted, self._standing(connection, entity.name, collection)

        wanted, standing = self.database.read_now(look)
        differing = [wanted[key] for key in wanted.keys() - standing]
        differing += [entity.key_value(EntityKey(key)) for key in standing - wanted.keys()]
        differing.sort()
        for batch in _batches(differing):
            self.database.write_now(lambda unit, keys=batch: self.indexer.refresh(unit, entity, keys))  # type: ignore[misc]
        return len(differing)

    def fence(self, entity: BoundEntity, collection: CollectionId | None = None) -> None:
        """Wait until whoever is changing collections of this entity has ended.

        He has looked at users, collections and shown names before he took his locks, and may not know what has been
        committed since; what he writes can be seen after this. Whoever locks later looks again under the lock.
        """
        if self.database.is_sqlite:
            return  # one writer at a time: whoever wrote before has ended
        table = self.indexer.state.collection
        views = [bound.view.name for bound in self.crm.views_of(entity.name)]

        def wait(unit: Unit) -> None:
            # By their numbers, as everybody locks them; by their views they would come in another order.
            is_meant = sa.or_(table.c.view.in_(views), table.c.id == collection)
            found = unit.connection.execute(sa.select(table.c.id).where(is_meant))
            self.indexer.index.lock(unit.connection, [CollectionId(row.id) for row in found])

        self.database.write_now(wait)

    def _standing(self, connection: Connection, entity: str, collection: CollectionId) -> set[str]:
        entry, resource = self.indexer.state.entry, self.indexer.state.resource
        wanted = (
            sa.select(resource.c.row_key)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection, resource.c.entity == entity)
        )
        return {row.row_key for row in connection.execute(wanted)}

    def index_all(self, progress: Progress = lambda *_: None) -> int:
        """Every collection of every user, row by row of each entity; how many rows were looked at."""
        for who in self.database.read_now(self.users.all):
            self.enter_home(who)
        table = self.indexer.state.collection
        # Only these: one that comes to life meanwhile may have missed rows that were looked at before.
        unbuilt = self.database.read_now(
            lambda connection: [
                CollectionId(row.id) for row in connection.execute(sa.select(table.c.id).where(table.c.is_built == 0))
            ]
        )
        looked = 0
        for entity in self.crm.entities.values():
            if any(True for _ in self.crm.views_of(entity.name)):
                looked += self.rescan(entity, progress)
        self.database.write_now(lambda unit: self.collections.mark_built(unit.connection, unbuilt))
        return looked

    def rescan(self, entity: BoundEntity, progress: Progress = lambda *_: None) -> int:
        """The full comparison of one entity: every row that is there, every row the index has."""
        count = self.database.read_now(
            lambda connection: connection.execute(sa.select(sa.func.count()).select_from(entity.table)).scalar_one()
        )
        done = 0
        progress(entity.name, 0, count)
        for compared in self.comparison(entity):
            done += compared
            progress(entity.name, min(done, count), count)
        return done

    def comparison(self, entity: BoundEntity) -> Iterator[int]:
        """The same in steps, one batch and one transaction each, so that others can have their turn between them."""
        for batch in self._all_keys(entity):
            self.database.write_now(lambda unit, keys=batch: self.indexer.refresh(unit, entity, keys))  # type: ignore[misc]
            yield len(batch)

    def _all_keys(self, entity: BoundEntity) -> Iterator[list[Any]]:
        last: Any = None
        while True:
            wanted = sa.select(entity.key).order_by(entity.key).limit(BATCH)
            page = wanted if last is None else wanted.where(entity.key > last)
            keys = self.database.read_now(lambda connection, page=page: [row[0] for row in connection.execute(page)])  # type: ignore[misc]
            if not keys:
                break
            yield keys
            last = keys[-1]
        yield from self._orphans(entity)

    def _orphans(self, entity: BoundEntity) -> Iterator[list[Any]]:
        """Keys the index has and the table has not: rows that were deleted while nobody watched."""
        last = 0
        while True:
            gone, last = self.vanished(entity, last)
            if gone:
                yield gone
            if not last:
                return

    def vanished(self, entity: BoundEntity, after: int) -> tuple[list[Any], int]:
        """Of one batch of what the index has, beyond resource `after`: the keys the table has not.

        The number beside them is where the next batch begins, 0 at the end.
        """
        resource = self.indexer.state.resource
        wanted = (
            sa.select(resource.c.id, resource.c.row_key)
            .where(resource.c.entity == entity.name, resource.c.id > after)
            .order_by(resource.c.id)
            .limit(BATCH)
        )

        def look(connection: Connection) -> tuple[list[Any], int]:
            rows = connection.execute(wanted).all()
            if not rows:
                return [], 0
            keys = [entity.key_value(EntityKey(row.row_key)) for row in rows]
            there = connection.execute(sa.select(entity.key).where(entity.key.in_(keys)))
            present = {row[0] for row in there}
            return [key for key in keys if key not in present], rows[-1].id

        return self.database.read_now(look)

    def user_changed(self, principal: PrincipalId) -> None:
        """A user's name, group or standing has changed: look at what he sees again."""
        table = self.indexer.state.collection

        def living(connection: Connection) -> list[AnyRow]:
            wanted = sa.select(table.c.id, table.c.view).where(table.c.principal == principal, table.c.is_built == 1)
            return list(connection.execute(wanted).all())

        for row in self.database.read_now(living):
            bound = self.crm.views.get(row.view)
            if bound is not None and owner_of(bound, principal) == principal:
                self.compare(bound, principal, CollectionId(row.id))


def _batches(keys: list[Any]) -> Iterable[list[Any]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
