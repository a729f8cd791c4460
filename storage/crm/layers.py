"""Mapping files laid over one another: `extends = "reference"` takes a preset, or a file, and says only what differs.

The lower file is read first. In `[crm]`, `[crm.users]`, `[crm.shared.NAME]`, `[entity.NAME]` and `[view.NAME]` word
stands over word; in `fields`, `custom` and `message` of an entity, name over name. What stands over something replaces it whole: a field
is said anew, not mended; `tables` stands over `table` and `key`, and the other way round. `{ off = true }` takes a view, a field or a custom property away.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.core.errors import ConfigError
from gateway.runtime.lines import Sources, near

PRESETS: Final = Path(__file__).parent / "presets"
DEEPEST: Final = 8
"""Files that may stand on one another."""

_PARTS: Final = ("fields", "custom", "message")


@dataclass(frozen=True, slots=True)
class Layered:
    """The uppermost file's name, the words of all layers as one, where each stands, and what does not fit."""

    file: str
    words: dict[str, Any]
    sources: Sources
    problems: tuple[str, ...]


def read(name_or_path: str, folder: Path | None = None) -> Layered:
    """A preset by its name or a file by its path, with all it extends. Raises ConfigError for what is no TOML."""
    texts: list[tuple[str, str]] = []
    layers: list[dict[str, Any]] = []
    wanted, base, seen = name_or_path, folder or Path(), ""
    while True:
        path = _find(wanted, base, seen)
        if str(path) in (name for name, _ in texts) or len(texts) == DEEPEST:
            raise ConfigError(f"{seen} extends: {wanted!r} goes round in a circle, or is too deep")
        text, words = _parse(path)
        texts.append((str(path), text))
        layers.append(words)
        if "extends" not in words:
            break
        wanted, base, seen = words.pop("extends"), path.parent, f"{Sources(texts[-1:]).at('extends')}:"
        if not isinstance(wanted, str):
            raise ConfigError(f"{seen} extends: expected a preset's name or a file's path, in quotes")
    sources = Sources(texts)
    whole: dict[str, Any] = {}
    for words in reversed(layers):
        whole = _over(whole, words, ())
    return Layered(texts[0][0], whole, sources, tuple(_switch_off(whole, sources)))


def _find(name_or_path: str, folder: Path, seen: str) -> Path:
    path = PRESETS / f"{name_or_path}.toml"
    if name_or_path.replace("-", "").isalnum() and path.is_file():
        return path
    path = folder / name_or_path
    if path.is_file():
        return path
    known = sorted(preset.stem for preset in PRESETS.glob("*.toml"))
    where = f"{seen} extends" if seen else "mapping"
    raise ConfigError(
        f"{where}: {name_or_path!r}: no such preset or file{near(name_or_path, known)} (presets: {', '.join(known)})"
    )


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        # Lines are counted as tomllib counts them: bytes as they are, no universal newlines.
        text = path.read_bytes().decode("utf-8")
        return text, tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from wrong


def _is_merged(path: tuple[str, ...]) -> bool:
    """Whether the table at this path is laid over word by word rather than replaced."""
    if path[:1] == ("crm",):
        return path in (("crm",), ("crm", "users"), ("crm", "shared")) or (len(path) == 3 and path[1] == "shared")
    return len(path) <= 2 or (path[0] == "entity" and len(path) == 3 and path[2] in _PARTS)


def _over(low: Mapping[str, Any], high: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    made = dict(low)
    if len(path) == 2 and path[0] == "entity":
        # Both say which tables an entity has, so one stands over the other.
        for one, other in (("tables", ("table", "key")), ("table", ("tables",))):
            if one in high:
                made = {name: value for name, value in made.items() if name not in other}
    for name, value in high.items():
        held, within = made.get(name), (*path, name)
        if isinstance(held, dict) and isinstance(value, dict) and _is_merged(within):
            made[name] = _over(held, value, within)
        else:
            made[name] = value
    return made


def _switch_off(whole: dict[str, Any], sources: Sources) -> list[str]:
    """Take away what is off; says what is off but was never there."""
    problems: list[str] = []

    def sweep(words: Any, *path: str) -> None:
        if not isinstance(words, dict):
            return
        names = set(words)
        for name in [name for name, value in words.items() if isinstance(value, dict) and "off" in value]:
            value = words[name]
            shown = ".".join(path)
            if not isinstance(value["off"], bool):
                problems.append(f"{sources.at(*path, name, 'off')}: [{shown}] {name}: off is true or false")
            elif value.pop("off"):
                if not value and sum((*path, name) in lines for _, lines in sources.layers) == 1:
                    known = near(name, names - {name})
                    problems.append(f"{sources.at(*path, name)}: [{shown}] {name}: nothing to switch off{known}")
                del words[name]

    sweep(whole.get("view"), "view")
    entities = whole.get("entity")
    for name, entity in entities.items() if isinstance(entities, dict) else ():
        for part in ("fields", "custom"):
            sweep(entity.get(part) if isinstance(entity, dict) else None, "entity", name, part)
    return problems
