"""What a protocol talks about: principals, collections, entries, resources, conditions.

All frozen. A `CollectionName` is how a client names a collection in its own home (section and slug); a
`Collection` is what it finds there, with the numbers that every kind of synchronisation is made of.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.core.ids import UID, CollectionId, Epoch, ETag, Href, ModSeq, ObjectUid, PrincipalId, SyncToken

NOBODY: Final = PrincipalId("")


class Shape(enum.Enum):
    """What form the entries of a collection take."""

    CARD = "card"
    EVENT = "event"
    TASK = "task"
    JOURNAL = "journal"
    MESSAGE = "message"


class Section(enum.Enum):
    """The part of a principal's home a collection stands in."""

    ADDRESS_BOOKS = "addressbooks"
    CALENDARS = "calendars"
    MAILBOXES = "mailboxes"


SECTION_OF: Final = {
    Shape.CARD: Section.ADDRESS_BOOKS,
    Shape.EVENT: Section.CALENDARS,
    Shape.TASK: Section.CALENDARS,
    Shape.JOURNAL: Section.CALENDARS,
    Shape.MESSAGE: Section.MAILBOXES,
}


LIST_EXTENSION: Final = ".vlf"
"""What the name of a distribution list ends in, as SOGo has it: such an item of an address book is no card."""


class Role(enum.Enum):
    """What a mailbox is for (RFC 6154 knows most of them); NONE for everything else.

    INBOX among calendars is the one that scheduling messages come to (RFC 6638 §2.2).
    """

    NONE = ""
    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    ARCHIVE = "archive"
    JUNK = "junk"


class Right(enum.Flag):
    """What a principal may do with a collection's entries; DAV privileges and IMAP rights are drawn from here."""

    NONE = 0
    READ = enum.auto()
    CREATE = enum.auto()
    CHANGE = enum.auto()
    REMOVE = enum.auto()
    FLAG = enum.auto()
    """Keep flags of one's own; harmless, so readers have it too."""

    READER = READ | FLAG
    WRITER = READ | CREATE | CHANGE | REMOVE | FLAG


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is acting. `address` is his own e-mail address, empty where the CRM knows none.

    `realm` is his CRM where there are several (`gateway.core.realms`); the login then ends in it.
    """

    id: PrincipalId
    login: str
    name: str
    address: str
    timezone: str = "UTC"
    realm: str = ""


@dataclass(frozen=True, slots=True)
class CollectionName:
    """How its owner or reader names a collection. For mailboxes the slug is the full path, levels parted by `/`.

    `of`: in whose home, where it is that of another for whom the principal acts (`gateway.core.sharing`).
    """

    section: Section
    slug: str
    of: PrincipalId = NOBODY


@dataclass(frozen=True, slots=True)
class PushOffer:
    """How to hear that a collection has moved: its name in pushes, and the public key of who sends them (base64url)."""

    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of entries with an epoch and a modseq, as one principal sees it."""

    id: CollectionId
    name: CollectionName
    shape: Shape
    display_name: str
    role: Role
    is_shared: bool
    rights: Right
    epoch: Epoch
    modseq: ModSeq
    uid_next: UID
    count: int
    color: str = ""
    order: int = 0
    description: str = ""
    is_own: bool = False
    """Made by the principal himself and kept by the gateway; no view of the CRM."""
    is_mixed: bool = False
    """An own calendar that was made without a kind: events, tasks and journals stand side by side. `shape` is EVENT."""
    look: Mapping[str, str] = field(default_factory=dict)
    """What the principal has said of it (`gateway.core.keeping`); names and colour above have it already."""
    owner: Principal | None = None
    """Whose it is, where another has let the principal in (`gateway.core.sharing`)."""
    is_offered: bool = False
    """Whether it is the principal's own and he shares it with somebody."""

    is_directory: bool = False
    """An address book in which people are looked up; it may be large, and is not offered to be copied."""
    push: PushOffer | None = None
    """None where there are no pushes."""

    @property
    def is_schedule_inbox(self) -> bool:
        """Whether scheduling messages come here; it is no calendar then."""
        return self.role is Role.INBOX and self.shape is not Shape.MESSAGE

    @property
    def token(self) -> SyncToken:
        """The sync token of the collection as it stands."""
        return SyncToken(self.id, self.epoch, self.modseq)


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource without its content. `size` is that of the content, in bytes."""

    href: Href
    uid: UID
    etag: ETag
    modseq: ModSeq
    size: int
    is_within: bool = False
    """Of those that may happen in a time: whether this one does for certain, without a look at its content."""
    schedule_tag: str = ""
    """Changes when what people are invited to does, not when they answer (RFC 6638 §3.2.10); empty for anything else."""


@dataclass(frozen=True, slots=True)
class Resource:
    """An entry with the very bytes that are served; `etag` is a hash of them."""

    entry: Entry
    object_uid: ObjectUid
    content: bytes


@dataclass(frozen=True, slots=True)
class Condition:
    """The request's preconditions (RFC 9110 §13). Empty: none. `must_exist` is If-Match: *, `must_be_new` If-None-Match: *."""

    any_of: frozenset[ETag] | None = None
    """If-Match with tags: the resource must exist with one of these."""
    none_of: frozenset[ETag] | None = None
    """If-None-Match with tags: it must not have any of these."""
    must_exist: bool = False
    must_be_new: bool = False
    schedule_tag: str | None = None
    """If-Schedule-Tag-Match: the tag it must have (RFC 6638 §8.3)."""
    is_silent: bool = False
    """Schedule-Reply: F, nobody is to be told of a removal (RFC 6638 §8.1)."""
    tokens: frozenset[str] = frozenset()
    """Lock tokens that came with the request (RFC 4918 §10.4.1)."""

    def holds(self, etag: ETag | None) -> bool:
        """Whether a resource with this etag (None: it is not there) may be written."""
        if self.must_be_new and etag is not None:
            return False
        if self.must_exist and etag is None:
            return False
        if self.any_of is not None and (etag is None or etag not in self.any_of):
            return False
        return not (self.none_of is not None and etag is not None and etag in self.none_of)


UNCONDITIONAL: Final = Condition()
