"""Changes of tables that have no triggers: found by looking, and put into the outbox as a trigger would have done.

An entity's rows are compared with what they looked like (`storage.state.polled`), a batch at each tick, round and
round. Rows with a modification stamp newer than the newest seen come first; so do those of the last minutes again,
because a transaction may commit long after it stamped its rows and two changes may have the same second. What a stamp
does not show (side tables, removed rows) the round finds. A tick reads a bounded number of rows of each entity, and
the next one waits for a multiple of the time that this one took, so that polling never has more than a small share
of the database. All else (who shows these rows, what is rendered, what is set aside) is the follower's.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import NotFound, Unavailable
from gateway.core.ids import EntityKey
from storage.crm.bound import USER
from storage.crm.conditions import matches
from storage.crm.crm import Crm
from storage.database import Database, Unit
from storage.feed.digests import Digests
from storage.feed.stamps import Stamp
from storage.feed.triggers import Watched, polled
from storage.indexer import BATCH
from storage.state.outbox import EVERY_ROW, Outbox
from storage.state.polled import Polled
from storage.state.schema import State

TICK: Final = 2.0
"""Seconds between two ticks, at least."""
SHARE: Final = 20
"""The next tick waits so many times as long as the last one took."""
LATELY: Final = dt.timedelta(minutes=10)
"""How far behind the newest stamp rows are looked at again."""
KEYS: Final = 4
"""Batches of known keys of which a tick asks whether their rows are still there."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Subject:
    """One polled entity (or the users), and where looking at it has got to."""

    name: str
    key: sa.ColumnElement[Any]
    parts: Sequence[Watched]
    digests: Digests
    stamp: Stamp | None
    stamped: sa.ColumnElement[Any] | None
    value: Callable[[EntityKey], Any]
    mine: sa.ColumnElement[bool] = field(default_factory=sa.true)
    """Which rows of the table are this entity's, where it shares the table with others."""
    is_met: bool = False
    """Whether its mark has been read."""
    is_known: bool = False
    """Whether every row has been looked at once."""
    place: Any = None
    newest: tuple[Any, Any] | None = None
    lately: tuple[Any, Any] | None = None
    living: str = ""


