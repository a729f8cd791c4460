"""A database with two clients, of which every driver connection obeys one schedule; and how to begin again.

The script is run once without faults. Before each of its steps everything is remembered: rows, what clients hold,
what calls the step makes. A step can then be run from there as often as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.core.errors import Unavailable
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import make_crm, open_crm, principal
from tests.faults import agreement, picture
from tests.faults.client import Client, Device
from tests.faults.driver import Schedule, Way, failing
from tests.faults.picture import Picture
from tests.faults.script import STEPS

PATIENCE = 8


@dataclass(frozen=True)
class Before:
    """Everything as it was before a step, and what the step then did."""

    picture: Picture
    noted: dict[str, Any]
    devices: dict[str, Device]
    calls: list[str]
    after: dict[str, Counter[str]]


class World:
    """The stage on which the script is played."""

    def __init__(self, url: str) -> None:
        make_crm(url)
        open_crm(url).close()
        own = f"{sa.make_url(url).database}_gw" if url.startswith(("mysql", "mariadb")) else None
        self.url, self.schedule = url, Schedule()
        self.opened = Opened(url, schema=own, creator=failing(url, self.schedule))
        self.opened.database.on_commit = self._woken
        self.plain = sa.create_engine(url)
        self.anna, self.ben = (Client(self.opened, principal(self.opened, login)) for login in ("anna", "ben"))
        self.noted: dict[str, Any] = {}
        self.woken: set[int] = set()
        self.devices: dict[str, Device] = {}
        self.befores: dict[str, Before] = {}
        for client in (self.anna, self.ben):
            client.on_unanswered = self.check_nothing_is_half_done
        self.sql(sa.insert(schema.contacts).values(last_name="Früher", owner_id=int(self.ben.who.id)))
        asyncio.run(self._rehearse())

    def close(self) -> None:
        """Let go of the database."""
        self.opened.close()
        self.plain.dispose()

    def _woken(self, collections: set[Any]) -> None:
        self.woken |= collections

    # --- what steps use ------------------------------------------------------------------------------------------------

    def sql(self, *statements: sa.Executable) -> None:
        """What the CRM does by itself, in one transaction; nothing fails there."""
        with self.plain.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    async def follow(self) -> None:
        """Let the follower drain the outbox, as its loop does: what fails is tried again."""
        for _ in range(PATIENCE):
            with contextlib.suppress(Unavailable):
                if not await asyncio.to_thread(self.opened.follower.step):
                    return
        raise AssertionError("the outbox is never empty")

    # --- the rehearsal -------------------------------------------------------------------------------------------------

    async def _rehearse(self) -> None:
        for name, act in STEPS:
            taken, noted = self.take(), dict(self.noted)
            devices = {login: device.copy() for login, device in self.devices.items()}
            self.opened.database.disconnect()  # a step begins with connecting
            self.schedule.arm(0, Way.REFUSED)
            await act(self)
            calls = list(self.schedule.calls)
            await self.follow()
            now, wrong = self.judge()
            assert not wrong, f"{name}, without any fault: {wrong}"
            await self.sync()
            self.befores[name] = Before(taken, noted, devices, calls, picture.told(now))

    async def sync(self) -> None:
        """Both users' devices sync from what they hold."""
        for client in (self.anna, self.ben):
            await self.devices.setdefault(client.who.login, Device()).sync(self.opened, client.who, limit=2)

    # --- a run with a fault --------------------------------------------------------------------------------------------

    def begin_again(self, name: str) -> Before:
        """Everything as it was before this step."""
        before = self.befores[name]
        self.opened.database.disconnect()
        with self.plain.begin() as connection:
            picture.put_back(self.opened, connection, before.picture)
        self.noted = dict(before.noted)
        self.devices = {login: device.copy() for login, device in before.devices.items()}
        self.woken = set()
        return before

    def check_nothing_is_half_done(self) -> None:
        """Before anything is tried again: whatever was written was written whole, or the outbox knows."""
        taken, found = self.judge()
        wrong = agreement.not_pending(found, taken)
        assert not wrong, f"half done: {wrong}"

    def take(self) -> Picture:
        """All rows."""
        with self.plain.connect() as connection:
            return picture.take(self.opened, connection)

    def judge(self) -> tuple[Picture, list[agreement.Wrong]]:
        """All rows, and what index and CRM disagree about."""
        with self.plain.connect() as connection:
            taken = picture.take(self.opened, connection)
            return taken, agreement.disagreements(self.opened, taken, connection)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The pool logs every connection that fails on its way back; here that is what is meant to happen."""
    logger = logging.getLogger("sqlalchemy.pool")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
