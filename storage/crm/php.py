"""Texts out of what PHP's `serialize` makes of an array: `a:1:{s:8:"timezone";s:13:"Europe/Berlin";}`, also in base64.

`text_in` looks only for a text under a name of its own; the first of the name counts, at whichever depth. `unserialised`
reads a value as a whole: texts, numbers, truths, nothing, and arrays of these. Nothing is ever made of objects, which is
where reading such data is dangerous.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any


def text_in(held: str, name: str) -> str:
    """The text under this name; nothing where there is none."""
    content = held.strip().encode("utf-8", "replace")
    if b'"' not in content:
        try:
            content = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return ""
    key = name.encode()
    head = b's:%d:"%s";s:' % (len(key), key)
    start = content.find(head)
    if start < 0:
        return ""
    # The length is in bytes, and what it measures may hold quotes.
    length, quote, rest = content[start + len(head) :].partition(b':"')
    if not quote or not length.isdigit() or len(length) > 9:
        return ""
    size = int(length)
    text, end = rest[:size], rest[size : size + 2]
    return text.decode("utf-8", "replace") if end == b'";' else ""


def unserialised(text: str) -> Any:
    """The value. Raises ValueError for anything else; lengths count bytes, as PHP counts."""
    value, rest = _value(text.encode())
    if rest:
        raise ValueError("there is more behind the value")
    return value


def _value(text: bytes) -> tuple[Any, bytes]:
    kind, rest = text[:2], text[2:]
    if kind == b"N;":
        return None, rest
    if kind in (b"i:", b"d:", b"b:"):
        number, sign, rest = rest.partition(b";")
        if not sign:
            raise ValueError("a number without end")
        return (int(number) if kind == b"i:" else float(number) if kind == b"d:" else number == b"1"), rest
    if kind == b"s:":
        length, _, rest = rest.partition(b":")
        end = int(length) + 1
        if rest[:1] != b'"' or rest[end : end + 2] != b'";':
            raise ValueError("a text without end")
        return rest[1:end].decode(), rest[end + 2 :]
    if kind == b"a:":
        count, _, rest = rest.partition(b":")
        made: dict[Any, Any] = {}
        rest = rest.removeprefix(b"{")
        for _ in range(int(count)):
            key, rest = _value(rest)
            made[key], rest = _value(rest)
        if rest[:1] != b"}":
            raise ValueError("an array without end")
        return made, rest[1:]
    raise ValueError("no value that is known here")
