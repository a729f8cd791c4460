"""The loop that hears of what the CRM does by itself: outbox rows, the entities they concern, the indexer.

A few times a second it looks whether the outbox is empty, which costs next to nothing. What it finds it applies and
deletes in one transaction. Where a row shows in other entities (a company in a thousand cards) these are refreshed
first, in transactions of their own; a crash between leaves the outbox row, and all of it is done again for nothing.
Once a minute it looks whether it still hears everything (`storage.feed.health`); a full comparison that comes of it
takes turns with ordinary changes, a batch each. A row that cannot be followed, for whatever reason, is set aside for a
while and stops no other. A lease keeps it to one follower for each database.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import GatewayError, NotFound, Unavailable
from gateway.core.ids import EntityKey, PrincipalId
from storage.crm.bound import USER, BoundEntity
from storage.crm.crm import Crm
from storage.database import Database, Unit
from storage.feed.health import Health
from storage.feed.polling import Polling
from storage.indexer import BATCH
from storage.state import lease
from storage.state.outbox import Noted, Outbox
from storage.state.prune import prune
from storage.visits import Visits
from storage.words.filling import Filling

T = TypeVar("T")

PAUSE: Final = 0.2
"""Seconds between two looks at an empty outbox."""
LEASE_SECONDS: Final = 15
RENEWED_AFTER: Final = 5.0
AFTER_FAULT = 1.0
"""Seconds to wait where the database did not answer."""
LOOKED_AFTER: Final = 60.0
"""Seconds between two looks at triggers and outbox."""
PRUNED_AFTER: Final = 3600.0
LEASE: Final = "follower"
ASIDE_FOR: Final = 600.0
ASIDE_MOST: Final = 1000
"""Outbox rows that are set aside at once; beyond that the oldest are tried again first."""

log = logging.getLogger(__name__)


class Follower:
    """Runs on its own thread of the loop's default executor, one step at a time."""

    def __init__(
        self,
        database: Database,
        crm: Crm,
        visits: Visits,
        users_changed: Callable[[set[PrincipalId]], None],
        health: Health,
        polling: Polling,
        filling: Filling,
        looked_after: float = LOOKED_AFTER,
    ) -> None:
        self.database, self.crm, self.visits = database, crm, visits
        self.indexer = visits.indexer
        self.state = self.indexer.state
        self.outbox = Outbox(self.state)
        self.holder = lease.new_holder()
        self._users_changed = users_changed
        self.health, self.looked_after = health, looked_after
        self.polling, self.filling = polling, filling
        self._comparison: Iterator[int] | None = None
        self._aside: dict[int, float] = {}

    async def run(self) -> None:
        """Follow until cancelled. Whatever fails is logged and tried again."""
        loop = asyncio.get_running_loop()
        held_until = pruned_at = looked_at = float("-inf")
        try:
            while True:
                try:
                    if loop.time() > held_until:
                        if not await self.database.write(self._hold):
                            self._comparison = None
                            await asyncio.sleep(LEASE_SECONDS / 5)
                            continue
                        held_until = loop.time() + RENEWED_AFTER
                    if loop.time() > pruned_at + PRUNED_AFTER:
                        pruned_at = loop.time()
                        await self.database.write(lambda unit: prune(unit, self.state))
                    if loop.time() > looked_at + self.looked_after:
                        looked_at = loop.time()
                        await self._whole(self.health.look)
                    if not await self._whole(self.turn):
                        await asyncio.sleep(PAUSE)
                except GatewayError as fault:
                    log.warning("the feed waits: %s", fault)
                    await asyncio.sleep(AFTER_FAULT)
                except Exception:
                    # Nothing may end the feed: what was not applied is still in the outbox.
                    log.exception("the feed met a fault and goes on")
                    await asyncio.sleep(5 * AFTER_FAULT)
        finally:
            with contextlib.suppress(GatewayError):
                self.database.write_now(lambda unit: lease.release(unit, self.state, LEASE, self.holder))

    async def _whole(self, work: Callable[[], T]) -> T:
        """Work in a thread that is not left alone there when the loop is told to end."""
        doing = asyncio.ensure_future(self.database.at_length(work))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise

    def turn(self) -> bool:
        """One batch of changes and one batch of a comparison, as far as there are any; whether there were.

        Where tables are polled, a look at them as well; what it finds is the next turn's. Where there is nothing of
        all that, a step of taking messages' words.
        """
        changed = self.step()
        compared = self._compare()
        polled = self.polling.turn()
        return bool(changed) or compared or polled or self.filling.turn()

    def _compare(self) -> bool:
        """One step of the comparison that is asked for, if any; one that met a fault begins anew."""
        going, self._comparison = self._comparison or self.health.comparison(), None
        if next(going, None) is None:
            return False
        self._comparison = going
        return True

    def _hold(self, unit: Unit) -> bool:
        return lease.hold(unit, self.state, LEASE, self.holder, LEASE_SECONDS)

    def step(self) -> int:
        """Take one batch of outbox rows and apply it; how many rows there were. Raises Unavailable."""
        aside = self._set_aside()
        noted = self.database.read_now(lambda connection: self.outbox.take(connection, BATCH, aside))
        rows: dict[str, list[Noted]] = defaultdict(list)
        for one in noted:
            rows[one.entity].append(one)
        for name, those in rows.items():
            self._follow(name, those)
        return len(noted)

    def _follow(self, name: str, noted: Sequence[Noted]) -> None:
        """Apply rows of one entity; where that cannot be, halves of them, until the culprit is alone."""
        keys = list(dict.fromkeys(one.key for one in noted))
        try:
            self._apply(name, keys, [one.id for one in noted])
        except Unavailable:
            raise
        except Exception:
            if len(keys) == 1:
                log.exception("%s %s cannot be followed and is set aside", name, keys[0])
                self._aside |= {one.id: time.monotonic() + ASIDE_FOR for one in noted}
                return
            half = set(keys[: len(keys) // 2])
            self._follow(name, [one for one in noted if one.key in half])
            self._follow(name, [one for one in noted if one.key not in half])

    def _set_aside(self) -> frozenset[int]:
        """Outbox rows that are not to be looked at now."""
        moment = time.monotonic()
        newest = list(self._aside.items())[-ASIDE_MOST:]
        self._aside = {id_: until for id_, until in newest if until > moment}
        return frozenset(self._aside)

    def _apply(self, name: str, keys: list[EntityKey], ids: Sequence[int]) -> None:
        """Whatever shows these, then these themselves with their outbox rows."""
        self._refresh_dependants(name, keys)
        if name == USER:
            users = {PrincipalId(key) for key in keys}
            self._users_changed(users)
            for user in users:
                self.visits.user_changed(user)
        entity = self.crm.entities.get(name)

        def apply(unit: Unit) -> None:
            if entity is not None:
                self.indexer.refresh(unit, entity, _values(entity, keys))
            self.outbox.delete(unit.connection, ids)

        self.database.write_now(apply)

    def _refresh_dependants(self, name: str, changed: list[EntityKey]) -> None:
        """Entities that show something of those that changed."""
        column = (
            self.crm.users.key if name == USER else self.crm.entities[name].key if name in self.crm.entities else None
        )
        if column is None:
            return
        values = _typed(column, changed)
        for entity, shown in self.crm.dependants(name):
            self.visits.fence(entity)

            def look(connection: Connection, shown: Any = shown) -> list[Any]:
                return sorted({row[0] for row in connection.execute(shown.dependants(values))})

            dependants = self.database.read_now(look)
            for start in range(0, len(dependants), BATCH):
                batch = dependants[start : start + BATCH]
                self.database.write_now(lambda unit, e=entity, b=batch: self.indexer.refresh(unit, e, b))  # type: ignore[misc]


def _values(entity: BoundEntity, keys: Iterable[EntityKey]) -> list[Any]:
    values = []
    for key in keys:
        with contextlib.suppress(NotFound):
            values.append(entity.key_value(key))
    return values


def _typed(column: sa.ColumnElement[Any], keys: Iterable[EntityKey]) -> list[Any]:
    values = []
    for key in keys:
        with contextlib.suppress(ValueError):
            values.append(column.type.python_type(key))
    return values
