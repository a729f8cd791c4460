"""What principals let each other see: collections of their own that they share, and calendars they delegate.

A *share* is of one collection that its owner made himself. It stands in the sharee's home under a name of its own
there, with his own look, until he takes it out or the owner ends it. What the CRM shows is shared by the CRM.

A *proxy* acts for another in his calendars, under the other's names for them (`CollectionName.of`): what he writes is
his own act, done to the other's things. He never has more rights than the one he acts for, and sees no address books,
no mail, and nothing that a third has shared.
"""

from __future__ import annotations

import enum
from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.core.ids import PrincipalId
from gateway.core.model import Collection, CollectionName, Principal, Right
from gateway.core.people import KnowsPeople


class Access(enum.Enum):
    """How far somebody is let in. The words are stored."""

    READ = "read"
    WRITE = "write"


GRANTS: Final = {Access.READ: Right.READER, Access.WRITE: Right.WRITER}
"""The most that somebody may do who is let in; the collection's own rights may be less."""


class Standing(enum.Enum):
    """What a sharee has answered. The words are stored."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Somebody one acts for, or who acts for one."""

    person: Principal
    access: Access


@dataclass(frozen=True, slots=True)
class Share:
    """One sharee of a collection, as its owner sees him."""

    sharee: Principal
    access: Access
    standing: Standing
    summary: str = ""
    """What the owner wrote to him."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What an owner wants one sharee to have; None: no more of it."""

    sharee: PrincipalId
    access: Access | None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a sharee is told of a share. `token` names it; `when` is in seconds since 1970."""

    token: str
    owner: Principal
    collection: Collection
    """As it stands in his home."""
    access: Access
    standing: Standing
    summary: str
    when: int


class LetsIn(KnowsPeople, Protocol):
    """What a store can do about it."""

    async def home_of(self, who: Principal, other: Principal) -> Sequence[Collection]:
        """The calendars of one he acts for. Raises NotFound."""
        ...

    async def acts_for(self, who: Principal) -> Sequence[Proxy]:
        """Those he acts for, by login."""
        ...

    async def proxies(self, who: Principal) -> Sequence[Proxy]:
        """Those who act for him, by login."""
        ...

    async def set_proxies(self, who: Principal, access: Access, people: Some[PrincipalId]) -> None:
        """These, and nobody else, act for him so far; who did so otherwise does so no more. Raises NotFound, TooLarge."""
        ...

    async def shares(self, who: Principal, name: CollectionName) -> Sequence[Share]:
        """With whom a collection is shared, by login: all of them for its owner, himself for a sharee. Raises NotFound."""
        ...

    async def share(self, who: Principal, name: CollectionName, offers: Sequence[Offer]) -> None:
        """Let people in, or no more. Raises NotFound (collection, person), NoPermission (not his own to share), TooLarge."""
        ...

    async def invitations(self, who: Principal) -> Sequence[Invitation]:
        """What he has been told of and not put away, oldest first."""
        ...

    async def reply(self, who: Principal, token: str, *, accepts: bool, summary: str = "") -> CollectionName:
        """Keep a share, under this display name if one is given, or have it go. Its name; raises NotFound."""
        ...

    async def put_away(self, who: Principal, token: str) -> None:
        """Be told no more of one. Raises NotFound."""
        ...
