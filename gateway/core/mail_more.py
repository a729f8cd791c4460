"""What mailboxes have beside their messages: subscriptions, traces of what went, several messages at once.

Each interface is as small as the extension of IMAP that asks for it; `KeepsMore` is all of them. The rules of
`gateway.core.store` hold here too: every call names who is asking, and is one unit of work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Appended, Flags
from gateway.core.model import CollectionName, Principal

if TYPE_CHECKING:
    from gateway.core.store import Decide


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message on its way in. `date`: seconds since 1970 UTC, None for now."""

    raw: bytes = field(repr=False)
    flags: Flags = frozenset()
    date: int | None = None


class KeepsSubscriptions(Protocol):
    """Which mailboxes a principal wants listed (RFC 3501 §6.3.6)."""

    async def subscriptions(self, who: Principal) -> Mapping[str, bool]:
        """What he has said of mailboxes by name, true for subscribed. One he said nothing of is subscribed while it is there.

        Names outlive their mailboxes: only he takes one back.
        """
        ...

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """Say so of one. Raises TooLarge for one name too many, or one too long."""
        ...


class RemembersGone(Protocol):
    """Traces of what has gone from a mailbox (RFC 7162 §3.2.6)."""

    async def vanished(self, who: Principal, name: CollectionName, since: ModSeq) -> Sequence[UID]:
        """The uids that went after `since`, in order. Raises TokenExpired where not all of them are known any more."""
        ...


class TakesMany(Protocol):
    """Several messages at once (RFC 3502)."""

    async def append_all(
        self, who: Principal, name: CollectionName, messages: Sequence[Incoming], decide: Decide
    ) -> Sequence[Appended]:
        """Take all of these in, or none; see `KeepsMail.append`."""
        ...


class Replaces(Protocol):
    """One message in place of another (RFC 8508)."""

    async def replace(
        self,
        who: Principal,
        source: CollectionName,
        uid: UID,
        target: CollectionName,
        message: Incoming,
        decide: Decide,
    ) -> Appended | None:
        """Take a message in and remove that one, or neither; None where that one is not there any more.

        Raises what `KeepsMail.append` and `KeepsMail.expunge` raise.
        """
        ...


class CountsMailboxes(Protocol):
    """What STATUS and quotas ask for beside what a collection says of itself."""

    async def marked(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, int]:
        r"""How many messages of each are flagged \Deleted; names that are not there are left out."""
        ...

    async def own_mailboxes(self, who: Principal) -> tuple[int, int]:
        """How many mailboxes the principal has made, and how many he may."""
        ...


PRIVATE: Final = "/private/"
SHARED: Final = "/shared/"
"""How names of annotations begin: of what is the principal's own, and of what all see who see the mailbox."""
ANNOTATION_LARGEST: Final = 64 * 1024
"""Bytes of one value."""
ANNOTATIONS_MOST: Final = 100
"""Of one mailbox, shared or one principal's."""


class KeepsAnnotations(Protocol):
    """Notes on mailboxes and on the server (None), under names in small letters (RFC 5464)."""

    async def annotations(self, who: Principal, name: CollectionName | None) -> Mapping[str, bytes]:
        """The principal's own and the shared ones. Raises NotFound."""
        ...

    async def annotate(self, who: Principal, name: CollectionName | None, changes: Mapping[str, bytes | None]) -> None:
        """Set these, or (None) take them away; all or none. Raises NotFound, NoPermission, TooLarge, OverQuota."""
        ...


class KeepsMore(KeepsSubscriptions, RemembersGone, TakesMany, Replaces, CountsMailboxes, KeepsAnnotations, Protocol):
    """All of it."""
