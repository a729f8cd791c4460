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


class Authenticator(Protocol):
    """Judges credentials."""

    async def authenticate(self, credentials: Credentials) -> Principal:
        """The principal these belong to.

        Raises NotAuthenticated for every kind of wrong, in equal time and words; Unavailable where it cannot be known.
        """
        ...
