"""Runs by Alembic: hands it the connection, or the dialect, and where it keeps its version."""

from __future__ import annotations

from alembic import context

from storage.state.migrations import version_table
from storage.state.schema import State

attributes = context.config.attributes
state: State = attributes["state"]

if context.is_offline_mode():
    context.configure(
        dialect_name=attributes["dialect"],
        version_table=version_table(state),
        version_table_schema=state.schema,
        literal_binds=True,
    )
else:
    context.configure(
        connection=attributes["connection"],
        version_table=version_table(state),
        version_table_schema=state.schema,
    )
with context.begin_transaction():
    context.run_migrations()
