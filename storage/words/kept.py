"""A message's words and heading as they are kept: text compressed, the heading as a short array."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.core.mail import Summary
from gateway.core.searching import Heading
from gateway.formats.words import body_words, field_words
from storage.words.grams import FIELDS, Place, keys

HEADER_LONGEST: Final = 256 * 1024
FIELDS_LONGEST: Final = 4 * 1024
BODY_LONGEST: Final = 512 * 1024
"""Characters of text that are kept of one message; what is longer is read from the message when it is searched."""

_LEVEL: Final = 1
_heading: Final = msgspec.msgpack.Decoder(Heading)


def pack(text: str) -> bytes:
    """Text as it is kept."""
    return zlib.compress(text.encode("utf-8"), _LEVEL)


def unpack(held: bytes) -> str:
    """The text that was packed."""
    return zlib.decompress(held).decode("utf-8")


def packed_header(words: str) -> bytes | None:
    """The words of a header block, None where there are too many."""
    return pack(words) if len(words) <= HEADER_LONGEST else None


def own_fields(header: str) -> bytes | None:
    """The lines of the fields that have a place of their own, short enough to be looked at by the thousand; else None."""
    words = "\n" + "".join(f"{name}: {value}\n" for name in FIELDS for value in field_words(header, name))
    return words.encode("utf-8") if len(words) <= FIELDS_LONGEST else None


def packed_body(raw: bytes, summary: Summary) -> bytes | None:
    """The words of a body, None where there are too many."""
    words = body_words(raw, summary.structure)
    return pack(words) if len(words) <= BODY_LONGEST else None


def all_keys(header: str, body: str) -> Iterator[int]:
    """The keys of a message, for its segment."""
    yield from keys(Place.BODY, body.encode("utf-8"))
    yield from keys(Place.HEADER, header.encode("utf-8"))
    for name, place in FIELDS.items():
        yield from keys(place, "\n".join(field_words(header, name)).encode("utf-8"))


def write_heading(heading: Heading) -> bytes:
    """The bytes `read_heading` reads."""
    return msgspec.msgpack.encode(heading)


def read_heading(held: bytes) -> Heading:
    """The heading `write_heading` was given."""
    return _heading.decode(held)
