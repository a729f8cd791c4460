"""Values as PHP's `serialize` writes them: texts, numbers, truths, nothing, and arrays of these."""

from __future__ import annotations

from typing import Any


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
