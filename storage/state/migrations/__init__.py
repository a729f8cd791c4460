"""Alembic migrations of the gateway's own tables; the CRM's are never altered.

The tables' names differ by database (a schema, or a prefix), so the migrations take them from the `State` they are
run with. `upgrade` brings a database to the newest form, `script` shows the SQL that would.
"""

from __future__ import annotations

import io
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Dialect

from storage.state.schema import State


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
    command.upgrade(config, "head")


def is_newest(connection: Connection, state: State) -> bool:
    """Whether every migration has run to its end."""
    name = version_table(state)
    if not sa.inspect(connection).has_table(name, schema=state.schema):
        return False
    version = sa.table(name, sa.column("version_num"), schema=state.schema)
    done = {row[0] for row in connection.execute(sa.select(version.c.version_num))}
    return done == set(ScriptDirectory.from_config(_config(state)).get_heads())


def script(dialect: Dialect, state: State) -> str:
    """The SQL that makes the tables from nothing."""
    buffer = io.StringIO()
    config = _config(state)
    config.attributes["dialect"] = dialect.name
    config.output_buffer = buffer
    command.upgrade(config, "head", sql=True)
    return buffer.getvalue()
