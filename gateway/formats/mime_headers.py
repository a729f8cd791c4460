"""A header block: where it ends, its fields, and what they say once decoded.

Fields are found by one regular expression without backtracking and handed out as raw bytes; callers decode only
what they need. A block is read up to a limit of bytes and fields (RFC 5322 knows none, attackers do), and what lies
beyond is as if it were not there. Encoded words (RFC 2047) of one charset that follow one another are joined
before they are decoded, because senders cut characters in two.
"""

from __future__ import annotations

import binascii
import datetime as dt
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from gateway.formats.mime_charsets import clean, decode_charset, decode_transfer

MAX_HEADER: Final = 10 * 1024 * 1024
"""Bytes of one header block that are looked at."""
MAX_FIELDS: Final = 10_000
"""Fields of one header block that are looked at."""
MAX_VALUE: Final = 1024 * 1024
"""Bytes of one field that are looked at."""

_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_FIELD: Final = re.compile(rb"^([!-9;-~]{1,200})[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_PLAIN: Final = re.compile(rb"[ -~]*")
"""What most values are: nothing in them has to be looked at twice."""
_FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
_WORD: Final = re.compile(r"=\?([^?\s]{1,100})\?([bBqQ])\?([^?\r\n]*+)\?=")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,998}>")


def header_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """Offset of the first byte after the header block that begins at `start`, its empty line included.

    A block with no empty line goes to the end.
    """
    end = len(raw) if end is None else end
    found = blank_line(raw, start, end)
    return end if found is None else found


def blank_line(raw: bytes, start: int, end: int, *, is_first: bool = True) -> int | None:
    """Offset past the first empty line in a range that begins at a line; `is_first`: it may be the very first one."""
    if is_first and raw.startswith(b"\n", start, end):
        return start + 1
    if is_first and raw.startswith(b"\r\n", start, end):
        return start + 2
    found = _BLANK_LINE.search(raw, start, end)
    return None if found is None else found.end()


def fields(block: bytes, *, limit: int = MAX_FIELDS) -> Iterator[tuple[str, bytes]]:
    """The fields of a block as (name in lower case, raw value), in order; lines that are no field are passed over."""
    for count, found in enumerate(_FIELD.finditer(block, 0, min(len(block), MAX_HEADER))):
        if count >= limit:
            return
        yield found[1].decode("ascii").lower(), found[2][:MAX_VALUE]


def raw_fields(block: bytes) -> Iterator[tuple[str, bytes]]:
    """The fields of a block as (name in lower case, the field's very bytes with its line ends), in order."""
    for found in _FIELD.finditer(block, 0, min(len(block), MAX_HEADER)):
        end = found.end()
        # The last field of a block may lack its line feed.
        yield (
            found[1].decode("ascii").lower(),
            block[found.start() : end + 1] if end < len(block) else found[0] + b"\r\n",
        )


def unfold(value: bytes) -> str:
    """A raw value as one line of text: unfolded (RFC 5322 §2.2.3), raw 8-bit read as best it can, encoded words left alone."""
    if value.isascii() and _PLAIN.fullmatch(value) is not None:
        return value.decode("ascii").strip()
    return clean(decode_charset(_FOLD.sub(b"", value))).strip()


def decode_words(text: str) -> str:
    """Text with its encoded words (RFC 2047) decoded; never holds CR, LF or NUL, whatever they decode to."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending = bytearray()
    charset = ""
    end = 0
    was_word = False
    for found in _WORD.finditer(text):
        # RFC 2231 §5: a language may follow the charset after a star.
        name, kind, content = found[1].partition("*")[0].lower(), found[2].lower(), found[3]
        decoded = _decode_word(kind, content)
        gap = text[end : found.start()]
        # RFC 2047 §6.2: white space between two encoded words is not shown.
        is_adjacent = was_word and not gap.strip()
        if not is_adjacent or name != charset:
            out.append(decode_charset(bytes(pending), charset))
            pending.clear()
            if not is_adjacent:
                out.append(gap)
        pending += decoded
        charset, end, was_word = name, found.end(), True
    out.append(decode_charset(bytes(pending), charset))
    out.append(text[end:])
    return clean("".join(out))


def decode_text(value: bytes) -> str:
    """What an unstructured field (Subject) says."""
    return decode_words(unfold(value))


def parse_date(text: str) -> dt.datetime | None:
    """A Date field as an aware date-time; None where it says nothing sensible."""
    try:
        when = parsedate_to_datetime(text[:200])
        if when.tzinfo is None:
            when = when.replace(tzinfo=dt.UTC)
        when.astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when


def message_ids(text: str, limit: int = 1_000) -> tuple[str, ...]:
    """The message ids in a text, with their angle brackets, in order."""
    return tuple(found[0] for found, _ in zip(_MESSAGE_ID.finditer(text), range(limit), strict=False))


def _decode_word(kind: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if kind == "b":
        return decode_transfer(raw, "base64")
    return binascii.a2b_qp(raw, header=True)
