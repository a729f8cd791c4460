"""One CRM of a running gateway: opened, installed, followed; where that cannot be yet, tried again until it can.

Where there is one CRM, what keeps it from being served ends the gateway with its reason. Where there are several, it
is that CRM's matter alone: its users hear that it cannot be reached, the log says why, and the others are served. So
nothing here waits on a thread that another CRM needs, and a database that does not even answer holds nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from gateway.config import Config, Crm
from gateway.core.auth import Authenticator
from gateway.core.errors import GatewayError, Unavailable
from gateway.core.ids import CollectionId
from gateway.core.keeping import FullStore
from gateway.core.realms import number_of, outside
from gateway.tenants.tenant import with_realm
from protocols.push.egress import Egress
from protocols.push.sender import Sender
from storage.opened import Opened

T = TypeVar("T")

AGAIN_AFTER: Final = 15.0
"""Seconds until a CRM that could not be opened is tried again."""

log = logging.getLogger(__name__)


def open_crm(config: Config, crm: Crm) -> Opened:
    """A CRM as it is configured. Raises ConfigError where it cannot be opened."""
    opened = Opened(
        config.url(crm),
        crm.mapping,
        schema=crm.schema or None,
        folder=Path(config.folder),
        files=config.files_of(crm),
        limits=config.files.limits,
        colleagues=crm.colleagues,
    )
    opened.store.scheduling.tells_invited = config.scheduling.meetings_in_inbox
    return opened


class Hosted:
    """One CRM (`gateway.tenants.tenant.Tenant`)."""

    def __init__(self, config: Config, realm: str) -> None:
        self.realm, self.number = realm, number_of(realm)
        self._config, self._crm = config, config.crms[realm]
        self.opened: Opened | None = None
        self.fault: Exception | None = None
        """Why it is not served."""
        self.tried, self.served = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_served(self) -> bool:
        """Whether it can be asked."""
        return self.served.is_set()

    @property
    def store(self) -> FullStore:
        """Raises Unavailable until it is served."""
        return self._served().store

    @property
    def authenticator(self) -> Authenticator:
        """Raises Unavailable until it is served."""
        return self._served().authenticator

    def _served(self) -> Opened:
        if self.opened is None or not self.is_served:
            raise Unavailable("The CRM cannot be reached. Please try again later.")
        return self.opened

    def logins(self) -> list[str]:
        """How everybody logs in who may; nobody while it cannot be asked."""
        if self.opened is None:
            return []
        try:
            found = self.opened.database.read_now(self.opened.users.all)
        except Unavailable:
            return []
        return [with_realm(one, self.realm).login for one in found]

    def open(self) -> Opened:
        """Open it now. Raises ConfigError."""
        self.opened = open_crm(self._config, self._crm)
        return self.opened

    async def prepare(self) -> None:
        """Install, unless that has been done. Raises ConfigError where a right is missing for it."""
        opened = self.opened
        if opened is None:
            opened = await _apart(self.open)
        setup = opened.setup
        # The database user of a running gateway need not be one that may install (docs/install.md).
        if not await _apart(setup.is_current):
            await _apart(setup.install)

    async def begin(self) -> None:
        """Open, install and follow it. Raises ConfigError."""
        await self.prepare()
        if self.opened is not None:
            self.opened.bus.attach(asyncio.get_running_loop())
            if self._config.push.enabled:
                await _apart(self._offer_pushes)
            self._task = asyncio.create_task(self._follow(self.opened), name=f"follower {self.realm}")
            self.served.set()

    def begin_whenever(self, publish: Callable[[Iterable[CollectionId]], None]) -> None:
        """The same, tried again until it can be. `publish` hears of collections by their numbers outside the realm."""
        self._task = asyncio.create_task(self._begin_whenever(publish), name=f"tenant {self.realm}")

    async def _begin_whenever(self, publish: Callable[[Iterable[CollectionId]], None]) -> None:
        while True:
            try:
                await self.prepare()
                if self._config.push.enabled:
                    await _apart(self._offer_pushes)
                break
            except GatewayError as fault:
                if str(fault) != str(self.fault):
                    log.error("tenant %r is not served: %s", self.realm, fault)
                self.fault = fault
            except Exception as fault:
                log.exception("tenant %r is not served", self.realm)
                self.fault = fault
            self.tried.set()
            await asyncio.sleep(AGAIN_AFTER)
        if self.opened is None:
            return
        number, bus = self.number, self.opened.bus
        bus.attach(asyncio.get_running_loop())

        def moved(collections: set[CollectionId]) -> None:
            bus.publish(collections)
            publish(outside(number, one) for one in collections)

        self.opened.database.on_commit = moved
        if self.fault is not None:
            log.warning("tenant %r is served now", self.realm)
        self.fault = None
        self.served.set()
        self.tried.set()
        await self._follow(self.opened)

    def _offer_pushes(self) -> None:
        if self.opened is not None:
            self.opened.store.pushes.offer(is_private=self._config.push.private)

    async def _follow(self, opened: Opened) -> None:
        """What a CRM that is served needs done beside its answers, until cancelled: none of it ends by itself."""
        async with asyncio.TaskGroup() as group:
            group.create_task(opened.follower.run())
            group.create_task(opened.store.deliveries.run())
            if self._config.push.enabled:
                push = self._config.push
                sender = Sender(opened.store.pushes, Egress(is_private=push.private), push.contact)
                opened.bus.heard = sender.heard
                group.create_task(sender.run())

    async def end(self) -> None:
        """Follow no more and close it."""
        self.served.clear()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self.opened is not None:
            await _apart(self.opened.close)


async def _apart(work: Callable[[], T]) -> T:
    """Work on a thread of its own, which the program does not wait for at its end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(fault: BaseException | None, result: T | None) -> None:
        if done.cancelled():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        fault, result = None, None
        try:
            result = work()
        except BaseException as wrong:
            fault = wrong
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, fault, result)

    threading.Thread(target=run, name="apart", daemon=True).start()
    return await done
