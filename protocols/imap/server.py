"""The one file that opens IMAP ports: sockets, TLS, back-pressure and who may connect. No IMAP grammar.

Twisted carries the bytes on the asyncio loop the rest of the gateway runs on. Each connection has one task that runs
its conversation; writing waits while the socket is full, and reading stops while a command runs and too much waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from OpenSSL import SSL
from twisted.internet import protocol
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.core.auth import Authenticator
from gateway.core.store import KeepsMail
from protocols.imap.connection import Connection
from protocols.imap.session import Peer, Service
from protocols.imap.states import State
from protocols.imap.types import Limits
from protocols.imap.writes import WritesMail

log = logging.getLogger(__name__)

_LINGER: Final = 30.0
"""Seconds that a closed connection has to take what was written to it."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Where certificate chain and key lie (PEM), and whether TLS begins with the connection or by STARTTLS."""

    certificate: Path
    key: Path
    is_implicit: bool = True


@dataclass(frozen=True, slots=True)
class Caps:
    """How many connections there may be."""

    per_address: int = 50
    """From one address (a /64 of IPv6). This machine itself is not counted: proxies connect from there."""
    unauthenticated: int = 200
    """Not logged in, over all addresses; beyond it the one that has waited longest goes."""


class Listening:
    """An open port."""

    def __init__(self, listening: Any, factory: IMAPFactory) -> None:
        self._listening = listening
        self._factory = factory

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._listening.getHost().port)

    async def stop(self, patience: float = 3.0) -> None:
        """Accept no more, say BYE to everybody, and let commands that run be answered for a moment."""
        stopped = self._listening.stopListening()
        if stopped is not None:
            await stopped.asFuture(asyncio.get_running_loop())
        await self._factory.stop(patience)


async def listen(
    store: KeepsMail,
    edits: WritesMail,
    authenticator: Authenticator,
    host: str,
    port: int,
    tls: Tls | None = None,
    *,
    limits: Limits | None = None,
    caps: Caps | None = None,
    version: str = "",
) -> Listening:
    """Serve IMAP on an address; port 0 takes a free one.

    Twisted's asyncio reactor must be installed on the running loop. Raises OSError for an address that cannot be
    had, and what reading the certificate raises.
    """
    from twisted.internet import reactor

    service = Service(store, edits, authenticator, limits or Limits(), version)
    contexts = None if tls is None else _Contexts(tls)
    factory = IMAPFactory(service, caps or Caps(), contexts, starts_with_tls=tls is not None and tls.is_implicit)
    opener: Any = reactor
    try:
        if contexts is not None and tls is not None and tls.is_implicit:
            listening = opener.listenSSL(port, factory, contexts, interface=host)
        else:
            listening = opener.listenTCP(port, factory, interface=host)
    except OSError as wrong:
        raise OSError(f"{host} port {port}: {wrong}") from wrong
    except Exception as wrong:
        # Twisted wraps the system's error in one of its own.
        system = getattr(wrong, "socketError", None)
        if system is None:
            raise
        raise OSError(f"{host} port {port}: {system}") from wrong
    return Listening(listening, factory)


class IMAPFactory(protocol.Factory):
    """Makes a `Wire` for each connection that may be, and knows them all."""

    noisy = False

    def __init__(self, service: Service, caps: Caps, contexts: _Contexts | None, *, starts_with_tls: bool) -> None:
        self.service = service
        self.contexts = contexts
        self.starts_with_tls = starts_with_tls
        self._caps = caps
        self._wires: dict[Wire, str] = {}
        self._by_network: Counter[str] = Counter()

    def buildProtocol(self, addr: Any) -> Wire | None:
        """A connection has come; None closes it."""
        network = _network(addr.host)
        if network and self._by_network[network] >= self._caps.per_address:
            return None
        strangers = [wire for wire in self._wires if wire.is_stranger]
        if len(strangers) >= self._caps.unauthenticated:
            strangers[0].drop()
        wire = Wire(self, is_local=not network)
        self._wires[wire] = network
        self._by_network[network] += 1
        return wire

    def gone(self, wire: Wire) -> None:
        """A connection is over."""
        network = self._wires.pop(wire, None)
        if network is not None:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    async def stop(self, patience: float) -> None:
        """BYE to everybody."""
        wires = list(self._wires)
        tasks = [wire.task for wire in wires if wire.task is not None]
        for wire in wires:
            wire.stop()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for wire in wires:
            wire.drop()


