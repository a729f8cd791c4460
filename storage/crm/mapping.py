"""The mapping file as data: what was written, in types, with every word accounted for.

One TOML file describes a CRM (docs/mapping.md): `[crm]` and its users, `[entity.*]` tables, `[view.*]` what users
see. Here the words are read and unknown ones refused by file and key; whether tables and columns exist is found out
when the mapping meets a database (`storage.crm.crm`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.errors import ConfigError
from gateway.core.model import Right, Role, Shape
from storage.crm.conditions import uses_user

PRESETS: Final = Path(__file__).parent / "presets"

_DELETES: Final = ("mark", "hide", "delete", "refuse")
_RIGHTS: Final = {"read": Right.READER, "write": Right.WRITER}


@dataclass(frozen=True, slots=True)
class UserWords:
    """`[crm.users]`: the users' table. `group` may be empty where the CRM has none.

    `name` is one or several columns; `address` a column or the words of `storage.crm.user_table`, and so is `timezone`.
    """

    table: str
    key: str
    login: str
    name: str | list[str]
    address: str | Mapping[str, Any]
    password: str
    alive: str
    timezone: str | Mapping[str, Any] = ""
    group: str = ""
    active: str = ""


@dataclass(frozen=True, slots=True)
class EntityWords:
    """`[entity.NAME]`. `message` holds the words of `[entity.NAME.message]` for an entity served as messages."""

    name: str
    table: str
    key: str
    alive: str
    delete: Mapping[str, Any]
    owner: str
    stamps: Mapping[str, str]
    fields: Mapping[str, Any]
    message: Mapping[str, Any]
    custom: Mapping[str, str]
    new_key: str = "autoincrement"
    insert: Mapping[str, Any] = field(default_factory=dict)
    update: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """`[view.SLUG]`: which rows of an entity whom they reach, and in what form.

    `delete` is what a client's delete does: `mark` the row as the entity says, `hide` it from this collection only,
    `delete` the gateway's own item, or `refuse`. Without an entity the collection holds what users put there.
    """

    name: str
    entity: str
    shape: Shape
    display_name: str
    role: Role
    filter: str
    is_shared: bool
    rights: Right
    order: int
    color: str
    delete: str
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrmMapping:
    """A whole mapping file."""

    file: str
    name: str
    users: UserWords
    entities: Mapping[str, EntityWords]
    views: Mapping[str, View]
    shared: Mapping[str, Any] = field(default_factory=dict)
    days: str = "UTC"
    """The zone in which the CRM's whole days begin."""


