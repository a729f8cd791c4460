"""A mapping in types: what `[crm]`, `[entity.*]` and `[view.*]` say, before any database has been asked.

Read by `storage.crm.mapping`; bound to tables and columns by `storage.crm.crm`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.model import Right, Role, Shape
from gateway.runtime.lines import ConfigErrors, Sources

WAYS: Final = ("triggers", "polling")
"""What `watch` may say: how changes the CRM makes by itself are heard of."""


@dataclass(frozen=True, slots=True)
class UserWords:
    """`[crm.users]`: the users' table. `group` may be empty where the CRM has none.

    `name` is one or several columns or the words of `storage.crm.user_table`; so are `address` and `timezone`.
    `password` (`storage.crm.user_password`) is empty where the CRM keeps none that can be verified.
    """

    table: str
    key: str
    login: str
    name: str | list[str] | Mapping[str, Any]
    address: str | Mapping[str, Any]
    alive: str
    password: str | Mapping[str, Any] = ""
    timezone: str | Mapping[str, Any] = ""
    group: str = ""
    groups: Mapping[str, Any] = field(default_factory=dict)
    active: str = ""


@dataclass(frozen=True, slots=True)
class EntityWords:
    """`[entity.NAME]`. `message` holds the words of `[entity.NAME.message]` for an entity served as messages."""

    name: str
    table: str
    key: str
    alive: str
    delete: Mapping[str, Any]
    owner: str | Mapping[str, Any]
    stamps: Mapping[str, str]
    fields: Mapping[str, Any]
    message: Mapping[str, Any]
    custom: Mapping[str, str]
    new_key: Any = "autoincrement"
    insert: Mapping[str, Any] = field(default_factory=dict)
    update: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[Mapping[str, Any], ...] = ()
    """The words of each table; of one that is said with `table` and `key` too."""
    number: Mapping[str, Any] = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Any, ...] = ()
    removes: bool = False
    """Whether a delete takes the row away."""
    uid: str = ""
    """The column that holds the UID of events, tasks and cards."""
    watch: str = ""
    """One of `WAYS`, or nothing: as the CRM says."""


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
    reader: Mapping[str, Any] = field(default_factory=dict)
    """Of messages: what the user's own row among the readers gets when he puts one here."""
    expunge: Mapping[str, Any] = field(default_factory=dict)
    """And when he deletes one from here."""
    each: str = ""
    """The entity for each of whose rows there is a mailbox (`storage.crm.record_folders`), and these words say how."""
    when: str = ""
    link: Mapping[str, Any] = field(default_factory=dict)
    newest: str = ""
    most: int = 200
    is_directory: bool = False
    """Of cards: one looks people up in it, and holds no copy."""


@dataclass(frozen=True, slots=True)
class CrmMapping:
    """A whole mapping. `problems`: what is wrong with its words; `broken`: sections too wrong to be bound."""

    file: str
    name: str
    users: UserWords
    entities: Mapping[str, EntityWords]
    views: Mapping[str, View]
    sources: Sources
    problems: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(entity, field) of each field that was said in `custom` → its property."""
    shared: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    """The zone of plain date-times."""
    days: str = "UTC"
    """The zone in which the CRM's whole days begin."""
    prefix: str = ""
    """What `{prefix}` in names of tables stands for."""
    watch: str = WAYS[0]
    polled: tuple[str, ...] = ()
    """Tables that get no triggers, whatever `watch` says."""

    def wrong(self, path: tuple[str | int, ...], what: str) -> ConfigErrors:
        """A complaint about one key: `FILE:LINE: [entity.contact] table: what`."""
        return ConfigErrors([f"{self.sources.at(*path)}: {shown(path)}: {what}"])


def shown(path: tuple[str | int, ...]) -> str:
    """A path as people write it: the table in brackets, the rest behind it."""
    within = {"users": 2, "shared": 3}.get(str(path[1]), 1) if len(path) > 1 else 1
    heads = {"crm": within, "view": 2, "entity": 2}
    head = heads.get(str(path[0]), 1) if path else 0
    if path[:1] == ("entity",) and len(path) > 3 and path[2] in ("fields", "custom", "message"):
        head = 3
    return " ".join([f"[{'.'.join(map(str, path[:head]))}]", *map(str, path[head:])])
