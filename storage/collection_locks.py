"""Locks on calendars, address books and what is in them.

A lock on a name that nothing has yet is kept without a resource (an empty event is none), so that whoever holds it may
put the first one there. Whoever may not change a collection may not lock others out of it either.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import Locked, NoPermission, PreconditionFailed
from gateway.core.ids import ETag, Href
from gateway.core.locks import Lock, Lockable, LockMade, LockWish, Touch, blocking
from gateway.core.model import Collection, Condition, Principal, Right
from storage.database import Unit
from storage.indexer import Indexer
from storage.state.locks import IS_LOCKED, Locks, of_collection, roots


class CollectionLocks:
    """Those of all collections."""

    def __init__(self, indexer: Indexer) -> None:
        self._index, self._state, self._table = indexer.index, indexer.state, Locks(indexer.state)
        self._has_row_locks = indexer.has_row_locks

    def live(self, connection: Connection, collection: Collection) -> list[Lock]:
        """See `KeepsLocks.locks`."""
        return self._table.live(connection, of_collection(collection.id))

    def grant(
        self, unit: Unit, collection: Collection, who: Principal, at: Lockable, wish: LockWish, when: Condition
    ) -> LockMade:
        """See `KeepsLocks.lock`."""
        self._index.lock(unit.connection, [collection.id])
        if at.path:
            etag = self._etag(unit.connection, collection, Href(at.path[0]))
            if not when.holds(etag):
                raise PreconditionFailed("It has been changed meanwhile.")
            self._may(collection, Right.CREATE if etag is None else Right.CHANGE)
            if etag is None:
                # Of locks on the name itself the wish is judged as such.
                others = [one for one in self.live(unit.connection, collection) if one.path != at.path]
                self._judge(others, collection, who, when, Touch(at.path, is_member=True))
        else:
            self._may(collection, Right.CHANGE)
        return LockMade(self._table.grant(unit.connection, of_collection(collection.id), at, who, wish), False)

    def refresh(
        self, unit: Unit, collection: Collection, who: Principal, at: Lockable, timeout: int, when: Condition
    ) -> Lock:
        """See `KeepsLocks.refresh_lock`."""
        return self._table.refresh(unit.connection, of_collection(collection.id), at, who, timeout, when)

    def take_away(self, unit: Unit, collection: Collection, who: Principal, at: Lockable, token: str) -> None:
        """See `KeepsLocks.unlock`."""
        self._table.take_away(unit.connection, of_collection(collection.id), at, who, token)

    def guard(
        self,
        connection: Connection,
        collection: Collection,
        who: Principal,
        href: Href,
        when: Condition,
        *,
        is_removal: bool = False,
    ) -> bool:
        """Raises Locked where a write of a resource lacks a token; whether there are locks at all: one query where not."""
        locks = self.live(connection, collection)
        if locks:
            is_member = is_removal or self._etag(connection, collection, href) is None
            self._judge(locks, collection, who, when, Touch((href,), is_member=is_member))
        return bool(locks)

    def guard_again(
        self,
        connection: Connection,
        collection: Collection,
        who: Principal,
        href: Href,
        when: Condition,
        *,
        is_member: bool,
    ) -> None:
        """The same once the write holds the collection: who locked it a moment ago has committed by now."""
        if self._has_row_locks:
            locks = self.live(connection, collection)
            self._judge(locks, collection, who, when, Touch((href,), is_member=is_member))

    def guard_whole(
        self, connection: Connection, collection: Collection, who: Principal, when: Condition, *, is_removal: bool
    ) -> None:
        """Raises Locked where a token is lacking for what happens to the collection itself."""
        touch = Touch((), is_deep=is_removal)
        self._judge(self.live(connection, collection), collection, who, when, touch)

    def _judge(
        self, locks: Sequence[Lock], collection: Collection, who: Principal, when: Condition, touch: Touch
    ) -> None:
        found = blocking(locks, touch, who.id, when.tokens)
        if found:
            raise Locked(IS_LOCKED, roots(found, Lockable((), collection.name)))

    def forget(self, connection: Connection, collection: Collection, href: Href | None) -> None:
        """A resource, or (None) the collection itself, is no more."""
        if href is None:
            self._table.forget_realm(connection, of_collection(collection.id))
        else:
            self._table.forget(connection, of_collection(collection.id), (href,))

    def _etag(self, connection: Connection, collection: Collection, href: Href) -> ETag | None:
        entry = self._state.entry
        wanted = sa.select(entry.c.etag).where(entry.c.collection_id == collection.id, entry.c.href == href)
        found = connection.execute(wanted).scalar()
        return None if found is None else ETag(found)

    def _may(self, collection: Collection, right: Right) -> None:
        if right not in collection.rights:
            raise NoPermission("You may read this collection but not change it, so you cannot lock it either.")
