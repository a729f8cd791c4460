"""Who owns a row, said by a table of links in place of a column.

    owner = { table = "llx_societe_commerciaux", parent = "fk_soc", user = "fk_user" }
    owner = { table = "civicrm_activity_contact", parent = "activity_id", user = "contact_id", where = { record_type_id = 2 } }

`where` tells owners' links from others. Whoever makes a row becomes its owner; `insert` says what else his link gets
(`storage.crm.stated`). Where several own a row, the first of them is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.clocks import Now
from storage.crm.conditions import constants, matches
from storage.crm.forms.form import Side

OWNER_WORDS: Final = ("table", "parent", "user", "where", "insert")
"""What `owner` takes where it is no column."""


@dataclass(frozen=True, slots=True)
class OwnerLink:
    """The table of owners."""

    table: sa.Table
    parent: sa.Column[Any]
    user: sa.Column[Any]
    where: Mapping[str, Any]
    insert: Mapping[str, Any]

    def side(self) -> Side:
        """The table as one whose change changes the entity."""
        return Side(self.table, self.parent.name, self.where)

    def own(self) -> list[sa.ColumnElement[bool]]:
        """That a link is an owner's."""
        return [matches(self.table.c[name], value) for name, value in self.where.items()]

    def give(self, connection: Connection, key: Any, who: Principal, now: Now) -> None:
        """A new row is his who makes it, unless it has an owner already."""
        if connection.execute(sa.select(self.user).where(self.parent == key, *self.own()).limit(1)).first() is not None:
            return
        row = stated.columns(self.insert, self.table, who, now) | dict(self.where)
        row |= {self.parent.name: key, self.user.name: self.user.type.python_type(who.id)}
        connection.execute(sa.insert(self.table).values(row))


def bind_owner(
    words: Mapping[str, Any], table: Callable[[str], sa.Table], wrong: Callable[[str], ConfigError]
) -> OwnerLink:
    """Find the table and its columns. Raises ConfigError."""
    for name in words:
        if name not in OWNER_WORDS:
            raise wrong(f"owner: unknown word {name!r}{near(name, OWNER_WORDS)}")
    links = table(str(words.get("table", "")))

    def column(name: object) -> sa.Column[Any]:
        if not isinstance(name, str) or name not in links.c:
            raise wrong(f"owner: table {links.name!r} has no column {name!r}{near(name, links.c.keys())}")
        return links.c[name]

    where, insert = dict(words.get("where", {})), dict(words.get("insert", {}))
    for name in (*where, *insert):
        column(name)
    stated.check(insert)
    return OwnerLink(links, column(words.get("parent")), column(words.get("user")), constants(links, where), insert)
