"""The outbox triggers: one small insert that names the entity and its key, and nothing else.

A trigger on an entity's base table names the row; one on a side table (addresses, links) names the row of the
entity it belongs to, the old one too where it moved. The users' table reports only changes of columns the gateway
looks at, because CRMs stamp it at every login. The text is made from the mapping's tables by each dialect's own
quoting; `install` and `uninstall` are lists of statements, so they can be shown before they are run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.crm import USER, Crm
from storage.state.schema import State

_EVENTS: Final = ("INSERT", "UPDATE", "DELETE")
PREFIX: Final = "crmgate_"


@dataclass(frozen=True, slots=True)
class Watched:
    """A table, the column that names the entity's key, and the columns whose change counts (empty: any)."""

    table: sa.Table
    column: str
    entity: str
    only: tuple[str, ...] = ()


def watched(crm: Crm) -> list[Watched]:
    """Every table whose change means something, each entity of it once."""
    found: dict[tuple[str, str, str], Watched] = {}
    for entity in crm.entities.values():
        sources = [(entity.table, entity.key.name), *((side.table, side.parent) for side in entity.sides)]
        for table, column in sources:
            found.setdefault((table.fullname, column, entity.name), Watched(table, column, entity.name))
    users = crm.users
    only = tuple(column.name for column in users.seen())
    found[(users.table.fullname, users.key.name, USER)] = Watched(users.table, users.key.name, USER, only)
    return list(found.values())


