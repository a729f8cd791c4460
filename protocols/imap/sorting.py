"""SORT's keys (RFC 5256 §3, RFC 5957): read from a command, and messages put in their order. Pure.

Each key is a column of values, one a position; positions are sorted by the last key first, which a stable sort makes
the order of all keys, ties as they stand in the mailbox. REVERSE turns its own key around and leaves ties alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.searching import Heading
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.view import View

MAX_KEYS: Final = 20

_HEADINGS: Final[Mapping[bytes, Callable[[Heading], Any]]] = {
    b"CC": lambda heading: heading.cc,
    b"FROM": lambda heading: heading.from_,
    b"SUBJECT": lambda heading: heading.subject,
    b"TO": lambda heading: heading.to,
    b"DISPLAYFROM": lambda heading: heading.display_from,
    b"DISPLAYTO": lambda heading: heading.display_to,
}
_COLUMNS: Final[Mapping[bytes, Callable[[View], Sequence[int]]]] = {
    b"ARRIVAL": lambda view: view.dates,
    b"SIZE": lambda view: view.sizes,
}


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a SORT."""

    name: bytes
    is_reverse: bool

    @property
    def needs_heading(self) -> bool:
        """Whether columns alone do not answer it."""
        return self.name not in _COLUMNS


def parse_sort_keys(cursor: Cursor) -> tuple[SortKey, ...]:
    """RFC 5256 §4 `sort-criteria`. Raises Bad."""

    def key() -> SortKey:
        word = cursor.expect_word("a sort key")
        is_reverse = word == b"REVERSE"
        if is_reverse:
            cursor.expect_space()
            word = cursor.expect_word("a sort key")
        if word != b"DATE" and word not in _HEADINGS and word not in _COLUMNS:
            raise Bad("There is no such sort key.")
        return SortKey(word, is_reverse)

    keys = cursor.listed(key, MAX_KEYS)
    if not keys:
        raise Bad("SORT must be told what to sort by.")
    return tuple(keys)


def ordered(
    view: View, places: Sequence[int], keys: Sequence[SortKey], headings: Mapping[int, Heading]
) -> Sequence[int]:
    """The positions in the order of the keys; `headings` by position, of all where a key needs them."""
    out = sorted(places)
    for key in reversed(keys):
        out.sort(key=_values(view, key, headings), reverse=key.is_reverse)
    return out


def sent(view: View, place: int, heading: Heading) -> int:
    """RFC 5256 §2.2: when a message was sent; where its Date field does not say, its internal date."""
    return view.dates[place] if heading.sent is None else heading.sent


def _values(view: View, key: SortKey, headings: Mapping[int, Heading]) -> Callable[[int], Any]:
    if key.name in _COLUMNS:
        return _COLUMNS[key.name](view).__getitem__
    if key.name == b"DATE":
        return lambda place: sent(view, place, headings[place])
    value = _HEADINGS[key.name]
    return lambda place: value(headings[place])
