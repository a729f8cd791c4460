"""Installing the gateway beside a CRM, and taking it off again.

Installing makes our tables and puts the triggers on; it may be repeated, and repairs what is missing. Uninstalling
takes the triggers off and drops our tables: the CRM is then as it was. Both can be shown as SQL before they are run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from storage.crm.crm import Crm
from storage.database import Database
from storage.faults import readable
from storage.feed.triggers import Triggers, run
from storage.state import migrations
from storage.state.schema import State

log = logging.getLogger(__name__)


class Setup:
    """One CRM database."""

    def __init__(self, database: Database, crm: Crm, state: State) -> None:
        self.database, self.state = database, state
        self.triggers = Triggers(crm, state, database.engine.dialect)

    def install(self) -> None:
        """Make or bring up to date our tables, and put on all triggers. Raises ConfigError where a right is missing."""
        try:
            self._in_transaction(self._make)
        except sa.exc.DBAPIError as fault:
            raise ConfigError(
                f"the gateway's tables and triggers could not be made: {readable(fault)}. "
                "Give the database user the rights named in docs/install.md, or run `crmgate install --dry-run` "
                "and have an administrator run what it prints."
            ) from fault

    def _make(self, connection: Connection) -> None:
        for statement in self._schema():
            connection.exec_driver_sql(statement)
        migrations.upgrade(connection, self.state)
        run(connection, self.triggers.install())

    def uninstall(self) -> None:
        """Take everything of ours off again."""
        self._in_transaction(lambda connection: run(connection, self._uninstall()))

    def repair(self) -> bool:
        """Put back triggers that have gone; whether there were any, so that everything is to be compared once."""
        missing = self.database.read_now(self.triggers.missing)
        if missing:
            log.warning("%d triggers are missing and are put back: %s", len(missing), ", ".join(sorted(missing)[:5]))
            self._in_transaction(lambda connection: run(connection, self.triggers.install()))
        return bool(missing)

    def is_installed(self) -> bool:
        """Whether our tables are there, all of them and in their newest form."""
        return self.database.read_now(lambda connection: migrations.is_newest(connection, self.state))

    def script(self) -> str:
        """What `install` would run, as SQL."""
        tables = migrations.script(self.database.engine.dialect, self.state)
        lines = [f"{statement};" for statement in self._schema()]
        return "\n\n".join([*lines, tables.strip(), *(f"{statement};" for statement in self.triggers.install())]) + "\n"

    def uninstall_script(self) -> str:
        """What `uninstall` would run, as SQL."""
        return "\n".join(f"{statement};" for statement in self._uninstall()) + "\n"

    def _uninstall(self) -> list[str]:
        preparer = self.database.engine.dialect.identifier_preparer
        statements = self.triggers.uninstall()
        names = [preparer.format_table(table) for table in reversed(self.state.metadata.sorted_tables)]
        version = sa.Table(migrations.version_table(self.state), sa.MetaData(), schema=self.state.schema)
        statements += [f"DROP TABLE IF EXISTS {name}" for name in [*names, preparer.format_table(version)]]
        if self.state.schema is not None:
            kind = "SCHEMA" if self.triggers.kind == "postgresql" else "DATABASE"
            statements.append(f"DROP {kind} IF EXISTS {preparer.quote_schema(self.state.schema)}")
        return statements

    def _schema(self) -> list[str]:
        if self.state.schema is None:
            return []
        name = self.database.engine.dialect.identifier_preparer.quote_schema(self.state.schema)
        if self.triggers.kind == "postgresql":
            return [f"CREATE SCHEMA IF NOT EXISTS {name}"]
        return [f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"]

    def _in_transaction(self, work: Callable[[Connection], None]) -> None:
        with self.database.engine.begin() as connection:
            work(connection)
