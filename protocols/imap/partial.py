"""A window on what a command found: RFC 9394, for SEARCH and SORT (`RETURN (PARTIAL 1:100)`) and for UID FETCH.

Pure. A window counts from the first or, written with minus signs, from the last; which end is named first means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """`first` and `last` count from 1, both included; `is_from_end`: from the last one backwards."""

    first: int
    last: int
    is_from_end: bool
    label: bytes
    """As the client wrote it; the answer repeats it."""

    def cut(self, found: Sequence[T]) -> Sequence[T]:
        """What of `found` is in the window, in the order of `found`."""
        if not self.is_from_end:
            return found[self.first - 1 : self.last]
        count = len(found)
        return found[max(0, count - self.last) : max(0, count - self.first + 1)]


def parse_window(cursor: Cursor) -> Window:
    """RFC 9394 §4 `partial-range`. Raises Bad."""
    is_from_end = cursor.peek() == b"-"
    ends: list[int] = []
    for gap in (b"", b":"):
        cursor.expect(gap)
        if cursor.take(b"-") is not is_from_end:
            raise Bad("Both ends of a window count from the same side.")
        ends.append(cursor.expect_positive("a place in the window"))
    sign = b"-" if is_from_end else b""
    return Window(min(ends), max(ends), is_from_end, b"%b%d:%b%d" % (sign, ends[0], sign, ends[1]))
