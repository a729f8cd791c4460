r"""The RFC's words as types: sets of numbers, response codes, the limits of a conversation.

A sequence set and a UID set look alike on the wire and must never be taken for one another, so they are two types.
Both are kept as ranges and resolved against what the client has been told; nothing is ever expanded that a client
could make large (`1:4294967295` is one pair).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from gateway.core.ids import UID
from gateway.core.limits import MESSAGE_LARGEST

STAR: Final = 0
"""`*` in a set: the largest number there is. 0 itself is no number of IMAP's."""

SYSTEM_FLAGS: Final = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
SEEN: Final = "\\Seen"
DELETED: Final = "\\Deleted"

_SET: Final = re.compile(
    rb"(?:\*|[1-9][0-9]{0,9})(?::(?:\*|[1-9][0-9]{0,9}))?(?:,(?:\*|[1-9][0-9]{0,9})(?::(?:\*|[1-9][0-9]{0,9}))?)*+"
)
_LARGEST: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class NumberSet:
    """RFC 3501 `sequence-set`, as its pairs; a lone number is a pair of it twice."""

    pairs: tuple[tuple[int, int], ...]

    what: ClassVar[str] = "set"

    @classmethod
    def parse(cls, text: bytes) -> Self | None:
        """The set that `text` is, or None."""
        if _SET.fullmatch(text) is None:
            return None
        pairs = []
        for piece in text.split(b","):
            low, _, high = piece.partition(b":")
            first = STAR if low == b"*" else int(low)
            pairs.append((first, first if not high else STAR if high == b"*" else int(high)))
        if any(number > _LARGEST for pair in pairs for number in pair):
            return None
        return cls(tuple(pairs))

    @property
    def has_star(self) -> bool:
        """Whether `*` stands in it."""
        return any(STAR in pair for pair in self.pairs)

    @property
    def largest(self) -> int:
        """The largest number that is written out; 0 where there is only `*`."""
        return max(max(pair) for pair in self.pairs)

    def spans(self, largest: int) -> list[tuple[int, int]]:
        """As inclusive ranges, low before high, in order, none touching another; `largest` is what `*` stands for."""
        ordered = []
        for first, second in self.pairs:
            low = largest if first == STAR else first
            high = largest if second == STAR else second
            ordered.append((low, high) if low <= high else (high, low))
        ordered.sort()
        out: list[tuple[int, int]] = []
        for low, high in ordered:
            if out and low <= out[-1][1] + 1:
                out[-1] = (out[-1][0], max(high, out[-1][1]))
            else:
                out.append((low, high))
        return out


@dataclass(frozen=True, slots=True)
class SeqSet(NumberSet):
    """Message sequence numbers: meaningful to one client at one moment."""

    what: ClassVar[str] = "sequence numbers"


@dataclass(frozen=True, slots=True)
class UIDSet(NumberSet):
    """UIDs."""

    what: ClassVar[str] = "UIDs"


@dataclass(frozen=True, slots=True)
class Saved(NumberSet):
    """RFC 5182 `$`: what the last SEARCH with SAVE found, whichever numbers a command speaks in."""

    pairs: tuple[tuple[int, int], ...] = ()

    what: ClassVar[str] = "saved messages"


def compact(numbers: Iterable[int]) -> bytes:
    """Numbers as a set in the order they come in, neighbours that grow by one drawn together: `1:3,7,5`."""
    out: list[tuple[int, int]] = []
    for number in numbers:
        if out and number == out[-1][1] + 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in out)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one conversation may cost. Sizes in bytes, times in seconds."""

    line: int = 64 * 1024
    """All the text of one command, literals apart."""
    line_before_login: int = 8 * 1024
    literal: int = 64 * 1024
    """One literal that is not a message."""
    literal_before_login: int = 4 * 1024
    literals: int = 1_000
    """Literals in one command."""
    message: int = MESSAGE_LARGEST
    """One appended message: APPENDLIMIT (RFC 7889)."""
    idle: float = 30 * 60
    """RFC 3501 §5.4: autologout no sooner than after 30 minutes."""
    idle_before_login: float = 60
    login: float = 180
    """From the connection to a successful login."""
    keepalive: float = 240
    """Between lines sent to a client in IDLE, so that no NAT forgets it."""
    progress: float = 10
    """Between two words of how far a long command has come (RFC 9585 §4)."""
    failed_logins: int = 5
    failed_login_pause: float = 1
    """Seconds before the first refusal is told; twice as many before each further one."""
    notify_pause: float = 1
    """Between two looks at what a client that says NOTIFY has asked for."""
    per_user: int = 50
    """Conversations of one user at once."""
    bad_commands: int = 20
    """Commands in a row that are BAD before the conversation is ended."""


@dataclass(frozen=True, slots=True)
class UidPairs:
    """RFC 4315 §3 COPYUID."""

    epoch: int
    pairs: Sequence[tuple[UID, UID]]

    def code(self) -> bytes:
        """The response code, without brackets."""
        return b"COPYUID %d %s %s" % (
            self.epoch,
            compact(source for source, _ in self.pairs),
            compact(target for _, target in self.pairs),
        )
