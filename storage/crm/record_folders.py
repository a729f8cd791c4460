"""A mailbox for each record: one view of messages that is as many mailboxes as there are contacts, or projects.

    [view.contact-mail]
    entity = "email"
    shape = "message"
    each = "contact"
    name = "Contacts/{last_name}, {first_name}"
    filter = "private = 0"
    when = "owner_id = user.id"
    most = 200
    newest = "modified_at"
    delete = "hide"
    link = { table = "email_links", parent = "email_id", ref = "entity_id", where = { entity = "contact" },
             alive = { deleted = 0 }, delete = { deleted = 1 } }

`link` ties messages to records: it says which stand in a mailbox, a message that is put into one gets such a row, and
loses it when it is taken out (`delete` marks the row; without it the row goes). `filter` is over messages and does not
name the user, for a mailbox is the same for everybody who sees it; `when` says of records whose mailboxes whom they
reach. Of these a user is shown the `most` whose column `newest`, or else whose key, is highest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.bound import BoundEntity, BoundUsers
from storage.crm.clocks import Now
from storage.crm.conditions import Scope, constants, matches
from storage.crm.forms.form import Side
from storage.crm.ground import Ground
from storage.crm.words import View

LINK_WORDS: Final = ("table", "parent", "ref", "where", "alive", "delete", "insert")
"""What `link` takes."""
NAME_LONGEST: Final = 120
"""Characters of a record's own part of its mailbox's name."""
_HOLE: Final = re.compile(r"\{(\w+)\}")
_NO_NAME: Final = re.compile(r"[\x00-\x1f\x7f/]+")
_EDGES: Final = " .,;:-_"


@dataclass(frozen=True, slots=True)
class RecordLink:
    """The table between messages and records."""

    table: sa.Table
    parent: sa.Column[Any]
    ref: sa.Column[Any]
    where: Mapping[str, Any]
    alive: Mapping[str, Any]
    delete: Mapping[str, Any]
    insert: Mapping[str, Any]

    def living(self) -> list[sa.ColumnElement[bool]]:
        """That a row of the table is such a link, and counts."""
        return [matches(self.table.c[name], value) for name, value in {**self.where, **self.alive}.items()]


@dataclass(frozen=True, slots=True)
class RecordFolders:
    """One view's mailboxes."""

    record: BoundEntity
    users: BoundUsers
    link: RecordLink
    name: str
    seen: sa.ColumnElement[bool]
    newest: sa.ColumnElement[Any]
    most: int

    @property
    def prefix(self) -> str:
        """What the names of all of them begin with, with its separator."""
        return self.name[: self.name.rindex("/", 0, self.name.find("{")) + 1]

    def of_messages(self, entity: BoundEntity, filtered: sa.ColumnElement[bool] | None) -> sa.Select[Any]:
        """Keys of messages, each with the key of a record it is linked to."""
        joined = entity.table.join(self.link.table, self.link.parent == entity.key)
        tests = [] if filtered is None else [filtered]
        return sa.select(entity.key, self.link.ref).select_from(joined).where(*tests, *self.link.living()).distinct()

    def shown(self, connection: Connection, who: Principal) -> list[Any]:
        """The keys of the records whose mailboxes a user is shown."""
        wanted = self._visible(who).order_by(self.newest.desc(), self.record.key.desc()).limit(self.most)
        return [row[0] for row in connection.execute(wanted)]

    def may_see(self, connection: Connection, who: Principal, key: EntityKey) -> bool:
        """Whether he may open the mailbox of one record, shown or not."""
        value = self.record.key_value(key)
        return connection.execute(self._visible(who).where(self.record.key == value).limit(1)).first() is not None

    def _visible(self, who: Principal) -> sa.Select[Any]:
        users = self.users
        joined = self.record.table.join(users.table, sa.and_(self.seen, users.alive))
        is_his = sa.cast(users.key, sa.String(64)) == who.id
        return sa.select(self.record.key).select_from(joined).where(is_his, self.record.alive)

    def names(self, connection: Connection, keys: Sequence[Any]) -> dict[EntityKey, str]:
        """The names of the records' mailboxes, not yet unlike each other; records that are gone are left out."""
        holes = dict.fromkeys(_HOLE.findall(self.name))
        columns = [self.record.table.c[hole] for hole in holes]
        found: dict[EntityKey, str] = {}
        for start in range(0, len(keys), 500):
            page = self.record.key.in_(list(keys[start : start + 500]))
            wanted = sa.select(self.record.key, *columns).where(page, self.record.alive)
            for key, *held in connection.execute(wanted):
                found[EntityKey(str(key))] = self._named(dict(zip(holes, held, strict=True)), str(key))
        return found

    def _named(self, held: Mapping[str, Any], key: str) -> str:
        texts = {
            hole: _NO_NAME.sub(" ", str(value)).strip() if value is not None else "" for hole, value in held.items()
        }
        own = _HOLE.sub(lambda hole: texts[hole[1]], self.name.removeprefix(self.prefix))
        own = " ".join(own.split())[:NAME_LONGEST].strip(_EDGES)
        return self.prefix + (own or f"({key})")

    def put(self, connection: Connection, record: EntityKey, messages: Sequence[Any], who: Principal, now: Now) -> None:
        """Link messages to a record, those that are not yet."""
        link, ref = self.link, self.record.key_value(record)
        there = sa.select(link.parent).where(link.parent.in_(messages), link.ref == ref, *link.living())
        held = {row[0] for row in connection.execute(there)}
        made = [
            stated.columns(link.insert, link.table, who, now)
            | {**link.where, **link.alive, link.parent.name: message, link.ref.name: ref}
            for message in messages
            if message not in held
        ]
        if made:
            connection.execute(sa.insert(link.table), made)

    def take(self, connection: Connection, record: EntityKey, messages: Sequence[Any]) -> None:
        """Take the links of messages to a record away."""
        link = self.link
        tests = [link.parent.in_(messages), link.ref == self.record.key_value(record), *link.living()]
        if link.delete:
            connection.execute(sa.update(link.table).where(*tests).values(dict(link.delete)))
        else:
            connection.execute(sa.delete(link.table).where(*tests))


