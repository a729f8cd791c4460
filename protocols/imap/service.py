"""What a conversation is given: the service that all share, what is known of the other end, and how lines are read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.auth import Authenticator, TokenVerifier
from gateway.core.store import KeepsMail
from protocols.imap.columns import Shelf
from protocols.imap.narrowing import Narrowing
from protocols.imap.notifying import Request
from protocols.imap.stays import Stays
from protocols.imap.types import Limits
from protocols.imap.writes import WritesMail


class Input(Protocol):
    """How a command reads lines that are no commands (SASL responses, DONE)."""

    async def line(self, wake: asyncio.Event | None = None, patience: float | None = None) -> bytes | None:
        """The next line; None where `wake` was set or the time ran out before it came."""
        ...


class Notifies(Protocol):
    """What keeps a client's NOTIFY (`protocols.imap.watching`)."""

    request: Request
    stirred: asyncio.Event

    async def tell(self) -> bool:
        """Tell what is new outside the selected mailbox; False where nothing more will be told."""
        ...

    def close(self) -> None:
        """Watch no more."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What all conversations share."""

    store: KeepsMail
    edits: WritesMail
    authenticator: Authenticator
    limits: Limits = field(default_factory=Limits)
    version: str = ""
    tokens: TokenVerifier | None = None
    """Who judges bearer tokens; without one no mechanism of theirs is offered."""
    narrowing: Narrowing = field(default_factory=Narrowing)
    stays: Stays = field(default_factory=Stays)
    shelf: Shelf = field(default_factory=Shelf)


@dataclass(slots=True)
class Peer:
    """What is known of the other end. `is_private`: nobody on the way can read along (TLS, or this machine itself)."""

    is_private: bool
    may_start_tls: bool = False
