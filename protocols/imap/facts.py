"""What is known of a message beside its words: EMAILID, THREADID (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970). Pure.

An e-mail's id is made of its bytes, so copies have one and a message that renders differently has another. Its thread
is named after the message that began it: the first that References names, else the one it answers, else itself.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

from gateway.core.ids import CollectionId
from gateway.core.mail import MessageContent, Need
from gateway.formats.mime_headers import fields, header_end, message_ids, unfold
from protocols.imap.encoder import NIL, date_time, quoted

_DAY = 86_400


class Fact(enum.Enum):
    """One of them, by its name on the wire."""

    EMAILID = b"EMAILID"
    THREADID = b"THREADID"
    SAVEDATE = b"SAVEDATE"
    PREVIEW = b"PREVIEW"

    @property
    def need(self) -> Need:
        """What must be read of a message to know it."""
        return {Fact.THREADID: Need.HEADER, Fact.PREVIEW: Need.SUMMARY}.get(self, Need.NOTHING)


@dataclass(frozen=True, slots=True)
class HasFact:
    """SEARCH: a fact is this text, or (SAVEDATE) its day since 1970 lies between two."""

    fact: Fact
    text: str = ""
    low: int = 0
    high: int = 0

    def holds(self, content: MessageContent) -> bool:
        """Whether it does of this message."""
        if self.fact is Fact.SAVEDATE:
            return content.saved is not None and self.low <= content.saved // _DAY <= self.high
        return self.text == (email_id(content) if self.fact is Fact.EMAILID else thread_id(content))


def mailbox_id(collection: CollectionId) -> str:
    """RFC 8474 §4: of a mailbox, whatever it is called; one made anew has another."""
    return f"M{collection}"


def email_id(content: MessageContent) -> str:
    """RFC 8474 §5.1."""
    return f"E{content.digest[:40]}"


def thread_id(content: MessageContent) -> str:
    """RFC 8474 §5.2; empty for a message that names neither itself nor another."""
    first = ""
    raw = content.raw or b""
    for name, value in fields(raw[: header_end(raw)] if content.header is None else content.header):
        if name == "references" and (named := message_ids(unfold(value), 1)):
            first = named[0]
            break
        if name == "in-reply-to" or (name == "message-id" and not first):
            named = message_ids(unfold(value), 1)
            first = named[0] if named else first
    return f"T{hashlib.sha256(first.encode('utf-8', 'replace')).hexdigest()[:32]}" if first else ""


def told(fact: Fact, content: MessageContent) -> bytes:
    """A fact as FETCH tells it."""
    if fact is Fact.EMAILID:
        return b"(" + email_id(content).encode("ascii") + b")"
    if fact is Fact.THREADID:
        found = thread_id(content)
        return b"(" + found.encode("ascii") + b")" if found else NIL
    if fact is Fact.SAVEDATE:
        # RFC 8514 §4.2: NIL where it is not known; we know it of what came since we note it.
        return NIL if content.saved is None else date_time(content.saved)
    preview = "" if content.summary is None else content.summary.preview
    return quoted(preview.encode("utf-8"))
