"""FETCH BINARY, BINARY.PEEK and BINARY.SIZE (RFC 3516): parts of a message with their transfer encoding undone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.core.mail import MessageContent
from gateway.formats.mime import find_part
from gateway.formats.mime_charsets import decode_transfer
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import NIL, literal, literal8
from protocols.imap.errors import Bad, No

MAX_PART_NUMBERS: Final = 200

_KNOWN: Final = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})


@dataclass(frozen=True, slots=True)
class Binary:
    """A part, decoded, or how large it is so."""

    label: bytes
    """How the answer names it."""
    numbers: tuple[int, ...]
    partial: tuple[int, int] | None
    is_peek: bool
    is_size: bool


def parse_binary(cursor: Cursor, word: bytes) -> Binary:
    """What follows BINARY, BINARY.PEEK or BINARY.SIZE (RFC 3516 §7)."""
    cursor.expect(b"[")
    numbers: list[int] = []
    while not cursor.take(b"]"):
        if numbers:
            cursor.expect(b".")
        number = cursor.expect_number("a part number")
        if number == 0 or len(numbers) >= MAX_PART_NUMBERS:
            raise Bad("That is no part number.")
        numbers.append(number)
    is_size = word == b"BINARY.SIZE"
    label = (b"BINARY.SIZE[" if is_size else b"BINARY[") + b".".join(b"%d" % number for number in numbers) + b"]"
    partial = None
    if not is_size and cursor.take(b"<"):
        start = cursor.expect_number("the first byte wanted")
        cursor.expect(b".")
        partial = (start, cursor.expect_number("the number of bytes wanted"))
        cursor.expect(b">")
        label += b"<%d>" % start
    return Binary(label, tuple(numbers), partial, is_size or word == b"BINARY.PEEK", is_size)


def check(item: Binary, content: MessageContent) -> None:
    """Raises No [UNKNOWN-CTE] for an encoding that cannot be undone, while nothing has been told yet."""
    _decoded(item, content)


def told(item: Binary, content: MessageContent) -> Iterator[bytes]:
    """The item's answer in pieces; `check` has said that there is one."""
    found = _decoded(item, content)
    if item.is_size:
        yield b"%d" % (0 if found is None else len(found))
        return
    if found is None:
        yield NIL
        return
    if item.partial is not None:
        start, count = item.partial
        found = found[start : start + count]
    # RFC 3516 §4.2: what may hold NUL is a literal of its own kind.
    yield literal8(found) if b"\x00" in found else literal(found)


def _decoded(item: Binary, content: MessageContent) -> bytes | None:
    raw = content.raw or b""
    if not item.numbers:
        return raw
    assert content.summary is not None
    part = find_part(content.summary.structure, item.numbers)
    if part is None:
        return None
    body = raw[part.body : part.end]
    if part.type == "multipart" or (part.type == "message" and part.parts):
        # RFC 2045 §6.4: these have no encoding that could be undone.
        return body
    if part.encoding.lower() not in _KNOWN:
        raise No("That part has an encoding nobody here knows.", "UNKNOWN-CTE")
    return decode_transfer(body, part.encoding)
