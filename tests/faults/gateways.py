"""Two gateways on one database, as two processes would be, and two things done at the same moment.

`at_once` lets the first get as far as its commit and holds it there while the second is done; whatever the second
has to wait for it then waits for in earnest. Both outcomes come back, errors among them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from gateway.core.errors import GatewayError
from storage.opened import Opened
from tests.crm import make_crm, open_crm, principal
from tests.faults import agreement, picture
from tests.faults.client import Client, Device
from tests.faults.driver import Schedule, failing

HEAD_START = 0.4
"""Seconds the second has to get through, or to where it has to wait."""


class Gateways:
    """Two gateways; anna and ben at each."""

    def __init__(self, url: str) -> None:
        make_crm(url)
        open_crm(url).close()
        own = f"{sa.make_url(url).database}_gw" if url.startswith(("mysql", "mariadb")) else None
        self.schedules = [Schedule(), Schedule()]
        self.opened = [Opened(url, schema=own, creator=failing(url, schedule)) for schedule in self.schedules]
        self.anna = [Client(one, principal(one, "anna")) for one in self.opened]
        self.ben = [Client(one, principal(one, "ben")) for one in self.opened]
        self.plain = sa.create_engine(url)
        with self.plain.connect() as connection:
            self._empty = picture.take(self.opened[0], connection)

    def begin_again(self) -> None:
        """Two users and nothing else, no collection either."""
        with self.plain.begin() as connection:
            picture.put_back(self.opened[0], connection, self._empty)

    def close(self) -> None:
        """Let go of the database."""
        for one in self.opened:
            one.close()
        self.plain.dispose()

    def sql(self, *statements: sa.Executable) -> None:
        """What the CRM does by itself, in one transaction."""
        with self.plain.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    async def at_once(self, first: Callable[[], Awaitable[Any]], second: Callable[[], Awaitable[Any]]) -> list[Any]:
        """Do `first` by the first gateway up to its commit, then `second` by the other, then let go."""
        reached, go = threading.Event(), threading.Event()

        def hold(call: str) -> None:
            if call == "commit":
                reached.set()
                go.wait(30)

        self.schedules[0].on_call = hold
        try:
            one = asyncio.ensure_future(_outcome(first()))
            waiting = asyncio.ensure_future(asyncio.to_thread(reached.wait, 30))
            await asyncio.wait([one, waiting], return_when=asyncio.FIRST_COMPLETED)
            other = asyncio.ensure_future(_outcome(second()))
            await asyncio.wait([other], timeout=HEAD_START)
        finally:
            go.set()
            reached.set()
            self.schedules[0].on_call = lambda _: None
        return list(await asyncio.gather(one, other))

    async def settle(self) -> None:
        """Drain the outbox, then index and CRM have to agree, and a device that starts afresh has to see the same."""
        while await asyncio.to_thread(self.opened[1].follower.step):
            pass
        with self.plain.connect() as connection:
            taken = picture.take(self.opened[1], connection)
            wrong = agreement.disagreements(self.opened[1], taken, connection)
        assert not wrong

    async def synced(self, *devices: Device, client: Client) -> None:
        """What devices hold after a last sync is what is there."""
        for device in devices:
            await device.sync(client.opened, client.who, limit=3)
            assert not await device.is_true(client.opened, client.who)


async def _outcome(act: Awaitable[Any]) -> Any:
    try:
        return await act
    except GatewayError as fault:
        return fault
