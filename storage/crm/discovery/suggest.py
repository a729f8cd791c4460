"""What was found, as lines of a mapping that extends a preset: one line a field, switched off by a `#` until wanted.

A field is an entity's that has its base table. Where the field stands in a table the preset does not
read, because it is there only where somebody has added fields, a line before it adds that table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from storage.crm.discovery.product import Custom

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_MOST: Final = 40
"""Choices that are written into a line; a longer list is shown as it is stored."""


@dataclass
class Entity:
    """An entity of a preset as far as this matters: its tables in order, and the properties it has already."""

    name: str
    tables: Sequence[Mapping[str, Any]]
    taken: set[str] = field(default_factory=set)

    def is_one_of(self, one: Custom) -> bool:
        """Whether its records may have this field: those of the field's base table that are not told to be others."""
        base = next((table for table in self.tables if table.get("table") == one.base), None)
        if base is None:
            return False
        said = base.get("set", {})
        return all(said.get(column, value) == value for column, value in one.of.items())

    def has(self, table: str) -> bool:
        """Whether it reads a table of this name."""
        return any(one.get("table") == table for one in self.tables)


def entities(words: Mapping[str, Any], prefix: str) -> list[Entity]:
    """Those of a preset's words; `prefix` stands in the names of tables."""
    made = []
    for name, said in words.get("entity", {}).items():
        tables = said.get("tables") or [{"table": said.get("table", ""), "key": said.get("key", "id")}]
        named = [{**one, "table": str(one.get("table", "")).replace("{prefix}", prefix)} for one in tables]
        made.append(Entity(name, named, {*map(str.upper, said.get("custom", {}))}))
    return made


def lines(found: Iterable[Custom], preset: Sequence[Entity], columns: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The lines, with the entities in the preset's order. `columns`: of each table that matters, their names."""
    fields = list(found)
    for entity in preset:
        own = [one for one in fields if entity.is_one_of(one)]
        added: dict[str, str] = {one.table: one.key for one in own if not entity.has(one.table)}
        if added:
            tables = [*entity.tables, *({"table": table, "key": key} for table, key in added.items())]
            yield f"# entity.{toml_key(entity.name)}.tables = {toml(tables)}  # needed by the next lines"
        for one in own:
            tables = [*entity.tables, *({"table": table} for table in added)]
            value = _value(one, _name(one, [str(table["table"]) for table in tables], columns))
            label = " ".join(one.label.split())
            yield f"# entity.{toml_key(entity.name)}.custom.{_property(one, entity.taken)} = {value}  # {label}"


def _name(one: Custom, tables: Sequence[str], columns: Mapping[str, Iterable[str]]) -> str:
    """The column as the mapping has to call it: a name that an earlier table has as well is the earlier table's."""
    before = tables[: tables.index(one.table)] if one.table in tables else []
    is_taken = any(one.column in set(columns.get(table, ())) for table in before)
    return f"{one.table}.{one.column}" if is_taken else one.column


def _value(one: Custom, column: str) -> str:
    words: dict[str, Any] = {"column": column}
    if one.type != "text":
        words["type"] = one.type
    words |= one.words
    if one.values and len(one.values) <= _MOST and len(set(one.values.values())) == len(one.values):
        words["values"] = dict(one.values)
    return toml(column if len(words) == 1 else words)


def _property(one: Custom, taken: set[str]) -> str:
    """A name nobody has, made of what people call the field."""
    plain = unicodedata.normalize("NFKD", one.label.replace("ß", "ss")).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").upper() or re.sub(r"[^A-Z0-9]+", "-", one.column.upper())
    made = number = f"X-{name[:60]}"
    count = 1
    while number in taken:
        count += 1
        number = f"{made}-{count}"
    taken.add(number)
    return number


def toml_key(name: str) -> str:
    """A name as TOML has it before an equals sign."""
    return name if _BARE.fullmatch(name) else toml(name)


def toml(value: Any) -> str:
    """A value as TOML has it in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(str(key))} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text) + '"'
