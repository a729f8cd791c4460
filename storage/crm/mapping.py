"""The mapping file read: what was written becomes types (`storage.crm.words`), with every word accounted for.

One TOML file describes a CRM (docs/mapping.md), or says what it changes in another (`storage.crm.layers`): `[crm]`
and its users, `[entity.*]` tables, `[view.*]` what users see. Here the words are read and unknown ones refused, all
at once, each with file, line and key; whether tables and columns exist is found out when the mapping meets a database
(`storage.crm.crm`). `words_read` says which words the reading takes, so that the documentation can be held against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.model import Right, Role, Shape
from gateway.runtime.lines import ConfigErrors, Sources, near
from storage.crm import keys, layers
from storage.crm.conditions import uses_user
from storage.crm.folder_words import wrong_words
from storage.crm.layers import PRESETS
from storage.crm.words import WAYS, CrmMapping, EntityWords, UserWords, View, shown

__all__ = ["PRESETS", "WAYS", "CrmMapping", "EntityWords", "UserWords", "View", "load", "read", "shown", "words_read"]

_DELETES: Final = ("mark", "hide", "delete", "refuse")
_RIGHTS: Final = {"read": Right.READER, "write": Right.WRITER}
_PROPERTY: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_KINDS: Final[Mapping[type, str]] = {
    str: "text", int: "a whole number", bool: "true or false", dict: "a table", list: "a list", float: "a number",
}  # fmt: skip
STAMPS: Final = ("created", "modified")
"""What `stamps` may hold."""


def load(name_or_path: str, folder: Path | None = None) -> CrmMapping:
    """Read a preset by its name, or a file by its path (relative to `folder`). Raises ConfigErrors."""
    made = read(name_or_path, folder)
    if made.problems:
        raise ConfigErrors(made.problems)
    return made


def read(name_or_path: str, folder: Path | None = None) -> CrmMapping:
    """The same, with what is wrong in `problems`, so that a database may add to it. Raises ConfigError if unreadable."""
    layered = layers.read(name_or_path, folder)
    reader = _Reader(layered.file, layered.sources)
    reader.problems.extend(layered.problems)
    return reader.mapping(layered.words)


def words_read() -> dict[str, frozenset[str]]:
    """Every word each kind of section takes: `crm`, `users`, `entity`, `view`."""
    reader = _Reader("", Sources([("", "")]))
    reader.users({}), reader.entity("x", {}), reader.view("x", {}, {})
    taken = {"users": ("crm", "users"), "entity": ("entity", "x"), "view": ("view", "x")}
    reader.mapping({})
    return {"crm": frozenset(reader.taken[("crm",)])} | {
        kind: frozenset(reader.taken[path]) for kind, path in taken.items()
    }


_Path = tuple[str | int, ...]


class _Reader:
    """Takes the words out of a file's tables, one by one, and notes what is missing, wrong or left."""

    def __init__(self, file: str, sources: Sources) -> None:
        self.file, self.sources = file, sources
        self.problems: list[str] = []
        self.broken: set[str] = set()
        self.taken: dict[_Path, set[str]] = {}
        self.custom: dict[tuple[str, str], str] = {}

    def wrong(self, path: _Path, what: str, *, breaks: bool = False) -> None:
        self.problems.append(f"{self.sources.at(*path)}: {shown(path)}: {what}")
        if breaks:
            self.broken.add(".".join(map(str, path[:2])))

    def table(self, words: object, path: _Path) -> dict[str, Any]:
        if isinstance(words, dict):
            return dict(words)
        self.wrong(path, "is missing" if words is None else "expected a table", breaks=True)
        return {}

    def take(self, words: dict[str, Any], path: _Path, name: str, default: Any = None) -> Any:
        """Take one word out; without a default it must be there and be text."""
        self.taken.setdefault(path, set()).add(name)
        kind = str if default is None else type(default)
        nothing = "" if default is None else default
        if name not in words:
            if default is None:
                self.wrong(path, f"{name} is missing", breaks=True)
            return nothing
        value = words.pop(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong((*path, name), f"expected {_KINDS[kind]}, not {_KINDS.get(type(value), 'that')}", breaks=True)
            return nothing
        return value

    def done(self, words: dict[str, Any], path: _Path) -> None:
        known = self.taken.get(path, set())
        for name in words:
            self.wrong((*path, name), f"unknown word {name!r}{near(name, known)}")

    def mapping(self, words: dict[str, Any]) -> CrmMapping:
        crm = self.table(words.pop("crm", None), ("crm",))
        users = self.users(self.table(crm.pop("users", None), ("crm", "users")))
        name = self.take(crm, ("crm",), "name")
        zone = self.zone(crm, "zone", "UTC")
        days = self.zone(crm, "days", zone)
        prefix = self.take(crm, ("crm",), "prefix", "")
        shared = self.take(crm, ("crm",), "shared", {})
        watch = self.word(crm, ("crm",), "watch", {way: way for way in WAYS}, WAYS[0])
        polled = self.polled(self.take(crm, ("crm",), "polled", []), prefix)
        self.taken["crm",].add("users")
        self.done(crm, ("crm",))
        entities = {
            entity: self.entity(entity, self.table(content, ("entity", entity)))
            for entity, content in self.table(words.pop("entity", {}), ("entity",)).items()
        }
        views = {
            slug: self.view(slug, self.table(content, ("view", slug)), entities)
            for slug, content in self.table(words.pop("view", {}), ("view",)).items()
        }
        self.shapes(views)
        for other in words:
            self.wrong((other,), f"unknown word {other!r}{near(other, ('crm', 'entity', 'view', 'extends'))}")
        return CrmMapping(
            self.file, name, users, entities, views, self.sources,
            tuple(self.problems), frozenset(self.broken), self.custom, shared, zone, days, prefix, watch, polled,
        )  # fmt: skip

    def polled(self, tables: list[Any], prefix: str) -> tuple[str, ...]:
        if not all(isinstance(one, str) for one in tables):
            self.wrong(("crm", "polled"), "expected a list of tables")
            return ()
        return tuple(one.replace("{prefix}", prefix) for one in tables)

    def zone(self, words: dict[str, Any], name: str, default: str) -> str:
        said: str = self.take(words, ("crm",), name, default)
        try:
            ZoneInfo(said)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(("crm", name), f"there is no time zone {said!r}")
            return default
        return said

    def shapes(self, views: Mapping[str, View]) -> None:
        seen: dict[str, View] = {}
        for view in views.values():
            first = seen.setdefault(view.entity, view)
            if view.entity and first.shape is not view.shape:
                self.wrong(
                    ("view", view.name, "shape"),
                    f"[view.{first.name}] shows {view.entity} as {first.shape.value}; for a second shape, make a "
                    f"second entity of the same table",
                )

    def rich(self, words: dict[str, Any], path: _Path, name: str, *kinds: type, default: str | None = None) -> Any:
        """Take a word that is a column's name or, of one of these kinds, says more."""
        if not isinstance(words.get(name), kinds):
            return self.take(words, path, name, default)
        self.taken.setdefault(path, set()).add(name)
        value = words.pop(name)
        if not value or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
            self.wrong((*path, name), "expected a column, or several", breaks=True)
            return ""
        return value

    def users(self, words: dict[str, Any]) -> UserWords:
        path = ("crm", "users")
        needed = {name: self.take(words, path, name) for name in ("table", "login")}
        rest = {name: self.take(words, path, name, "") for name in ("group", "active")}
        made = UserWords(
            key=self.take(words, path, "key", "id"),
            name=self.rich(words, path, "name", list, dict),
            address=self.rich(words, path, "address", dict),
            timezone=self.rich(words, path, "timezone", dict, default=""),
            password=self.rich(words, path, "password", dict, default=""),
            groups=self.take(words, path, "groups", {}),
            alive=self.take(words, path, "alive", ""),
            **needed,
            **rest,
        )
        self.done(words, path)
        return made

    def entity(self, name: str, words: dict[str, Any]) -> EntityWords:
        path = ("entity", name)
        fields = dict(self.take(words, path, "fields", {}))
        tables = self.tables(words, path)
        removes = words.get("delete") == "row" and bool(words.pop("delete"))
        made = EntityWords(
            name=name,
            tables=tables,
            table=str(tables[0].get("table", "")),
            key=str(tables[0].get("key", "id")),
            removes=removes,
            alive=self.take(words, path, "alive", ""),
            delete=self.take(words, path, "delete", {}),
            owner=self.rich(words, path, "owner", dict, default=""),
            stamps=self.stamps(self.take(words, path, "stamps", {}), path),
            fields=fields,
            message=self.take(words, path, "message", {}),
            custom=self.customs(name, self.take(words, path, "custom", {}), fields),
            uid=self.take(words, path, "uid", ""),
            new_key=self.rich(words, path, "new_key", dict, default=keys.AUTOINCREMENT),
            insert=self.take(words, path, "insert", {}),
            update=self.take(words, path, "update", {}),
            number=self.take(words, path, "number", {}),
            derived=self.take(words, path, "derived", {}),
            also=tuple(self.take(words, path, "also", [])),
            watch=self.word(words, path, "watch", {"": "", **{way: way for way in WAYS}}, ""),
        )
        self.done(words, path)
        if name in ("user", "kept"):
            self.wrong(path, f"the name {name!r} is taken", breaks=True)
        return made

    def tables(self, words: dict[str, Any], path: _Path) -> tuple[Mapping[str, Any], ...]:
        """`tables`, or the one of `table` and `key`."""
        several = self.take(words, path, "tables", [])
        if not several:
            return ({"table": self.take(words, path, "table"), "key": self.take(words, path, "key", "id")},)
        for word in ("table", "key"):
            if word in words:
                self.wrong((*path, word), f"there are tables already: say {word} in them")
                words.pop(word)
        for number, one in enumerate(several):
            if not isinstance(one, dict):
                self.wrong((*path, "tables", number), "expected a table of words", breaks=True)
                return ({},)
        return tuple(several)

    def stamps(self, words: Mapping[str, Any], path: _Path) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, column in words.items():
            if name not in STAMPS:
                self.wrong((*path, "stamps", name), f"unknown stamp {name!r}{near(name, STAMPS)}")
            elif not isinstance(column, str):
                self.wrong((*path, "stamps", name), "expected a column's name")
            else:
                made[name] = column
        return made

    def customs(self, entity: str, words: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, str]:
        """Property → field. What names no field is a column or a form, and becomes a field of its own."""
        made: dict[str, str] = {}
        for name, said in words.items():
            if not _PROPERTY.fullmatch(name):
                self.wrong(("entity", entity, "custom", name), "a property has letters, digits and hyphens only")
            elif isinstance(said, str) and said in fields:
                made[name] = said
            else:
                own = name.lower().replace("-", "_")
                fields[own] = said
                made[name] = own
                self.custom[entity, own] = name
        return made

    def view(self, slug: str, words: dict[str, Any], entities: Mapping[str, EntityWords]) -> View:
        path = ("view", slug)
        entity = self.take(words, path, "entity", "")
        if entity and entity not in entities:
            self.wrong((*path, "entity"), f"there is no entity {entity!r}{near(entity, entities)}", breaks=True)
        shape = self.word(words, path, "shape", {shape.value: shape for shape in Shape})
        text = self.take(words, path, "filter", "")
        if entity and not text:
            self.wrong(path, 'filter is missing: say which rows are seen, for example "owner_id = user.id"')
        made = View(
            name=slug,
            entity=entity,
            shape=shape,
            display_name=self.take(words, path, "name", slug),
            role=self.word(words, path, "role", {role.value: role for role in Role}, ""),
            filter=text,
            is_shared=bool(entity) and not uses_user(text),
            rights=self.word(words, path, "rights", _RIGHTS, "write"),
            order=self.take(words, path, "order", 0),
            color=self.take(words, path, "color", ""),
            delete=self.word(words, path, "delete", {name: name for name in _DELETES}, "mark"),
            set=self.take(words, path, "set", {}),
            reader=self.take(words, path, "reader", {}),
            expunge=self.take(words, path, "expunge", {}),
            each=self.take(words, path, "each", ""),
            when=self.take(words, path, "when", ""),
            link=self.take(words, path, "link", {}),
            newest=self.take(words, path, "newest", ""),
            most=self.take(words, path, "most", 200),
            is_directory=self.take(words, path, "directory", False),
        )
        self.done(words, path)
        if made.each and made.each not in entities:
            self.wrong((*path, "each"), f"there is no entity {made.each!r}{near(made.each, entities)}", breaks=True)
        for word, what in wrong_words(made):
            self.wrong((*path, word), what, breaks=True)
        if made.is_directory and (shape is not Shape.CARD or made.rights is not Right.READER):
            self.wrong((*path, "directory"), 'is for shape = "card" and rights = "read"', breaks=True)
        held = entities.get(entity)
        if not entity and shape is not Shape.MESSAGE:
            self.wrong(path, "only a view of messages can do without an entity", breaks=True)
        if held is not None and shape is Shape.MESSAGE and not held.message:
            self.wrong(
                path, f"[entity.{entity}.message] is missing: it says which columns make the message", breaks=True
            )
        if made.delete == "mark" and held is not None and not (held.delete or held.removes):
            self.wrong((*path, "delete"), f"[entity.{entity}] has no delete = {{ column = value }} to mark rows with")
        return made

    def word(
        self, words: dict[str, Any], path: _Path, name: str, known: Mapping[str, Any], default: str | None = None
    ) -> Any:
        value = self.take(words, path, name, default)
        if value not in known:
            if value or default is not None:
                listed = ", ".join(sorted(filter(None, known)))
                self.wrong((*path, name), f"{value!r} is none of {listed}{near(value, known)}", breaks=True)
            return next(iter(known.values()))
        return known[value]
