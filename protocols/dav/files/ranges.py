"""Range requests (RFC 9110 §14): which bytes of a representation are asked for, and how several are sent in one body.

A header that cannot be read, or that asks for more parts than anybody needs, is ignored, as the RFC has it: the whole
is always a right answer.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Final

MOST_RANGES: Final = 16
_DIGITS: Final = 18
_RANGES = re.compile(r"bytes[ \t]*=(.*)", re.IGNORECASE | re.DOTALL)
_ONE = re.compile(rf"[ \t]*(?:([0-9]{{1,{_DIGITS}}})-([0-9]{{0,{_DIGITS}}})|-([0-9]{{1,{_DIGITS}}}))[ \t]*")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start`, `length` of them, at least one."""

    start: int
    length: int

    def stated(self, size: int) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def ranges(header: str, size: int) -> list[ByteRange] | None:
    """What is asked for of so many bytes, in the order of the header; None: all of them; empty: none of it is there."""
    found = _RANGES.fullmatch(header.strip())
    if found is None:
        return None
    parts = [part for part in found[1].split(",") if part.strip()]
    if not parts or len(parts) > MOST_RANGES:
        return None
    wanted: list[ByteRange] = []
    for part in parts:
        one = _ONE.fullmatch(part)
        if one is None:
            return None
        first, last, suffix = one.groups()
        if first is None:
            length = min(int(suffix), size)
            start = size - length
        else:
            start = int(first)
            if last and int(last) < start:
                return None
            end = min(int(last) + 1, size) if last else size
            length = end - start
        if length > 0:
            wanted.append(ByteRange(start, length))
    if _overlap(wanted):
        # RFC 9110 §17.15: whoever asks for the same bytes again and again means no good.
        return None
    return wanted


def _overlap(wanted: list[ByteRange]) -> bool:
    ordered = sorted(wanted, key=lambda one: one.start)
    return any(one.start + one.length > other.start for one, other in itertools.pairwise(ordered))


def part_head(boundary: str, content_type: str, wanted: ByteRange, size: int) -> bytes:
    """What stands before a part of multipart/byteranges (RFC 9110 §14.6)."""
    return (
        f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {wanted.stated(size)}\r\n\r\n"
    ).encode()


def closing(boundary: str) -> bytes:
    """What stands after the last."""
    return f"\r\n--{boundary}--\r\n".encode()
