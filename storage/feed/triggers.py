"""The outbox triggers: one small insert that names the entity and its key, and nothing else.

A trigger on an entity's base table names the row; one on a side table (addresses, links) names the row of the
entity it belongs to, the old one too where it moved; one on a table of shared rows asks the link table for all
entities that have the row. The users' table reports only changes of columns the gateway looks at, because CRMs stamp
it at every login. PostgreSQL can also tell of a TRUNCATE: its outbox row says "every
row". The text is made from the mapping's tables by each dialect's own quoting; `install` and `uninstall` are lists
of statements, so they can be shown before they are run, and what a database has is compared with them word for word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.bound import USER
from storage.crm.conditions import matches
from storage.crm.crm import Crm
from storage.crm.forms.form import Via
from storage.feed import catalogue, sqlserver
from storage.feed.catalogue import PREFIX, Found
from storage.state.outbox import EVERY_ROW
from storage.state.schema import State

_EVENTS: Final = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Watched:
    """A table, the column that names the entity's key, and the columns whose change counts (empty: any)."""

    table: sa.Table
    column: str
    entity: str
    only: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    via: Via | None = None

    @property
    def told_by(self) -> str:
        """The column of the watched table that leads to the entity."""
        return self.column if self.via is None else self.via.key

    def identity(self) -> tuple[str, ...]:
        """What tells it from others."""
        far = () if self.via is None else (self.via.table.fullname, self.via.ref)
        told = [f"{name}={value}" for name, value in sorted(self.where.items())]
        return (self.table.fullname, self.column, self.entity, *far, *told)


def watched(crm: Crm) -> list[Watched]:
    """Every table whose change means something, each entity of it once."""
    found: dict[tuple[str, ...], Watched] = {}

    def add(one: Watched) -> None:
        found.setdefault(one.identity(), one)

    for entity in crm.entities.values():
        first = entity.body.parts[0]
        add(Watched(first.table, first.key.name, entity.name, (), first.set))
        for side in entity.sides:
            add(Watched(side.table, side.parent, entity.name, (), side.where, side.via))
    users = crm.users
    only = tuple(column.name for column in users.seen())
    add(Watched(users.base, str(users.key.key), USER, only))
    for side in users.sides:
        add(Watched(side.table, side.parent, USER, (), side.where, side.via))
    return list(found.values())


def is_polled(crm: Crm, one: Watched) -> bool:
    """Whether a table is looked at now and then (`storage.feed.polling`) and gets no triggers for this entity."""
    words = crm.mapping.entities.get(one.entity)
    way = (words.watch if words is not None else "") or crm.mapping.watch
    return way == "polling" or bool({one.table.name, one.table.fullname} & set(crm.mapping.polled))


def polled(crm: Crm) -> list[Watched]:
    """The tables that are looked at now and then."""
    return [one for one in watched(crm) if is_polled(crm, one)]


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger there should be."""

    name: str
    entity: str
    create: Sequence[str]
    drop: Sequence[str]
    """Takes it off, whether it is there or not."""
    build: str
    """What the catalogue has to say of it (`storage.feed.catalogue`)."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Triggers that do not do what they should."""

    missing: Sequence[Trigger]
    altered: Sequence[Trigger]

    @property
    def all(self) -> list[Trigger]:
        """Both kinds."""
        return [*self.missing, *self.altered]

    def entities(self) -> set[str]:
        """What may have changed unheard."""
        return {trigger.entity for trigger in self.all}


