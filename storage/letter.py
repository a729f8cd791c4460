"""A message on its way in: its bytes, and what follows from them, each computed once by whoever asks first.

All of it can be computed before there is a transaction. On SQLite everybody who writes waits for whoever holds the one
there is, and reading twenty megabytes of attachments is nothing to hold it for.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from functools import cached_property
from typing import Final

from gateway.core.mail import Summary
from gateway.formats.mime import header_end, summarise
from gateway.formats.mime_files import MessageFile, read_files
from gateway.formats.mime_message import MessageFacts, read_message

LEVEL: Final = 1
"""Text shrinks to a third even so; more effort costs more than the disk it saves."""
_PIECE: Final = 1024 * 1024
LARGE: Final = 64 * 1024
"""Bytes from which a message is read before its transaction begins."""


class Letter:
    """One message."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def digest(self) -> str:
        """The name its bytes are kept under: SHA-256 in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def end(self) -> int:
        """Where its header ends."""
        return header_end(self.raw)

    @cached_property
    def body_digest(self) -> str:
        """SHA-256 of what follows the header."""
        return hashlib.sha256(memoryview(self.raw)[self.end :]).hexdigest()

    @cached_property
    def packed(self) -> bytes:
        """Its bytes as they are kept: compressed a piece at a time, so that the whole is not there twice."""
        stream, out, view = zlib.compressobj(LEVEL), io.BytesIO(), memoryview(self.raw)
        for start in range(0, len(view), _PIECE):
            out.write(stream.compress(view[start : start + _PIECE]))
        out.write(stream.flush())
        return out.getvalue()

    @cached_property
    def summary(self) -> Summary:
        """Envelope, structure and preview."""
        return summarise(self.raw)

    @cached_property
    def facts(self) -> MessageFacts:
        """What a CRM wants to know of it."""
        return read_message(self.raw, self.summary)

    @cached_property
    def files(self) -> list[MessageFile]:
        """What is attached to it."""
        return read_files(self.raw, self.summary)

    def prepare(self, *, with_files: bool) -> None:
        """Compute all that taking it in will ask for."""
        _ = (self.digest, self.body_digest, self.packed, self.facts)
        if with_files:
            _ = self.files