class Triggers:
    """The triggers of one CRM in one database."""

    def __init__(self, crm: Crm, state: State, dialect: sa.Dialect) -> None:
        self.state = state
        self.dialect = dialect
        self.kind = "mysql" if dialect.name in ("mysql", "mariadb") else dialect.name
        self.watched = watched(crm)
        self._quote = dialect.identifier_preparer.quote

    def install(self) -> list[str]:
        """The statements that put all triggers in place."""
        return [statement for one in self.watched for statement in self._create(one)]

    def uninstall(self) -> list[str]:
        """The statements that take them off again, whether they are there or not."""
        return [statement for one in self.watched for statement in self._drop(one)]

    def names(self) -> set[str]:
        """The names of all triggers there should be."""
        return {self._name(one, event) for one in self.watched for event in _EVENTS}

    def missing(self, connection: Connection) -> set[str]:
        """Those of `names` that the database does not have."""
        return self.names() - self._present(connection)

    def _present(self, connection: Connection) -> set[str]:
        if self.kind == "sqlite":
            wanted = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        elif self.kind == "postgresql":
            wanted = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        else:
            wanted = "SELECT trigger_name FROM information_schema.triggers"
        return {str(row[0]) for row in connection.exec_driver_sql(wanted)}

    def _name(self, one: Watched, event: str) -> str:
        """Unique for table, column and entity; within the 63 bytes PostgreSQL allows."""
        told = hashlib.sha256(f"{one.table.fullname}/{one.column}/{one.entity}".encode()).hexdigest()[:8]
        return f"{PREFIX}{one.table.name[:30]}_{told}_{event.lower()}"

    def _table(self, table: sa.Table) -> str:
        return self.dialect.identifier_preparer.format_table(table)

    def _insert(self, one: Watched, which: str) -> str:
        """The one statement of a trigger's body. `which`: NEW or OLD."""
        outbox = self._table(self.state.outbox)
        entity = self._literal(one.entity)
        key = f"{which}.{self._quote(one.column)}"
        text = f"CAST({key} AS {'CHAR(64)' if self.kind == 'mysql' else 'VARCHAR(64)'})"
        if self.kind == "sqlite":
            text = f"CAST({key} AS TEXT)"
        return f"INSERT INTO {outbox} (entity, row_key) VALUES ({entity}, {text})"

    @staticmethod
    def _literal(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def _differs(self, column: str) -> str:
        old, new = f"OLD.{self._quote(column)}", f"NEW.{self._quote(column)}"
        if self.kind == "sqlite":
            return f"{old} IS NOT {new}"
        if self.kind == "postgresql":
            return f"{old} IS DISTINCT FROM {new}"
        return f"NOT ({old} <=> {new})"

    def _create(self, one: Watched) -> Iterator[str]:
        if self.kind == "sqlite":
            yield from self._create_sqlite(one)
        elif self.kind == "postgresql":
            yield from self._create_postgresql(one)
        elif self.kind == "mysql":
            yield from self._create_mysql(one)
        else:
            raise NotImplementedError(f"no triggers for {self.kind}")

    def _bodies(self, one: Watched, event: str) -> Sequence[tuple[str, str]]:
        """(condition, statement) of a trigger; an empty condition holds always."""
        if event == "INSERT":
            return [("", self._insert(one, "NEW"))]
        if event == "DELETE":
            return [("", self._insert(one, "OLD"))]
        changed = " OR ".join(self._differs(column) for column in one.only)
        moved = self._differs(one.column)
        return [(changed, self._insert(one, "NEW")), (moved, self._insert(one, "OLD"))]

    def _create_sqlite(self, one: Watched) -> Iterator[str]:
        # SQLite's WHEN is for the whole trigger; a condition on one statement goes into a SELECT.
        for event in _EVENTS:
            steps = []
            for condition, statement in self._bodies(one, event):
                head, values = statement.split(" VALUES ", 1)
                steps.append(f"{head} SELECT {values[1:-1]}" + (f" WHERE {condition}" if condition else ""))
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {self._quote(self._name(one, event))} AFTER {event} "
                f"ON {self._table(one.table)} FOR EACH ROW BEGIN {'; '.join(steps)}; END"
            )

    def _create_postgresql(self, one: Watched) -> Iterator[str]:
        for event in _EVENTS:
            name = self._name(one, event)
            function = f"{self._quote(str(self.state.schema))}.{self._quote(name)}"
            steps = [
                f"IF {condition} THEN {statement}; END IF;" if condition else f"{statement};"
                for condition, statement in self._bodies(one, event)
            ]
            # SECURITY DEFINER: whoever may write the CRM's table need have no right on the outbox.
            yield (
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
                f"SET search_path = pg_catalog AS $body$ BEGIN {' '.join(steps)} RETURN NULL; END $body$"
            )
            yield f"DROP TRIGGER IF EXISTS {self._quote(name)} ON {self._table(one.table)}"
            yield (
                f"CREATE TRIGGER {self._quote(name)} AFTER {event} ON {self._table(one.table)} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()"
            )

    def _create_mysql(self, one: Watched) -> Iterator[str]:
        for event in _EVENTS:
            name = self._quote(self._name(one, event))
            steps = [
                f"IF {condition} THEN {statement}; END IF;" if condition else f"{statement};"
                for condition, statement in self._bodies(one, event)
            ]
            # Replaced in one statement: between two the CRM could write unseen.
            replace = self.dialect.name == "mariadb" or bool(getattr(self.dialect, "is_mariadb", False))
            if not replace:
                yield f"DROP TRIGGER IF EXISTS {name}"
            yield (
                f"CREATE {'OR REPLACE ' if replace else ''}TRIGGER {name} AFTER {event} ON {self._table(one.table)} "
                f"FOR EACH ROW BEGIN {' '.join(steps)} END"
            )

    def _drop(self, one: Watched) -> Iterator[str]:
        for event in _EVENTS:
            name = self._name(one, event)
            if self.kind == "postgresql":
                yield f"DROP TRIGGER IF EXISTS {self._quote(name)} ON {self._table(one.table)}"
                yield f"DROP FUNCTION IF EXISTS {self._quote(str(self.state.schema))}.{self._quote(name)}()"
            else:
                yield f"DROP TRIGGER IF EXISTS {self._quote(name)}"


def run(connection: Connection, statements: Sequence[str]) -> None:
    """Run statements as they stand; a `%` in them is no parameter."""
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%") if _formats(connection) else statement)


def _formats(connection: Connection) -> bool:
    paramstyle: Any = connection.dialect.paramstyle
    return paramstyle in ("format", "pyformat")
