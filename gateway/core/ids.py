"""The small types that must not be mixed up.

Each is a distinct type for the checker and a plain int or str at run time. `SyncToken` is the only one with a
shape of its own, because it travels to clients and comes back: a URI (RFC 6578 §3.2) that names the collection,
its epoch and a modseq, so a token of one collection or one life can never be taken for another's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

CollectionId = NewType("CollectionId", int)
"""Row number of a collection; internal, never shown alone."""

PrincipalId = NewType("PrincipalId", str)
"""The CRM user's key, as text."""

Href = NewType("Href", str)
"""Last segment of a resource's URL, decoded."""

ETag = NewType("ETag", str)
"""Strong entity tag without its quotes."""

UID = NewType("UID", int)
"""IMAP's number of an entry in its collection (RFC 3501 §2.3.1.1); only grows."""

ModSeq = NewType("ModSeq", int)
"""Position on a collection's number line (RFC 7162)."""

Epoch = NewType("Epoch", int)
"""Which life of the collection; UIDVALIDITY on the wire: 32 bits, not 0, only grows."""

ObjectUid = NewType("ObjectUid", str)
"""The UID property of a vCard or iCalendar object."""

EntityKey = NewType("EntityKey", str)
"""A CRM row's primary key, as text."""

_TOKEN = re.compile(r"urn:crmgate:sync:([0-9]{1,18})-([0-9]{1,10})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SyncToken:
    """A point on one collection's number line."""

    collection: CollectionId
    epoch: Epoch
    modseq: ModSeq

    def __str__(self) -> str:
        return f"urn:crmgate:sync:{self.collection}-{self.epoch}-{self.modseq}"

    @classmethod
    def parse(cls, text: str) -> SyncToken | None:
        """The token that `text` is, or None where it is none of ours."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            return None
        collection, epoch, modseq = (int(group) for group in found.groups())
        return cls(CollectionId(collection), Epoch(epoch), ModSeq(modseq))
