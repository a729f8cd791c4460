"""Drivers that fail when they are told to: real connections whose n-th call goes wrong.

Each product's own connection and cursor classes, with every call counted by one `Schedule` that all connections of
an engine share. A call is a connect, an execute or executemany, a fetch, a commit or a rollback. One of them may be
made to fail, in one of four ways; the errors are of the driver's own classes, and where a connection dies its socket
is really shut, so that what SQLAlchemy is told is what it would be told in earnest.
"""

from __future__ import annotations

import contextlib
import enum
import os
import random
import socket
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
import pymysql
import pymysql.connections
import pymysql.cursors
import sqlalchemy as sa

T = TypeVar("T")


class Way(enum.Enum):
    """How a call fails."""

    REFUSED = "refused"
    """The database says no; nothing has happened and the connection lives."""
    UNANSWERED = "unanswered"
    """It takes effect, and the connection dies before the answer comes."""
    DEAD = "dead"
    """The connection was dead before the call; so it stays until a new one is made."""
    BUSY = "busy"
    """The database gives up because of others at the same time: deadlock, locked."""


@dataclass
class Schedule:
    """Counts calls, and says which one fails. Shared by threads."""

    at: int = 0
    """The number of the call that fails, from 1; 0 for none."""
    way: Way = Way.REFUSED
    chance: float = 0.0
    """How probable it is that any call fails, beside that one."""
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    calls: list[str] = field(default_factory=list)
    """What was called, in order."""
    fired: str = ""
    """The call that failed."""
    on_call: Callable[[str], None] = lambda _: None
    """Told of every call before it is made, on the thread that makes it; may wait."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, at: int, way: Way) -> None:
        """Count afresh, and fail at this call."""
        with self._lock:
            self.calls, self.fired = [], ""
            self.at, self.way = at, way

    def disarm(self) -> str:
        """Fail no more; what did fail."""
        with self._lock:
            self.at, self.chance = 0, 0.0
            return self.fired

    def is_due(self, name: str) -> bool:
        """Count a call; whether it is the one."""
        self.on_call(name)
        with self._lock:
            self.calls.append(name)
            if len(self.calls) != self.at and not (self.chance and self.dice.random() < self.chance):
                return False
            self.fired = name
            return True

    def run(self, name: str, act: Callable[[], T], faults: Faults) -> T:
        """Make a call, or have it fail."""
        if not self.is_due(name):
            return act()
        if self.way is Way.DEAD or (name == "rollback" and self.way is not Way.UNANSWERED):  # nobody refuses a rollback
            faults.die()
            return act()
        if self.way is Way.REFUSED:
            raise faults.refused()
        if self.way is Way.BUSY:
            raise faults.busy()
        act()
        faults.die()
        raise faults.lost()


class Faults:
    """What going wrong looks like with one driver. `die` ends the connection the hard way."""

    def refused(self) -> Exception:
        raise NotImplementedError

    def busy(self) -> Exception:
        raise NotImplementedError

    def lost(self) -> Exception:
        raise NotImplementedError

    def die(self) -> None:
        raise NotImplementedError


# --- SQLite ------------------------------------------------------------------------------------------------------------


class _SqliteFaults(Faults):
    """There is no network: what is lost is an answer of the disk, and a dead connection is a closed one."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self.connection = connection

    def refused(self) -> Exception:
        return sqlite3.OperationalError("database or disk is full")

    def busy(self) -> Exception:
        return sqlite3.OperationalError("database is locked")

    def lost(self) -> Exception:
        return sqlite3.OperationalError("disk I/O error")

    def die(self) -> None:
        if self.connection is not None:
            # What closing a file does that is open elsewhere; the module itself leaves it to statements still in use.
            sqlite3.Connection.rollback(self.connection)
            self.connection.close()


class _SqliteCursor(sqlite3.Cursor):
    def _run(self, name: str, act: Callable[[], T]) -> T:
        connection = self.connection
        assert isinstance(connection, _SqliteConnection)
        return connection.schedule.run(name, act, connection.faults)

    def execute(self, sql: str, *parameters: Any) -> _SqliteCursor:
        self._run(f"execute {sql}", lambda: super(_SqliteCursor, self).execute(sql, *parameters))
        return self

    def executemany(self, sql: str, parameters: Any, /) -> _SqliteCursor:
        self._run(f"executemany {sql}", lambda: super(_SqliteCursor, self).executemany(sql, parameters))
        return self

    def fetchone(self) -> Any:
        return self._run("fetchone", super().fetchone)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._run("fetchmany", lambda: super(_SqliteCursor, self).fetchmany(size or self.arraysize))

    def fetchall(self) -> list[Any]:
        return self._run("fetchall", super().fetchall)


class _SqliteConnection(sqlite3.Connection):
    schedule: Schedule
    faults: _SqliteFaults

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_SqliteCursor)

    def commit(self) -> None:
        self.schedule.run("commit", super().commit, self.faults)

    def rollback(self) -> None:
        self.schedule.run("rollback", super().rollback, self.faults)


def _connect_sqlite(schedule: Schedule, words: list[Any], options: dict[str, Any]) -> Any:
    options |= {"check_same_thread": False, "timeout": 15.0}

    def act() -> _SqliteConnection:
        connection = sqlite3.connect(*words, factory=_SqliteConnection, **options)
        connection.schedule, connection.faults = schedule, _SqliteFaults(connection)
        return connection

    return _connect(schedule, act, _SqliteFaults(None))


# --- PostgreSQL --------------------------------------------------------------------------------------------------------


