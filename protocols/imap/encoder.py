r"""Writes what the server says: the only place that quotes, makes literals and chooses between them.

Functions from values to bytes, because a response of fifty thousand lines is joined from them by the hundred. Text
that is not ASCII goes out as encoded words (RFC 2047): a client that has not enabled UTF-8 must not meet 8-bit
strings outside literals of message bytes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Final

from protocols.imap.mutf7 import encode_name

NIL: Final = b"NIL"

_MAX_QUOTED: Final = 1_000
_ATOM: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._/=#$-]*")
_UNSAFE: Final = re.compile(r"[^\x20-\x7e]+")
_WORD_BYTES: Final = 45
_MONTHS: Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def quoted(value: bytes) -> bytes:
    """A string: quoted where that may be, else a literal."""
    if len(value) <= _MAX_QUOTED and value.isascii() and not (b"\r" in value or b"\n" in value or b"\x00" in value):
        if b'"' in value or b"\\" in value:
            value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return b'"' + value + b'"'
    return literal(value)


def literal(value: bytes) -> bytes:
    """A literal (RFC 3501 §4.3)."""
    return b"{%d}\r\n" % len(value) + value


def literal8(value: bytes) -> bytes:
    """A literal that may hold NUL (RFC 3516 §4.2)."""
    return b"~{%d}\r\n" % len(value) + value


def string(text: str) -> bytes:
    """Decoded or raw header text as a string; what is not ASCII as encoded words."""
    return quoted(text.encode("ascii") if text.isascii() else encoded_words(text))


def nstring(text: str) -> bytes:
    """The same, NIL where it is empty."""
    return string(text) if text else NIL


def encoded_words(text: str) -> bytes:
    """Text as RFC 2047 encoded words, one after another."""
    words: list[bytes] = []
    chunk = bytearray()
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(bytes(chunk))
            chunk.clear()
        chunk += encoded
    words.append(bytes(chunk))
    return b" ".join(b"=?utf-8?B?" + base64.b64encode(word) + b"?=" for word in words)


def mailbox(name: str) -> bytes:
    """A mailbox name, in modified UTF-7, as an atom or quoted."""
    wire = encode_name(name)
    return wire if _ATOM.fullmatch(wire) and wire.upper() != b"NIL" else quoted(wire)


def mailbox_utf8(name: str) -> bytes:
    """A mailbox name for a client that has enabled UTF-8 (RFC 6855 §3)."""
    wire = name.encode("utf-8", "replace")
    if wire.isascii():
        return wire if _ATOM.fullmatch(wire) and wire.upper() != b"NIL" else quoted(wire)
    return b'"' + wire.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def parenthesised(items: Iterable[bytes]) -> bytes:
    """`(item item …)`."""
    return b"(" + b" ".join(items) + b")"


def flags(names: Iterable[str]) -> bytes:
    """Flags without parentheses, system flags first, each group in order."""
    ordered = sorted(names, key=lambda name: (not name.startswith("\\"), name))
    return " ".join(ordered).encode("ascii", "replace")


class _Days(dict[int, bytes]):
    """Days since 1970 as they are written; a mailbox has few, and asks for each many times."""

    def __missing__(self, days: int) -> bytes:
        if len(self) >= _MOST_DAYS:
            self.clear()
        year, month, day = _civil(days)
        self[days] = made = b'"%2d-%s-%04d ' % (day, _MONTHS[month - 1], year)
        return made


_MOST_DAYS: Final = 20_000
_days: Final = _Days()
_MINUTES: Final = [b"%02d:%02d:" % divmod(minute, 60) for minute in range(24 * 60)]
_SECONDS: Final = [b'%02d +0000"' % second for second in range(60)]


def date_time(seconds: int) -> bytes:
    """RFC 3501 `date-time`, in UTC."""
    return _days[seconds // 86_400] + _MINUTES[seconds // 60 % 1_440] + _SECONDS[seconds % 60]


def text(words: str) -> bytes:
    """Human text for the end of a response: one line, ASCII (RFC 3501 `text`), never empty."""
    return _UNSAFE.sub("?", words[:1_000]).strip().encode("ascii") or b"-"


def status(word: bytes, code: str | bytes, words: str) -> bytes:
    """`OK [CODE] text`; the code goes where it is empty."""
    code = code.encode("ascii") if isinstance(code, str) else code
    return word + (b" [" + code + b"] " if code else b" ") + text(words)


def _civil(days: int) -> tuple[int, int, int]:
    """The Gregorian date of a day since 1970, years kept within the four digits the wire has."""
    days = min(max(days, -719_162), 2_932_896) + 719_468
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day
