"""What a driver's error means: worth another try, a race for a unique key, or a fault.

SQLSTATE where the driver gives one (psycopg), the server's number for MySQL and MariaDB, the text for SQLite.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

_POSTGRESQL_TRANSIENT: Final = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""
_MYSQL_TRANSIENT: Final = frozenset({1205, 1213, 1020})
"""Lock wait timeout, deadlock, record has changed since last read."""
_SQLITE_TRANSIENT: Final = ("database is locked", "database table is locked")


def is_transient(fault: sa.exc.DBAPIError) -> bool:
    """Whether the transaction failed only because of others at the same time."""
    original = fault.orig
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return state in _POSTGRESQL_TRANSIENT
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        return arguments[0] in _MYSQL_TRANSIENT
    return any(text in str(original) for text in _SQLITE_TRANSIENT)


def is_conflict(fault: sa.exc.DBAPIError) -> bool:
    """Whether a unique key was taken by somebody else a moment before."""
    if not isinstance(fault, sa.exc.IntegrityError):
        return False
    original = fault.orig
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return bool(state == "23505")
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        return arguments[0] in (1062, 1586)
    return "UNIQUE constraint failed" in str(original)


def is_undone(fault: sa.exc.DBAPIError) -> bool:
    """Whether a commit that failed like this has certainly not happened."""
    return is_transient(fault) or isinstance(fault, sa.exc.IntegrityError)


def is_unreadable(fault: sa.exc.DBAPIError) -> bool:
    """Whether the driver could not make text of what a row holds: that row's fault, and not the database's."""
    return "Could not decode to UTF-8" in str(fault.orig)


def is_denied(fault: sa.exc.DBAPIError) -> bool:
    """Whether the gateway's account has no right to what it tried."""
    original = fault.orig
    state = getattr(original, "sqlstate", None)
    if state is not None:
        return bool(state == "42501")
    arguments = getattr(original, "args", ())
    if arguments and isinstance(arguments[0], int):
        return arguments[0] in (1142, 1143, 1044, 1370)
    return "readonly database" in str(original)


def is_unfit(fault: sa.exc.SQLAlchemyError) -> bool:
    """Whether a column does not take a value: another try would end the same way."""
    if isinstance(fault, sa.exc.DataError):
        return True
    if not isinstance(fault, sa.exc.StatementError) or isinstance(fault, sa.exc.DBAPIError):
        return False
    return isinstance(fault.orig, ValueError | TypeError)


def readable(fault: Exception) -> str:
    """The driver's own words in one line, without the statement and without its parameters, which hold customer data."""
    original = getattr(fault, "orig", None) or fault
    return f"{type(original).__name__}: {' '.join(str(original).split())[:300]}"
