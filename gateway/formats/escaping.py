r"""Raw values and what they say: backslash escapes, `;` structures, comma lists (RFC 5545 §3.3.11, RFC 6350 §3.4).

Reading takes what the formats and their old versions have (`\n \N \, \; \: \\`) and leaves every other backslash
where it is, so a Windows path that somebody forgot to escape survives. Writing escapes what both formats ask for and
drops control characters, which neither format nor XML can carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_ESCAPED: Final = re.compile(r"\\([nN\\,;:])")
_SPECIAL: Final = re.compile(r"[\\,;\n]")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def unescape(raw: str) -> str:
    """The text a raw value means; line ends as line feeds."""
    if "\\" not in raw:
        return raw
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], raw)


def escape(text: str) -> str:
    """The raw value that means this text. CRLF and CR become line feeds, control characters go."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWRITABLE.sub("", text)
    return _SPECIAL.sub(lambda found: "\\n" if found[0] == "\n" else "\\" + found[0], text)


def bare(text: str) -> str:
    """Text fit for a value that knows no escapes (addresses, numbers, rules): on one line, without control characters."""
    return " ".join(_UNWRITABLE.sub(" ", text).split())


def split(raw: str, separator: str) -> list[str]:
    """The raw pieces between separators that are not escaped. An empty value is one empty piece."""
    if separator not in raw:
        return [raw]
    if "\\" not in raw:
        return raw.split(separator)
    pieces: list[str] = []
    begin = at = 0
    while at < len(raw):
        if raw[at] == "\\":
            at += 2
            continue
        if raw[at] == separator:
            pieces.append(raw[begin:at])
            begin = at + 1
        at += 1
    pieces.append(raw[begin:])
    return pieces


def read_list(raw: str) -> tuple[str, ...]:
    """A comma list's texts, without empty ones."""
    texts = (unescape(piece).strip() for piece in split(raw, ","))
    return tuple(text for text in texts if text)


def write_list(texts: Iterable[str]) -> str:
    """The comma list of these texts."""
    return ",".join(escape(text) for text in texts)


def read_structured(raw: str) -> list[str]:
    """The texts of a `;` structure; a component that is itself a comma list stays one text with its commas."""
    return [unescape(piece) for piece in split(raw, ";")]


def write_structured(texts: Sequence[str]) -> str:
    """The `;` structure of these texts."""
    return ";".join(escape(text) for text in texts)
