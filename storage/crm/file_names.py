"""Names and paths of files: made of a row's columns to find one, made of the bytes to keep a new one.

    "upload/{source_id|id}"                    columns; the first of several that is not empty
    "{image_URL@photo=}"                       what follows a text in a column: the name in a URL
    "{sha1:2}/{sha1}", "{md5}{suffix}"         of new bytes: their hashes, `:N` the beginning of one
    "storage/{year}/{month_name}/week{week}/"  of the day, as vtiger files it

A client's name for a file is a name and no path: what could lead elsewhere is taken out of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import mimetypes
import re
import secrets
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near

_HOLE: Final = re.compile(r"\{(\w+(?:\|\w+)*)(?:@([^{}]+))?\}")
_MADE: Final = re.compile(r"\{(\w+?)(?::(\d+))?\}")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST: Final = 120
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFile:
    """Bytes that a client brings, with a name that is safe to be part of a path."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    day: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())

    @property
    def suffix(self) -> str:
        """What the name ends with, from the dot on; what its type usually ends with where it has none."""
        _, dot, end = self.name.rpartition(".")
        return f".{end.lower()}" if dot and end.isalnum() else mimetypes.guess_extension(self.media_type) or ""


def new_file(name: str, media_type: str, content: bytes) -> NewFile:
    """Make the name safe."""
    clean = _UNSAFE.sub("_", name).strip(" .") or "file"
    return NewFile(shortened(clean, _LONGEST), media_type, content)


def shortened(name: str, length: int | None) -> str:
    """A name that fits, with the end that says what it is."""
    if length is None or len(name) <= length:
        return name
    stem, dot, end = name.rpartition(".")
    kept = f".{end}" if dot and len(end) <= 10 and len(end) + 1 < length else ""
    return (stem if kept else name)[: length - len(kept)] + kept


class FilePath:
    """A path made of columns. Raises ConfigError for a hole that is no column."""

    def __init__(self, template: str, columns: Collection[str]) -> None:
        self.template = template
        self.columns = tuple(dict.fromkeys(name for hole in _HOLE.findall(template) for name in hole[0].split("|")))
        for name in self.columns:
            if name not in columns:
                raise ConfigError(f"file: there is no column {name!r}{near(name, columns)}")
        if not self.columns or set(_HOLE.sub("", template)) & set("{}"):
            raise ConfigError(f"file: {template!r} is no path with columns in braces")

    def of(self, row: Mapping[Any, Any]) -> str | None:
        """The path for a row; None where a column it needs is empty."""
        is_whole = True

        def fill(hole: re.Match[str]) -> str:
            nonlocal is_whole
            held = next((str(row[name]) for name in hole[1].split("|") if row[name] not in (None, "")), "")
            if hole[2]:
                held = unquote(held.rpartition(hole[2])[2] if hole[2] in held else "")
            is_whole = is_whole and bool(held)
            return held

        made = _HOLE.sub(fill, self.template)
        return made if is_whole else None


class Made:
    """Columns made of new bytes. Raises ConfigError for a hole nobody knows."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self.words = dict(words)
        for column, text in self.words.items():
            for name, _ in _MADE.findall(str(text)):
                if name not in _KNOWN:
                    raise ConfigError(f"made: {column}: there is no {name!r}{near(name, _KNOWN)}")

    def of(self, new: NewFile) -> dict[str, Any]:
        """The columns for these bytes."""

        def fill(hole: re.Match[str]) -> str:
            made = _KNOWN[hole[1]](new)
            return made[: int(hole[2])] if hole[2] else made

        return {column: _MADE.sub(fill, text) if isinstance(text, str) else text for column, text in self.words.items()}


_KNOWN: Final[Mapping[str, Callable[[NewFile], str]]] = {
    "sha1": lambda new: hashlib.sha1(new.content, usedforsecurity=False).hexdigest(),
    "md5": lambda new: hashlib.md5(new.content, usedforsecurity=False).hexdigest(),
    "name": lambda new: new.name,
    "stem": lambda new: new.name.rpartition(".")[0] or new.name,
    "suffix": lambda new: new.suffix,
    "type": lambda new: new.media_type,
    "size": lambda new: str(len(new.content)),
    "year": lambda new: str(new.day.year),
    "month": lambda new: f"{new.day.month:02}",
    "month_name": lambda new: _MONTHS[new.day.month - 1],
    "day": lambda new: f"{new.day.day:02}",
    "week": lambda new: str((new.day.day - 1) // 7 + 1),
    "uuid": lambda _: str(uuid.uuid4()),
    "hex": lambda _: secrets.token_hex(16),
}
"""What a new file's columns may be made of."""
NAMES: Final = tuple(_KNOWN)
