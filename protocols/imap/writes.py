"""What IMAP asks of the one door for writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Appended, Copied, Flagged, FlagMode, Flags
from gateway.core.mail_more import Incoming
from gateway.core.model import CollectionName, Principal, Role


class WritesMail(Protocol):
    """The one door for what clients change, as far as mail goes (`gateway.edits.Edits` is it)."""

    async def append(
        self, who: Principal, name: CollectionName, raw: bytes, flags: Flags, date: int | None
    ) -> Appended:
        """Take a message in."""
        ...

    async def append_all(
        self, who: Principal, name: CollectionName, messages: Sequence[Incoming]
    ) -> Sequence[Appended]:
        """Take several in, or none."""
        ...

    async def replace(
        self, who: Principal, source: CollectionName, uid: UID, target: CollectionName, message: Incoming
    ) -> Appended | None:
        """Take a message in and remove that one, or neither; None where that one is not there any more."""
        ...

    async def copy(
        self, who: Principal, source: CollectionName, uids: Sequence[UID], target: CollectionName, *, is_move: bool
    ) -> Copied:
        """Place messages in another mailbox."""
        ...

    async def expunge(self, who: Principal, name: CollectionName, uids: Sequence[UID] | None) -> Sequence[UID]:
        r"""Remove what is flagged \Deleted."""
        ...

    async def flag(
        self,
        who: Principal,
        name: CollectionName,
        uids: Sequence[UID],
        mode: FlagMode,
        flags: Flags,
        unchanged_since: ModSeq | None = None,
    ) -> Flagged:
        """Change flags."""
        ...

    async def create_mailbox(self, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """A mailbox of the principal's own, for that role."""
        ...

    async def rename_mailbox(self, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """Another name for one."""
        ...

    async def delete_mailbox(self, who: Principal, name: CollectionName) -> None:
        """Take one away."""
        ...

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """Have a mailbox listed among one's own choice, or not."""
        ...

    async def annotate(self, who: Principal, name: CollectionName | None, changes: Mapping[str, bytes | None]) -> None:
        """Note something on a mailbox, or on the server."""
        ...