class Polling:
    """Synchronous; keeps in memory only what may be forgotten."""

    def __init__(self, database: Database, crm: Crm, state: State, tick: float = TICK, batch: int = BATCH) -> None:
        """`batch`: rows that are compared at once."""
        self.database, self.crm = database, crm
        self.outbox, self.polled = Outbox(state), Polled(state)
        self._tick, self._batch, self._due = tick, batch, float("-inf")
        parts: dict[str, list[Watched]] = {}
        for one in polled(crm):
            parts.setdefault(one.entity, []).append(one)
        self.subjects = [self._subject(name, those) for name, those in parts.items()]

    def _subject(self, name: str, parts: list[Watched]) -> Subject:
        dialect = self.database.dialect
        if name == USER:
            users = self.crm.users
            key = users.base.c[str(users.key.key)]
            return Subject(name, key, parts, Digests(parts, (), dialect), None, None, key.type.python_type)
        entity = self.crm.entities[name]
        read = {column for form in entity.forms.values() for column in form.columns()}
        modified = entity.words.stamps.get("modified")
        column = None if modified is None else entity.table.c[modified]
        # Where only a side table is polled, triggers tell of what is stamped.
        is_stamped = any(one.via is None and str(modified) in one.table.c for one in parts)
        if column is None or not is_stamped or not Stamp.fits(column):
            column = None
        stamp = None if column is None else Stamp(column, entity.key, dialect)
        digests = Digests(parts, read, dialect)
        mine = [matches(entity.table.c[told], value) for told, value in entity.body.parts[0].set.items()]
        return Subject(
            name, entity.key, parts, digests, stamp, column, entity.key_value, sa.and_(sa.true(), *mine)
        )  # fmt: skip

    def turn(self) -> bool:
        """One tick, if it is due; whether there is something to do at once. Raises Unavailable."""
        if not self.subjects or time.monotonic() < self._due:
            return False
        begun = time.monotonic()
        more = self.look()
        now = time.monotonic()
        is_learning = more and not all(one.is_known for one in self.subjects)
        self._due = now if is_learning else now + max(self._tick, SHARE * (now - begun))
        return more

    def described(self, connection: Connection) -> Iterator[tuple[str, str, str]]:
        """(entity, what of it is polled and how, what makes that dear or nothing), as `crmgate check` says it."""
        for one in self.subjects:
            tables = ", ".join(dict.fromkeys(part.table.fullname for part in one.parts))
            if one.stamped is None:
                yield one.name, f"{tables}, by comparing all rows in turn", ""
                continue
            name = str(one.stamped.key)
            table = next(part.table for part in one.parts if part.via is None and name in part.table.c)
            indexes = sa.inspect(connection).get_indexes(table.name, schema=table.schema)
            is_indexed = any(index["column_names"][:1] == [name] for index in indexes)
            dear = "" if is_indexed else f"{table.fullname}.{name} has no index: every look at it reads the whole table"
            yield one.name, f"{tables}, by {name} and by comparing all rows in turn", dear

    def look(self) -> bool:
        """One tick; whether it found something, or has rows before it that were never looked at. Raises Unavailable."""
        more = False
        for one in self.subjects:
            try:
                more = self._look(one) or more
            except Unavailable:
                raise
            except Exception:
                # One entity that cannot be looked at must not stop the others.
                log.exception("%s could not be polled", one.name)
        return more

    def _look(self, one: Subject) -> bool:
        """One tick of one entity; whether it found something, or has not seen everything yet."""
        if not one.is_met:
            self._meet(one)
        was_known = one.is_known
        is_begin = one.place is None
        found = self._compare(one)
        if not (is_begin and one.place is None):
            # Rows that fit into one batch have just been compared, all of them.
            found = self._newer(one) or found
            found = self._lately(one) or found
        return self._vanished(one) or found or not was_known

    def _meet(self, one: Subject) -> None:
        """Go on where the last process was; or begin, with the newest stamp there is."""
        mark = self.database.read_now(lambda connection: self.polled.mark(connection, one.name))
        one.is_known, one.newest = mark is not None, None
        if one.stamp is not None:
            stamp = one.stamp
            newest = stamp.value(mark) if mark else None
            if mark is None:
                newest = self.database.read_now(
                    lambda connection: connection.execute(stamp.newest().where(one.mine)).scalar()
                )
            one.newest = None if newest is None else (newest, None)
        one.is_met = True

    def _compare(self, one: Subject) -> bool:
        """The next batch of the round. The first round only learns, and ends in one full comparison."""
        wanted = sa.select(one.key).where(one.mine).order_by(one.key).limit(self._batch)
        page = wanted if one.place is None else wanted.where(one.key > one.place)
        keys = self.database.read_now(lambda connection: [row[0] for row in connection.execute(page)])
        found = self._settle(one, keys)
        one.place = keys[-1] if len(keys) == self._batch else None
        if one.place is None and not one.is_known:
            self.database.write_now(lambda unit: self._know(unit, one))
            one.is_known = True
        return found

    def _know(self, unit: Unit, one: Subject) -> None:
        self.polled.set_mark(unit.connection, one.name, self._mark(one))
        # What has changed before it was looked at is in no digest.
        self.outbox.owe(unit.connection, [one.name])

    @staticmethod
    def _mark(one: Subject) -> str:
        return "" if one.stamp is None or one.newest is None else one.stamp.text(one.newest[0])

    def _newer(self, one: Subject) -> bool:
        """Rows stamped later than any that was seen."""
        if one.stamp is None:
            return False
        # Whose the newest stamp was is not kept; others that have the same are found with those of lately.
        page = one.stamp.page(one.newest, None, None, self._batch).where(one.mine)
        rows = self.database.read_now(lambda connection: [(row[0], row[1]) for row in connection.execute(page)])
        if not rows:
            return False
        one.newest = rows[-1][1], rows[-1][0]
        return self._settle(one, [key for key, _ in rows])

    def _lately(self, one: Subject) -> bool:
        """The next of the rows stamped not long before."""
        if one.stamp is None or one.newest is None:
            return False
        since = one.stamp.before(one.newest[0], LATELY)
        if since is None:
            return False
        page = one.stamp.page(one.lately, since, one.newest[0], self._batch).where(one.mine)
        rows = self.database.read_now(lambda connection: [(row[0], row[1]) for row in connection.execute(page)])
        one.lately = (rows[-1][1], rows[-1][0]) if len(rows) == self._batch else None
        return self._settle(one, [key for key, _ in rows])

    def _settle(self, one: Subject, keys: Sequence[Any]) -> bool:
        """Compare rows with how they looked, remember how they look now; whether any differ."""
        if not keys:
            return False
        texts = [EntityKey(str(key)) for key in keys]

        def look(connection: Connection) -> dict[EntityKey, str]:
            known = self.polled.of(connection, one.name, texts)
            return {key: now for key, now in one.digests.of(connection, keys).items() if known.get(key) != now}

        different = self.database.read_now(look)
        if not different:
            return False

        def note(unit: Unit) -> None:
            if one.is_known:
                self.outbox.note(unit.connection, one.name, different)
                self.polled.set_mark(unit.connection, one.name, self._mark(one))
            self.polled.put(unit.connection, one.name, different)

        self.database.write_now(note)
        return True

    def _vanished(self, one: Subject) -> bool:
        """Of the next known keys, those whose rows are not there any more."""

        def look(connection: Connection) -> tuple[list[EntityKey], list[EntityKey]]:
            known = self.polled.keys(connection, one.name, one.living, KEYS * self._batch)
            present: set[str] = set()
            values = {key: value for key in known if (value := _value(one, key)) is not None}
            for start in range(0, len(known), self._batch):
                some = [values[key] for key in known[start : start + self._batch] if key in values]
                there = connection.execute(sa.select(one.key).where(one.key.in_(some), one.mine))
                present |= {str(row[0]) for row in there}
            return known, [key for key in known if key not in present and key != EVERY_ROW]

        known, gone = self.database.read_now(look)
        one.living = known[-1] if len(known) == KEYS * self._batch else ""
        if not gone:
            return False

        def note(unit: Unit) -> None:
            if one.is_known:
                self.outbox.note(unit.connection, one.name, gone)
            self.polled.forget(unit.connection, one.name, gone)

        self.database.write_now(note)
        return True


def _value(one: Subject, key: EntityKey) -> Any:
    """A key as its column has it; None for text that is none."""
    try:
        return one.value(key)
    except (NotFound, ValueError):
        return None
