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
from storage.crm.bound import BoundEntity
from storage.crm.crm import Crm
from storage.crm.forms.form import Writing
from storage.crm.present import Present
from storage.faults import is_unreadable, readable

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
        stamps = entity.stamps
        names = {entity.key.name, *(column for column, _ in stamps.values())}
        if entity.words.uid:
            names.add(entity.words.uid)
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
            told = {which: clock.instant(row[column]) for which, (column, clock) in stamps.items()}
            uid = str(row[entity.words.uid] or "").strip() if entity.words.uid else ""
            entities[key] = Entity(entity.name, key, fields, told.get("created"), told.get("modified"), uid)
        return Fetched(entities, {})

    def lock(self, connection: Connection, entity: BoundEntity, key: Any) -> None:
        """Hold a row against other writers until the transaction ends. Raises NotFound where it is gone."""
        entity.body.lock(connection, key)
        if connection.execute(sa.select(entity.key).where(entity.key == key, entity.alive)).first() is None:
            raise NotFound("The CRM does not have this any more.")

    def insert(
        self,
        connection: Connection,
        entity: BoundEntity,
        fields: Fields,
        preset: Mapping[str, Any],
        who: Principal,
        owner: Principal | None = None,
    ) -> tuple[Any, dict[str, Value]]:
        """A new row that `who` makes, owned by him unless there is another `owner`; `preset` columns are the view's.

        Returns its key and what no column could take.
        """
        whose = owner or who
        writing = self._writing(connection, who, fields)
        columns = writing.columns
        left: dict[str, Value] = {}
        for field, form in entity.forms.items():
            if field not in fields and not form.is_required and form.default is None:
                continue
            assigned = form.assign(fields.get(field), None, writing)
            columns.update(assigned.columns)
            if assigned.left is not None:
                left[field] = assigned.left
        columns |= entity.body.stated(preset, whose, writing.now)
        if entity.owner is not None:
            columns.setdefault(entity.owner.name, entity.owner.type.python_type(whose.id))
        columns = entity.birth(connection, who, writing.now) | columns
        key = entity.body.insert(connection, columns)
        if entity.owner_link is not None:
            entity.owner_link.give(connection, key, whose, writing.now)
        unsaid = {field: () for field, form in entity.forms.items() if form.is_stored_at_birth}
        self._store(entity, {**unsaid, **fields}, key, writing, left)
        self.settle(connection, entity, key, who, "insert")
        return key, left

    def update(
        self, connection: Connection, entity: BoundEntity, key: Any, changes: Fields, who: Principal
    ) -> dict[str, Value]:
        """Write the changed fields of one row; returns what no column could take, by field."""
        writing = self._writing(connection, who, changes)
        touched = {field: entity.forms[field] for field in changes if field in entity.forms}
        names = sorted(
            {name for form in touched.values() for name in form.columns()}
            | {name for form in entity.forms.values() for name in form.follows()}
            | {entity.key.name}
        )
        held = connection.execute(
            sa.select(*(entity.table.c[name] for name in names)).where(entity.key == key, entity.alive)
        )
        row = held.mappings().first()
        if row is None:
            raise NotFound("The CRM does not have this any more.")
        columns = writing.columns
        left: dict[str, Value] = {}
        for field, form in touched.items():
            assigned = form.assign(changes[field], row, writing)
            columns.update(assigned.columns)
            if assigned.left is not None:
                left[field] = assigned.left
        if touched:
            columns |= entity.change(who, writing.now)
            if columns:
                entity.body.update(connection, key, columns)
            self._store(entity, changes, key, writing, left)
            for field, form in entity.forms.items():
                if field not in touched and not columns.keys().isdisjoint(form.follows()):
                    form.follow(row, key, writing)
            self.settle(connection, entity, key, who, "update")
        return left

    def mark_deleted(self, connection: Connection, entity: BoundEntity, keys: Iterable[Any], who: Principal) -> None:
        """What the entity says a delete is: columns set, or the row taken away."""
        if not entity.words.delete and not entity.words.removes:
            raise Refused("Rows of this kind are not deleted from here.", "mapping")
        going = list(keys)
        for key in going if entity.also else ():
            present = self.present(connection, entity, key, who)
            for statement in entity.also:
                statement.run("delete", present)
        if entity.words.removes:
            entity.body.remove(connection, going)
        else:
            moment = entity.clocks.now()
            columns = entity.body.stated(entity.words.delete, who, moment)
            entity.body.mark(connection, going, {**columns, **entity.change(who, moment)})

    def settle(self, connection: Connection, entity: BoundEntity, key: Any, who: Principal, event: str) -> None:
        """What a write of the row brings with it: columns made of others, and statements beside it."""
        if not entity.derived_columns and not entity.also:
            return
        present = self.present(connection, entity, key, who)
        made: dict[str, Any] = {}
        for name, derived in entity.derived_columns.items():
            column = entity.table.c[name]
            text = fitted(derived.of(present), getattr(column.type, "length", None))
            if text != (present.row.get(name) or ""):
                made[name] = text or (None if column.nullable else "")
        if made:
            entity.body.update(connection, key, made)
            present.forget()
        for statement in entity.also:
            statement.run(event, present)

    def present(self, connection: Connection, entity: BoundEntity, key: Any, who: Principal) -> Present:
        """The row as it stands now."""

        def look() -> Fields:
            found = self._fetch(connection, entity, [key]).entities
            return next((item.fields for item in found.values()), {})

        return Present(connection, entity.table, (entity.key, key), look, who, entity.clocks.now())

    def _store(self, entity: BoundEntity, fields: Fields, key: Any, writing: Writing, left: dict[str, Value]) -> None:
        # In the order of the mapping: a title may belong to a link that the company before it makes.
        for field, form in entity.forms.items():
            if field not in fields:
                continue
            rest = form.store(fields[field], key, writing)
            if rest is not None:
                left[field] = rest

    def _writing(self, connection: Connection, who: Principal, fields: Fields) -> Writing:
        def find(entity: str, name: str, missing: str) -> Any:
            return self._find(connection, self.crm.entities[entity], name, missing, who)

        return Writing(connection, who, self.crm.clocks.now(), find, fields)

    def _find(self, connection: Connection, entity: BoundEntity, name: str, missing: str, who: Principal) -> Any:
        """The key of the living entity of this name (letter case apart), the oldest of several; made where wanted."""
        named = "organisation" if "organisation" in entity.forms else "summary"
        shows = next(iter(entity.forms[named].columns()))
        column = entity.table.c[shows]
        wanted = sa.select(entity.key).where(sa.func.lower(column) == name.lower(), entity.alive)
        found = connection.execute(
            sa.select(entity.key).where(column == name, entity.alive).order_by(entity.key).limit(1)
        ).scalar()
        if found is None:
            found = connection.execute(wanted.order_by(entity.key).limit(1)).scalar()
        if found is None and missing == "create":
            found, _ = self.insert(connection, entity, {named: name}, {}, who)
        return found


def fitted(text: str, length: int | None) -> str:
    """A text the CRM makes for itself is cut to its column: it is made of others, which are whole."""
    return text if length is None else text[:length].rstrip()
