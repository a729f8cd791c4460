"""One content line as a JSON array `[name, parameters, type, value, …]` (RFC 7095 §3.3, RFC 7265 §3.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import InvalidContent
from gateway.core.tree import Line
from gateway.formats.escaping import split
from gateway.formats.json.values import read_value, write_value
from gateway.formats.params import params_of, set_pieces, written

UNKNOWN: Final = "unknown"
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between cards and calendars. Names are in capitals."""

    types: Mapping[str, str]
    lists: frozenset[str]
    """Properties whose value is a comma list: each element a value of its own."""
    structures: frozenset[str]
    """Properties whose value has components, parted by semicolons."""
    is_nested: bool

    def default(self, name: str) -> str:
        """The type of a property that states none."""
        return self.types.get(name, UNKNOWN)


def write_line(line: Line, dialect: Dialect) -> list[Any]:
    """The line as an array."""
    name = line.name.upper()
    kind = dialect.default(name)
    params: dict[str, Any] = {"group": line.group} if line.group else {}
    for found, values in params_of(line):
        if found == "VALUE":
            # RFC 7095 §3.4: the type has a place of its own.
            kind = values[0].lower() if values and _WORD.fullmatch(values[0]) else kind
            continue
        words = [word for value in values for word in value.split(",")] if found == "TYPE" else values
        before = params.get(found.lower(), [])
        several = [*(before if isinstance(before, list) else [before]), *words]
        params[found.lower()] = several[0] if len(several) == 1 else several
    return [name.lower(), params, kind, *_values(line.value, name, kind, dialect)]


def _values(raw: str, name: str, kind: str, dialect: Dialect) -> list[Any]:
    if kind == UNKNOWN:
        return [raw]
    if name in dialect.structures:
        parts = [_component(part, kind) for part in split(raw, ";")]
        return [parts if len(parts) > 1 else parts[0]]
    if name in dialect.lists:
        return [write_value(kind, piece) for piece in split(raw, ",")]
    return [write_value(kind, raw)]


def _component(part: str, kind: str) -> Any:
    several = [write_value(kind, piece) for piece in split(part, ",")]
    return several[0] if len(several) == 1 else several


def read_line(data: Any, dialect: Dialect) -> Line:
    """The line an array means. Raises InvalidContent."""
    if not isinstance(data, list) or len(data) < 4 or not isinstance(data[0], str) or not isinstance(data[2], str):
        raise InvalidContent("A property is an array of name, parameters, type and at least one value.")
    name, kind = data[0].upper(), data[2].lower()
    if not _NAME.fullmatch(name) or not _WORD.fullmatch(kind) or name in ("BEGIN", "END"):
        raise InvalidContent(f"This is no name of a property, or no type: {data[0][:40]!r}, {data[2][:40]!r}.")
    line = Line(name, "")
    pieces = [] if kind in (UNKNOWN, dialect.default(name)) else [f"VALUE={kind.upper()}"]
    for found, values in _params(data[1]):
        if found == "GROUP":
            line.group = values[0] if values and _NAME.fullmatch(values[0]) else ""
        elif found == "TYPE":
            # One for each word: every program reads that.
            pieces += [written(found, [word]) for word in values]
        else:
            pieces.append(written(found, values))
    set_pieces(line, pieces)
    line.value = _raw(data[3:], name, kind, dialect)
    return line


def _params(data: Any) -> list[tuple[str, Sequence[str]]]:
    if not isinstance(data, dict):
        raise InvalidContent("The parameters of a property are an object.")
    found: list[tuple[str, Sequence[str]]] = []
    for name, value in data.items():
        values = value if isinstance(value, list) else [value]
        if not _NAME.fullmatch(name) or not values or not all(isinstance(one, str) for one in values):
            raise InvalidContent(f"This is no parameter: {name[:40]!r}.")
        found.append((name.upper(), values))
    return found


def _raw(values: Sequence[Any], name: str, kind: str, dialect: Dialect) -> str:
    if kind == UNKNOWN:
        # What has no type is raw, and may not bring line ends in.
        return ",".join("" if one is None else str(one) for one in values).translate({10: None, 13: None})
    if name in dialect.structures or (any(isinstance(one, list) for one in values) and kind != "period"):
        return ",".join(_structure(one, kind) for one in values)
    return ",".join(read_value(kind, one) for one in values)


def _structure(value: Any, kind: str) -> str:
    if not isinstance(value, list):
        return read_value(kind, value)
    return ";".join(
        ",".join(read_value(kind, one) for one in part) if isinstance(part, list) else read_value(kind, part)
        for part in value
    )