class Wire(protocol.Protocol):
    """One socket: Twisted's protocol on one side, the conversation's transport on the other."""

    def __init__(self, factory: IMAPFactory, *, is_local: bool) -> None:
        self._home = factory
        self._is_local = is_local
        self._writable = asyncio.Event()
        self._writable.set()
        self._is_lost = False
        self._connection: Connection | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def is_stranger(self) -> bool:
        """Whether nobody has logged in on it."""
        return self._connection is None or self._connection.session.state is State.NOT_AUTHENTICATED

    # What Twisted calls.

    def connectionMade(self) -> None:
        """The conversation begins."""
        self._socket.registerProducer(self, True)
        if hasattr(self._socket, "setTcpNoDelay"):
            self._socket.setTcpNoDelay(True)
        is_private = self._is_local or self._home.starts_with_tls
        may_start_tls = self._home.contexts is not None and not self._home.starts_with_tls
        self._connection = Connection(self._home.service, self, Peer(is_private, may_start_tls))
        self.task = asyncio.ensure_future(self._connection.run())

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._connection is not None:
            self._connection.received(data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The client has gone."""
        self._is_lost = True
        self._writable.set()
        self._home.gone(self)
        if self._connection is not None:
            self._connection.lost()

    def pauseProducing(self) -> None:
        """The socket is full."""
        self._writable.clear()

    def resumeProducing(self) -> None:
        """The socket takes more."""
        self._writable.set()

    def stopProducing(self) -> None:
        """The socket takes nothing any more."""
        self._is_lost = True
        self._writable.set()

    # What the conversation calls.

    async def write(self, chunk: bytes) -> None:
        """See `Transport`."""
        if self._is_lost:
            raise ConnectionResetError
        self._socket.write(chunk)
        if not self._writable.is_set():
            try:
                async with asyncio.timeout(self._home.service.limits.idle):
                    await self._writable.wait()
            except TimeoutError:
                raise ConnectionResetError from None
        if self._is_lost:
            raise ConnectionResetError

    def pause(self) -> None:
        """See `Transport`."""
        self._socket.pauseProducing()

    def resume(self) -> None:
        """See `Transport`."""
        if not self._is_lost:
            self._socket.resumeProducing()

    def start_tls(self) -> None:
        """See `Transport`."""
        self._socket.startTLS(self._home.contexts)

    def close(self) -> None:
        """See `Transport`."""
        if not self._is_lost:
            self._socket.unregisterProducer()
            self._socket.loseConnection()
            asyncio.get_running_loop().call_later(_LINGER, self.drop)

    # What the factory calls.

    def stop(self) -> None:
        """Ask for an end."""
        if self._connection is not None:
            self._connection.stop()

    def drop(self) -> None:
        """End at once."""
        if not self._is_lost:
            self._socket.abortConnection()

    @property
    def _socket(self) -> Any:
        return self.transport


@implementer(IOpenSSLContextFactory)
class _Contexts:
    """Makes the TLS context; Twisted's name for what it asks of it is `getContext`."""

    def __init__(self, tls: Tls) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
        context.use_certificate_chain_file(str(tls.certificate))
        context.use_privatekey_file(str(tls.key))
        context.check_privatekey()
        self._context = context

    def getContext(self) -> SSL.Context:
        """The context all connections share."""
        return self._context


def _network(host: str) -> str:
    """What an address is counted by; empty for this machine itself."""
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
