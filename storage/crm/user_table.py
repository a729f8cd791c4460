"""The users as one table, wherever the CRM keeps their parts.

    [crm.users]
    name = ["first_name", "last_name"]
    address = { shared = "email", where = { entity_type = "User" } }
    timezone = { table = "preferences", key = "id", column = "data", json = "timeZone", default = "Europe/Berlin" }

Where every part is a column of the users' table, that table is used as it is. Otherwise a select stands in its
place, with the users' own columns and, over them, `name`, `address` and `timezone`: `user.address` in a filter is
what is said here. `json` takes a text out of an object at the top of the column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.forms.form import Side
from storage.crm.mapping import UserWords
from storage.crm.shared import Shared

ADDRESS_WORDS: Final = ("shared", "where")
"""What `address` takes where it is no column."""
ZONE_WORDS: Final = ("table", "key", "column", "json", "default")
"""What `timezone` takes where it is no column."""


@dataclass(frozen=True, slots=True)
class Zones:
    """How a user's zone is read from what his column holds."""

    json: str = ""
    default: str = "UTC"

    def of(self, held: object) -> str:
        """A zone's name that is known here."""
        name = str(held or "")
        if self.json:
            try:
                name = str(json.loads(name).get(self.json) or "")
            except (ValueError, AttributeError, RecursionError):
                name = ""
        if not name or not self.json:
            return name or self.default
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self.default
        return name


@dataclass(frozen=True, slots=True)
class UserTable:
    """The select, its columns' names, the tables beside, and which columns of the users' table are seen in it."""

    table: sa.FromClause
    name: str
    address: str
    timezone: str
    sides: Sequence[Side]
    seen: tuple[str, ...]
    zones: Zones


def user_table(
    base: sa.Table,
    words: UserWords,
    shared: Callable[[str], Shared],
    tables: Callable[[str], sa.Table],
) -> UserTable:
    """Put the users together; their own columns are known to be there. Raises ConfigError."""
    if isinstance(words.name, str) and isinstance(words.address, str) and isinstance(words.timezone, str):
        parts = tuple(part for part in (words.name, words.address, words.timezone) if part)
        return UserTable(base, words.name, words.address, words.timezone, (), parts, Zones())
    names = [words.name] if isinstance(words.name, str) else list(words.name)
    seen = list(names)
    spaced: sa.ColumnElement[str] = sa.literal("")
    for name in names:
        spaced = spaced + sa.literal(" ") + sa.func.coalesce(base.c[name], sa.literal(""))
    made: dict[str, sa.ColumnElement[Any]] = {"name": sa.func.trim(spaced)}
    sides: list[Side] = []
    if isinstance(words.address, Mapping):
        _known("address", words.address, ADDRESS_WORDS)
        pool = shared(str(words.address.get("shared", "")))
        link = pool.link(dict(words.address.get("where", {})))
        made["address"] = pool.first(link, base.c[words.key])
        sides += pool.sides(link)
    else:
        made["address"] = base.c[words.address]
        seen.append(words.address)
    zones = Zones()
    if isinstance(words.timezone, Mapping):
        made["timezone"], zones, side = _beside(base.c[words.key], words.timezone, tables)
        sides.append(side)
    elif words.timezone:
        made["timezone"] = base.c[words.timezone]
        seen.append(words.timezone)
    own = [one for one in base.c if one.name not in made]
    select = sa.select(*own, *(part.label(label) for label, part in made.items())).subquery("users_seen")
    return UserTable(select, "name", "address", "timezone" if "timezone" in made else "", sides, tuple(seen), zones)


def _beside(
    key: sa.Column[Any],
    words: Mapping[str, Any],
    tables: Callable[[str], sa.Table],
) -> tuple[sa.ColumnElement[Any], Zones, Side]:
    """A user's zone in a table of its own."""
    _known("timezone", words, ZONE_WORDS)
    table = tables(str(words.get("table", "")))
    theirs, column = (_column(table, words.get(word, default)) for word, default in (("key", "id"), ("column", None)))
    held = sa.select(column).where(theirs == key).correlate_except(table)
    zones = Zones(str(words.get("json", "")), str(words.get("default", "UTC")))
    return held.scalar_subquery(), zones, Side(table, theirs.name)


def _column(table: sa.Table, name: object) -> sa.Column[Any]:
    if not isinstance(name, str) or name not in table.c:
        raise ConfigError(f"timezone: table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
    return table.c[name]


def _known(part: str, words: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in words:
        if name not in known:
            raise ConfigError(f"{part}: unknown word {name!r}{near(name, known)}")
