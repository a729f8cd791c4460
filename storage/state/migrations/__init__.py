"""Alembic migrations of the gateway's own tables; the CRM's are never altered.

The tables' names differ by database (a schema, or a prefix), so the migrations take them from the `State` they are
run with. `upgrade` brings a database to the newest form, `script` shows the SQL that would.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Dialect

from gateway.core.errors import Unavailable
from storage.state.schema import State

PATIENCE: Final = 60.0
"""Seconds to wait for another database's migrations to end."""
_ALEMBIC: Final = threading.Lock()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Alembic keeps what it is at in module variables: one database at a time. Raises Unavailable."""
    if not _ALEMBIC.acquire(timeout=PATIENCE):
        raise Unavailable("Another database's tables are being made. Please try again.")
    try:
        yield
    finally:
        _ALEMBIC.release()


def _config(state: State) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["state"] = state
    return config


def version_table(state: State) -> str:
    """The table in which Alembic keeps which migrations have run."""
    return f"{state.prefix}migration"


def upgrade(connection: Connection, state: State) -> None:
    """Run the migrations that have not run yet."""
    config = _config(state)
    config.attributes["connection"] = connection
    with _alone():
        command.upgrade(config, "head")


def current(connection: Connection, state: State) -> str | None:
    """Which migration the database is at; None for none."""
    names = {"version_table": version_table(state), "version_table_schema": state.schema}
    return MigrationContext.configure(connection, opts=names).get_current_revision()


def newest() -> str:
    """The last migration there is."""
    return str(ScriptDirectory(str(Path(__file__).parent)).get_current_head())


def script(dialect: Dialect, state: State, since: str | None = None) -> str:
    """The SQL that makes the tables from nothing, or brings them up to date from the migration `since`."""
    if since == newest():
        return ""
    buffer = io.StringIO()
    config = _config(state)
    config.attributes["dialect"] = dialect.name
    config.output_buffer = buffer
    with _alone():
        command.upgrade(config, f"{since}:head" if since else "head", sql=True)
    return buffer.getvalue()
