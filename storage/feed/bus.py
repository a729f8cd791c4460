"""Wake-ups: "collection 7 may have moved". They carry no content; whoever wakes asks for the changes.

Publishing is done from database threads, waiting on the event loop. A subscription remembers that it was woken, so
nothing is missed between two waits.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from gateway.core.ids import CollectionId


class Bus:
    """Who waits for which collections, in this process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[CollectionId, set[Watch]] = defaultdict(set)
        self.heard: Callable[[Collection[CollectionId]], None] = lambda _: None
        """Called on the loop with all that has been published."""

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver on this loop from now on."""
        self._loop = loop

    def publish(self, collections: Iterable[CollectionId]) -> None:
        """Wake those who watch any of these. Safe from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, tuple(collections))

    def watch(self, collections: Iterable[CollectionId]) -> Watch:
        """A new subscription; a context manager that ends it."""
        watch = Watch(self)
        watch.add(collections)
        return watch

    def _wake(self, collections: Collection[CollectionId]) -> None:
        self.heard(collections)
        for collection in collections:
            for watch in tuple(self._waiting.get(collection, ())):
                watch.wake()

    def join(self, watch: Watch, collections: Iterable[CollectionId]) -> None:
        """Let a subscription hear of these as well."""
        for collection in collections:
            self._waiting[collection].add(watch)

    def leave(self, watch: Watch, collections: Iterable[CollectionId]) -> None:
        """The reverse of `join`."""
        for collection in collections:
            watching = self._waiting.get(collection)
            if watching is not None:
                watching.discard(watch)
                if not watching:
                    del self._waiting[collection]


class Watch:
    """One subscription (`gateway.core.store.Subscription`)."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._collections: set[CollectionId] = set()
        self._woken = asyncio.Event()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.leave(self, self._collections)
        self._collections.clear()

    def add(self, collections: Iterable[CollectionId]) -> None:
        """Watch these as well."""
        new = set(collections) - self._collections
        self._collections |= new
        self._bus.join(self, new)

    def wake(self) -> None:
        """Let the waiter go on, or not wait at all next time."""
        self._woken.set()

    async def wait(self) -> None:
        """Returns once something has been published since the last return."""
        await self._woken.wait()
        self._woken.clear()
