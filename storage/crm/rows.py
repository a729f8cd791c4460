"""Reads and writes rows of the CRM by key: the only SQL that writes to the CRM's tables.

Reading is by batches: one statement for the base rows, one for each form that looks outside them. A row that cannot
be read is reported by its key and never stops the others. Writing touches the columns whose fields changed, the
stamps, and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Entity, Fields, Value
from gateway.core.errors import NotFound, Refused
from gateway.core.ids import EntityKey
from gateway.core.model import Principal
from storage.crm import stated
from storage.crm.bound import BoundEntity
from storage.crm.clocks import now, read_instant
from storage.crm.crm import Crm
from storage.crm.forms.form import Writing
from storage.faults import is_unreadable, readable
from storage.locking import locked

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a batch of keys turned out to be. Keys in neither are gone, or not alive."""

    entities: Mapping[EntityKey, Entity]
    unreadable: Mapping[EntityKey, str]


class Rows:
    """The rows of one CRM."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def fetch(self, connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> Fetched:
        """The living rows of `keys` (column values) as entities."""
        try:
            return self._fetch(connection, entity, keys)
        except (ValueError, TypeError, KeyError, OverflowError, sa.exc.DBAPIError) as fault:
            if isinstance(fault, sa.exc.DBAPIError) and not is_unreadable(fault):
                raise
            if len(keys) == 1:
                key = EntityKey(str(keys[0]))
                log.warning("%s %s cannot be read: %s", entity.name, key, type(fault).__name__)
                return Fetched({}, {key: f"cannot be read: {readable(fault)}"})
        entities: dict[EntityKey, Entity] = {}
        unreadable: dict[EntityKey, str] = {}
        for key in keys:
            one = self.fetch(connection, entity, [key])
            entities |= one.entities
            unreadable |= one.unreadable
        return Fetched(entities, unreadable)

    def _fetch(self, connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> Fetched:
        forms = entity.forms
        stamps = entity.words.stamps
        names = {entity.key.name, *stamps.values()}
        for form in forms.values():
            names.update(form.columns())
        columns = [entity.table.c[name] for name in sorted(names)]
        rows = connection.execute(sa.select(*columns).where(entity.key.in_(keys), entity.alive)).mappings().all()
        if not rows:
            return Fetched({}, {})
        sides = {field: form.load(connection, keys) for field, form in forms.items()}
        entities: dict[EntityKey, Entity] = {}
        for row in rows:
            value = row[entity.key.name]
            key = EntityKey(str(value))
            fields = {field: form.read(row, sides[field].get(value)) for field, form in forms.items()}
            created, modified = (
                read_instant(row[stamps[which]]) if which in stamps else None for which in ("created", "modified")
            )
            entities[key] = Entity(entity.name, key, fields, created, modified)
        return Fetched(entities, {})

    def lock(self, connection: Connection, entity: BoundEntity, key: Any) -> None:
        """Hold a row against other writers until the transaction ends. Raises NotFound where it is gone."""
        wanted = sa.select(entity.key).where(entity.key == key, entity.alive)
        if connection.execute(locked(wanted, entity.table)).first() is None:
            raise NotFound("The CRM does not have this any more.")

    def insert(
        self, connection: Connection, entity: BoundEntity, fields: Fields, preset: Mapping[str, Any], who: Principal
    ) -> tuple[Any, dict[str, Value]]:
        """A new row owned by `who`; `preset` columns are the view's. Returns its key and what no column could take."""
        writing = self._writing(connection, who)
        columns: dict[str, Any] = {}
        left: dict[str, Value] = {}
        for field, form in entity.forms.items():
            if field not in fields and not form.is_required and form.default is None:
                continue
            assigned = form.assign(fields.get(field), None, writing)
            columns.update(assigned.columns)
            if assigned.left is not None:
                left[field] = assigned.left
        columns |= stated.columns(preset, entity.table, who, writing.now)
        if entity.owner is not None:
            columns.setdefault(entity.owner.name, entity.owner.type.python_type(who.id))
        columns = entity.birth(who, writing.now) | columns
        result = connection.execute(sa.insert(entity.table).values(columns))
        key = result.inserted_primary_key[0] if result.inserted_primary_key else columns[entity.key.name]
        self._store(entity, fields, key, writing, left)
        return key, left

    def update(
        self, connection: Connection, entity: BoundEntity, key: Any, changes: Fields, who: Principal
    ) -> dict[str, Value]:
        """Write the changed fields of one row; returns what no column could take, by field."""
        writing = self._writing(connection, who)
        touched = {field: entity.forms[field] for field in changes if field in entity.forms}
        names = sorted({name for form in touched.values() for name in form.columns()} | {entity.key.name})
        held = connection.execute(
            sa.select(*(entity.table.c[name] for name in names)).where(entity.key == key, entity.alive)
        )
        row = held.mappings().first()
        if row is None:
            raise NotFound("The CRM does not have this any more.")
        columns: dict[str, Any] = {}
        left: dict[str, Value] = {}
        for field, form in touched.items():
            assigned = form.assign(changes[field], row, writing)
            columns.update(assigned.columns)
            if assigned.left is not None:
                left[field] = assigned.left
        if touched:
            columns |= entity.change(who, writing.now)
            if columns:
                connection.execute(sa.update(entity.table).where(entity.key == key).values(columns))
            self._store(entity, changes, key, writing, left)
        return left

    def mark_deleted(self, connection: Connection, entity: BoundEntity, keys: Iterable[Any], who: Principal) -> None:
        """What the entity says a delete is: columns set, never a row removed."""
        columns = dict(entity.words.delete)
        if not columns:
            raise Refused("Rows of this kind are not deleted from here.", "mapping")
        columns |= entity.change(who, now())
        connection.execute(sa.update(entity.table).where(entity.key.in_(list(keys))).values(columns))

    def _store(self, entity: BoundEntity, fields: Fields, key: Any, writing: Writing, left: dict[str, Value]) -> None:
        # In the order of the mapping: a title may belong to a link that the company before it makes.
        for field, form in entity.forms.items():
            if field not in fields:
                continue
            rest = form.store(fields[field], key, writing)
            if rest is not None:
                left[field] = rest

    def _writing(self, connection: Connection, who: Principal) -> Writing:
        def find(entity: str, name: str, missing: str) -> Any:
            return self._find(connection, self.crm.entities[entity], name, missing, who)

        return Writing(connection, who, now(), find)

    def _find(self, connection: Connection, entity: BoundEntity, name: str, missing: str, who: Principal) -> Any:
        """The key of the living entity of this name (letter case apart), the oldest of several; made where wanted."""
        shows = next(column for column in entity.forms["organisation"].columns())
        column = entity.table.c[shows]
        wanted = sa.select(entity.key).where(sa.func.lower(column) == name.lower(), entity.alive)
        found = connection.execute(
            sa.select(entity.key).where(column == name, entity.alive).order_by(entity.key).limit(1)
        ).scalar()
        if found is None:
            found = connection.execute(wanted.order_by(entity.key).limit(1)).scalar()
        if found is None and missing == "create":
            found, _ = self.insert(connection, entity, {"organisation": name}, {}, who)
        return found
