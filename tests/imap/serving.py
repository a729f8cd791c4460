"""A process of its own that serves IMAP: Twisted's reactor can be had once in a process, and memory be measured in one.

Run as `python -m tests.imap.serving DATABASE [CERTIFICATE KEY]`; prints the ports as JSON, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from ipaddress import ip_network
from pathlib import Path

from gateway.edits import Edits
from gateway.runtime.loop import run
from protocols.imap.caps import Caps
from protocols.imap.types import Limits
from storage.opened import Opened


async def serve() -> None:
    from protocols.imap.server import Tls, listen

    database, *pair = sys.argv[1:]
    opened = Opened(f"sqlite:///{database}")
    opened.bus.attach(asyncio.get_running_loop())
    following = asyncio.ensure_future(opened.follower.run())
    limits, caps = Limits(failed_login_pause=0), Caps(unauthenticated=5)
    wanted: dict[str, Tls | None] = {"plain": None}
    if pair:
        certificate, key = map(Path, pair)
        wanted |= {"implicit": Tls(certificate, key), "starttls": Tls(certificate, key, is_implicit=False)}
    servers = {
        name: await listen(
            opened.store, Edits(opened.store), opened.authenticator, "127.0.0.1", 0, tls, limits=limits, caps=caps
        )
        for name, tls in wanted.items()
    }
    proxied = {"proxied": None} | ({"proxied implicit": wanted["implicit"]} if pair else {})
    for name, tls in proxied.items():
        servers[name] = await listen(
            opened.store, Edits(opened.store), opened.authenticator, "127.0.0.1", 0, tls, limits=limits, caps=caps,
            proxies=[ip_network("127.0.0.1")],
        )  # fmt: skip
    print(json.dumps({name: server.port for name, server in servers.items()}), flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)
    for server in servers.values():
        await server.stop()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await asyncio.to_thread(opened.close)


if __name__ == "__main__":
    run(serve)
