"""An e-mail as the bytes that are served, and what IMAP asks of them computed once.

The original bytes are served where they are kept and the row still says what they say. A row that came without
bytes is composed once. Where the CRM has changed a row since, the changed header fields are set over the original;
a changed body is composed anew. Either way that is a new message: the index gives it a new uid.
"""

from __future__ import annotations

import hashlib
import time

from gateway.core.entities import MessageSource
from gateway.core.ids import ETag, ObjectUid
from gateway.core.mail import Summary
from gateway.formats.compose import compose
from gateway.formats.mime import header_end, summarise
from gateway.formats.mime_headers import message_ids
from gateway.formats.overlay import overlay
from storage.crm.messages import source_digest
from storage.render import etag_of
from storage.state.blobs import digest
from storage.state.index import MessageFace, Rendered
from storage.summary import decode, encode


def from_row(source: MessageSource, original: bytes | None) -> tuple[Rendered, bytes]:
    """A row's message, over the bytes it had, if any; with the bytes to keep."""
    raw = compose(source) if original is None else overlay(original, source)
    date = int(source.sent.timestamp()) if source.sent else 0
    return from_bytes(raw, source_digest(source), date), raw


def from_bytes(raw: bytes, source: str, date: int | None) -> Rendered:
    """A message as it came. `source`: the hash of the row it stands for, empty for none; `date`: internal, None for now."""
    summary = summarise(raw)
    end = header_end(raw)
    message_id = " ".join(message_ids(summary.envelope.message_id, 1))
    face = MessageFace(
        digest=digest(raw),
        source_digest=source,
        message_id=message_id[:255],
        body_digest=hashlib.sha256(raw[end:]).hexdigest(),
        date=int(time.time()) if date is None else date,
        header=raw[:end],
        summary=encode(summary),
    )
    uid = ObjectUid(face.message_id or face.digest)
    return Rendered(uid, etag_of(raw), len(raw), None, message=face)


def unchanged(uid: ObjectUid, etag: str, size: int, face_digest: str, source: str) -> Rendered:
    """A message the index holds already: enough of it to stand in one more collection, nothing to write again."""
    face = MessageFace(face_digest, source, "", "", 0, b"", b"")
    return Rendered(uid, ETag(etag), size, None, message=face)


def read_summary(held: bytes) -> Summary:
    """What `from_bytes` kept of a message's structure."""
    return decode(held)
