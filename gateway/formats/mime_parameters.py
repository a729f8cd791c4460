"""Content-Type, Content-Disposition and their parameters.

`parse_typed` keeps parameters as the header states them (names in lower case, RFC 2231 pieces apart), because
that is what BODYSTRUCTURE is to show; `parameter` puts the pieces of one together and decodes it. Both are linear
and capped: a thousand parameters, and a thousand pieces of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from gateway.formats.mime_charsets import clean, decode_charset
from gateway.formats.mime_headers import decode_words

MAX_PARAMETERS: Final = 1_000

Parameters = tuple[tuple[str, str], ...]

_TOKEN: Final = re.compile(r"[^\s()<>@,;:\\\"/\[\]?=]{1,200}")
_PARAMETER: Final = re.compile(
    r";\s*+([^\s()<>@,;:\\\"/\[\]?=]{1,200})\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"?|([^;\"]*+))[^;]*+", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_PIECE: Final = re.compile(r"(.+?)\*(?:([0-9]{1,4})(\*?))?", re.DOTALL)


def without_comments(text: str) -> str:
    """`text` without RFC 5322 comments, which may be nested; what stands in quotes is left alone."""
    if "(" not in text:
        return text
    out: list[str] = []
    depth = 0
    in_quotes = False
    is_escaped = False
    for char in text:
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == '"' and depth == 0:
            in_quotes = not in_quotes
        elif char == "(" and not in_quotes:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            continue
        if depth == 0:
            out.append(char)
    return "".join(out)


def parse_content_type(text: str) -> tuple[str, str, Parameters] | None:
    """(type, subtype, parameters), all names in lower case; None where it is not one (RFC 2045 §5.2: then text/plain)."""
    text = without_comments(text)
    head, _, _ = text.partition(";")
    major, slash, minor = (piece.strip().lower() for piece in head.partition("/"))
    minor = minor.split(None, 1)[0] if minor else ""
    if not slash or not _TOKEN.fullmatch(major) or not _TOKEN.fullmatch(minor):
        return None
    return major, minor, _parameters(text)


def parse_disposition(text: str) -> tuple[str, Parameters]:
    """(disposition in lower case, parameters) of a Content-Disposition (RFC 2183); ("", ()) where there is none."""
    text = without_comments(text)
    head = text.partition(";")[0].strip().lower()
    if not _TOKEN.fullmatch(head):
        return "", ()
    return head, _parameters(text)


def parameter(parameters: Sequence[tuple[str, str]], name: str) -> str:
    """The value of one parameter, RFC 2231 pieces put together and decoded, encoded words too; "" where it is not there."""
    plain = ""
    pieces: dict[int, tuple[str, bool]] = {}
    for key, value in parameters:
        if key == name:
            plain = plain or value
            continue
        if not key.startswith(name) or (found := _PIECE.fullmatch(key)) is None or found[1] != name:
            continue
        is_extended = found[2] is None or bool(found[3])
        pieces.setdefault(int(found[2] or 0), (value, is_extended))
    if not pieces:
        return decode_words(plain)
    charset = ""
    content = bytearray()
    # RFC 2231 §3: the pieces count from 0 without a gap; the first says the charset.
    for number in range(len(pieces)):
        if number not in pieces:
            break
        value, is_extended = pieces[number]
        if number == 0 and is_extended and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        content += unquote_to_bytes(value) if is_extended else value.encode("utf-8", "replace")
    return clean(decode_charset(bytes(content), charset))


def _parameters(text: str) -> Parameters:
    out: list[tuple[str, str]] = []
    start = text.find(";")
    if start < 0:
        return ()
    for found in _PARAMETER.finditer(text, start):
        if len(out) >= MAX_PARAMETERS:
            break
        value = found[3].strip() if found[2] is None else _ESCAPED.sub(r"\1", found[2])
        out.append((found[1].lower(), value))
    return tuple(out)
