"""Each user's own row among an e-mail's readers: his flags there, and where he has put the message.

    readers = { table = "email_user", parent = "email_id", user = "user_id", alive = { deleted = 0 },
                flags = { seen = "is_read", flagged = "is_important" } }
    [view.trash]
    reader = { in_trash = 1 }

Only rows that are there are read and written; only what differs is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey, PrincipalId
from gateway.core.mail import Flags
from storage.crm.conditions import constants, matches
from storage.crm.message_tables import Readers

FlagsOf = Mapping[tuple[EntityKey, PrincipalId], Flags]


def kept_flags(readers: Sequence[Readers]) -> Flags:
    """The flags that the CRM keeps for each reader."""
    return frozenset(flag for one in readers for flag in one.flags)


def read_flags(connection: Connection, readers: Sequence[Readers], keys: Sequence[Any]) -> FlagsOf:
    """What is set in the rows of these e-mails' readers; a reader without a row is left out."""
    found: dict[tuple[EntityKey, PrincipalId], set[str]] = defaultdict(set)
    for one in readers:
        if not one.flags:
            continue
        wanted = sa.select(one.parent, one.user, *one.flags.values()).where(one.parent.in_(keys), *_living(one))
        for row in connection.execute(wanted):
            held = found[EntityKey(str(row[0])), PrincipalId(str(row[1]))]
            held.update(flag for flag, value in zip(one.flags, row[2:], strict=True) if value)
    return {reader: frozenset(flags) for reader, flags in found.items()}


def write_flags(
    connection: Connection, readers: Sequence[Readers], user: PrincipalId, wanted: Mapping[Any, Flags]
) -> None:
    """Put a user's flags into his rows, by the keys of the e-mails."""
    for one in readers:
        for flag, column in one.flags.items():
            for value in (0, 1):
                keys = [key for key, flags in wanted.items() if (flag in flags) == bool(value)]
                if keys:
                    differs = sa.or_(column.is_(None), sa.not_(matches(column, value)))
                    _update(connection, one, user, keys, {column.name: value}, differs)


def set_columns(
    connection: Connection, readers: Sequence[Readers], user: PrincipalId, keys: Sequence[Any], said: Mapping[str, Any]
) -> None:
    """Put these columns into a user's rows of these e-mails."""
    for one in readers:
        columns = {name: value for name, value in said.items() if name in one.table.c}
        if columns and keys:
            _update(connection, one, user, keys, columns)


def _update(
    connection: Connection,
    one: Readers,
    user: PrincipalId,
    keys: Sequence[Any],
    columns: Mapping[str, Any],
    *tests: sa.ColumnElement[bool],
) -> None:
    mine = one.user == one.user.type.python_type(user)
    change = sa.update(one.table).where(one.parent.in_(keys), mine, *_living(one), *tests)
    connection.execute(change.values(constants(one.table, columns)))


def _living(one: Readers) -> list[sa.ColumnElement[bool]]:
    return [matches(one.table.c[name], value) for name, value in {**one.where, **one.alive}.items()]
