"""Engines, threads and units of work.

A protocol awaits one call for each request; the unit of work behind it runs as plain synchronous SQLAlchemy Core
on one of a few threads (docs/decisions/0005). Reads run in autocommit, one statement a snapshot: code that reads
reads the collection's number first and its entries second, so a token can only be older than the list, never
newer. Writes run in one transaction each; on SQLite they take turns, elsewhere they are retried when the database
calls a deadlock. What a dead connection took with it is done again on a new one, except a commit: one whose answer
was lost is `Unavailable`, never repeated here: the client repeats, and every write is idempotent. Watchers are woken
whatever the outcome: a wake-up carries no content.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from gateway.core.errors import ConfigError, Refused, Unavailable
from gateway.core.ids import CollectionId
from storage.faults import (
    is_conflict,
    is_denied,
    is_refusal,
    is_transient,
    is_undone,
    is_unfit,
    readable,
)

T = TypeVar("T")
AnyRow = sa.Row[*tuple[Any, ...]]
"""A row whose columns the checker need not know."""

READ_THREADS: Final = 4
LONG_THREADS: Final = 4
"""One is the follower's; the others fill collections, as many at a time."""
ATTEMPTS: Final = 5
"""How often a write that met a deadlock, a unique-key race or a dead connection is tried in all."""
PRODUCTS: Final = ("sqlite", "postgresql", "mysql", "mariadb", "mssql")
"""The databases the gateway knows how to speak to, as SQLAlchemy calls them."""
_NOT_TAKEN: Final = "The CRM's database does not take this: a value is missing, out of range, or refers to nothing."
_NOT_ALLOWED: Final = "The CRM's database does not let the gateway write this. Tell its administrator."

log = logging.getLogger(__name__)


