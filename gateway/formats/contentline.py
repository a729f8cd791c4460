"""Bytes to the content-line tree and back (RFC 5545 §3.1, RFC 6350 §3.2–3.3).

Reading is forgiving about form (bare LF, blank lines, byte-order mark, control characters, a missing last line end,
folds inside a UTF-8 sequence, vCard 2.1's soft line breaks) and strict about structure (nesting, limits): what it
lets through can be written again, and writing what was read from a document with CRLF and folds at 75 octets gives
that document, byte for byte. Everything is one pass over the bytes with the interpreter's own searches, because this
is the hot path of every read and write. Parameters are read in `gateway.formats.params`, values in
`gateway.formats.escaping`; both are to be had from here as well.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats.escaping import (
    escape,
    read_list,
    read_structured,
    split,
    unescape,
    write_list,
    write_structured,
)
from gateway.formats.params import first_param, params_of, set_param

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_LINES",
    "escape",
    "first_param",
    "params_of",
    "parse",
    "read_list",
    "read_structured",
    "serialise",
    "set_param",
    "split",
    "unescape",
    "write_list",
    "write_structured",
]

MAX_BYTES: Final = 20 * 1024 * 1024
"""Of one document, photos and attachments included."""
MAX_DEPTH: Final = 8
"""Components within components; iCalendar needs three."""
MAX_LINES: Final = 100_000
"""Unfolded lines, BEGIN and END among them."""

_FOLD: Final = 75
_BOM: Final = b"\xef\xbb\xbf"
_CONTROLS: Final = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
_BLANK: Final = re.compile(rb"\n(?:[ \t]*\n)+")
_HEAD: Final = re.compile(r'(?:[^":]++|"[^"]*+")*+(?=:)')
_QUOTED_PRINTABLE: Final = re.compile(rb"^[^:\n]*;[^:\n]*QUOTED-PRINTABLE[^:\n]*:", re.IGNORECASE)


def parse(data: bytes) -> list[Component]:
    """The components at the top of a document, in order; usually one.

    Raises InvalidContent for anything that is not well-nested content lines within the limits.
    """
    roots: list[Component] = []
    stack: list[Component] = []
    items: list[Line | Component] | None = None
    for text in _unfolded(data):
        head, colon, value = text.partition(":")
        if '"' in head:
            quoted = _HEAD.match(text)
            if quoted is not None:
                head, value = quoted[0], text[quoted.end() + 1 :]
        name, semicolon, params = head.partition(";")
        kind = name.upper()
        if kind in ("BEGIN", "END"):
            items = _nest(kind, value.strip() if not semicolon else "", roots, stack)
            continue
        if items is None or not colon or not name:
            raise InvalidContent(f"A line is outside of every component or is no property: {text[:60]!r}.")
        group = ""
        if "." in name:
            before, _, after = name.partition(".")
            if before and after:
                group, name = before, after
        items.append(Line(name, value, ";" + params if semicolon else "", group))
    if stack:
        raise InvalidContent(f"The document ends inside {stack[-1].name[:60]}.")
    if not roots:
        raise InvalidContent("The document holds no component.")
    return roots


def serialise(component: Component) -> bytes:
    """The document: CRLF line ends, folded at 75 octets, never within a character. Raises ValueError for a raw line end."""
    out: list[str] = []
    _write(component, out)
    out.append("")
    return "\r\n".join(out).encode("utf-8", "replace")


def _nest(kind: str, name: str, roots: list[Component], stack: list[Component]) -> list[Line | Component] | None:
    """Open or close a component; the items the next line belongs to, None outside of all."""
    if not name:
        raise InvalidContent("BEGIN and END need the name of a component and nothing else.")
    if kind == "BEGIN":
        if len(stack) == MAX_DEPTH:
            raise InvalidContent(f"Components are nested more than {MAX_DEPTH} deep.")
        opened = Component(name)
        (stack[-1].items if stack else roots).append(opened)
        stack.append(opened)
        return opened.items
    if not stack or stack[-1].name.upper() != name.upper():
        raise InvalidContent(f"END:{name[:60]} closes no open component.")
    stack.pop()
    return stack[-1].items if stack else None


def _unfolded(data: bytes) -> list[str]:
    if len(data) > MAX_BYTES:
        raise InvalidContent(f"The document is larger than {MAX_BYTES} bytes.")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    data = data.removeprefix(_BOM).translate(None, _CONTROLS)
    data = _BLANK.sub(b"\n", data).strip(b"\n")
    if b"=\n" in data:
        data = _without_soft_breaks(data)
    # Undone on bytes, before decoding: old writers fold between the octets of one character.
    data = data.replace(b"\n ", b"").replace(b"\n\t", b"")
    if data.count(b"\n") >= MAX_LINES:
        raise InvalidContent(f"The document has more than {MAX_LINES} lines.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # RFC 6350 §3.1 knows UTF-8 alone; what is not comes from old programs on Windows.
        text = data.decode("cp1252", "replace")
    return text.split("\n")


def _without_soft_breaks(data: bytes) -> bytes:
    """Quoted-printable values of vCard 2.1 joined: they go on after `=` at the end of a line, with or without a blank."""
    out: list[bytes] = []
    joining = False
    for line in data.split(b"\n"):
        if joining:
            out[-1] = out[-1][:-1]
        if joining and not line.upper().startswith((b"END:", b"BEGIN:")):
            out.append(b" " + line.lstrip(b" \t"))
            joining = line.endswith(b"=")
        else:
            out.append(line)
            joining = line.endswith(b"=") and _QUOTED_PRINTABLE.match(line) is not None
    return b"\n".join(out)


def _write(component: Component, out: list[str]) -> None:
    out.append(_folded(f"BEGIN:{component.name}"))
    for item in component.items:
        if isinstance(item, Line):
            if item.group:
                text = f"{item.group}.{item.name}{item.params}:{item.value}"
            else:
                text = f"{item.name}{item.params}:{item.value}"
            out.append(text if len(text) <= _FOLD and text.isascii() and "\n" not in text else _folded(text))
        else:
            _write(item, out)
    out.append(_folded(f"END:{component.name}"))


def _folded(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError(f"a line end inside a content line: {text[:60]!r}")
    if text.isascii():
        if len(text) <= _FOLD:
            return text
        pieces = [text[:_FOLD]]
        pieces += [text[at : at + _FOLD - 1] for at in range(_FOLD, len(text), _FOLD - 1)]
        return "\r\n ".join(pieces)
    data = text.encode("utf-8", "replace")
    if len(data) <= _FOLD:
        return text
    parts: list[str] = []
    at, room = 0, _FOLD
    while at < len(data):
        end = at + room
        # RFC 5545 §3.1: a fold may not part the octets of one character (continuation octets are 10xxxxxx).
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[at:end].decode("utf-8"))
        at, room = end, _FOLD - 1
    return "\r\n ".join(parts)
