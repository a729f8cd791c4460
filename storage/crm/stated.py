"""What a mapping states a column gets: `insert`, `update` of an entity, `set` of a view.

    insert = { version_number = 1, created_by_id = { user = "key" }, stream_updated_at = { now = true } }
    update = { version_number = { add = 1 }, modified_by_id = { user = "key" } }
    insert = { uid = { new = "{uuid}" } }

A bare value is a constant. `now` is the present as the column tells time. `user` is the writing user: his key, login, name or address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from storage.crm import keys
from storage.crm.clocks import Now
from storage.crm.conditions import constant

_USER: Final = ("key", "login", "name", "address")


def check(words: Mapping[str, Any]) -> None:
    """Raises ConfigError for a statement nobody understands."""
    for column, word in words.items():
        if not isinstance(word, Mapping):
            continue
        if len(word) != 1 or not set(word) <= {"user", "now", "add", "new"}:
            raise ConfigError(f"{column}: expected a value, or one of user, now, add, new")
        if "user" in word and word["user"] not in _USER:
            raise ConfigError(f"{column}: user is one of {', '.join(_USER)}")
        if "add" in word and not isinstance(word["add"], int):
            raise ConfigError(f"{column}: add needs a whole number")
        if "new" in word:
            keys.check(str(word["new"]))


def columns(words: Mapping[str, Any], table: sa.Table, who: Principal, now: Now) -> dict[str, Any]:
    """The columns with what they get, ready for `values()`."""
    return {name: _value(word, table.c[name], who, now) for name, word in words.items()}


def _value(word: Any, column: sa.Column[Any], who: Principal, now: Now) -> Any:
    if not isinstance(word, Mapping):
        return constant(column, word)
    if "user" in word:
        if word["user"] == "key":
            return column.type.python_type(who.id)
        return {"login": who.login, "name": who.name, "address": who.address}[word["user"]]
    if "add" in word:
        return sa.func.coalesce(column, 0) + int(word["add"])
    return now.on(column) if "now" in word else keys.new_key(str(word["new"]))
