"""The locks that clients hold: rows by realm of names, so that one indexed query answers for any write.

A realm is a collection, whoever looks at it, or one principal's tree of files. What has ended is not there: it is
passed over by every read, and dropped when the tables are pruned.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import Locked, NoPermission, NoSpace, NotFound, PreconditionFailed
from gateway.core.files import FilePath
from gateway.core.ids import CollectionId, PrincipalId
from gateway.core.locks import (
    LOCK_URN,
    MOST_LOCKS,
    Lock,
    Lockable,
    LockWish,
    Touch,
    blocking,
    conflicting,
)
from gateway.core.model import Condition, Principal
from storage.state.schema import State

IS_LOCKED: Final = "It is locked; whoever locked it has to let go of it first."


def of_collection(collection: CollectionId) -> str:
    """The realm of a collection's names."""
    return f"c{collection}"


def of_tree(principal: PrincipalId) -> str:
    """The realm of a principal's files."""
    return f"f{principal}"


class Locks:
    """The table of write locks."""

    def __init__(self, state: State) -> None:
        self.table = state.write_lock

    def live(self, connection: Connection, realm: str) -> list[Lock]:
        """All that have not ended."""
        table, now = self.table, int(time.time())
        wanted = sa.select(table).where(table.c.realm == realm, table.c.expires > now).order_by(table.c.token)
        return [
            Lock(
                token=row.token,
                path=_path(row.path),
                principal=PrincipalId(row.principal),
                is_exclusive=bool(row.is_exclusive),
                is_deep=bool(row.is_deep),
                owner=row.owner,
                timeout=row.timeout,
                left=row.expires - now,
            )
            for row in connection.execute(wanted)
        ]

    def check(
        self, connection: Connection, realm: str, at: Lockable, who: Principal, when: Condition, *touches: Touch
    ) -> None:
        """Raises Locked where a write lacks a token. `at` says how the caller names the realm."""
        locks = self.live(connection, realm)
        if not locks:
            return
        found = [lock for touch in touches for lock in blocking(locks, touch, who.id, when.tokens)]
        if found:
            raise Locked(IS_LOCKED, roots(found, at))

    def grant(self, connection: Connection, realm: str, at: Lockable, who: Principal, wish: LockWish) -> Lock:
        """A new lock. Raises Locked where others stand against it, NoSpace. The caller holds the realm."""
        locks = self.live(connection, realm)
        against = conflicting(locks, at.path, wish)
        if against:
            raise Locked("It is locked already.", roots(against, at), is_wish=True)
        if len(locks) >= MOST_LOCKS:
            raise NoSpace(f"At most {MOST_LOCKS} locks can stand here at once.")
        token = LOCK_URN + str(uuid.uuid4())
        connection.execute(
            sa.insert(self.table).values(
                token=token,
                realm=realm,
                path=_text(at.path),
                principal=who.id,
                is_exclusive=int(wish.is_exclusive),
                is_deep=int(wish.is_deep),
                owner=wish.owner,
                timeout=wish.timeout,
                expires=int(time.time()) + wish.timeout,
            )
        )
        return Lock(
            token, at.path, who.id, wish.is_exclusive, wish.is_deep, wish.owner, wish.timeout, left=wish.timeout
        )

    def refresh(
        self, connection: Connection, realm: str, at: Lockable, who: Principal, timeout: int, when: Condition
    ) -> Lock:
        """Start a lock's time anew. Raises PreconditionFailed, NoPermission."""
        found = [one for one in self.live(connection, realm) if one.token in when.tokens and one.covers(at.path)]
        if not found:
            raise PreconditionFailed("There is no such lock here (any more).")
        lock = found[0]
        if lock.principal != who.id:
            raise NoPermission("Somebody else holds this lock.")
        mine = self.table.c.token == lock.token
        connection.execute(
            sa.update(self.table).where(mine).values(timeout=timeout, expires=int(time.time()) + timeout)
        )
        return replace(lock, timeout=timeout, left=timeout)

    def take_away(self, connection: Connection, realm: str, at: Lockable, who: Principal, token: str) -> None:
        """End a lock. Raises NotFound, NoPermission."""
        found = [one for one in self.live(connection, realm) if one.token == token and one.covers(at.path)]
        if not found:
            raise NotFound("There is no such lock here.")
        if found[0].principal != who.id:
            raise NoPermission("Somebody else holds this lock.")
        connection.execute(sa.delete(self.table).where(self.table.c.token == token))

    def forget(self, connection: Connection, realm: str, path: FilePath, *, but_itself: bool = False) -> None:
        """A path and what is below it are no more, and with them the locks on them (RFC 4918 §6.1)."""
        gone = [
            one.token
            for one in self.live(connection, realm)
            if one.is_within(path) or (one.path == path and not but_itself)
        ]
        if gone:
            connection.execute(sa.delete(self.table).where(self.table.c.token.in_(gone)))

    def forget_realm(self, connection: Connection, realm: str) -> None:
        """The realm itself is no more."""
        connection.execute(sa.delete(self.table).where(self.table.c.realm == realm))

    def prune(self, connection: Connection) -> None:
        """Drop those that have ended."""
        connection.execute(sa.delete(self.table).where(self.table.c.expires <= int(time.time())))


def roots(locks: Sequence[Lock], at: Lockable) -> list[Lockable]:
    """What these stand on, as whoever names the realm like `at` names it; each once."""
    return [Lockable(path, at.name) for path in dict.fromkeys(lock.path for lock in locks)]


def _text(path: FilePath) -> str:
    return msgspec.json.encode(path).decode()


def _path(text: str) -> FilePath:
    return tuple(msgspec.json.decode(text, type=list[str]))
