"""What a driver's error means: worth another try, a race for a unique key, or a fault.

SQLSTATE where the driver gives one (psycopg), the server's number for MySQL and MariaDB, and for SQL Server (pymssql),
whose numbers are others or mean the same; the text for SQLite.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

_POSTGRESQL_TRANSIENT: Final = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available."""
_TRANSIENT: Final = frozenset({1205, 1213, 1020, 1222, 3960})
"""Lock wait timeout (SQL Server: deadlock), deadlock, record has changed since last read; SQL Server's lock request
timeout and snapshot conflict.
"""
_CONFLICT: Final = frozenset({1062, 1586, 2601, 2627})
"""Duplicate keys: MySQL's two, then SQL Server's two."""
_REFUSALS: Final = frozenset({1644, 3819, 4025, 515, 547, 2628, 8152, 8115, 245, 50000})
"""A trigger's SIGNAL, CHECK constraints of MySQL and MariaDB; SQL Server's missing value, constraint, text too long
(twice), number out of range, text that is no number, and a trigger's RAISERROR.
"""
_DENIED: Final = frozenset({1142, 1143, 1044, 1370, 229, 230, 262})
"""MySQL's four; SQL Server's right on an object, on a column, and to make something."""
_POSTGRESQL_REFUSALS: Final = frozenset({"P0001"})
"""A trigger's RAISE."""
_SQLITE_TRANSIENT: Final = ("database is locked", "database table is locked")


def is_transient(fault: sa.exc.DBAPIError) -> bool:
    """Whether the transaction failed only because of others at the same time."""
    number, state = _number(fault), _state(fault)
    if number is not None:
        return number in _TRANSIENT
    if state is not None:
        return state in _POSTGRESQL_TRANSIENT
    return any(text in str(fault.orig) for text in _SQLITE_TRANSIENT)


def is_conflict(fault: sa.exc.DBAPIError) -> bool:
    """Whether a unique key was taken by somebody else a moment before."""
    number, state = _number(fault), _state(fault)
    if number is not None:
        return number in _CONFLICT
    if state is not None:
        return state == "23505"
    return isinstance(fault, sa.exc.IntegrityError) and "UNIQUE constraint failed" in str(fault.orig)


def is_refusal(fault: sa.exc.DBAPIError) -> bool:
    """Whether the database will never take these values: a constraint, a column's range, a trigger of the CRM's own."""
    if isinstance(fault, sa.exc.IntegrityError | sa.exc.DataError):
        return not is_conflict(fault)
    return _number(fault) in _REFUSALS or _state(fault) in _POSTGRESQL_REFUSALS


def _number(fault: sa.exc.DBAPIError) -> int | None:
    """What MySQL, MariaDB and SQL Server call an error. PyMySQL gives an SQLSTATE too, which says less."""
    arguments = getattr(fault.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _state(fault: sa.exc.DBAPIError) -> str | None:
    state = getattr(fault.orig, "sqlstate", None)
    return None if state is None else str(state)


def is_undone(fault: sa.exc.DBAPIError) -> bool:
    """Whether a commit that failed like this has certainly not happened."""
    return is_transient(fault) or isinstance(fault, sa.exc.IntegrityError)


def is_unreadable(fault: sa.exc.DBAPIError) -> bool:
    """Whether the driver could not make text of what a row holds: that row's fault, and not the database's."""
    return "Could not decode to UTF-8" in str(fault.orig)


def is_denied(fault: sa.exc.DBAPIError) -> bool:
    """Whether the gateway's account has no right to what it tried."""
    number, state = _number(fault), _state(fault)
    if number is not None:
        return number in _DENIED
    if state is not None:
        return state == "42501"
    return "readonly database" in str(fault.orig)


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
