"""Preference and types: TYPE=pref of 3.0 is PREF=1 of 4.0 (RFC 6350 §5.3), and what else differs in parameters.

The other parameters of a line stay where they stand, in their own spelling. A number of 4.0 that is not 1 stays in 3.0
as well, where nobody else reads it; the most preferred line of each property says TYPE=pref beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core.tree import Line
from gateway.formats.params import first_param, name_of, pieces_of, set_pieces, written

_LEAST = 101
_PREFERRED = "TYPE=pref"


def upward(line: Line) -> None:
    """Parameters of 3.0 as 4.0 has them; CHARSET, which no version since 2.1 has, goes."""
    if not line.params:
        return
    is_numbered = first_param(line, "PREF") is not None
    kept: list[str] = []
    for piece in pieces_of(line):
        name = name_of(piece)
        if name == "CHARSET":
            continue
        words = _words(piece) if name == "TYPE" else []
        silent = [word for word in words if word.lower() == "pref"]
        if not silent:
            kept.append(piece if "=" in piece else f"{name}={piece.strip()}")
            continue
        others = [word for word in words if word not in silent]
        if others:
            kept.append(written(piece.partition("=")[0].strip() or "TYPE", others))
        if not is_numbered:
            kept.append("PREF=1")
            is_numbered = True
    set_pieces(line, kept)


def downward(line: Line, *, is_first: bool) -> None:
    """Parameters of 4.0 as 3.0 has them. `is_first`: no line of this name is preferred to this one."""
    if not line.params:
        return
    kept: list[str] = []
    for piece in pieces_of(line):
        name = name_of(piece)
        if name == "PREF":
            if number(line) != 1:
                kept.append(piece)
            if number(line) == 1 or is_first:
                kept.append(_PREFERRED)
        elif name == "TYPE" and '"' in piece:
            # A quoted list is one word to programs of Apple.
            kept += [written(piece.partition("=")[0].strip(), [word]) for word in _words(piece)]
        else:
            kept.append(piece)
    set_pieces(line, kept)


def number(line: Line) -> int:
    """The stated preference, 1 to 100; more than that where there is none."""
    stated = first_param(line, "PREF") or ""
    value = int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 4 else _LEAST
    return value if 1 <= value < _LEAST else _LEAST


def preferred(lines: Iterable[Line]) -> set[int]:
    """The ids of the lines that are most preferred, one for each name."""
    best: dict[str, Line] = {}
    for line in lines:
        name = line.name.upper()
        if number(line) < _LEAST and (name not in best or number(line) < number(best[name])):
            best[name] = line
    return {id(line) for line in best.values()}


def _words(piece: str) -> list[str]:
    _, equals, values = piece.partition("=")
    text = values if equals else piece
    return [word.strip() for word in text.replace('"', "").split(",") if word.strip()]
