"""Installing the gateway beside a CRM, and taking it off again.

Installing makes our tables and puts the triggers on; it may be repeated, and then repairs what is missing or altered
and asks for a comparison of what went unheard meanwhile. Uninstalling takes the triggers off, those of an older
mapping too, and drops our tables: the CRM is then as it was. Both can be shown as SQL before they are run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from storage.crm.crm import Crm
from storage.database import Database
from storage.faults import is_transient, readable
from storage.feed.catalogue import Found
from storage.feed.triggers import Lacking, Trigger, Triggers, run
from storage.state import home, migrations, shell
from storage.state.outbox import Outbox
from storage.state.schema import State

_PATIENCE: Final = {
    "postgresql": ("SET LOCAL lock_timeout = '5s'", ""),
    "mysql": ("SET SESSION lock_wait_timeout = 5", "SET SESSION lock_wait_timeout = DEFAULT"),
    "mssql": ("SET LOCK_TIMEOUT 5000", "SET LOCK_TIMEOUT -1"),
}
"""What makes a session give up after five seconds, and what makes it patient again."""

log = logging.getLogger(__name__)


class Setup:
    """One CRM database."""

    def __init__(self, database: Database, crm: Crm, state: State) -> None:
        self.database, self.state = database, state
        self.outbox = Outbox(state)
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
        is_first = not self._has_tables(connection)
        for statement in self._schema():
            connection.exec_driver_sql(statement)
        migrations.upgrade(connection, self.state)
        lacking = self.triggers.lacking(connection)
        for trigger in lacking.all:
            run(connection, self.triggers.put_back(trigger))
        run(connection, self._without(self.triggers.strays(connection)))
        if not is_first:
            self.outbox.owe(connection, lacking.entities())

    def uninstall(self) -> None:
        """Take everything of ours off again."""
        self._in_transaction(lambda connection: run(connection, self._uninstall(connection)))

    def repair(self, lacking: Lacking) -> bool:
        """Put triggers back that have gone or were altered, and ask for a comparison of what they watch.

        False where that could not be done, which the log explains; some of them may be back all the same.
        """
        wrong = (len(lacking.missing), len(lacking.altered), ", ".join(one.name for one in lacking.all[:5]))
        log.warning("%d triggers are missing and %d altered; they are put back: %s", *wrong)
        try:
            for trigger in lacking.all:
                self._in_transaction(lambda connection, one=trigger: self._put_one_back(connection, one))  # type: ignore[misc]
            self._in_transaction(lambda connection: self.outbox.owe(connection, lacking.entities()))
        except sa.exc.DBAPIError as fault:
            if is_transient(fault):
                log.warning("triggers could not be put back yet, a table is in use: %s", readable(fault))
            else:
                log.error(
                    "triggers could not be put back, the CRM's own changes are not heard of: %s. "
                    "Have an administrator run what `crmgate install --dry-run` prints (docs/install.md).",
                    readable(fault),
                )
            return False
        return True

    def _put_one_back(self, connection: Connection, trigger: Trigger) -> None:
        # Whoever waits for a table's lock holds up everybody behind him: rather give up and come again.
        patience, afterwards = _PATIENCE.get(self.triggers.kind, ("", ""))
        if patience:
            connection.exec_driver_sql(patience)
        try:
            run(connection, self.triggers.put_back(trigger))
        finally:
            if afterwards:
                connection.exec_driver_sql(afterwards)

    def is_installed(self) -> bool:
        """Whether our tables are there."""
        return self.database.read_now(self._has_tables)

    def is_current(self) -> bool:
        """Whether our tables are there in their newest form."""
        return self.database.read_now(
            lambda connection: (
                self._has_tables(connection) and migrations.current(connection, self.state) == migrations.newest()
            )
        )

    def _has_tables(self, connection: Connection) -> bool:
        return sa.inspect(connection).has_table(migrations.version_table(self.state), schema=self.state.schema)

    def script(self) -> str:
        """What `install` would run now, as SQL that the database's own shell takes as it is."""
        since = self.database.read_now(
            lambda connection: migrations.current(connection, self.state) if self._has_tables(connection) else None
        )
        made = [f"{statement};" for statement in self._schema()] if since is None else []
        made.append(migrations.script(self.database.engine.dialect, self.state, since).strip())
        if since is None:
            return shell.script(self.database.url, made, self.triggers.install())
        lacking = self.database.read_now(self.triggers.lacking)
        strays = self.database.read_now(self.triggers.strays)
        statements = [statement for trigger in lacking.all for statement in self.triggers.put_back(trigger)]
        owed = [
            str(one.compile(dialect=self.database.engine.dialect, compile_kwargs={"literal_binds": True}))
            for one in self.outbox.owing(lacking.entities())
        ]
        return shell.script(self.database.url, made, [*statements, *self._without(strays), *owed])

    def uninstall_script(self) -> str:
        """What `uninstall` would run, as SQL."""
        return shell.script(self.database.url, [], self.database.read_now(self._uninstall))

    def _without(self, strays: Collection[Found]) -> list[str]:
        """Triggers that were ours go before anything they lead to."""
        return [statement for stray in strays for statement in self.triggers.drop(stray)]

    def _uninstall(self, connection: Connection) -> list[str]:
        dialect = self.database.engine.dialect
        statements = self.triggers.uninstall(self.triggers.strays(connection)) + home.empty(self.state, dialect)
        if self.state.schema is not None and self._is_only_ours(connection, {home.version(self.state).name}):
            statements += home.remove(self.state, dialect)
        return statements

    def _is_only_ours(self, connection: Connection, own: set[str]) -> bool:
        """Whether nobody else keeps tables in our schema, which DROP DATABASE would take along."""
        inspector = sa.inspect(connection)
        if self.state.schema not in inspector.get_schema_names():
            return True
        there = set(inspector.get_table_names(schema=self.state.schema))
        others = there - own - {table.name for table in self.state.metadata.sorted_tables}
        if others:
            log.warning("%s is left: it holds tables of others (%s …)", self.state.schema, min(others))
        return not others and self.state.schema != self.database.url.database

    def _schema(self) -> list[str]:
        return home.make(self.state, self.database.engine.dialect)

    def _in_transaction(self, work: Callable[[Connection], None]) -> None:
        with self.database.engine.begin() as connection:
            work(connection)