def bind_folders(
    ground: Ground, users: BoundUsers, entities: Mapping[str, BoundEntity], entity: BoundEntity, view: View
) -> RecordFolders:
    """Find what the words of such a view name. Raises ConfigErrors."""
    path = ("view", view.name)
    record = entities[view.each]
    for hole in _HOLE.findall(view.display_name):
        if hole not in record.table.c:
            raise ground.mapping.wrong((*path, "name"), f"the table of {view.each} has no column {hole!r}")
    words = view.link
    for word in words:
        if word not in LINK_WORDS:
            with ground.noting():
                raise ground.mapping.wrong((*path, "link", word), f"unknown word {word!r}{near(word, LINK_WORDS)}")
    table = ground.table_at(str(words.get("table", "")), *path, "link", "table")
    said = {
        word: _constants(ground, table, words.get(word, {}), (*path, "link", word))
        for word in ("where", "alive", "delete")
    }
    ground.check_stated(words.get("insert", {}), table, *path, "link", "insert")
    link = RecordLink(
        table,
        ground.column(table, words.get("parent"), *path, "link", "parent"),
        ground.column(table, words.get("ref"), *path, "link", "ref"),
        insert=constants(table, words.get("insert", {})),
        **said,
    )
    scope = Scope(record.table, users.table, ground.table, users.in_groups if users.groups is not None else None)
    seen = ground.condition(view.when, scope, *path, "when")
    newest = record.key
    if view.newest:
        if view.newest not in record.table.c:
            raise ground.mapping.wrong((*path, "newest"), f"the table of {view.each} has no column {view.newest!r}")
        newest = record.table.c[view.newest]
    side = Side(table, link.parent.name, link.where)
    if not any((one.table, one.parent, one.where) == (side.table, side.parent, side.where) for one in entity.sides):
        entity.sides.append(side)
    return RecordFolders(record, users, link, view.display_name, seen, newest, view.most)


def _constants(ground: Ground, table: sa.Table, said: Any, path: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise ground.mapping.wrong(path, "expected a table of columns and values")
    for name in said:
        ground.column(table, name, *path, name)
    return constants(table, said)
