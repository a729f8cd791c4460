"""A mapping that has met its database: tables reflected, columns found, conditions and forms made.

Everything that can be wrong with a mapping shows here, all of it at once and before anything is served: words that
could not be read, tables and columns that are not there, columns of a kind a form cannot take, tables the gateway may
not read. What comes out is read-only and shared by all threads.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.model import Shape
from gateway.formats.codec import Codec
from gateway.runtime.lines import ConfigErrors, near
from storage.crm.bind_entity import bind_entity
from storage.crm.bind_users import bind_users
from storage.crm.bind_view import bind_view
from storage.crm.bound import BoundEntity, BoundView
from storage.crm.files import Files
from storage.crm.forms.form import Shown
from storage.crm.ground import Ground
from storage.crm.mapping import CrmMapping
from storage.faults import readable


class Crm:
    """The whole of it."""

    def __init__(self, mapping: CrmMapping, connection: Connection, files: Files | None = None) -> None:
        """Raises ConfigErrors, a line for each place where mapping and database do not agree."""
        self.mapping = mapping
        self.files = files or Files(None)
        self.entities: dict[str, BoundEntity] = {}
        self.views: dict[str, BoundView] = {}
        ground = Ground(mapping, connection, self.files)
        self.clocks = ground.clocks
        self._bind(ground)
        _probe(ground)
        if ground.problems:
            raise ConfigErrors(ground.problems)

    def _bind(self, ground: Ground) -> None:
        broken = self.mapping.broken
        with ground.noting():
            if "crm.users" not in broken:
                self.users = bind_users(ground)
        if not hasattr(self, "users"):
            return  # everything else speaks of users
        for name, words in self.mapping.entities.items():
            with ground.noting():
                if f"entity.{name}" not in broken:
                    self.entities[name] = bind_entity(ground, self.users, words)
        for name, view in self.mapping.views.items():
            with ground.noting():
                are_bound = {view.entity, view.each} - {""} <= self.entities.keys()
                if f"view.{name}" not in broken and are_bound:
                    self.views[name] = bind_view(ground, self.users, self.entities, view)
        _check_polled(ground)

    def views_of(self, entity: str) -> Iterator[BoundView]:
        """The views that show this entity."""
        return (bound for bound in self.views.values() if bound.view.entity == entity)

    def first_view(self, entity: str) -> BoundView | None:
        """The first of these; None for an entity that nothing shows by itself."""
        return next(self.views_of(entity), None)

    def shape_of(self, entity: str) -> Shape:
        """The shape an entity is served in; an entity has one."""
        return next(bound.view.shape for bound in self.views_of(entity))

    def codec_of(self, entity: str) -> Codec | None:
        """The codec of the entity's documents; None for messages."""
        return next((bound.codec for bound in self.views_of(entity)), None)

    def dependants(self, entity: str) -> Iterator[tuple[BoundEntity, Shown]]:
        """Which other entities show something of this one, and how to find them."""
        for bound in self.entities.values():
            for shown in bound.shown:
                if shown.entity == entity:
                    yield bound, shown


def _probe(ground: Ground) -> None:
    """Whether every table may be read, in all its columns: better said now than at the first request."""
    for table in ground.metadata.tables.values():
        try:
            ground.connection.execute(sa.select(*table.columns).where(sa.false())).close()
        except sa.exc.DBAPIError as fault:
            ground.connection.rollback()
            ground.problems.append(
                f"{ground.mapping.file}: the database account may not read the table {table.fullname!r}: "
                f"{readable(fault)}"
            )


def _check_polled(ground: Ground) -> None:
    """Whether the tables that get no triggers are any the mapping reads; only where all of it could be bound."""
    read = {name for table in ground.metadata.tables.values() for name in (table.name, table.fullname)}
    for name in ground.mapping.polled if not ground.problems else ():
        if name not in read:
            wrong = ground.mapping.wrong(("crm", "polled"), f"no entity reads the table {name!r}{near(name, read)}")
            ground.problems.extend(wrong.problems)
