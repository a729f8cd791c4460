"""Credentials and the interface that judges them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.model import Principal


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client presented. `login` may be the bare login or an e-mail address; the secret never shows in a repr."""

    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token that somebody else issued (RFC 6750). `login`: who the client says this is; it may be empty."""

    login: str
    token: str = field(repr=False)


class Authenticator(Protocol):
    """Judges credentials."""

    async def authenticate(self, credentials: Credentials) -> Principal:
        """The principal these belong to.

        Raises NotAuthenticated for every kind of wrong, in equal time and words; Unavailable where it cannot be known.
        """
        ...


class TokenVerifier(Protocol):
    """Judges tokens."""

    async def verify(self, token: BearerToken) -> Principal:
        """The principal a token was issued for, who is the one it is presented as.

        Raises NotAuthenticated for every kind of wrong; Unavailable where it cannot be known.
        """
        ...
