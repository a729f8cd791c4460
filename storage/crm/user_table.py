"""The users as one table, wherever the CRM keeps their parts.

    [crm.users]
    name = ["first_name", "last_name"]
    address = { shared = "email", where = { entity_type = "User" } }
    timezone = { table = "preferences", key = "id", column = "data", json = "timeZone", default = "Europe/Berlin" }
    name = { table = "res_partner", by = "partner_id", key = "id", column = "name" }

    timezone = { table = "user_preferences", key = "assigned_user_id", where = { category = "global" }, column = "contents",
                 php = "timezone" }

A table beside is joined by the user's key, or by the column of his that `by` names. Where every part is a column of
the users' table, that table is used as it is. Otherwise a select stands in its place, with the users' own columns and,
over them, `name`, `address` and `timezone`: `user.address` in a filter is what is said here. `json` takes a text out
of an object at the top of the column, `php` out of what PHP has serialized.
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
from storage.crm.conditions import constants, matches
from storage.crm.forms.form import Side, Via
from storage.crm.mapping import UserWords
from storage.crm.php import text_in
from storage.crm.shared import Shared

BESIDE_WORDS: Final = ("table", "where", "key", "by", "column")
"""What a part of a user takes where it stands in a table beside."""
ADDRESS_WORDS: Final = ("shared", *BESIDE_WORDS)
"""What `address` takes where it is no column."""
ZONE_WORDS: Final = (*BESIDE_WORDS, "json", "php", "default")
"""What `timezone` takes where it is no column."""
_ZONE_DEFAULTS: Final = {"json": "", "php": "", "default": "UTC"}


@dataclass(frozen=True, slots=True)
class Zones:
    """How a user's zone is read from what his column holds."""

    json: str = ""
    php: str = ""
    default: str = "UTC"

    def of(self, held: object) -> str:
        """A zone's name that is known here."""
        name = str(held or "")
        if self.json:
            try:
                name = str(json.loads(name).get(self.json) or "")
            except (ValueError, AttributeError, RecursionError):
                name = ""
        elif self.php:
            name = text_in(name, self.php)
        if not name or not (self.json or self.php):
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
    made: dict[str, sa.ColumnElement[Any]] = {}
    seen: list[str] = []
    beside = _Beside(base, words.key, tables)
    if isinstance(words.name, Mapping):
        made["name"] = beside.part("name", words.name, BESIDE_WORDS)
    else:
        names = [words.name] if isinstance(words.name, str) else list(words.name)
        seen += names
        made["name"] = spaced([base.c[name] for name in names])
    sides: list[Side] = []
    if isinstance(words.address, Mapping) and "shared" in words.address:
        _known("address", words.address, ("shared", "where"))
        pool = shared(str(words.address.get("shared", "")))
        link = pool.link(dict(words.address.get("where", {})))
        made["address"] = pool.first(link, base.c[words.key])
        sides += pool.sides(link)
    elif isinstance(words.address, Mapping):
        made["address"] = beside.part("address", words.address, ADDRESS_WORDS)
    else:
        made["address"] = base.c[words.address]
        seen.append(words.address)
    zones = Zones()
    if isinstance(words.timezone, Mapping):
        made["timezone"] = beside.part("timezone", words.timezone, ZONE_WORDS)
        zones = Zones(*(str(words.timezone.get(word, other)) for word, other in _ZONE_DEFAULTS.items()))
    elif words.timezone:
        made["timezone"] = base.c[words.timezone]
        seen.append(words.timezone)
    sides += beside.sides.values()
    seen += beside.ways
    own = [one for one in base.c if one.name not in made]
    select = sa.select(*own, *(part.label(label) for label, part in made.items())).subquery("users_seen")
    return UserTable(select, "name", "address", "timezone" if "timezone" in made else "", sides, tuple(seen), zones)


def spaced(columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[str]:
    """Columns as one text, parted by blanks; empty ones drop out at the ends."""
    whole: sa.ColumnElement[str] = sa.literal("")
    for column in columns:
        whole = whole + sa.literal(" ") + sa.func.coalesce(column, sa.literal(""))
    return sa.func.trim(whole)


class _Beside:
    """Parts of a user in tables of their own. Each table is a side once, however many parts it has."""

    def __init__(self, base: sa.Table, key: str, tables: Callable[[str], sa.Table]) -> None:
        self.base, self.key, self._tables = base, key, tables
        self.sides: dict[tuple[str, ...], Side] = {}
        self.ways: list[str] = []
        """Columns of the users' table that lead there."""

    def part(self, part: str, words: Mapping[str, Any], known: Sequence[str]) -> sa.ColumnElement[Any]:
        """What the table has for the user, as a column of a select over the users. Raises ConfigError."""
        _known(part, words, known)
        table = self._tables(str(words.get("table", "")))
        theirs = _column(part, table, words.get("key", "id"))
        by = _column(part, self.base, words.get("by", self.key))
        said = words.get("column")
        columns = [_column(part, table, name) for name in (said if isinstance(said, list) else [said])]
        wanted = columns[0] if len(columns) == 1 else spaced(columns)
        where = dict(words.get("where", {}))
        mine = [matches(_column(part, table, name), value) for name, value in where.items()]
        held = sa.select(wanted).where(theirs == by, *mine).limit(1).correlate_except(table)
        if by.name == self.key:
            side = Side(table, theirs.name, constants(table, where))
        else:
            side = Side(table, self.key, {}, Via(self.base, by.name, theirs.name))
            self.ways.append(by.name)
        self.sides[table.fullname, by.name, theirs.name, str(sorted(where.items()))] = side
        return held.scalar_subquery()


def _column(part: str, table: sa.Table, name: object) -> sa.Column[Any]:
    if not isinstance(name, str) or name not in table.c:
        raise ConfigError(f"{part}: table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
    return table.c[name]


def _known(part: str, words: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in words:
        if name not in known:
            raise ConfigError(f"{part}: unknown word {name!r}{near(name, known)}")
