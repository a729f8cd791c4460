"""A contact's picture for the sample: a small PNG drawn here, so that no binary file has to be shipped.

The pixels are stored, not compressed: the same bytes whatever zlib is installed.
"""

from __future__ import annotations

import struct
import zlib

_SIDE = 48
_BACKGROUND = bytes((223, 232, 240))
_PERSON = bytes((61, 90, 128))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _is_person(x: int, y: int) -> bool:
    """Whether a pixel is of the head (a circle) or the shoulders (the upper half of a larger one)."""
    return (x - 24) ** 2 + (y - 18) ** 2 < 81 or (x - 24) ** 2 + (y - 48) ** 2 < 324


def portrait() -> bytes:
    """A PNG of 48 by 48 pixels: head and shoulders."""
    rows = (b"".join(_PERSON if _is_person(x, y) else _BACKGROUND for x in range(_SIDE)) for y in range(_SIDE))
    pixels = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    stored = zlib.compress(pixels, level=0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", stored) + _chunk(b"IEND", b"")
