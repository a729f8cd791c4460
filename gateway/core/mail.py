"""What a mailbox is made of, without IMAP's grammar.

A mailbox is read as *columns* (one tuple a message, in uid order) because clients ask for all flags of fifty
thousand messages at once; content is fetched for a few uids at a time, and only as much of it as is needed.
Flags are each principal's own. System flags keep their backslash, keywords have none; both are compared without
regard to case, and the first spelling is kept.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.ids import UID, Epoch, ModSeq
from gateway.core.model import Collection

Flags = frozenset[str]
NO_FLAGS: Flags = frozenset()


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as a mailbox lists it. `date` is the internal date: seconds since 1970 UTC. `modseq` counts flags too."""

    uid: UID
    modseq: ModSeq
    size: int
    date: int
    flags: Flags


@dataclass(frozen=True, slots=True)
class MailboxChanges:
    """What is new for one principal since a modseq (None: everything that is there, and nothing vanished)."""

    collection: Collection
    rows: Sequence[MessageRow]
    vanished: Sequence[UID]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as headers have it: decoded display name, local part, domain."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """`local@domain`, or what there is of it."""
        return f"{self.local}@{self.domain}" if self.domain else self.local


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """An RFC 5322 group: `name: a, b;`."""

    name: str
    members: tuple[Mailbox, ...]


AddressList = tuple[Mailbox | AddressGroup, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header fields IMAP calls an envelope (RFC 3501 §7.4.2): raw where IMAP wants them raw, addresses parsed."""

    date: str = ""
    subject: str = ""
    """As it stands in the header, unfolded, encoded words left alone."""
    from_: AddressList = ()
    sender: AddressList = ()
    reply_to: AddressList = ()
    to: AddressList = ()
    cc: AddressList = ()
    bcc: AddressList = ()
    in_reply_to: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME part and where it lies: offsets are into the whole message, in bytes.

    `start` is the first byte of the part's own header, `body` the first of its body, `end` one past its last. For
    `message/rfc822` the inner message is `parts[0]` and has its own envelope; for multiparts `parts` are its parts.
    """

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...]
    start: int
    body: int
    end: int
    lines: int
    encoding: str = "7bit"
    content_id: str = ""
    description: str = ""
    md5: str = ""
    disposition: str = ""
    disposition_parameters: tuple[tuple[str, str], ...] = ()
    language: tuple[str, ...] = ()
    location: str = ""
    parts: tuple[Part, ...] = ()
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is computed once when a message is stored: envelope, structure, and where its header ends."""

    envelope: Envelope
    structure: Part
    preview: str = ""


class Need(enum.Flag):
    """How much of a message's content the caller wants read."""

    NOTHING = 0
    SUMMARY = enum.auto()
    HEADER = enum.auto()
    """The header block, with the empty line that ends it."""
    RAW = enum.auto()


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The parts of a message that were asked for; the others are None."""

    uid: UID
    summary: Summary | None
    header: bytes | None
    raw: bytes | None
    digest: str = ""
    """SHA-256 of the bytes, in hexadecimal."""
    saved: int | None = None
    """When it came to stand in this mailbox, in seconds since 1970; None where that was not noted."""


class FlagMode(enum.Enum):
    """How STORE's flags meet those that are there (RFC 3501 §6.4.6)."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Flagged:
    """The outcome of a flag change. `conflicting`: uids that have changed since `unchanged_since` (RFC 7162 §3.1.3)."""

    rows: Sequence[MessageRow]
    conflicting: Sequence[UID]


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an appended message stands (RFC 4315 §3)."""

    epoch: Epoch
    uid: UID


@dataclass(frozen=True, slots=True)
class Copied:
    """Pairs of uids, source then target, in the order of the source (RFC 4315 §3)."""

    epoch: Epoch
    pairs: Sequence[tuple[UID, UID]] = field(default_factory=tuple)
