"""**The** interface between protocols and data.

Every call names who is asking, and sees only what that principal may see: anything else is `NotFound`, exactly as
if it did not exist. One call is one unit of work: it happens whole or not at all, in a transaction of its own, on
a thread of the store's. Whatever cannot be answered now raises `Unavailable`; no call answers with less than there
is. Writes come from `gateway.edits` alone.

`Store` is what every collection has. `KeepsMail` is what mailboxes have beside it. A protocol asks for the
smallest interface it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.core.changes import Changes, Written
from gateway.core.entities import Fields
from gateway.core.filter import CardFilter, TimeRange
from gateway.core.ids import UID, CollectionId, Href, ModSeq, ObjectUid, SyncToken
from gateway.core.mail import Appended, Copied, Flagged, FlagMode, Flags, MailboxChanges, MessageContent, Need
from gateway.core.mail_more import KeepsMore
from gateway.core.model import Collection, CollectionName, Condition, Entry, Principal, Resource, Role, Section, Shape
from gateway.core.searching import Asked, Heading, Sifted
from gateway.core.tree import Component


@dataclass(frozen=True, slots=True)
class Draft:
    """A document on its way in: checked for form, not yet compared with anything."""

    shape: Shape
    object_uid: ObjectUid
    document: Component
    content: bytes
    """The bytes as the client sent them."""
    is_named: bool = True
    """Whether the document states its UID; else it is one made of the content, good for a new document only."""
    is_group: bool = False
    """Whether it is a card that lists others, and no person or company itself."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a write would change, put before the rules inside the transaction that would do it.

    `before` is None for a new entity. `changes` holds only fields the client really changed, with their new values;
    it is empty for a removal.
    """

    who: Principal
    collection: Collection
    entity: str
    before: Fields | None
    changes: Fields
    is_removal: bool = False


Decide = Callable[[Proposal], Fields]
"""Answers a proposal with the changes to make (amended or as they were), or raises `Refused`. Pure; runs on the store's thread."""


class Subscription(Protocol):
    """Wakes whoever waits when one of its collections may have moved. Says no more: ask for changes."""

    async def wait(self) -> None:
        """Returns once something has been published since the last return; at once if that was already so."""
        ...

    def add(self, collections: Iterable[CollectionId]) -> None:
        """Watch these as well."""
        ...


class Store(Protocol):
    """What a protocol may ask of any collection."""

    async def collections(self, who: Principal, section: Section | None = None) -> Sequence[Collection]:
        """Everything in the principal's home, or in one section, in the order it is to be shown. Brings new collections to life."""
        ...

    async def collection(self, who: Principal, name: CollectionName) -> Collection:
        """One collection as it stands now. Raises NotFound."""
        ...

    async def entries(
        self,
        who: Principal,
        name: CollectionName,
        hrefs: Sequence[Href] | None = None,
        within: TimeRange | None = None,
        like: CardFilter | None = None,
    ) -> tuple[Collection, Sequence[Entry]]:
        """The entries, all or those of `hrefs` that are there, in uid order, and the collection they were read with.

        `within`: only those that may happen in that time; `like`: only cards that may match. Both by what is known
        without their content, so there may be too many, never too few.
        """
        ...

    async def resources(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href]
    ) -> tuple[Collection, Sequence[Resource]]:
        """Content for those of `hrefs` that are there (at most 1,000 a call); others are left out. Order is free."""
        ...

    async def changes(
        self, who: Principal, name: CollectionName, since: SyncToken | None, limit: int | None = None
    ) -> Changes:
        """What is new since a token (None: everything, and nothing removed), oldest first, cut at `limit`.

        Raises TokenExpired for a token of another collection or life, of the future, or older than the tombstones.
        """
        ...

    async def put(
        self, who: Principal, name: CollectionName, href: Href, draft: Draft, when: Condition, decide: Decide
    ) -> Written:
        """Create or change one resource: three-way comparison, rules, rows, residue, index, in one transaction.

        Raises NotFound (collection), NoPermission, PreconditionFailed, UidConflict, Refused, UnsupportedContent.
        """
        ...

    async def delete(self, who: Principal, name: CollectionName, href: Href, when: Condition, decide: Decide) -> None:
        """Remove one resource, as the view's delete policy has it. Raises NotFound, NoPermission, PreconditionFailed, Refused."""
        ...

    def watch(self, collections: Iterable[CollectionId]) -> AbstractContextManager[Subscription]:
        """Be woken when one of these moves."""
        ...


class KeepsMail(Store, KeepsMore, Protocol):
    """What a mailbox can do beside it."""

    async def mailbox(self, who: Principal, name: CollectionName, since: ModSeq | None) -> MailboxChanges:
        """The mailbox as columns, or what changed in it after `since`: rows whose modseq is higher, uids that went.

        A `since` older than the tombstones that are left raises TokenExpired.
        """
        ...

    async def contents(
        self, who: Principal, name: CollectionName, uids: Sequence[UID], need: Need
    ) -> Sequence[MessageContent]:
        """Content of those of `uids` that are there (at most 1,000 a call), in uid order."""
        ...

    async def sift(
        self, who: Principal, name: CollectionName, asked: Sequence[Asked], among: Sequence[UID] | None = None
    ) -> Sequence[Sifted]:
        """What is known of messages' words without reading them, for each question; `among`: only of these are answers wanted."""
        ...

    async def headings(self, who: Principal, name: CollectionName) -> Sequence[tuple[UID, Heading]]:
        """What messages are sorted and threaded by, in uid order; of those that are left out it has to be read."""
        ...

    async def counts(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, tuple[int, int]]:
        """Total size in bytes and number of unseen messages, for STATUS; names that are not there are left out."""
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
        """Change flags of those of `uids` that are there; rows are returned for all of these that were not conflicting."""
        ...

    async def append(
        self, who: Principal, name: CollectionName, raw: bytes, flags: Flags, date: int | None, decide: Decide
    ) -> Appended:
        """Take a message in. The same message twice is one CRM e-mail and one entry. `date`: seconds since 1970, None for now."""
        ...

    async def copy(
        self,
        who: Principal,
        source: CollectionName,
        uids: Sequence[UID],
        target: CollectionName,
        decide: Decide,
        *,
        is_move: bool,
    ) -> Copied:
        """Place messages in another mailbox, flags with them; a move takes them out of the source in the same transaction."""
        ...

    async def expunge(
        self, who: Principal, name: CollectionName, uids: Sequence[UID] | None, decide: Decide
    ) -> Sequence[UID]:
        r"""Remove the messages flagged \Deleted (among `uids`, or all), as the view's delete policy has it; which ones went."""
        ...

    async def create_mailbox(self, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """A mailbox of the principal's own, kept by the gateway, for that role.

        Raises AlreadyExists, NoPermission, TooLarge, InvalidContent, and PreconditionFailed where another has the role.
        """
        ...

    async def rename_mailbox(self, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """Rename a mailbox of the principal's own and what is below it; identity and uids stay. Raises as `create_mailbox`, and NotFound."""
        ...

    async def delete_mailbox(self, who: Principal, name: CollectionName) -> None:
        """Remove a mailbox of the principal's own; what only stood there goes, CRM e-mails do not. Raises NotFound, NoPermission."""
        ...
