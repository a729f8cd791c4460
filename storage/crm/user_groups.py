"""The groups users belong to, where the CRM has them in a table of its own: `owner_id in user.groups`.

    [crm.users]
    groups = { table = "team_user", user = "user_id", group = "team_id", alive = { deleted = 0 } }

Being in a group is a test for a row of that table. It stands in a condition beside the user, so one statement answers
for all users at once; who joins or leaves a group is a changed user for the feed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.conditions import matches
from storage.crm.forms.form import Side

GROUP_WORDS: Final = ("table", "user", "group", "alive")
"""What `groups` takes."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Who is in which group."""

    table: sa.Table
    user: str
    group: str
    alive: Mapping[str, Any]

    def have(self, user: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """That the user with this key belongs to the group `value`."""
        held = self.table.alias()
        living = [matches(held.c[name], kept) for name, kept in self.alive.items()]
        found = sa.select(sa.literal(1)).select_from(held)
        return sa.exists(
            found.where(held.c[self.user] == user, held.c[self.group] == value, *living).correlate_except(held)
        )

    def side(self) -> Side:
        """The table whose rows change what a user sees; also those that do not count yet, or any more."""
        return Side(self.table, self.user)


def groups(words: Mapping[str, Any], tables: Callable[[str], sa.Table]) -> Groups | None:
    """What the mapping says of groups; None where it says nothing. Raises ConfigError."""
    if not words:
        return None
    for name in words:
        if name not in GROUP_WORDS:
            raise ConfigError(f"groups: unknown word {name!r}{near(name, GROUP_WORDS)}")
    table = tables(str(words.get("table", "")))
    alive = words.get("alive", {})
    if not isinstance(alive, Mapping):
        raise ConfigError("groups: alive: expected columns and values")
    for word, name in (("user", words.get("user")), ("group", words.get("group")), *(("alive", one) for one in alive)):
        if not isinstance(name, str) or name not in table.c:
            raise ConfigError(
                f"groups: {word}: table {table.name!r} has no column {name!r}{near(name, table.c.keys())}"
            )
    return Groups(table, words["user"], words["group"], dict(alive))
