"""The one file that opens IMAP ports: sockets, TLS, back-pressure and who may connect. No IMAP grammar.

Twisted carries the bytes on the asyncio loop the rest of the gateway runs on. Each connection has one task that runs
its conversation; writing waits while the socket is full, and reading stops while a command runs and too much waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from OpenSSL import SSL
from twisted.internet import protocol
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.core.auth import Authenticator, TokenVerifier
from gateway.core.store import KeepsMail
from protocols.imap import proxied
from protocols.imap.caps import Caps, Counted, Network, is_within, network_of
from protocols.imap.connection import Connection
from protocols.imap.narrowing import Narrowing
from protocols.imap.service import Peer, Service
from protocols.imap.states import State
from protocols.imap.types import Limits
from protocols.imap.writes import WritesMail

log = logging.getLogger(__name__)

_LINGER: Final = 30.0
"""Seconds that a closed connection has to take what was written to it."""
_HEADER: Final = 10.0
"""Seconds that a proxy has to say whom it speaks for."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Where certificate chain and key lie (PEM), and whether TLS begins with the connection or by STARTTLS."""

    certificate: Path
    key: Path
    is_implicit: bool = True


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
    tokens: TokenVerifier | None = None,
    narrowing: Narrowing | None = None,
    proxies: Sequence[Network] = (),
    is_trusted: bool = False,
) -> Listening:
    """Serve IMAP on an address; port 0 takes a free one.

    `proxies`: where there are any, only they may connect, and each says first whom it speaks for (the PROXY protocol).
    `is_trusted`: passwords may come in the clear from everywhere, because something in front does TLS. Twisted's asyncio reactor must be installed on the running loop. Raises OSError for an address that cannot be
    had, and what reading the certificate raises.
    """
    from twisted.internet import reactor

    service = Service(store, edits, authenticator, limits or Limits(), version, tokens, narrowing or Narrowing())
    contexts = None if tls is None else _Contexts(tls)
    factory = IMAPFactory(
        service,
        caps or Caps(),
        contexts,
        starts_with_tls=tls is not None and tls.is_implicit,
        proxies=proxies,
        is_trusted=is_trusted,
    )
    opener: Any = reactor
    try:
        if contexts is not None and factory.starts_with_tls and not proxies:
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

    def __init__(
        self,
        service: Service,
        caps: Caps,
        contexts: _Contexts | None,
        *,
        starts_with_tls: bool,
        proxies: Sequence[Network] = (),
        is_trusted: bool = False,
    ) -> None:
        self.service = service
        self.contexts = contexts
        self.starts_with_tls = starts_with_tls
        self.is_trusted = is_trusted
        self._proxies = proxies
        self._caps = caps
        self._counted = Counted(caps.per_address)
        self._wires: dict[Wire, str | None] = {}
        """Every connection, and the network it is counted by; None while a proxy has not said where it is from."""

    def buildProtocol(self, addr: Any) -> Wire | None:
        """A connection has come; None closes it."""
        if self._proxies and not is_within(addr.host, self._proxies):
            return None
        strangers = [wire for wire in self._wires if wire.is_stranger]
        wire = Wire(self, addr.host, is_proxied=bool(self._proxies))
        self._wires[wire] = None
        if not self._proxies and not self.place(wire, addr.host):
            del self._wires[wire]
            return None
        if len(strangers) >= self._caps.unauthenticated:
            strangers[0].drop()
        return wire

    def place(self, wire: Wire, host: str) -> bool:
        """Count a connection where it is from; False where there are too many from there."""
        network = network_of(host)
        if not self._counted.enter(network):
            return False
        self._wires[wire] = network
        return True

    def gone(self, wire: Wire) -> None:
        """A connection is over."""
        network = self._wires.pop(wire, None)
        if network is not None:
            self._counted.leave(network)

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

    def __init__(self, factory: IMAPFactory, host: str, *, is_proxied: bool) -> None:
        self._home = factory
        self._origin = proxied.Origin(host)
        self._header: bytes | None = b"" if is_proxied else None
        """What has come of a proxy's header; None where none is to come any more."""
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
        if self._header is None:
            self._begin()
        else:
            asyncio.get_running_loop().call_later(_HEADER, self._give_up)

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the client, or before them a proxy's header."""
        if self._header is not None:
            self._read_header(self._header + data)
        elif self._connection is not None:
            self._connection.received(data)

    def _read_header(self, start: bytes) -> None:
        self._header = start
        try:
            found = proxied.read(start)
        except proxied.BadHeader:
            log.warning("a proxy at %s sent no header of the PROXY protocol", self._origin.host)
            self.drop()
            return
        if found is None:
            return
        origin, size = found
        self._header = None
        if origin.host:
            self._origin = origin
        if not self._home.place(self, self._origin.host):
            self.drop()
            return
        socket = self._socket
        if self._home.starts_with_tls:
            socket.startTLS(self._home.contexts)
        self._begin()
        if rest := start[size:]:
            # Where TLS has begun, what follows the header is its handshake.
            (socket.protocol if self._home.starts_with_tls else self).dataReceived(rest)

    def _begin(self) -> None:
        """Start the conversation."""
        home, origin = self._home, self._origin
        is_private = home.starts_with_tls or home.is_trusted or origin.was_tls or not network_of(origin.host)
        may_start_tls = home.contexts is not None and not home.starts_with_tls and not origin.was_tls
        self._connection = Connection(home.service, self, Peer(is_private, may_start_tls))
        self.task = asyncio.ensure_future(self._connection.run())

    def _give_up(self) -> None:
        if self._header is not None:
            self.drop()

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
