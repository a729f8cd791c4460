"""Is the feed still hearing? Looked at now and then by whoever follows.

Restores, rebuilt tables and product upgrades take triggers along, and some deletions pass them by (a TRUNCATE and
a cascade on MariaDB). So a look puts back the triggers that are missing or say something else than they should,
checks a slice of the index for rows that are gone from the CRM, and watches whether the outbox is being emptied.
Whatever may have been missed ends in one row of the outbox that asks for a full comparison: it outlives a crash and
goes when the comparison is done. The comparison itself runs in small steps between ordinary changes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import PrincipalId
from storage.crm.bound import USER, BoundEntity
from storage.crm.crm import Crm
from storage.database import Database
from storage.feed.triggers import Lacking, Triggers, polled
from storage.state.outbox import Noted, Outbox
from storage.visits import Visits

UNHEARD_COMPARED_AFTER: Final = 900.0
"""Seconds between two full comparisons while triggers are missing and may not be put back."""
SLICES: Final = 4
"""Batches of the index that one look checks for rows that have gone, for each entity."""
FULL: Final = 50_000
"""Rows that wait in the outbox before anybody is told."""

log = logging.getLogger(__name__)


class Health:
    """Synchronous; keeps in memory only what may be forgotten."""

    def __init__(
        self,
        database: Database,
        crm: Crm,
        visits: Visits,
        triggers: Triggers,
        repair: Callable[[Lacking], bool],
        users_changed: Callable[[set[PrincipalId]], None],
    ) -> None:
        self.database, self.crm, self.visits, self.triggers = database, crm, visits, triggers
        self.outbox = Outbox(visits.indexer.state)
        self._repair, self._users_changed = repair, users_changed
        self._unheard_until = float("-inf")
        self._unheard: set[str] = set()
        self._places: dict[str, int] = {}
        self._waiting = 0
        self._polled = frozenset(one.entity for one in polled(crm))

    def look(self) -> None:
        """One look at everything. Raises Unavailable where the database does not answer."""
        self._look_at_triggers()
        for entity in self.crm.entities.values():
            if (
                entity.name not in self._polled
                and any(True for _ in self.crm.views_of(entity.name))
                and self._has_lost_rows(entity)
            ):
                log.warning("rows of %s have gone unheard; all of them are compared", entity.name)
                self._owe({entity.name})
        self._look_at_outbox()

    def _look_at_triggers(self) -> None:
        try:
            lacking = self.database.read_now(self.triggers.lacking)
            names = {trigger.name for trigger in lacking.all}
            if back := self._unheard - names:
                # Somebody else has put them back: what happened until then is still unknown.
                self._owe({one.entity for one in self.triggers.wanted if one.name in back})
            if names - self._unheard or (names and time.monotonic() > self._unheard_until):
                # Before they are put back: a crash behind a CREATE TRIGGER must not lose the comparison.
                self._owe(lacking.entities())
                self._unheard_until = time.monotonic() + UNHEARD_COMPARED_AFTER
            self._unheard = set() if not names or self._repair(lacking) else names
        except sa.exc.SQLAlchemyError as fault:
            log.warning("the triggers could not be looked at: %s", type(fault).__name__)

    def _has_lost_rows(self, entity: BoundEntity) -> bool:
        """Whether the next slice of the index names rows the CRM does not have; the outbox may know of them already."""
        gone: list[object] = []
        for _ in range(SLICES):
            more, place = self.visits.vanished(entity, self._places.get(entity.name, 0))
            self._places[entity.name] = place
            gone += more
            if not place:
                break
        if not gone:
            return False

        def still_unheard(connection: Connection) -> bool:
            return not self.outbox.owed(connection, [entity.name]) and self.outbox.is_empty(connection)

        return self.database.read_now(still_unheard)

    def _look_at_outbox(self) -> None:
        waiting = self.database.read_now(lambda connection: self.outbox.waiting(connection, 10 * FULL))
        if waiting > FULL and waiting >= self._waiting:
            log.warning("%d changes of the CRM wait to be taken over, and they do not grow fewer", waiting)
        self._waiting = waiting

    def _owe(self, entities: set[str]) -> None:
        self.database.write_now(lambda unit: self.outbox.owe(unit.connection, entities))

    def comparison(self) -> Iterator[int]:
        """Do what the outbox asks for in full, in steps of one batch; how many rows each looked at."""
        owed = self.database.read_now(lambda connection: self.outbox.owed(connection, [*self.crm.entities, USER]))
        if not owed:
            return
        if any(one.entity == USER for one in owed):
            self._compare_users()
        for entity in self._concerned(owed):
            log.info("every row of %s is compared", entity.name)
            yield from self.visits.comparison(entity)
        self.database.write_now(lambda unit: self.outbox.delete(unit.connection, [one.id for one in owed]))

    def _compare_users(self) -> None:
        users = {who.id for who in self.database.read_now(self.visits.users.all)}
        self._users_changed(users)

    def _concerned(self, owed: Iterable[Noted]) -> list[BoundEntity]:
        """The entities of these, those that show something of them, and all of them where users are meant."""
        names = {one.entity for one in owed}
        concerned = {
            name
            for name, entity in self.crm.entities.items()
            if name in names or USER in names or any(shown.entity in names for shown in entity.shown)
        }
        return [self.crm.entities[name] for name in sorted(concerned) if any(True for _ in self.crm.views_of(name))]
