"""`[crm.users]` that has met its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import ConfigErrors
from storage.crm.bound import BoundUsers
from storage.crm.conditions import Scope
from storage.crm.ground import Ground
from storage.crm.mapping import UserWords
from storage.crm.user_groups import groups
from storage.crm.user_password import held_password
from storage.crm.user_table import UserTable, Zones, user_table

T = TypeVar("T")

_NEEDED: Final = ("key", "login", "name", "address")
"""Without these columns there are no users."""


def bind_users(ground: Ground) -> BoundUsers:
    """Find the users' table and everything it is told of. Raises ConfigErrors."""
    words = ground.mapping.users
    path = ("crm", "users")
    base = ground.table_at(words.table, *path, "table")
    absent = set()
    for name in (*_NEEDED, "timezone", "group", "active"):
        said = getattr(words, name)
        for column in said if isinstance(said, list) else [said]:
            if isinstance(column, str) and column and column not in base.c:
                absent.add(name)
                with ground.noting():
                    ground.column(base, column, *path, name)
    lacking: dict[str, Any] = dict.fromkeys(absent - set(_NEEDED), "")
    words = replace(words, **lacking)
    made, held, belongs = UserTable(base, "", "", "", (), (), Zones()), None, None
    with ground.noting():
        if not absent & set(_NEEDED):
            made = _table(ground, base, words)
    with ground.noting():
        held = _part(ground, "password", lambda: held_password(base, words.password, ground.table))
    with ground.noting():
        belongs = _part(ground, "groups", lambda: groups(words.groups, ground.table))
    table = made.table
    alive: sa.ColumnElement[bool] = sa.true()
    with ground.noting():
        alive = ground.condition(words.alive, Scope(table, table, ground.table), *path, "alive")
    if not made.name:
        raise ConfigErrors(())
    return BoundUsers(
        base=base,
        table=table,
        sides=[*made.sides, *([belongs.side()] if belongs is not None else [])],
        held=held,
        groups=belongs,
        zones=made.zones,
        clocks=ground.clocks,
        shown=made.seen,
        key=table.c[words.key],
        login=table.c[words.login],
        name=table.c[made.name],
        address=table.c[made.address],
        password=table.c[held.column] if held is not None else None,
        timezone=table.c[made.timezone] if made.timezone else None,
        group=table.c[words.group] if words.group else None,
        active=table.c[words.active] if words.active else None,
        alive=alive,
    )


def _part(ground: Ground, name: str, made: Callable[[], T]) -> T:
    try:
        return made()
    except (ConfigError, TypeError, ValueError) as wrong:
        raise ground.mapping.wrong(("crm", "users", name), str(wrong).removeprefix(f"{name}: ")) from wrong


def _table(ground: Ground, base: sa.Table, words: UserWords) -> UserTable:
    try:
        return user_table(base, words, ground.shared, ground.table)
    except ConfigErrors:
        raise
    except (ConfigError, TypeError, ValueError) as wrong:
        raise ground.mapping.wrong(("crm", "users"), str(wrong)) from wrong
