"""One event loop for both worlds: asyncio (uvloop where it is installed), with Twisted's reactor on top of it.

Twisted is transport for IMAP only; its asyncio reactor must be installed before anything imports the reactor, so
the servers are imported after this has run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def new_loop() -> asyncio.AbstractEventLoop:
    """The fastest loop there is here."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a new loop that carries Twisted as well."""
    loop = new_loop()
    asyncio.set_event_loop(loop)
    attach_twisted(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def attach_twisted(loop: asyncio.AbstractEventLoop) -> None:
    """Install Twisted's reactor on this loop and let it consider itself running. Once a process."""
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    start: Any = reactor
    start.startRunning(installSignalHandlers=False)
