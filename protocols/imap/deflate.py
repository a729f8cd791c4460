"""COMPRESS=DEFLATE's two directions (RFC 4978), with what came compressed inflated only as fast as it is used.

A few bytes may stand for a thousand times as many, so nothing is inflated that nobody has room for: `take` gives no
more than it is asked for, and what is left waits compressed.
"""

from __future__ import annotations

import zlib
from typing import Final

_WINDOW: Final = -15
"""RFC 4978 §3: raw deflate, the largest window."""
_LEVEL: Final = 5


class Broken(Exception):
    """What came is no deflate stream."""


class Deflater:
    """The way out."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW)

    def __call__(self, chunk: bytes) -> bytes:
        """The chunk, compressed, with all that the other end needs to read it."""
        return self._stream.compress(chunk) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Inflater:
    """The way in."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_WINDOW)
        self._waiting = b""

    def __len__(self) -> int:
        """Compressed bytes that wait."""
        return len(self._waiting)

    def feed(self, chunk: bytes) -> None:
        """More has come."""
        self._waiting += chunk

    def take(self, most: int) -> bytes:
        """At most so many bytes of what was compressed. Raises Broken."""
        try:
            out = self._stream.decompress(self._waiting, most)
        except zlib.error:
            raise Broken from None
        if self._stream.eof:
            # RFC 4978 §3: the stream lasts as long as the connection.
            raise Broken
        self._waiting = self._stream.unconsumed_tail
        return out