class _PsycopgFaults(Faults):
    def __init__(self, connection: psycopg.Connection[Any] | None) -> None:
        self.connection = connection

    def refused(self) -> Exception:
        return psycopg.errors.DiskFull("could not extend file: No space left on device")

    def busy(self) -> Exception:
        return psycopg.errors.DeadlockDetected("deadlock detected")

    def lost(self) -> Exception:
        return psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")

    def die(self) -> None:
        if self.connection is not None and not self.connection.closed:
            _shut(self.connection.fileno())


class _PsycopgCursor(psycopg.Cursor[Any]):
    def _run(self, name: str, act: Callable[[], T]) -> T:
        connection = self.connection
        assert isinstance(connection, _PsycopgConnection)
        return connection.schedule.run(name, act, _PsycopgFaults(connection))

    def execute(self, query: Any, *words: Any, **options: Any) -> _PsycopgCursor:
        self._run(f"execute {query}", lambda: super(_PsycopgCursor, self).execute(query, *words, **options))
        return self

    def executemany(self, query: Any, *words: Any, **options: Any) -> None:
        self._run(f"executemany {query}", lambda: super(_PsycopgCursor, self).executemany(query, *words, **options))

    def fetchone(self) -> Any:
        return self._run("fetchone", super().fetchone)

    def fetchmany(self, size: int = 0) -> list[Any]:
        return self._run("fetchmany", lambda: super(_PsycopgCursor, self).fetchmany(size))

    def fetchall(self) -> list[Any]:
        return self._run("fetchall", super().fetchall)


class _PsycopgConnection(psycopg.Connection[Any]):
    schedule = Schedule()  # what the driver asks while it connects is not counted

    def commit(self) -> None:
        self.schedule.run("commit", super().commit, _PsycopgFaults(self))
        if self.closed:
            raise psycopg.OperationalError("the connection is lost")

    def rollback(self) -> None:
        self.schedule.run("rollback", super().rollback, _PsycopgFaults(self))


def _connect_postgresql(schedule: Schedule, words: list[Any], options: dict[str, Any]) -> Any:
    def act() -> _PsycopgConnection:
        connection = _PsycopgConnection.connect(*words, cursor_factory=_PsycopgCursor, **options)
        assert isinstance(connection, _PsycopgConnection)
        connection.schedule = schedule
        return connection

    return _connect(schedule, act, _PsycopgFaults(None))


# --- MariaDB -----------------------------------------------------------------------------------------------------------


class _MysqlFaults(Faults):
    def __init__(self, connection: _MysqlConnection | None) -> None:
        self.connection = connection

    def refused(self) -> Exception:
        return pymysql.err.OperationalError(1021, "Disk full; waiting for someone to free some space", sqlstate="HY000")

    def busy(self) -> Exception:
        return pymysql.err.OperationalError(1213, "Deadlock found when trying to get lock", sqlstate="40001")

    def lost(self) -> Exception:
        return pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")

    def die(self) -> None:
        if self.connection is not None and self.connection.open:
            _shut(self.connection.number)


class _MysqlCursor(pymysql.cursors.Cursor):
    def _run(self, name: str, act: Callable[[], T]) -> T:
        connection = self.connection
        assert isinstance(connection, _MysqlConnection)
        return connection.schedule.run(name, act, _MysqlFaults(connection))

    def execute(self, query: str, args: Any = None) -> int:
        return self._run(f"execute {query}", lambda: super(_MysqlCursor, self).execute(query, args))

    def fetchone(self) -> Any:
        return self._run("fetchone", super().fetchone)

    def fetchmany(self, size: int | None = None) -> Any:
        return self._run("fetchmany", lambda: super(_MysqlCursor, self).fetchmany(size))

    def fetchall(self) -> Any:
        return self._run("fetchall", super().fetchall)


class _MysqlConnection(pymysql.connections.Connection):
    schedule = Schedule()

    @property
    def number(self) -> int:
        """The socket's file number."""
        return int(self._sock.fileno())  # type: ignore[attr-defined]

    def commit(self) -> None:
        self.schedule.run("commit", super().commit, _MysqlFaults(self))

    def rollback(self) -> None:
        self.schedule.run("rollback", super().rollback, _MysqlFaults(self))


def _connect_mariadb(schedule: Schedule, words: list[Any], options: dict[str, Any]) -> Any:
    def act() -> _MysqlConnection:
        connection = _MysqlConnection(*words, cursorclass=_MysqlCursor, **options)
        connection.schedule = schedule
        return connection

    return _connect(schedule, act, _MysqlFaults(None))


# --- all ---------------------------------------------------------------------------------------------------------------


def _connect(schedule: Schedule, act: Callable[[], T], faults: Faults) -> T:
    """A connect that fails leaves no connection, whichever way it does."""
    if not schedule.is_due("connect"):
        return act()
    raise faults.busy() if schedule.way is Way.BUSY else faults.lost()


def _shut(number: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as doubled:
        doubled.shutdown(socket.SHUT_RDWR)


_CONNECT: dict[str, Callable[[Schedule, list[Any], dict[str, Any]], Any]] = {
    "sqlite": _connect_sqlite,
    "postgresql": _connect_postgresql,
    "mysql": _connect_mariadb,
    "mariadb": _connect_mariadb,
}


def failing(url: str, schedule: Schedule) -> Callable[[], Any]:
    """What `Opened` takes as its `creator`: connections of this URL's driver that obey the schedule."""
    dialect = sa.make_url(url).get_dialect()()
    kind = sa.make_url(url).get_backend_name()

    def connect() -> Any:
        words, options = dialect.create_connect_args(sa.make_url(url))
        return _CONNECT[kind](schedule, list(words), dict(options))

    return connect
