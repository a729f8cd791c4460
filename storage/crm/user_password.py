"""Where the CRM keeps its users' passwords, and what beside the hash has to be known to verify one.

    [crm.users]
    password = "user_password"
    password = { column = "user_hash", of = "md5" }
    password = { column = "pass_crypted", salt = { table = "llx_const", column = "value", where = { name = "SALT" } } }

Left out where the CRM keeps none in its database, or none that can be verified: the gateway then keeps passwords of
its own (`storage.state.kept_passwords`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.conditions import matches
from storage.crm.passwords import OF, Recipe

PASSWORD_WORDS: Final = ("column", "of", "salt")
"""What `password` takes where it is more than a column."""
SALT_WORDS: Final = ("table", "column", "where")
"""What `salt` takes where it is no text."""


@dataclass(frozen=True, slots=True)
class HeldPassword:
    """The column of the users' table, and how it is to be read."""

    column: str
    of: str = ""
    salt: sa.ColumnElement[Any] | None = None

    def recipe(self, salt: object) -> Recipe:
        """How the hash of a user is verified, with the salt that was read beside it."""
        return Recipe(self.of, str(salt or ""))

    @property
    def is_plain(self) -> bool:
        """Whether the hash alone says everything."""
        return not self.of and self.salt is None


def held_password(
    base: sa.Table, said: str | Mapping[str, Any], tables: Callable[[str], sa.Table]
) -> HeldPassword | None:
    """What the mapping says of passwords; None where the CRM has none. Raises ConfigError."""
    if not said:
        return None
    words = {"column": said} if isinstance(said, str) else dict(said)
    _known("password", words, PASSWORD_WORDS)
    column = _column("password", base, words.get("column")).name
    of = words.get("of", "")
    if of and of not in OF:
        raise ConfigError(f"password: of: {of!r} is none of {', '.join(OF)}{near(of, OF)}")
    return HeldPassword(column, of, _salt(words["salt"], tables) if "salt" in words else None)


def _salt(said: object, tables: Callable[[str], sa.Table]) -> sa.ColumnElement[Any]:
    if isinstance(said, str) and said:
        return sa.literal(said)
    if not isinstance(said, Mapping):
        raise ConfigError("password: salt: expected a text, or a table and its column")
    _known("password: salt", said, SALT_WORDS)
    table = tables(str(said.get("table", "")))
    column = _column("password: salt", table, said.get("column"))
    where = [
        matches(_column("password: salt: where", table, name), value)
        for name, value in dict(said.get("where", {})).items()
    ]
    return sa.select(column).where(*where).limit(1).correlate(None).scalar_subquery()


def _column(part: str, table: sa.Table, name: object) -> sa.Column[Any]:
    if not isinstance(name, str) or name not in table.c:
        raise ConfigError(f"{part}: table {table.name!r} has no column {name!r}{near(name, table.c.keys())}")
    return table.c[name]


def _known(part: str, words: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in words:
        if name not in known:
            raise ConfigError(f"{part}: unknown word {name!r}{near(name, known)}")
