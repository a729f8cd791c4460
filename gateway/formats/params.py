"""Parameters, read from and set in a line's raw text (RFC 5545 §3.2, RFC 6350 §5, RFC 6868).

Names come back in capitals, values as meant: unquoted, with RFC 6868's ^-escapes undone. A name may stand several
times (`TYPE=home;TYPE=pref`); each time is a pair of its own. vCard 2.1 writes bare words, which are put under the
parameter they belong to. Setting one parameter leaves the text of all others as it was, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
    wanted = name.upper()
    one = None if not values else written(name, values)
    kept: list[str] = []
    for piece in pieces_of(line):
        if name_of(piece) != wanted:
            kept.append(piece)
        elif one is not None:
            kept.append(one)
            one = None
    if one is not None:
        kept.append(one)
    set_pieces(line, kept)


def pieces_of(line: Line) -> list[str]:
    """The raw parameters, each as it stands between semicolons."""
    return _PIECE.findall(line.params) if line.params else []


def set_pieces(line: Line, pieces: Iterable[str]) -> None:
    """The inverse of `pieces_of`."""
    line.params = "".join(f";{piece}" for piece in pieces)


def written(name: str, values: Iterable[str]) -> str:
    """A raw parameter that says these values."""
    return f"{name}={','.join(_quoted(value) for value in values)}"


def _read(params: str) -> Params:
    found: list[tuple[str, tuple[str, ...]]] = []
    for piece in _PIECE.findall(params):
        name, equals, raw = piece.partition("=")
        if equals:
            values = raw.split(",") if '"' not in raw else _VALUE.findall("," + raw)
            found.append((name.strip().upper(), tuple(_meaning(value) for value in values)))
        elif piece.strip():
            found.append((name_of(piece), (piece.strip(),)))
    return tuple(found)


_read_cached = lru_cache(maxsize=4096)(_read)


def name_of(piece: str) -> str:
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