def load(name_or_path: str, folder: Path | None = None) -> CrmMapping:
    """Read a preset by its name, or a file by its path (relative to `folder`). Raises ConfigError."""
    path = PRESETS / f"{name_or_path}.toml"
    if not name_or_path.replace("-", "").isalnum() or not path.is_file():
        path = (folder or Path()) / name_or_path
    try:
        words = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(preset.stem for preset in PRESETS.glob("*.toml")))
        raise ConfigError(f"mapping {name_or_path!r}: no such preset or file; presets are {known}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from wrong
    return _Reader(str(path)).mapping(words)


class _Reader:
    """Takes the words out of a file's tables, one by one, and complains about what is left."""

    def __init__(self, file: str) -> None:
        self.file = file

    def wrong(self, key: str, what: str) -> ConfigError:
        return ConfigError(f"{self.file}: {key}: {what}")

    def table(self, words: object, key: str) -> dict[str, Any]:
        if not isinstance(words, dict):
            raise self.wrong(key, "expected a table")
        return dict(words)

    def take(self, words: dict[str, Any], key: str, name: str, default: Any = None) -> Any:
        """Take one word out; without a default it must be there."""
        if name not in words and default is None:
            raise self.wrong(key, f"{name} is missing")
        value = words.pop(name, default)
        if default is not None and not isinstance(value, type(default)):
            raise self.wrong(f"{key} {name}", f"expected {type(default).__name__}, not {type(value).__name__}")
        if default is None and not isinstance(value, str):
            raise self.wrong(f"{key} {name}", "expected text")
        return value

    def done(self, words: dict[str, Any], key: str) -> None:
        if words:
            raise self.wrong(key, f"unknown word {min(words)!r}")

    def mapping(self, words: dict[str, Any]) -> CrmMapping:
        crm = self.table(words.pop("crm", None), "[crm]")
        users = self.users(self.table(crm.pop("users", None), "[crm.users]"))
        name = self.take(crm, "[crm]", "name")
        zone = self.take(crm, "[crm]", "zone", "UTC")
        if zone != "UTC":
            raise self.wrong("[crm] zone", "only UTC is supported so far")
        days = self.take(crm, "[crm]", "days", "UTC")
        try:
            ZoneInfo(days)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.wrong("[crm] days", f"there is no time zone {days!r}") from None
        shared = self.take(crm, "[crm]", "shared", {})
        self.done(crm, "[crm]")
        entities = {
            entity: self.entity(entity, self.table(content, f"[entity.{entity}]"))
            for entity, content in self.table(words.pop("entity", {}), "[entity]").items()
        }
        views = {
            slug: self.view(slug, self.table(content, f"[view.{slug}]"), entities)
            for slug, content in self.table(words.pop("view", {}), "[view]").items()
        }
        self.done(words, "top level")
        return CrmMapping(self.file, name, users, entities, views, shared, days)

    def users(self, words: dict[str, Any]) -> UserWords:
        key = "[crm.users]"
        needed = {name: self.take(words, key, name) for name in ("table", "login", "password")}
        rest = {name: self.take(words, key, name, "") for name in ("group", "active")}
        rich = {name: words.pop(name, None) for name in ("name", "address")}
        if lacking := [name for name, value in rich.items() if not value]:
            raise self.wrong(key, f"{lacking[0]} is missing")
        made = UserWords(
            key=self.take(words, key, "key", "id"),
            alive=self.take(words, key, "alive", ""),
            timezone=words.pop("timezone", ""),
            **rich,
            **needed,
            **rest,
        )
        self.done(words, key)
        return made

    def entity(self, name: str, words: dict[str, Any]) -> EntityWords:
        key = f"[entity.{name}]"
        made = EntityWords(
            name=name,
            table=self.take(words, key, "table"),
            key=self.take(words, key, "key", "id"),
            alive=self.take(words, key, "alive", ""),
            delete=self.take(words, key, "delete", {}),
            owner=self.take(words, key, "owner", ""),
            stamps=self.take(words, key, "stamps", {}),
            fields=self.take(words, key, "fields", {}),
            message=self.take(words, key, "message", {}),
            custom=self.take(words, key, "custom", {}),
            new_key=self.take(words, key, "new_key", "autoincrement"),
            insert=self.take(words, key, "insert", {}),
            update=self.take(words, key, "update", {}),
        )
        self.done(words, key)
        if name in ("user", "kept"):
            raise self.wrong(key, f"the name {name!r} is taken")
        return made

    def view(self, slug: str, words: dict[str, Any], entities: Mapping[str, EntityWords]) -> View:
        key = f"[view.{slug}]"
        entity = self.take(words, key, "entity", "")
        if entity and entity not in entities:
            raise self.wrong(f"{key} entity", f"there is no entity {entity!r}")
        shape = self.word(words, key, "shape", {shape.value: shape for shape in Shape})
        text = self.take(words, key, "filter", "")
        if entity and not text:
            raise self.wrong(key, 'filter is missing: say which rows are seen, for example "owner_id = user.id"')
        made = View(
            name=slug,
            entity=entity,
            shape=shape,
            display_name=self.take(words, key, "name", slug),
            role=self.word(words, key, "role", {role.value: role for role in Role}, ""),
            filter=text,
            is_shared=bool(entity) and not uses_user(text),
            rights=self.word(words, key, "rights", _RIGHTS, "write"),
            order=self.take(words, key, "order", 0),
            color=self.take(words, key, "color", ""),
            delete=self.word(words, key, "delete", {name: name for name in _DELETES}, "mark"),
            set=self.take(words, key, "set", {}),
        )
        self.done(words, key)
        if not entity and shape is not Shape.MESSAGE:
            raise self.wrong(key, "only a view of messages can do without an entity")
        if entity and shape is Shape.MESSAGE and not entities[entity].message:
            raise self.wrong(key, f"[entity.{entity}.message] is missing: it says which columns make the message")
        if made.delete == "mark" and entity and not entities[entity].delete:
            raise self.wrong(
                f"{key} delete", f"[entity.{entity}] has no delete = {{ column = value }} to mark rows with"
            )
        return made

    def word(
        self, words: dict[str, Any], key: str, name: str, known: Mapping[str, Any], default: str | None = None
    ) -> Any:
        value = self.take(words, key, name, default)
        if value not in known:
            raise self.wrong(f"{key} {name}", f"{value!r} is none of {', '.join(sorted(known))}")
        return known[value]
