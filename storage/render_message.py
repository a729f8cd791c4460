"""An e-mail as the bytes that are served, and what IMAP asks of them computed once.

The original bytes are served where they are kept and the row still says what they say. A row that came without
bytes is composed once. Where the CRM has changed a row since, the changed header fields are set over the original;
a changed body is composed anew. Either way that is a new message: the index gives it a new uid.
"""

from __future__ import annotations

import time

from gateway.core.entities import MessageSource
from gateway.core.ids import ETag, ObjectUid
from gateway.core.mail import Summary
from gateway.formats.compose import compose
from gateway.formats.mime_headers import message_ids
from gateway.formats.overlay import overlay
from storage.crm.messages import source_digest
from storage.letter import Letter
from storage.render import etag_of
from storage.state.index import MessageFace, Rendered
from storage.summary import decode, encode


def from_row(source: MessageSource, original: bytes | None) -> tuple[Rendered, Letter]:
    """A row's message, over the bytes it had, if any; with the bytes to keep."""
    letter = Letter(compose(source) if original is None else overlay(original, source))
    date = int(source.sent.timestamp()) if source.sent else 0
    return from_letter(letter, source_digest(source), date), letter


def from_letter(letter: Letter, source: str, date: int | None) -> Rendered:
    """A message as it came. `source`: the hash of the row it stands for, empty for none; `date`: internal, None for now."""
    face = MessageFace(
        digest=letter.digest,
        source_digest=source,
        message_id=_message_id(letter),
        body_digest=letter.body_digest,
        date=int(time.time()) if date is None else date,
        header=letter.raw[: letter.end],
        summary=encode(letter.summary),
    )
    return Rendered(uid_of(letter), etag_of(letter.raw), len(letter.raw), None, message=face)


def uid_of(letter: Letter) -> ObjectUid:
    """What a message is known by: its own id, else its bytes."""
    return ObjectUid(_message_id(letter) or letter.digest)


def _message_id(letter: Letter) -> str:
    return " ".join(message_ids(letter.summary.envelope.message_id, 1))[:255]


def unchanged(uid: ObjectUid, etag: str, size: int, face_digest: str, source: str) -> Rendered:
    """A message the index holds already: enough of it to stand in one more collection, nothing to write again."""
    face = MessageFace(face_digest, source, "", "", 0, b"", b"")
    return Rendered(uid, ETag(etag), size, None, message=face)


def read_summary(held: bytes) -> Summary:
    """What `from_letter` kept of a message's structure."""
    return decode(held)
