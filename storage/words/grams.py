"""Which messages of a segment hold which three bytes: the pure part of the index of words.

Text is taken as UTF-8. A phrase of three bytes or more can only be in a text that holds all its runs of three bytes
(its *grams*), so the messages that hold them all are the candidates. Grams are kept apart by where they stand
(`Place`): those of a subject say nothing of a body. A gram and its place are one number, its *key*; keys are spread
over buckets, so that a phrase reads a few rows of a segment and not all of them.

A message's number in a segment is a bit. Keys that few messages have are kept as a list of numbers, the others as bits.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final

import msgspec

BUCKETS: Final = 1021
"""A prime, so that keys that look alike are spread."""
LARGEST: Final = 4096
"""Messages in one segment."""
MOST_GRAMS: Final = 8
"""Grams of one phrase that are looked for: what they let through is looked at anyway."""

_LEVEL: Final = 1
_MANY: Final = LARGEST // 16
"""From so many numbers on, bits take less room than two bytes each."""
_SWAPS: Final = sys.byteorder == "big"

_decoder: Final = msgspec.msgpack.Decoder(dict[int, bytes])
_members: Final = msgspec.msgpack.Decoder(list[int])


class Place(IntEnum):
    """Where a gram stands."""

    BODY = 0
    HEADER = 1
    SUBJECT = 2
    FROM = 3
    TO = 4
    CC = 5


FIELDS: Final[Mapping[str, Place]] = {
    "subject": Place.SUBJECT,
    "from": Place.FROM,
    "to": Place.TO,
    "cc": Place.CC,
}
"""Header fields that have a place of their own."""


def grams(text: bytes) -> set[int]:
    """All runs of three bytes, as numbers. Linear, and quick: bytes are read four at a time."""
    if len(text) < 3:
        return set()
    runs: set[int] = set()
    for start in range(4):
        whole = (len(text) - start) // 4 * 4
        if whole > 0:
            read = array("I", text[start : start + whole])
            if _SWAPS:
                read.byteswap()
            runs.update(read)
    found = {run & 0xFFFFFF for run in runs}
    found.add(int.from_bytes(text[-3:], "little"))
    return found


def keys(place: Place, text: bytes) -> Iterable[int]:
    """The keys of a text that stands in a place."""
    base = int(place) << 24
    return [base | gram for gram in grams(text)]


def wanted(place: Place, term: bytes) -> list[int]:
    """Keys that every text with this term has; none where the term is too short to say. Spread over the term."""
    held = list(dict.fromkeys(int.from_bytes(term[at : at + 3], "little") for at in range(len(term) - 2)))
    step = max(1, -(-len(held) // MOST_GRAMS))
    base = int(place) << 24
    return [base | gram for gram in held[::step]]


def bucket(key: int) -> int:
    """The bucket a key is in."""
    return key % BUCKETS


class Gathering:
    """A segment while it is made: message after message."""

    def __init__(self) -> None:
        self._numbers: dict[int, array[int]] = {}
        self.count = 0

    def add(self, held: Iterable[int]) -> None:
        """The next message, by all its keys, each once."""
        numbers, number = self._numbers, self.count
        for key in held:
            known = numbers.get(key)
            if known is None:
                numbers[key] = array("H", (number,))
            else:
                known.append(number)
        self.count += 1

    def buckets(self) -> Iterator[tuple[int, bytes]]:
        """The segment's rows: bucket and content."""
        spread: dict[int, dict[int, bytes]] = {}
        for key, numbers in self._numbers.items():
            spread.setdefault(bucket(key), {})[key] = _packed(numbers)
        for number, held in spread.items():
            yield number, zlib.compress(msgspec.msgpack.encode(held), _LEVEL)


def read_bucket(content: bytes) -> Mapping[int, bytes]:
    """The keys of a bucket with their messages, for `members`."""
    return _decoder.decode(zlib.decompress(content))


def write_members(resources: Sequence[int]) -> bytes:
    """The messages of a segment, by their numbers in it."""
    return zlib.compress(msgspec.msgpack.encode(resources), _LEVEL)


def read_members(content: bytes) -> Sequence[int]:
    """What `write_members` was given."""
    return _members.decode(zlib.decompress(content))


def members(packed: bytes | None) -> int:
    """The messages of a key as bits; None: it has none."""
    if not packed:
        return 0
    if packed[:1] == b"b":
        return int.from_bytes(packed[1:], "little")
    numbers = array("H", packed[1:])
    if _SWAPS:
        numbers.byteswap()
    bits = bytearray(LARGEST // 8)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, in order."""
    return [number for number, digit in enumerate(reversed(bin(mask)[2:])) if digit == "1"]


def _packed(numbers: array[int]) -> bytes:
    if len(numbers) < _MANY:
        if _SWAPS:
            numbers = array("H", numbers)
            numbers.byteswap()
        return b"n" + numbers.tobytes()
    made = bytearray(LARGEST // 8)
    for number in numbers:
        made[number >> 3] |= 1 << (number & 7)
    return b"b" + bytes(made)
