"""The words of a message as searches compare them: folded text of header and body, and whether a phrase is in them.

One place says what a message's text is, so that what is kept for searching and what is read from the message itself
are the same text. The header is a line a field, `name: value`, decoded; values hold no line breaks. The body is every
text part, decoded, and of HTML also what it says without its markup: words that tags cut are found as they are read,
and tags stay searchable as other servers have it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from gateway.core.mail import Part
from gateway.core.searching import Phrase
from gateway.formats.mime import leaves
from gateway.formats.mime_headers import decode_text, fields
from gateway.formats.mime_text import html_to_text, part_text


def fold(text: str) -> str:
    """Text without letter case, decomposed: i;unicode-casemap (RFC 5051), and `ß` is `ss` besides."""
    if text.isascii():
        return text.lower()
    # Upper case first: it brings together what lower case alone keeps apart (a dotless i).
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper().casefold())


def collated(text: str) -> str:
    """Text to be put in order: i;unicode-casemap orders capitals (RFC 5051 §2)."""
    return fold(text).upper()


def header_words(block: bytes) -> str:
    """A header block as folded lines, one before the first as well."""
    return "\n" + "".join(f"{name}: {fold(decode_text(value))}\n" for name, value in fields(block))


def body_words(raw: bytes, structure: Part) -> str:
    """The folded text of all parts that are text."""
    return fold("\n".join(_texts(raw, structure)))


def field_words(header: str, name: str) -> Iterator[str]:
    """The values of a field in header words, in order."""
    if ":" in name or "\n" in name:
        return
    start = f"\n{name}: "
    at = header.find(start)
    while at >= 0:
        end = header.find("\n", at + 1)
        yield header[at + len(start) : end]
        at = header.find(start, end)


def in_header(header: str, phrase: Phrase) -> bool:
    """Whether the phrase is in header words; that of a body never is."""
    if phrase.is_field:
        return any(phrase.term in value for value in field_words(header, phrase.where))
    return phrase.where == "text" and "\n" not in phrase.term and phrase.term in header


def in_body(body: str, phrase: Phrase) -> bool:
    """Whether the phrase is in body words; that of a header field never is."""
    return not phrase.is_field and phrase.term in body


def _texts(raw: bytes, structure: Part) -> Iterator[str]:
    for part in leaves(structure):
        if part.type == "text":
            text = part_text(raw, part)
            yield text
            if part.subtype == "html":
                yield html_to_text(text)