class Unit:
    """One transaction, and what is to happen once it has ended."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.touched: set[CollectionId] = set()

    def publish(self, collections: Iterable[CollectionId]) -> None:
        """Wake the watchers of these after the commit."""
        self.touched.update(collections)


class Again(Exception):
    """Raised inside a unit of work that must start afresh: what it relied on has changed meanwhile."""


class Database:
    """One CRM database with the gateway's tables beside it."""

    def __init__(self, url: str, *, creator: Callable[[], Any] | None = None) -> None:
        """`creator` opens a driver connection in place of the URL's own; tests put a failing driver there."""
        try:
            self.url = make_url(url)
            _check(self.url)
            self.engine = _engine(self.url, creator, is_reader=False)
            self._reader = _engine(self.url, creator, is_reader=True)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as wrong:
            raise ConfigError(f"database: {wrong}") from wrong
        self.dialect = self.engine.dialect.name
        self.on_commit: Callable[[set[CollectionId]], None] = lambda _: None
        self._read_threads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
        writers = 1 if self.is_sqlite else READ_THREADS
        self._write_threads = ThreadPoolExecutor(writers, thread_name_prefix="write")
        self._long_threads = ThreadPoolExecutor(LONG_THREADS, thread_name_prefix="long")
        # The follower and first visits write on threads of their own; SQLite's waiting is polling, a lock's is not.
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.Lock() if self.is_sqlite else contextlib.nullcontext()
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: one writer, no schemas, no row locks."""
        return self.dialect == "sqlite"

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a reading connection in a thread. Raises Unavailable where the database did not answer."""
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self.read_now, work)

    async def write(self, work: Callable[[Unit], T]) -> T:
        """Run `work` as one transaction in a thread; `work` may run more than once."""
        return await asyncio.get_running_loop().run_in_executor(self._write_threads, self.write_now, work)

    async def at_length(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run what takes many units of work in a thread of this database's own: filling a collection, following."""
        return await asyncio.get_running_loop().run_in_executor(self._long_threads, work, *arguments)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """`read` on the calling thread. Where a connection turns out to be dead, `work` runs once more on a new one."""
        try:
            try:
                return self._look(work)
            except sa.exc.DBAPIError as fault:
                if not (fault.connection_invalidated or is_transient(fault)):
                    raise
                log.info("a read is tried again: %s", readable(fault))
                return self._look(work)
        except sa.exc.SQLAlchemyError as fault:
            log.warning("a read failed: %s", readable(fault))
            raise Unavailable("The CRM database did not answer. Please try again.") from fault

    def _look(self, work: Callable[[Connection], T]) -> T:
        with self._reader.connect() as connection:
            return work(connection)

    def write_now(self, work: Callable[[Unit], T]) -> T:
        """`write` on the calling thread. Raises Unavailable, and Refused where the database does not take such values."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._transaction(work)
            except Again:
                why = "rows moved meanwhile"
            except sa.exc.DBAPIError as fault:
                why = readable(fault)
                if is_denied(fault):
                    log.error("a right is missing: %s", why)
                    raise Refused(_NOT_ALLOWED, "rights") from fault
                if is_refusal(fault):
                    log.warning("the database refused a write: %s", why)
                    raise Refused(_NOT_TAKEN, "database") from fault
                if attempt == ATTEMPTS or not (
                    fault.connection_invalidated or is_transient(fault) or is_conflict(fault)
                ):
                    log.warning("a write failed: %s", why)
                    raise Unavailable("The CRM database did not take the change. Please try again.") from fault
            except sa.exc.SQLAlchemyError as fault:
                if is_unfit(fault):
                    log.warning("a value does not fit its column: %s", readable(fault))
                    raise Refused(_NOT_TAKEN, "database") from fault
                log.warning("a write failed: %s", readable(fault))
                raise Unavailable("The CRM database did not answer. Please try again.") from fault
            log.info("a write is tried again (%d): %s", attempt, why)
            # Not all at the same moment again.
            time.sleep(0.01 * attempt * attempt * (0.5 + random.random()))  # noqa: S311
        raise Unavailable("The CRM database is busy. Please try again.")

    def _transaction(self, work: Callable[[Unit], T]) -> T:
        with self._turn, self.engine.connect() as connection:
            unit = Unit(connection)
            with connection.begin() as transaction:
                result = work(unit)
                try:
                    transaction.commit()
                except sa.exc.SQLAlchemyError as fault:
                    # Never back into the pool: SQLite keeps a transaction open, with its lock, that failed to commit.
                    connection.invalidate(fault)
                    if isinstance(fault, sa.exc.DBAPIError) and is_undone(fault):
                        raise
                    # The outcome is unknown: the database may have committed and the answer been lost on the way.
                    log.warning("a commit was not confirmed: %s", readable(fault))
                    raise Unavailable("It is not known whether the change was stored. Please try again.") from fault
                finally:
                    if unit.touched:
                        self.on_commit(unit.touched)
            return result

    def close(self) -> None:
        """Let running work end, then let go of threads and connections."""
        self._read_threads.shutdown()
        self._write_threads.shutdown()
        self._long_threads.shutdown()
        self.disconnect()

    def disconnect(self) -> None:
        """Let go of all connections that nobody uses; there will be new ones."""
        self.engine.dispose()
        self._reader.dispose()


def _check(url: sa.URL) -> None:
    """Raises ConfigError for a product nobody has taught the gateway, and for a driver that is not installed."""
    product = url.get_backend_name()
    if product not in PRODUCTS:
        raise ConfigError(f"database: {product!r} is none of {', '.join(PRODUCTS)}")
    if product == "mssql" and url.get_driver_name() != "pymssql":
        raise ConfigError("database: for SQL Server say mssql+pymssql://user@host/name")
    if product == "mssql" and importlib.util.find_spec("pymssql") is None:
        raise ConfigError("database: SQL Server needs the package pymssql: install crmgate[mssql]")


def _engine(url: sa.URL, creator: Callable[[], Any] | None, *, is_reader: bool) -> Engine:
    """Readers and writers have pools of their own, so that no connection is ever switched from one to the other.

    Nothing asks a pooled connection whether it lives, which would cost a round trip each time: work that finds it
    dead is done again.
    """
    options: dict[str, Any] = {"pool_size": 2 * READ_THREADS + 2}
    if creator is not None:
        options["creator"] = creator
    if is_reader:
        options |= {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"check_same_thread": False, "timeout": 15.0}
        engine = sa.create_engine(url, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        if not is_reader:
            event.listen(engine, "begin", _begin_immediate)
        return engine
    # MariaDB's default, REPEATABLE READ, would hide what committed before a lock was won.
    engine = sa.create_engine(url, **({"isolation_level": "READ COMMITTED"} | options))
    if engine.dialect.name in ("mysql", "mariadb"):
        event.listen(engine, "connect", _tell_time_in_utc)
    return engine


def _tell_time_in_utc(connection: Any, _record: object) -> None:
    # What a TIMESTAMP holds is shown in the zone of whoever asks, which would be the server's.
    cursor = connection.cursor()
    cursor.execute("SET time_zone = '+00:00'")
    cursor.close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # Whoever begins means to write, and takes the lock at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
