"""`[view.NAME]` that has met the tables its filter asks."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from gateway.core.errors import UnsupportedContent
from gateway.core.model import Shape
from gateway.formats import codec_for
from storage.crm.bound import BoundEntity, BoundUsers, BoundView
from storage.crm.conditions import Scope
from storage.crm.ground import Ground
from storage.crm.mapping import View
from storage.crm.record_folders import bind_folders


def bind_view(ground: Ground, users: BoundUsers, entities: Mapping[str, BoundEntity], view: View) -> BoundView:
    """Find what its filter and its words name. Raises ConfigErrors."""
    entity = entities.get(view.entity)
    if entity is None:
        return BoundView(view, None, None, None)
    path = ("view", view.name)
    ground.check_stated(view.set, entity.table, *path, "set")
    for word, said in (("reader", view.reader), ("expunge", view.expunge)):
        for column in said:
            if not any(column in one.table.c for one in (entity.message.readers if entity.message else ())):
                with ground.noting():
                    raise ground.mapping.wrong((*path, word, column), f"no table of readers has a column {column!r}")
    user = None if view.is_shared else users.table
    in_groups = users.in_groups if user is not None and users.groups is not None else None
    seen = ground.condition(view.filter, Scope(entity.table, user, ground.table, in_groups), *path, "filter")
    try:
        made = None if view.shape is Shape.MESSAGE else codec_for(view.shape, entity.words.custom)
    except UnsupportedContent as wrong:
        raise ground.mapping.wrong((*path, "shape"), str(wrong)) from wrong
    ground.hear(view.filter, Scope(entity.table, user, ground.table, in_groups), entity.key, entity.sides)
    folders = bind_folders(ground, users, entities, entity, view) if view.each else None
    return BoundView(view, entity, sa.and_(entity.alive, seen), made, folders)
