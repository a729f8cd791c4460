"""The composition root: configuration to store, follower and servers; started in order, stopped in reverse.

Nothing imports this but the commands and tests.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import ssl
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from gateway.config import Config, Listen
from gateway.core.auth import Authenticator
from gateway.core.errors import ConfigError
from gateway.core.keeping import FullStore
from gateway.core.realms import DEFAULT
from gateway.edits import Edits
from gateway.hosted import Hosted
from gateway.runtime.lines import ConfigErrors
from gateway.tenants.logins import Logins
from gateway.tenants.store import Stores
from storage.feed.bus import Bus

PATIENCE: Final = 20.0
"""Seconds to wait for slow CRMs before the others are served without them."""

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
        """Raises ConfigError for a single CRM that cannot be opened."""
        self.config = config
        self.hosted = {realm: Hosted(config, realm) for realm in config.crms}
        self._bus = Bus()
        if self.is_single:
            self.opened = self.hosted[DEFAULT].open()
        self.http: _Listening | None = None
        self.imap: _Listening | None = None

    @property
    def is_single(self) -> bool:
        """Whether there is one CRM, and logins name no realm."""
        return list(self.hosted) == [DEFAULT]

    async def start(self) -> None:
        """Install what is missing, follow the CRM, open the ports. Raises ConfigError, and OSError for a taken port."""
        if self.is_single:
            await self.hosted[DEFAULT].begin()
        else:
            await self._begin_all()
        await self._listen()

    async def _begin_all(self) -> None:
        """Begin to serve every CRM, and go on without those that take long. Raises ConfigErrors where none can be."""
        self._bus.attach(asyncio.get_running_loop())
        for one in self.hosted.values():
            one.begin_whenever(self._bus.publish)
        tries = [asyncio.create_task(one.tried.wait()) for one in self.hosted.values()]
        _, late = await asyncio.wait(tries, timeout=PATIENCE)
        for task in late:
            task.cancel()
        faults = [one.fault for one in self.hosted.values()]
        if None not in faults:
            raise ConfigErrors(line for fault in faults for line in str(fault).splitlines())

    async def prepare(self) -> None:
        """Install, unless that has been done. Raises ConfigError where a right is missing for it."""
        await self.hosted[DEFAULT].prepare()

    async def _listen(self) -> None:
        from protocols.dav.server import listen as listen_dav
        from protocols.discovery.dav import location
        from protocols.imap.capabilities import known
        from protocols.imap.narrowing import narrowing
        from protocols.imap.server import Tls
        from protocols.imap.server import listen as listen_imap

        store: FullStore
        authenticator: Authenticator
        if self.is_single:
            store, authenticator = self.opened.store, self.opened.authenticator
        else:
            domains = {domain: realm for realm, tenant in self.config.tenant.items() for domain in tenant.domains}
            store, authenticator = Stores(self.hosted, self._bus.watch), Logins(self.hosted, domains)
        edits = Edits(store)
        http, imap = self.config.http, self.config.imap
        self.http = await listen_dav(
            store, edits, authenticator, http.host, http.port, _tls(http, self.config, "http"), redirect=location
        )
        tls = Tls(*_files(imap, self.config), is_implicit=not imap.starttls) if imap.certificate else None
        self.imap = await listen_imap(
            store,
            edits,
            authenticator,
            imap.host,
            imap.port,
            tls,
            narrowing=narrowing(known(), imap.withhold, imap.withhold_from, imap.withhold_from_program),
            proxies=[ip_network(text) for text in imap.proxies],
            is_trusted=imap.plaintext,
        )

    async def stop(self) -> None:
        """Ports first, then the followers, then the databases."""
        for server in (self.http, self.imap):
            if server is not None:
                await server.stop()
        await asyncio.gather(*(one.end() for one in self.hosted.values()))

    @property
    def http_url(self) -> str:
        """Where HTTP is served."""
        scheme = "https" if self.config.http.certificate else "http"
        return f"{scheme}://{_host(self.config.http.host)}:{self.http.port if self.http else 0}"

    def described(self, passwords: dict[str, str]) -> dict[str, Any]:
        """What is served where, for programs."""
        served = [one for one in self.hosted.values() if one.is_served and one.opened is not None]
        return {
            "pid": os.getpid(),
            "database": ", ".join(
                one.opened.database.url.render_as_string(hide_password=True) for one in served if one.opened
            ),
            "http": self.http_url,
            "dav": f"{self.http_url}/dav/",
            "imap": {"host": self.config.imap.host, "port": self.imap.port if self.imap else 0},
            "users": [
                {
                    "login": login,
                    "password": passwords.get(login),
                    "calendar_home": f"{self.http_url}/dav/calendars/{quote(login, safe='')}/",
                    "addressbook_home": f"{self.http_url}/dav/addressbooks/{quote(login, safe='')}/",
                }
                for one in served
                for login in one.logins()
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