class Triggers:
    """The triggers of one CRM in one database."""

    def __init__(self, crm: Crm, state: State, dialect: sa.Dialect) -> None:
        self.state = state
        self.dialect = dialect
        self.kind = "mysql" if dialect.name in ("mysql", "mariadb") else dialect.name
        everything = watched(crm)
        self.watched = [one for one in everything if not is_polled(crm, one)]
        self._schemas = {str(one.table.schema) for one in everything if one.table.schema}
        self._quote = dialect.identifier_preparer.quote
        self.wanted = [made for one in self.watched for made in self._made(one)]

    def install(self) -> list[str]:
        """The statements that put all triggers in place, over whatever is there."""
        return [statement for one in self.wanted for statement in self.put_back(one)]

    def put_back(self, one: Trigger) -> list[str]:
        """The statements that put one trigger in place, over whatever is there."""
        drops = [statement for statement in one.drop if statement.startswith("DROP TRIGGER")]
        return [*drops, *one.create]

    def uninstall(self, strays: Collection[Found] = ()) -> list[str]:
        """The statements that take all off again, whether they are there or not, and these as well."""
        return [statement for stray in strays for statement in self.drop(stray)] + [
            statement for one in self.wanted for statement in one.drop
        ]

    def drop(self, one: Found) -> list[str]:
        """The statements that take off one that is there; a function that one of `wanted` needs stays."""
        statements = self._drop(one.name, one.table)
        return statements[:1] if one.name in self.names() else statements

    def names(self) -> set[str]:
        """The names of all triggers there should be."""
        return {one.name for one in self.wanted}

    def lacking(self, connection: Connection) -> Lacking:
        """Those the database does not have, and those it has in other words."""
        builds: dict[str, set[str]] = {}
        for one in self._found(connection):
            builds.setdefault(one.name, set()).add(one.build)
        missing = [one for one in self.wanted if one.name not in builds]
        altered = [one for one in self.wanted if one.name in builds and one.build not in builds[one.name]]
        return Lacking(missing, altered)

    def strays(self, connection: Connection) -> list[Found]:
        """Triggers that lead to our outbox although the mapping does not ask for them (any more)."""
        builds = {(one.name, one.build) for one in self.wanted}
        there = self._found(connection)
        # On PostgreSQL a renamed table keeps its trigger, beside the one of the table that took its name.
        by_name = self.kind != "postgresql"
        names = self.names() if by_name else set()
        return [one for one in there if one.is_ours and one.name not in names and (one.name, one.build) not in builds]

    def _found(self, connection: Connection) -> list[Found]:
        return catalogue.found(connection, self.kind, self.state, self._schemas)

    def _name(self, one: Watched, event: str) -> str:
        """Unique for table, column and entity; within the 63 bytes PostgreSQL allows."""
        told = hashlib.sha256("/".join(one.identity()).encode()).hexdigest()[:8]
        return f"{PREFIX}{one.table.name[:30]}_{told}_{event.lower()}"

    def _table(self, table: sa.Table) -> str:
        return self.dialect.identifier_preparer.format_table(table)

    def _insert(self, one: Watched, which: str) -> str:
        """The one statement of a trigger's body. `which`: NEW or OLD."""
        outbox = self._table(self.state.outbox)
        entity = self._literal(one.entity)
        row = which if one.via is None else "held"
        key = f"{row}.{self._quote(one.column)}"
        text = f"CAST({key} AS {'CHAR(64)' if self.kind == 'mysql' else 'VARCHAR(64)'})"
        if self.kind == "sqlite":
            text = f"CAST({key} AS TEXT)"
        if one.via is None:
            return f"INSERT INTO {outbox} (entity, row_key) VALUES ({entity}, {text})"
        far = one.via.table
        schema = far.schema or (self.dialect.default_schema_name if self.kind == "postgresql" else None)
        table = f"{self._quote(schema)}.{self._quote(far.name)}" if schema else self._quote(far.name)
        tests = [f"held.{self._quote(one.via.ref)} = {which}.{self._quote(one.via.key)}", *self._kind_of(one, "held")]
        wanted = f"SELECT {entity}, {text} FROM {table} held WHERE {' AND '.join(tests)}"
        return f"INSERT INTO {outbox} (entity, row_key) {wanted}"

    def _kind_of(self, one: Watched, row: str) -> list[str]:
        """That a row is one of this entity's."""
        table = one.table if one.via is None else one.via.table
        tests = [matches(table.c[name], value) for name, value in one.where.items()]
        return [
            f"{row}.{self._quote(str(test.left.name))} = "
            + str(test.right.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
            for test in tests
        ]

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

    def _made(self, one: Watched) -> Iterator[Trigger]:
        """Every trigger of one table. Raises NotImplementedError for a database we have no triggers for."""
        makers = {
            "sqlite": self._sqlite, "postgresql": self._postgresql, "mysql": self._mysql, "mssql": self._sqlserver,
        }  # fmt: skip
        if self.kind not in makers:
            raise NotImplementedError(f"no triggers for {self.kind}")
        for event in (*_EVENTS, "TRUNCATE") if self.kind == "postgresql" else _EVENTS:
            name = self._name(one, event)
            create, build = makers[self.kind](one, event, name)
            yield Trigger(name, one.entity, create, self._drop(name, one.table), build)

    def _bodies(self, one: Watched, event: str) -> Sequence[tuple[str, str]]:
        """(condition, statement) of a trigger; an empty condition holds always."""
        if event == "TRUNCATE":
            outbox = self._table(self.state.outbox)
            every = f"VALUES ({self._literal(one.entity)}, {self._literal(EVERY_ROW)})"
            return [("", f"INSERT INTO {outbox} (entity, row_key) {every}")]
        new, old = (" AND ".join(self._kind_of(one, row)) if one.via is None else "" for row in ("NEW", "OLD"))
        if event == "INSERT":
            return [(new, self._insert(one, "NEW"))]
        if event == "DELETE":
            return [(old, self._insert(one, "OLD"))]
        changed = " OR ".join(self._differs(column) for column in one.only)
        own = one.where if one.via is None else ()
        moved = " OR ".join(self._differs(column) for column in (one.told_by, *own))
        return [(_both(new, changed), self._insert(one, "NEW")), (_both(old, moved), self._insert(one, "OLD"))]

    def _sqlite(self, one: Watched, event: str, name: str) -> tuple[Sequence[str], str]:
        # SQLite's WHEN is for the whole trigger; a condition on one statement goes into a SELECT.
        steps = []
        for condition, statement in self._bodies(one, event):
            if one.via is not None:
                steps.append(statement + (f" AND ({condition})" if condition else ""))
                continue
            head, values = statement.split(" VALUES ", 1)
            steps.append(f"{head} SELECT {values[1:-1]}" + (f" WHERE {condition}" if condition else ""))
        create = (
            f"CREATE TRIGGER {self._quote(name)} AFTER {event} "
            f"ON {self._table(one.table)} FOR EACH ROW BEGIN {'; '.join(steps)}; END"
        )
        return [create], catalogue.build_sqlite(create)

    def _postgresql(self, one: Watched, event: str, name: str) -> tuple[Sequence[str], str]:
        function = self._function(name)
        level = "STATEMENT" if event == "TRUNCATE" else "ROW"
        source = f" BEGIN {' '.join(self._steps(one, event))} RETURN NULL; END "
        # SECURITY DEFINER: whoever may write the CRM's table need have no right on the outbox.
        create = [
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            f"SET search_path = pg_catalog AS $body${source}$body$",
            f"CREATE TRIGGER {self._quote(name)} AFTER {event} ON {self._table(one.table)} "
            f"FOR EACH {level} EXECUTE FUNCTION {function}()",
        ]
        return create, catalogue.build_postgresql(one.table.name, event, source)

    def _mysql(self, one: Watched, event: str, name: str) -> tuple[Sequence[str], str]:
        statement = f"BEGIN {' '.join(self._steps(one, event))} END"
        create = (
            f"CREATE TRIGGER {self._quote(name)} AFTER {event} ON {self._table(one.table)} FOR EACH ROW {statement}"
        )
        return [create], catalogue.build_mysql(one.table.name, event, statement)

    def _sqlserver(self, one: Watched, event: str, name: str) -> tuple[Sequence[str], str]:
        create = sqlserver.create(one, event, name, self._table(self.state.outbox), self._quote, self._kind_of)
        return [create], catalogue.build_sqlserver(create)

    def _steps(self, one: Watched, event: str) -> list[str]:
        return [
            f"IF {condition} THEN {statement}; END IF;" if condition else f"{statement};"
            for condition, statement in self._bodies(one, event)
        ]

    def _function(self, name: str) -> str:
        return f"{self._quote(str(self.state.schema))}.{self._quote(name)}"

    def _drop(self, name: str, table: sa.Table | str) -> list[str]:
        """`table`: as it is, or as the catalogue names it."""
        if self.kind == "mssql":
            return [sqlserver.drop(table, name, self._quote)]
        if self.kind != "postgresql":
            return [f"DROP TRIGGER IF EXISTS {self._quote(name)}"]
        named = table if isinstance(table, str) else self._table(table)
        return [
            f"DROP TRIGGER IF EXISTS {self._quote(name)} ON {named}",
            f"DROP FUNCTION IF EXISTS {self._function(name)}()",
        ]


def _both(one: str, other: str) -> str:
    return f"{one} AND ({other})" if one and other else one or other


def run(connection: Connection, statements: Sequence[str]) -> None:
    """Run statements as they stand; a `%` in them is no parameter."""
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%") if _formats(connection) else statement)


def _formats(connection: Connection) -> bool:
    if connection.dialect.name == "mssql":
        return False  # pymssql leaves a statement without parameters alone
    paramstyle: Any = connection.dialect.paramstyle
    return paramstyle in ("format", "pyformat")
