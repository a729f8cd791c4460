"""The composition root: configuration to store, follower and servers; started in order, stopped in reverse.

Nothing imports this but the commands and tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from gateway.config import Config, Listen
from gateway.core.errors import ConfigError
from gateway.edits import Edits
from storage.opened import Opened

log = logging.getLogger(__name__)


class _Listening(Protocol):
    """A server that has a port and can be stopped."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        ...

    async def stop(self) -> None:
        """Take no more connections and end those that are there."""
        ...


class Gateway:
    """One running gateway."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.opened = Opened(
            config.database_url,
            config.crm.mapping,
            schema=config.crm.schema or None,
            folder=Path(config.folder),
            files=config.files,
        )
        self.http: _Listening | None = None
        self.imap: _Listening | None = None
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Install what is missing, follow the CRM, open the ports. Raises ConfigError, and OSError for a taken port."""
        await self.prepare()
        self.opened.bus.attach(asyncio.get_running_loop())
        self._follower = asyncio.create_task(self.opened.follower.run(), name="follower")
        await self._listen()

    async def prepare(self) -> None:
        """Install, unless that has been done. Raises ConfigError where a right is missing for it."""
        # The database user of a running gateway need not be one that may install (docs/install.md).
        if not await asyncio.to_thread(self.opened.setup.is_current):
            await asyncio.to_thread(self.opened.setup.install)

    async def _listen(self) -> None:
        from protocols.dav.server import listen as listen_dav
        from protocols.discovery.dav import location
        from protocols.imap.server import Tls
        from protocols.imap.server import listen as listen_imap

        store, authenticator = self.opened.store, self.opened.authenticator
        edits = Edits(store)
        http, imap = self.config.http, self.config.imap
        self.http = await listen_dav(
            store, edits, authenticator, http.host, http.port, _tls(http, self.config, "http"), redirect=location
        )
        tls = Tls(*_files(imap, self.config)) if imap.certificate else None
        self.imap = await listen_imap(store, edits, authenticator, imap.host, imap.port, tls)

    async def stop(self) -> None:
        """Ports first, then the follower, then the database."""
        for server in (self.http, self.imap):
            if server is not None:
                await server.stop()
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        await asyncio.to_thread(self.opened.close)

    @property
    def http_url(self) -> str:
        """Where HTTP is served."""
        scheme = "https" if self.config.http.certificate else "http"
        return f"{scheme}://{_host(self.config.http.host)}:{self.http.port if self.http else 0}"

    def described(self, passwords: dict[str, str]) -> dict[str, Any]:
        """What is served where, for programs."""
        principals = self.opened.database.read_now(self.opened.users.all)
        return {
            "pid": os.getpid(),
            "database": self.opened.database.url.render_as_string(hide_password=True),
            "http": self.http_url,
            "dav": f"{self.http_url}/dav/",
            "imap": {"host": self.config.imap.host, "port": self.imap.port if self.imap else 0},
            "users": [
                {
                    "login": one.login,
                    "password": passwords.get(one.login),
                    "calendar_home": f"{self.http_url}/dav/calendars/{quote(one.login, safe='')}/",
                    "addressbook_home": f"{self.http_url}/dav/addressbooks/{quote(one.login, safe='')}/",
                }
                for one in principals
            ],
        }


async def serve(
    config: Config,
    ready: Path | None = None,
    passwords: dict[str, str] | None = None,
    started: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM. Once everything is served, `ready` is written whole and `started` is called."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(config)
    try:
        await gateway.start()
        described = await asyncio.to_thread(gateway.described, passwords or {})
        if ready is not None:
            await asyncio.to_thread(_write_whole, ready, json.dumps(described, indent=2) + "\n")
        started(described)
        await stop.wait()
    finally:
        await gateway.stop()


def _write_whole(path: Path, text: str) -> None:
    """Whoever waits for the file to appear must not read half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _tls(listen: Listen, config: Config, section: str) -> ssl.SSLContext | None:
    if not listen.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(*_files(listen, config))
    except (OSError, ssl.SSLError) as wrong:
        raise ConfigError(f"{section}.certificate: {listen.certificate}: {wrong}") from wrong
    return context


def _files(listen: Listen, config: Config) -> tuple[Path, Path]:
    """Certificate chain and key; the key may stand in the chain's file."""
    folder = Path(config.folder)
    return folder / listen.certificate, folder / (listen.key or listen.certificate)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
