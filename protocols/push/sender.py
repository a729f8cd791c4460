"""What moves is pushed: a loop between the bus and the push services.

Collections that move are gathered for a moment, so that a burst is one push, and of one collection there is one push in
`QUIET` seconds at most. A service that says a subscription is gone ends it; one that fails is left alone for longer
and longer, and what it did not take is sent with the next push. Nobody waits for any of this.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.core.errors import GatewayError
from gateway.core.ids import CollectionId
from gateway.core.pushing import DuePush
from protocols.push.egress import Egress
from protocols.push.message import posted

GATHER: Final = 0.5
QUIET: Final = 5.0
"""Seconds between two pushes of one collection."""
AT_ONCE: Final = 10
GONE: Final = frozenset({404, 410})
FAILURES_MOST: Final = 20
FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 6 * 3600.0

log = logging.getLogger(__name__)


class Pushing(Protocol):
    """What the sender asks of the store's side."""

    @property
    def private_key(self) -> bytes:
        """Of VAPID, in PEM."""
        ...

    async def due_pushes(self, moved: Collection[CollectionId]) -> Sequence[DuePush]:
        """What is to be sent now that these have moved."""
        ...

    async def push_sent(self, push: DuePush) -> None:
        """It has been taken."""
        ...

    async def push_failed_for_good(self, name: str) -> None:
        """It leads nowhere any more."""
        ...


@dataclass(slots=True)
class _Failing:
    count: int
    until: float


class Sender:
    """Sends the pushes of one CRM. `heard` is told of what moves, on the loop that `run` is on."""

    def __init__(self, pushing: Pushing, egress: Egress, contact: str, *, quiet: float = QUIET) -> None:
        self._pushing, self._egress, self._contact, self._quiet = pushing, egress, contact, quiet
        self._moved: set[CollectionId] = set()
        self._event = asyncio.Event()
        self._quiet_until: dict[CollectionId, float] = {}
        self._failing: dict[str, _Failing] = {}

    def heard(self, moved: Collection[CollectionId]) -> None:
        """These have moved."""
        self._moved.update(moved)
        self._event.set()

    async def run(self) -> None:
        """Send until cancelled; whatever fails is logged."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._event.wait()
                await asyncio.sleep(GATHER)
                self._event.clear()
                moment = loop.time()
                self._quiet_until = {one: until for one, until in self._quiet_until.items() if until > moment}
                ready = {one for one in self._moved if one not in self._quiet_until}
                self._moved -= ready
                if self._moved:
                    loop.call_later(min(self._quiet_until[one] for one in self._moved) - moment, self._event.set)
                if ready:
                    await self._send_all(ready, moment)
        finally:
            await self._egress.close()

    async def _send_all(self, moved: Collection[CollectionId], moment: float) -> None:
        try:
            due = await self._pushing.due_pushes(moved)
        except GatewayError as fault:
            log.warning("pushes wait: %s", fault)
            return
        except Exception:
            log.exception("pushes wait")
            return
        if due:
            self._quiet_until |= dict.fromkeys(moved, moment + self._quiet)
        gate = asyncio.Semaphore(AT_ONCE)

        async def send(push: DuePush) -> None:
            async with gate:
                await self._send(push)

        ready = [one for one in due if one.name not in self._failing or self._failing[one.name].until <= moment]
        await asyncio.gather(*(send(one) for one in ready))

    async def _send(self, push: DuePush) -> None:
        try:
            body, headers = posted(push, self._pushing.private_key, self._contact)
            status = await self._egress.post(push.target.resource, body, headers)
            if status in GONE:
                await self._pushing.push_failed_for_good(push.name)
                self._failing.pop(push.name, None)
            elif 200 <= status < 300:
                await self._pushing.push_sent(push)
                self._failing.pop(push.name, None)
            else:
                await self._failed(push, f"the service answered {status}")
        except (OSError, TimeoutError, ValueError) as fault:
            await self._failed(push, str(fault) or type(fault).__name__)
        except GatewayError as fault:
            log.warning("a push is not noted: %s", fault)
        except Exception:
            log.exception("a push could not be sent")

    async def _failed(self, push: DuePush, why: str) -> None:
        before = self._failing.get(push.name)
        count = 1 if before is None else before.count + 1
        log.info("a push could not be sent (%d): %s", count, why)
        if count >= FAILURES_MOST:
            self._failing.pop(push.name, None)
            await self._pushing.push_failed_for_good(push.name)
            return
        pause = min(FIRST_PAUSE * 2 ** (count - 1), LONGEST_PAUSE)
        self._failing[push.name] = _Failing(count, asyncio.get_running_loop().time() + pause)
