"""Looks at every row of an entity once, as `crmgate check` does, and names those that cannot be served.

A bad row is one that cannot be read (a date that is none, text in no known encoding, a number that is a word) or not
be made a document. It is skipped where rows are served; here it is named, with what is wrong with it. Words of
pick-lists that the mapping's dictionary lacks are no fault, but they show as nothing, so they are listed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Entity
from gateway.core.ids import EntityKey, ObjectUid
from gateway.formats.codec import Codec
from gateway.formats.contentline import serialise
from storage.crm import messages
from storage.crm.bound import BoundEntity
from storage.crm.crm import Crm
from storage.crm.forms.column import Column
from storage.crm.rows import Rows
from storage.faults import is_unreadable, readable

_BATCH: Final = 500
_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class Looked:
    """How many living rows there are, which are bad and why, and by field the words its dictionary lacks."""

    count: int
    bad: Mapping[EntityKey, str]
    unknown: Mapping[str, Sequence[str]]


def look(crm: Crm, entity: BoundEntity, connection: Connection) -> Looked:
    """Read, and make a document of, every living row."""
    count = 0
    bad: dict[EntityKey, str] = {}
    for keys in _keys(connection, entity):
        count += len(keys)
        codec = crm.codec_of(entity.name)
        if entity.message is not None or codec is None:
            bad |= _bad_messages(connection, entity, keys)
            continue
        fetched = Rows(crm).fetch(connection, entity, keys)
        for key, why in fetched.unreadable.items():
            bad[key] = _named(connection, entity, key, why)
        for key, item in fetched.entities.items():
            if why := _unrenderable(codec, item):
                bad[key] = why
    return Looked(count, bad, _unknown(connection, entity))


def _keys(connection: Connection, entity: BoundEntity) -> Iterator[list[Any]]:
    last: Any = None
    while True:
        wanted = sa.select(entity.key).where(entity.alive).order_by(entity.key).limit(_BATCH)
        keys = list(connection.scalars(wanted if last is None else wanted.where(entity.key > last)))
        if not keys:
            return
        yield keys
        last = keys[-1]


def _named(connection: Connection, entity: BoundEntity, key: EntityKey, why: str) -> str:
    """The same with the columns that cannot be read, each tried by itself."""
    names = {name for form in entity.forms.values() for name in form.columns()} | set(entity.words.stamps.values())
    found: list[str] = []
    for name in sorted(names):
        try:
            connection.execute(sa.select(entity.table.c[name]).where(entity.key == entity.key_value(key))).all()
        except (ValueError, TypeError, sa.exc.DBAPIError):
            found.append(name)
    return f"{', '.join(found)}: {why}" if found else why


def _unrenderable(codec: Codec, item: Entity) -> str:
    document = codec.blank(ObjectUid(f"check-{item.key}"))
    try:
        codec.write(document, item.fields)
        codec.stamp(document, item.created, item.modified)
        serialise(document)
    except Exception as fault:
        return f"cannot be shown: {type(fault).__name__}: {fault}"
    return ""


def _bad_messages(connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> dict[EntityKey, str]:
    try:
        messages.fetch(connection, entity, keys)
    except (ValueError, TypeError, sa.exc.DBAPIError) as fault:
        if isinstance(fault, sa.exc.DBAPIError) and not is_unreadable(fault):
            raise
        if len(keys) == 1:
            return {EntityKey(str(keys[0])): readable(fault)}
        found: dict[EntityKey, str] = {}
        for key in keys:
            found |= _bad_messages(connection, entity, [key])
        return found
    return {}


def _unknown(connection: Connection, entity: BoundEntity) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field, form in entity.forms.items():
        if isinstance(form, Column) and form.values:
            words = connection.scalars(sa.select(form.column).where(entity.alive).distinct().limit(_WORDS))
            lacking = sorted(
                str(word) for word in words if word not in (None, "") and form.word(word) not in form.values
            )
            if lacking:
                found[field] = lacking
    return found
