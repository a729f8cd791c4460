"""Where each key of a TOML file stands, and complaints that name the line.

`tomllib` gives values without places. `index_of` walks the text a second time and notes for every key, in whatever
of TOML's spellings it is written (tables, dotted keys, inline tables, arrays), the line it begins on. It expects a
text that `tomllib` has accepted: it looks for places, not for faults. `Sources` lays several files over one another,
as `extends` does, and answers from the uppermost that has the key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.core.errors import ConfigError

Path = tuple[str | int, ...]
"""Keys from the top; the elements of an array by number, from 0."""

_AT: Final = re.compile(r"([^\n:]+):(\d+): ")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SPACE: Final = re.compile(r"[ \t]*")
_SPACE_AND_LINES: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")
_BASIC: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL: Final = re.compile(r"'[^'\n]*'")
_LONG_BASIC: Final = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)
_LONG_LITERAL: Final = re.compile(r"'''(?:[^']|'(?!''))*'{3,5}")


class ConfigErrors(ConfigError):
    """All that is wrong with a configuration, a sentence each; the text is one line for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        """`problems` in any order; those that name a line are put into the order of their lines."""
        self.problems = tuple(sorted(dict.fromkeys(problems), key=_place))
        super().__init__("\n".join(self.problems))


def _place(problem: str) -> tuple[str, int]:
    found = _AT.match(problem)
    return (found[1], int(found[2])) if found else ("", 0)


def problems_of(wrong: ConfigError) -> tuple[str, ...]:
    """The single sentences of any ConfigError."""
    return wrong.problems if isinstance(wrong, ConfigErrors) else (str(wrong),)


def in_file(file: object, wrong: ConfigError) -> ConfigErrors:
    """The same, where every sentence that names no line says in which file it began."""
    return ConfigErrors(line if _AT.match(line) else f"{file}: {line}" for line in problems_of(wrong))


def near(name: object, known: Iterable[str]) -> str:
    """`; did you mean 'notes'?` where a known name is like this one, else nothing."""
    found = difflib.get_close_matches(str(name)[:100], list(known), 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def index_of(text: str) -> dict[Path, int]:
    """For each key of a valid TOML text, the line (from 1) where it is first written."""
    return _Walk(text).lines


class Sources:
    """Files laid over one another, the uppermost first."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        """`texts`: name and TOML text of each file."""
        self.layers = [(name, index_of(text)) for name, text in texts]

    def at(self, *path: str | int) -> str:
        """`FILE:LINE` of a key; of the nearest table around it where the key itself is not there."""
        for length in range(len(path), 0, -1):
            for name, lines in self.layers:
                if path[:length] in lines:
                    return f"{name}:{lines[path[:length]]}"
        return self.layers[0][0]


class _Walk:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.breaks = [found.start() for found in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        table: Path = ()
        while self._skip(_SPACE_AND_LINES) < len(text):
            if text.startswith("[[", self.place):
                table = self._header(2, is_array=True)
            elif text.startswith("[", self.place):
                table = self._header(1, is_array=False)
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.place)
        self.place = found.end() if found is not None and found.end() > self.place else self.place
        return self.place

    def _note(self, path: Path, place: int) -> None:
        """The key and, where they have not been seen yet, the tables it implies."""
        line = bisect_right(self.breaks, place - 1) + 1 if place else 1
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _header(self, brackets: int, *, is_array: bool) -> Path:
        place = self.place
        self.place += brackets
        path: Path = ()
        keys = self._key()
        for position, key in enumerate(keys):
            path = (*path, key)
            if is_array and position == len(keys) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        self.place += brackets
        self._note(path, place)
        return path

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self.place
            if self.text[start] in "\"'":
                self._skip(_BASIC if self.text[start] == '"' else _LITERAL)
                parts.append(str(tomllib.loads(f"k = {self.text[start : self.place]}")["k"]))
            else:
                parts.append(self.text[start : self._skip(_BARE)])
            self._skip(_SPACE)
            if self.place == start or not self.text.startswith(".", self.place):
                return parts
            self.place += 1

    def _pair(self, table: Path) -> None:
        place = self.place
        path = (*table, *self._key())
        self._note(path, place)
        self.place += 1  # the sign of equality
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        at = self.text[self.place : self.place + 3]
        if at == '"""':
            self._skip(_LONG_BASIC)
        elif at == "'''":
            self._skip(_LONG_LITERAL)
        elif at.startswith('"'):
            self._skip(_BASIC)
        elif at.startswith("'"):
            self._skip(_LITERAL)
        elif at.startswith(("[", "{")):
            self._items(path, "]" if at[0] == "[" else "}")
        else:
            self._skip(_SCALAR)

    def _items(self, path: Path, end: str) -> None:
        self.place += 1
        number = 0
        while self._skip(_SPACE_AND_LINES) < len(self.text):
            sign = self.text[self.place]
            if sign == end:
                self.place += 1
                return
            if sign == ",":
                self.place += 1
            elif end == "}":
                self._pair(path)
            else:
                self._note((*path, number), self.place)
                self._value((*path, number))
                number += 1


def leaves(words: Mapping[str, object]) -> set[Path]:
    """Every path of a parsed TOML document, tables and arrays included: what `index_of` has to find."""
    found: set[Path] = set()
    waiting: list[tuple[Path, object]] = [((), words)]
    while waiting:
        path, value = waiting.pop()
        items: Iterable[tuple[str | int, object]] = ()
        if isinstance(value, Mapping):
            items = value.items()
        elif isinstance(value, list):
            items = enumerate(value)
        for key, within in items:
            found.add((*path, key))
            waiting.append(((*path, key), within))
    return found
