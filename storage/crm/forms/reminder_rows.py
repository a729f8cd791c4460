"""Reminders as rows of a table: one for an event, one for each user, or one with a row for each invitee beside it.

Who gets one is who writes, the owner (`whose`), and whoever a table of `for` names for the event. A row that said
what the client was shown says the new time; others, a second and later reminder of somebody, stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.runtime.lines import near
from storage.crm import keys as new_keys
from storage.crm import stated
from storage.crm.conditions import matches
from storage.crm.forms.form import Place, Row, Side, Words, Writing
from storage.crm.forms.offsets import Offset, fitting, read_moment, written_moment
from storage.crm.forms.times import times

FOR_WORDS: Final = ("table", "parent", "user", "where")
"""What one of `for` takes."""
INVITEE_WORDS: Final = ("table", "parent", "ref", "insert", "from", "of", "column", "where")
"""What one of `invitees` takes."""


@dataclass(frozen=True, slots=True)
class Held:
    """A reminder there is: its length, or the moment alone; whose it is, and its own key."""

    minutes: int | None
    at: dt.datetime | None = None
    user: Any = None
    key: Any = None

    def before(self, anchor: dt.datetime | None) -> int | None:
        """Minutes before the anchor."""
        if self.minutes is not None or self.at is None or anchor is None:
            return self.minutes
        return round((anchor - self.at) / dt.timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class _Listed:
    """A table that names people for an event (`for`, and what `invitees` are taken from)."""

    table: sa.Table
    parent: sa.Column[Any]
    person: sa.Column[Any]
    where: Mapping[str, Any]

    def of(self, connection: Connection, key: Any) -> list[Any]:
        """Whom it names for this one."""
        wanted = sa.select(self.person).where(self.parent == key, *_holds(self.table, self.where))
        return [row[0] for row in connection.execute(wanted.order_by(self.person)) if row[0] is not None]


@dataclass(frozen=True, slots=True)
class _Invitees:
    """A table beside the reminders with a row for each who is to be reminded."""

    table: sa.Table
    parent: sa.Column[Any]
    ref: sa.Column[Any]
    insert: Mapping[str, Any]
    listed: _Listed


class ReminderRows:
    """The table, and who has a row in it."""

    def __init__(self, place: Place, words: Words) -> None:
        self.place = place
        self.table = table = place.table(str(words["reminder"]))
        self.parent = self._column(words.get("parent"))
        self.key = self._column(words["key"]) if "key" in words else None
        self.where, self.alive = dict(words.get("where", {})), dict(words.get("alive", {}))
        self.delete, self.insert = dict(words.get("delete", {})), dict(words.get("insert", {}))
        for name in (*self.where, *self.alive, *self.delete, *self.insert):
            self._column(name)
        stated.check(self.insert)
        self.new_key = str(words.get("new_key", new_keys.AUTOINCREMENT))
        new_keys.check(self.new_key)
        try:
            self.offset = Offset.of(words, self._column)
        except ValueError as wrong:
            raise place.wrong(str(wrong)) from wrong
        self.at, self.anchor_at, self.user = (
            self._column(words[name]) if name in words else None for name in ("at", "anchor_at", "user")
        )
        self.anchor = times(place, words["anchor"]) if "anchor" in words else None
        self.whose = place.column(words["whose"]) if "whose" in words else None
        self.is_future = bool(words.get("future", False))
        if not self.offset.columns() and self.at is None:
            raise place.wrong("say minutes, seconds, amount with unit and units, or at")
        if (self.at is not None or self.anchor_at is not None or self.is_future) and self.anchor is None:
            raise place.wrong("anchor is missing: say from which column's moment it is counted")
        self.listed = [self._listed(one, FOR_WORDS, "user") for one in words.get("for", [])]
        self.invitees = [self._invitee(one) for one in words.get("invitees", [])]
        if self.key is None:
            others = [column for column in table.primary_key if column is not self.parent]
            self.key = others[0] if len(others) == len(table.primary_key) == 1 else None
        if self.key is None and (self.invitees or self.new_key != new_keys.AUTOINCREMENT):
            raise place.wrong("key is missing: the column with the reminder's own key")

    def _column(self, name: object) -> sa.Column[Any]:
        return self.place.column(name, self.table)

    def _listed(self, words: Words, known: Sequence[str], person: str) -> _Listed:
        place = self.place
        for name in words:
            if name not in known:
                raise place.wrong(f"unknown word {name!r}{near(name, known)}")
        table = place.table(str(words.get("table" if person == "user" else "from", "")))
        where = dict(words.get("where", {}))
        for name in where:
            place.column(name, table)
        parent = words.get("parent" if person == "user" else "of")
        return _Listed(table, place.column(parent, table), place.column(words.get(person), table), where)

    def _invitee(self, words: Words) -> _Invitees:
        place = self.place
        listed = self._listed(words, INVITEE_WORDS, "column")
        table = place.table(str(words.get("table", "")))
        insert = dict(words.get("insert", {}))
        for name in insert:
            place.column(name, table)
        stated.check(insert)
        parent, ref = place.column(words.get("parent"), table), place.column(words.get("ref"), table)
        return _Invitees(table, parent, ref, insert, listed)

    def columns(self) -> Iterable[str]:
        """Of the base row."""
        return ()

    def sides(self) -> Iterable[Side]:
        """The table."""
        return (Side(self.table, self.parent.name, self.where),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Held]]:
        """All reminders of these."""
        nothing = sa.null()
        beside = [self.user, self.key, self.at]
        wanted = sa.select(
            self.parent.label("of_parent"),
            *((nothing if column is None else column).label(f"of_{number}") for number, column in enumerate(beside)),
            *self.offset.columns(),
        ).where(self.parent.in_(keys), *self._living())
        order = [column for column in (self.key, self.user) if column is not None] or list(self.table.primary_key)
        found: dict[Any, list[Held]] = defaultdict(list)
        for row in connection.execute(wanted.order_by(self.parent, *order)).mappings():
            at = None if self.at is None else read_moment(self.at, row["of_2"], self.place.clocks)
            found[row["of_parent"]].append(Held(self.offset.read(row), at, row["of_0"], row["of_1"]))
        return found

    def write(
        self, minutes: int, shown: int | None, held: Sequence[Held], row: Row, key: Any, writing: Writing
    ) -> bool:
        """See the form."""
        anchor = None if self.anchor is None else self.anchor.instant(row)
        if self.anchor is not None and anchor is None:
            self.remove(held, key, writing)
            return False
        columns = self._columns(minutes, anchor)
        if self._is_past(minutes, anchor, writing):
            self.remove([one for one in held if one.before(anchor) == shown], key, writing)
            return False
        theirs: dict[Any, list[Held]] = defaultdict(list)
        for one in held:
            theirs[one.user].append(one)
        wanted = list(self._users(row, key, writing)) if self.user is not None else [None]
        for user in dict.fromkeys([*theirs, *wanted]):
            same = [one for one in theirs[user] if one.before(anchor) == minutes]
            former = [one for one in theirs[user] if shown is not None and one.before(anchor) == shown]
            if same:
                self.remove([one for one in former if one not in same], key, writing)
                self._change(same[:1], columns, key, writing)
            elif former or (theirs[user] and self.user is None and shown is None):
                self._change(former or theirs[user][:1], columns, key, writing)
            elif user in wanted and not theirs[user]:
                self._add(user, minutes, columns, key, writing)
        return True

    def remove(self, held: Sequence[Held], key: Any, writing: Writing) -> None:
        """See the form."""
        for one in held:
            for side in self.invitees:
                writing.connection.execute(self._gone(side.table).where(side.parent == one.key))
            writing.connection.execute(self._gone(self.table).where(*self._is(one, key)))

    def move(
        self, held: Sequence[Held], old: dt.datetime | None, new: dt.datetime | None, key: Any, writing: Writing
    ) -> None:
        """See the form."""
        for one in held:
            minutes = one.before(old)
            if minutes is None or new is None or self._is_past(minutes, new, writing):
                self.remove([one], key, writing)
            elif columns := self._columns(minutes, new):
                self._change([one], columns, key, writing)

    def _is_past(self, minutes: int, anchor: dt.datetime | None, writing: Writing) -> bool:
        at = None if anchor is None else anchor - dt.timedelta(minutes=minutes)
        return self.is_future and at is not None and at <= writing.now.instant

    def _gone(self, table: sa.Table) -> sa.Update | sa.Delete:
        marked = {name: value for name, value in self.delete.items() if name in table.c}
        return sa.update(table).values(marked) if marked else sa.delete(table)

    def _columns(self, minutes: int, anchor: dt.datetime | None) -> dict[str, Any]:
        columns = self.offset.write(minutes)
        if anchor is not None and self.at is not None:
            columns[self.at.name] = written_moment(self.at, anchor - dt.timedelta(minutes=minutes), self.place.clocks)
        if anchor is not None and self.anchor_at is not None:
            columns[self.anchor_at.name] = written_moment(self.anchor_at, anchor, self.place.clocks)
        return columns

    def _users(self, row: Row, key: Any, writing: Writing) -> Iterator[Any]:
        kind = self.user.type.python_type if self.user is not None else str
        owner = None if self.whose is None else row[self.whose.name]
        yield kind(writing.who.id) if owner is None else owner
        for one in self.listed:
            yield from one.of(writing.connection, key)

    def _change(self, held: Sequence[Held], columns: Mapping[str, Any], key: Any, writing: Writing) -> None:
        for one in held:
            writing.connection.execute(sa.update(self.table).where(*self._is(one, key)).values(dict(columns)))

    def _add(self, user: Any, minutes: int, columns: Mapping[str, Any], key: Any, writing: Writing) -> None:
        words = self.offset.fill(self.insert, minutes)
        new = stated.columns(words, self.table, writing.who, writing.now)
        new = {name: fitting(self.table.c[name], value) for name, value in new.items()}
        new |= self.where | self.alive | dict(columns) | {self.parent.name: key}
        made = new_keys.new_key(self.new_key)
        if made is not None and self.key is not None:
            new[self.key.name] = made
        if self.user is not None:
            new[self.user.name] = user
        done = writing.connection.execute(sa.insert(self.table).values(new))
        if self.invitees:
            inserted = made if made is not None else done.inserted_primary_key[0]  # type: ignore[index]
            for side in self.invitees:
                self._invite(side, inserted, key, writing)

    def _invite(self, side: _Invitees, reminder: Any, key: Any, writing: Writing) -> None:
        for person in side.listed.of(writing.connection, key):
            row = stated.columns(side.insert, side.table, writing.who, writing.now)
            row |= {side.parent.name: reminder, side.ref.name: person}
            writing.connection.execute(sa.insert(side.table).values(row))

    def _living(self) -> list[sa.ColumnElement[bool]]:
        return _holds(self.table, self.where | self.alive)

    def _is(self, one: Held, key: Any) -> list[sa.ColumnElement[bool]]:
        """That a row is this one."""
        if self.key is not None:
            return [self.key == one.key]
        tests = [self.parent == key, *self._living()]
        if self.user is not None:
            tests.append(self.user == one.user)
        if one.minutes is not None:
            tests += [matches(self.table.c[name], value) for name, value in self.offset.write(one.minutes).items()]
        return tests


def _holds(table: sa.Table, words: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [matches(table.c[name], value) for name, value in words.items()]
