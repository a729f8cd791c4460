"""The words of a message: parts decoded to text, HTML turned into text, and the preview.

HTML is read for its words only, by single passes that cannot go wrong on what browsers would reject. Nothing here
is meant to be shown as HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from gateway.core.mail import Part
from gateway.formats.mime_charsets import clean, decode_charset, decode_transfer
from gateway.formats.mime_parameters import parameter

PREVIEW_LENGTH: Final = 200
"""Characters of a preview; RFC 8970 §3.1 allows 256."""

_PREVIEW_BYTES: Final = 16 * 1024
_INVISIBLE: Final = ("head", "script", "style", "template")
_OPENING: Final = re.compile(rf"<({'|'.join(_INVISIBLE)}|!--)(?![a-z])", re.IGNORECASE)
_CLOSING: Final = {
    **{name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _INVISIBLE},
    "!--": re.compile("-->"),
}
_BREAK: Final = re.compile(
    r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?blockquote|/?table|hr|/?ul|/?ol)\b[^<>]{0,2000}>", re.IGNORECASE
)
_CELL: Final = re.compile(r"</t[dh]\b[^<>]{0,100}>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[/!?a-zA-Z][^<>]*+>?")
_SPACES: Final = re.compile(r"[ \t\xa0]++")
_LINES: Final = re.compile(r" ?\n ?")
_GAPS: Final = re.compile(r"\n{3,}")


def part_text(raw: bytes, part: Part, limit: int | None = None) -> str:
    """What a part says as text; `limit` is how many of its encoded bytes are read."""
    end = part.end if limit is None else min(part.end, part.body + limit)
    content = decode_transfer(raw[part.body : end], part.encoding)
    return decode_charset(content, parameter(part.parameters, "charset"))


def html_to_text(markup: str) -> str:
    """The words of an HTML document, a line for each block. Linear in its input."""
    text = _without_invisible(markup)
    text = _SPACES.sub(" ", text.replace("\r", "").replace("\n", " "))
    text = _BREAK.sub("\n", text)
    text = _CELL.sub("\t", text)
    text = html.unescape(_TAG.sub("", text))
    return _GAPS.sub("\n\n", _LINES.sub("\n", _SPACES.sub(" ", text))).strip()


def text_to_html(text: str) -> str:
    """Plain words as HTML, a break for each line's end."""
    return "<br />\n".join(html.escape(line, quote=False) for line in text.split("\n"))


def is_attachment(part: Part) -> bool:
    """Whether a part is meant to be saved rather than read."""
    return part.disposition == "attachment" or bool(parameter(part.disposition_parameters, "filename"))


def find_text(parts: Sequence[Part], subtype: str) -> Part | None:
    """The first text part of a subtype that is no attachment."""
    return next(
        (part for part in parts if part.type == "text" and part.subtype == subtype and not is_attachment(part)), None
    )


def preview(raw: bytes, parts: Sequence[Part]) -> str:
    """The first words of a message on one line."""
    part = find_text(parts, "plain")
    if part is not None:
        text = part_text(raw, part, _PREVIEW_BYTES)
    else:
        part = find_text(parts, "html")
        text = "" if part is None else html_to_text(part_text(raw, part, _PREVIEW_BYTES * 4))
    return " ".join(clean(text).split())[:PREVIEW_LENGTH]


def _without_invisible(markup: str) -> str:
    out: list[str] = []
    position = 0
    unclosed: set[str] = set()
    while (found := _OPENING.search(markup, position)) is not None:
        name = found[1].lower()
        out.append(markup[position : found.start()])
        position = found.end()
        if name in unclosed:
            # It was looked for once to the end; looking again for each would be quadratic.
            continue
        closing = _CLOSING[name].search(markup, position)
        if closing is None:
            unclosed.add(name)
        else:
            position = closing.end()
    out.append(markup[position:])
    return "".join(out)
