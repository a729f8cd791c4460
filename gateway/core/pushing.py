"""Pushes (WebDAV-Push): who wants to hear that a collection has moved, and where he is to be told.

A push says nothing but that: which collection, by a name that means nothing to anybody else, and its sync token. It is
encrypted for whoever registered; push services see that there was one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.ids import ModSeq
from gateway.core.model import CollectionName, Principal


@dataclass(frozen=True, slots=True)
class PushTarget:
    """A subscription at a push service: its URL, and the client's public key and secret for RFC 8291 (base64url)."""

    resource: str
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class PushRegistration:
    """What came of registering: a name to cancel it by, and until when it holds (seconds since 1970)."""

    name: str
    expires: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class DuePush:
    """One push to be sent; `modseq` is what is known once it is sent."""

    name: str
    target: PushTarget
    topic: str
    token: str
    modseq: ModSeq


class KeepsPushes(Protocol):
    """A store that keeps registrations."""

    async def register_push(
        self, who: Principal, name: CollectionName, target: PushTarget, expires: int | None
    ) -> PushRegistration:
        """Have a target hear of a collection; the same target again is the same registration with a new end.

        Raises NotFound, InvalidContent for a target that cannot be used, TooLarge for too many.
        """
        ...

    async def unregister_push(self, who: Principal, registration: str) -> None:
        """End a registration of the principal's own. Raises NotFound."""
        ...

    async def hush_pushes(
        self, who: Principal, name: CollectionName, before: ModSeq, registrations: Sequence[str] | None
    ) -> None:
        """These registrations (None: all) need not hear of what the principal has just done.

        `before` is the collection's number before that. What others did in between is heard of all the same.
        """
        ...
