"""`[entity.NAME]` that has met its tables: forms, statements, what is told by which table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import ConfigErrors, near
from storage.crm import counters, keys
from storage.crm.also import Also
from storage.crm.bound import BoundEntity, BoundUsers
from storage.crm.conditions import Scope, condition
from storage.crm.derived import Derived, bind_derived
from storage.crm.forms import Form, Place, Reference, Users, form
from storage.crm.forms.form import Side
from storage.crm.forms.owner_link import bind_owner
from storage.crm.ground import Ground
from storage.crm.mapping import EntityWords
from storage.crm.message_files import MessageFiles
from storage.crm.message_tables import MessageColumns
from storage.crm.message_words import Ground as MessageGround
from storage.crm.message_words import bind_message
from storage.crm.parts import Body, Part, bind_body
from storage.crm.shared import Shared


def bind_entity(ground: Ground, users: BoundUsers, words: EntityWords) -> BoundEntity:
    """Find its tables, columns and forms; what is wrong is noted, or raised as ConfigErrors."""
    path = ("entity", words.name)
    body = _body(ground, words)
    table = body.table
    for column in words.delete:
        with ground.noting():
            ground.column(table, column, *path, "delete", column)
    if words.uid:
        with ground.noting():
            ground.column(table, words.uid, *path, "uid")
    for stamp, column in words.stamps.items():
        with ground.noting():
            ground.column(table, column, *path, "stamps", stamp)
    ground.check_stated(words.insert, table, *path, "insert")
    ground.check_stated(words.update, table, *path, "update")
    new_key: str | counters.Counter = keys.AUTOINCREMENT
    number: counters.Number | counters.Highest | None = None
    with ground.at(*path, "new_key"):
        new_key = counters.bind_key(words.new_key, ground.table)
    with ground.at(*path, "number"):
        number = counters.bind_number(words.number, ground.table, table) if words.number else None
        if number is not None:
            ground.column(table, number.column, *path, "number", "column")
    forms: dict[str, Form] = {}
    for name, content in words.fields.items():
        with ground.noting():
            forms[name] = _form(ground, users, words, name, content, table)
    message, owner, owner_link = None, None, None
    alive: sa.ColumnElement[bool] = sa.true()
    asked = ""
    with ground.noting():
        message = _message(ground, words, body) if words.message else None
    with ground.noting():
        if isinstance(words.owner, Mapping):
            owner_link = bind_owner(
                words.owner, ground.table, lambda what: ground.mapping.wrong((*path, "owner"), what)
            )
        else:
            owner = ground.column(table, words.owner, *path, "owner") if words.owner else None
    with ground.noting():
        alive = ground.condition(words.alive, Scope(table, None, ground.table), *path, "alive")
        asked = words.alive
    derived: dict[str, Derived] = {}
    for name, said in words.derived.items():
        with ground.at(*path, "derived", name):
            ground.column(table, name, *path, "derived", name)
            derived[name] = bind_derived(said, forms, table.c.keys())
    also: list[Also] = []
    for which, said in enumerate(words.also):
        with ground.at(*path, "also", which):
            scope = Scope(table, None, ground.table)
            also.append(Also(said, ground.table, partial(condition, scope=scope), forms, table.c.keys()))
    sides = [Side(part.table, part.key.name, part.set) for part in body.parts[1:]]
    sides += [side for made in forms.values() for side in made.sides()]
    if message is not None:
        sides += message.sides(body)
    if owner_link is not None:
        sides.append(owner_link.side())
    ground.hear(asked, Scope(table, None, ground.table), body.key, sides)
    return BoundEntity(
        name=words.name,
        words=words,
        body=body,
        new_key=new_key,
        number=number,
        derived_columns=derived,
        also=also,
        owner=owner,
        alive=alive,
        forms=forms,
        sides=sides,
        shown=[shown for made in forms.values() for shown in made.shown()],
        message=message,
        owner_link=owner_link,
        clocks=ground.clocks,
    )


def _body(ground: Ground, words: EntityWords) -> Body:
    path = ("entity", words.name)
    if words.tables[0].keys() == {"table", "key"} and len(words.tables) == 1:
        table = ground.table_at(words.table, *path, "table")
        return Body(words.name, [Part(table, ground.column(table, words.key, *path, "key"), {})])

    def wrong(number: int, word: str, what: str) -> ConfigError:
        return ground.mapping.wrong((*path, "tables", number, word), what)

    return bind_body(words.name, words.tables, ground.table, wrong)


def _form(ground: Ground, bound: BoundUsers, words: EntityWords, name: str, content: Any, table: sa.Table) -> Form:
    users = Users(bound.key, bound.address, bound.name, bound.table)
    said = ground.mapping.columns.get((words.name, name))
    path = ("entity", words.name, *(("custom", said) if said else ("fields", name)))
    file = ground.mapping.sources.at(*path)
    place = Place(
        file, words.name, name, table, words.key, ground.table, ground.shared, ground.clocks, words.fields, ground.files
    )
    try:
        made = form(place, content, users)
    except ConfigErrors:
        raise
    except ConfigError as wrong:
        # The database does not know where in the file it was asked about, nor a form that it stands in `custom`.
        text = str(wrong).removeprefix(f"{place.file}: [entity.{words.name}.fields] {name}: ")
        raise ground.mapping.wrong(path, text) from wrong
    except (TypeError, ValueError, AttributeError, KeyError) as wrong:
        raise ground.mapping.wrong(path, f"cannot be read as it is written: {wrong}") from wrong
    if isinstance(made, Reference) and made.entity not in ground.mapping.entities:
        raise place.wrong(f"there is no entity {made.entity!r}{near(made.entity, ground.mapping.entities)}")
    return made


def _message(ground: Ground, words: EntityWords, body: Body) -> MessageColumns:
    path = ("entity", words.name, "message")

    def wrong(what: str, *within: str | int) -> ConfigError:
        return ground.mapping.wrong((*path, *within), what)

    def column(of: sa.Table, name: object, *within: str | int) -> sa.Column[Any]:
        return ground.column(of, name, *path, *within)

    def other(name: str, *within: str | int) -> sa.Table:
        return ground.table_at(name, *path, *within)

    def shared(name: object, *within: str | int) -> Shared:
        try:
            return ground.shared(str(name))
        except ConfigErrors:
            raise
        except ConfigError as lacking:
            raise wrong(str(lacking), *within) from lacking

    def files(said: Mapping[str, Any]) -> MessageFiles:
        return MessageFiles(said, body, ground.table, ground.files, ground.clocks)

    there = MessageGround(body.table, body.parts[0], other, column, shared, files, wrong, ground.noting, ground.clocks)
    return bind_message(there, words.message)
