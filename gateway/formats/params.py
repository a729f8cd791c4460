"""Parameters, read from and set in a line's raw text (RFC 5545 §3.2, RFC 6350 §5, RFC 6868).

Names come back in capitals, values as meant: unquoted, with RFC 6868's ^-escapes undone. A name may stand several
times (`TYPE=home;TYPE=pref`); each time is a pair of its own. vCard 2.1 writes bare words, which are put under the
parameter they belong to. Setting one parameter leaves the text of all others as it was, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from gateway.core.tree import Line

Params = tuple[tuple[str, tuple[str, ...]], ...]

_PIECE: Final = re.compile(r';((?:[^";]++|"[^"]*+"|")*+)')
_VALUE: Final = re.compile(r',((?:[^",]++|"[^"]*+"|")*+)')
_CARET: Final = re.compile(r"\^([n^'])")
_CARET_MEANS: Final = {"n": "\n", "^": "^", "'": '"'}
_NEEDS_QUOTES: Final = re.compile(r"[;:,]|^$")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
_BARE_ENCODINGS: Final = frozenset({"QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT", "B", "Q"})
_BARE_PLACES: Final = frozenset({"INLINE", "URL", "CONTENT-ID", "CID"})
_CACHED_LENGTH: Final = 200


def params_of(line: Line) -> list[tuple[str, list[str]]]:
    """The parameters in order, each with its values."""
    return [(name, list(values)) for name, values in read(line.params)]


def read(params: str) -> Params:
    """The same of raw text, as tuples."""
    if not params:
        return ()
    # Long ones are rare and not worth remembering, and nobody shall fill memory with them.
    return _read_cached(params) if len(params) <= _CACHED_LENGTH else _read(params)


def first_param(line: Line, name: str) -> str | None:
    """The first value of a parameter (name in capitals), None where it is not there."""
    for found, values in read(line.params):
        if found == name and values:
            return values[0]
    return None


def set_param(line: Line, name: str, values: Sequence[str] | None) -> None:
    """Set a parameter in place; None or nothing removes it, however often it stands there."""
    pieces = _PIECE.findall(line.params)
    wanted = name.upper()
    written = None if not values else f"{name}={','.join(_quoted(value) for value in values)}"
    kept: list[str] = []
    for piece in pieces:
        if _name_of(piece) != wanted:
            kept.append(piece)
        elif written is not None:
            kept.append(written)
            written = None
    if written is not None:
        kept.append(written)
    line.params = "".join(f";{piece}" for piece in kept)


def _read(params: str) -> Params:
    found: list[tuple[str, tuple[str, ...]]] = []
    for piece in _PIECE.findall(params):
        name, equals, raw = piece.partition("=")
        if equals:
            values = raw.split(",") if '"' not in raw else _VALUE.findall("," + raw)
            found.append((name.strip().upper(), tuple(_meaning(value) for value in values)))
        elif piece.strip():
            found.append((_name_of(piece), (piece.strip(),)))
    return tuple(found)


_read_cached = lru_cache(maxsize=4096)(_read)


def _name_of(piece: str) -> str:
    """The parameter a raw piece belongs to, in capitals; bare words of vCard 2.1 mean ENCODING, VALUE or TYPE."""
    name, equals, _ = piece.partition("=")
    name = name.strip().upper()
    if equals:
        return name
    if name in _BARE_ENCODINGS:
        return "ENCODING"
    return "VALUE" if name in _BARE_PLACES else "TYPE"


def _meaning(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if "^" in value:
        # RFC 6868 §3.2: an unknown escape is left as it is.
        value = _CARET.sub(lambda found: _CARET_MEANS[found[1]], value)
    return value


def _quoted(value: str) -> str:
    value = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    value = value.replace("^", "^^").replace('"', "^'").replace("\n", "^n")
    return f'"{value}"' if _NEEDS_QUOTES.search(value) else value
