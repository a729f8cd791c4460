"""Write locks (RFC 4918 §6, §7): what is locked, for whom, and which of them a write has to show the token of.

A lock stands on a URL, not on what is there. Here a URL is a *spot to lock*: a realm of names (a collection, or a
principal's tree of files) and a path within it, so that whoever sees the same collection sees the same locks. Which
locks concern a write is decided by the pure functions below, from the live locks of one realm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.core.files import FilePath
from gateway.core.ids import Href, PrincipalId
from gateway.core.model import CollectionName, Condition, Principal

LONGEST: Final = 24 * 3600
"""Seconds a lock may last without being refreshed; `Infinite` is this long."""
USUAL: Final = 3600
"""Seconds it lasts where the client does not say."""
MOST_LOCKS: Final = 500
"""Live locks in one realm of names."""
OWNER_LARGEST: Final = 4_000
"""Characters of what a client says about a lock's owner."""

LOCK_URN: Final = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Lockable:
    """What a lock may stand on: a path of the caller's tree of files, or (`name`) a collection or what is in it."""

    path: FilePath
    name: CollectionName | None = None

    @classmethod
    def of(cls, name: CollectionName, href: Href | None = None) -> Lockable:
        """A collection, or a resource in it."""
        return cls(() if href is None else (href,), name)


@dataclass(frozen=True, slots=True)
class Lock:
    """A live lock. `path` is where it stands in its realm; `owner` is XML that stands on its own, or nothing."""

    token: str
    path: FilePath
    principal: PrincipalId
    is_exclusive: bool
    is_deep: bool
    owner: str
    timeout: int
    """Seconds it was given."""
    left: int
    """Seconds until it ends."""

    def covers(self, path: FilePath) -> bool:
        """Whether what is at `path` is locked by it, itself or through a folder above."""
        return self.path == path or (self.is_deep and path[: len(self.path)] == self.path)

    def is_within(self, path: FilePath) -> bool:
        """Whether it stands below `path`."""
        return len(self.path) > len(path) and self.path[: len(path)] == path


@dataclass(frozen=True, slots=True)
class LockWish:
    """A lock that a client asks for; `timeout` in seconds, already within our limits."""

    is_exclusive: bool
    is_deep: bool
    owner: str
    timeout: int


@dataclass(frozen=True, slots=True)
class LockMade:
    """A lock, and whether an empty file was made for it (RFC 4918 §7.3)."""

    lock: Lock
    is_new: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """What a write does in one realm of names, as far as locks care.

    `is_member`: the URL comes or goes, so it concerns the folder it is in. `is_deep`: so does all that is below.
    """

    path: FilePath
    is_member: bool = False
    is_deep: bool = False


class KeepsLocks(Protocol):
    """What a store knows of locks."""

    async def locks(self, who: Principal, at: Lockable) -> Sequence[Lock]:
        """All live locks of the realm that `at` is in, whether it exists or not. Raises NotFound (collection)."""
        ...

    async def lock(self, who: Principal, at: Lockable, wish: LockWish, when: Condition) -> LockMade:
        """Lock it; an unmapped path of the file area becomes an empty file, an unmapped href stays one.

        Raises NotFound (no such collection), NoPlace (no folder there), Locked (by whom it is kept), NoPermission,
        PreconditionFailed, TooLarge.
        """
        ...

    async def refresh_lock(self, who: Principal, at: Lockable, seconds: int, when: Condition) -> Lock:
        """Start the lock's time anew: the one lock of `when.tokens` that covers `at`. Raises PreconditionFailed."""
        ...

    async def unlock(self, who: Principal, at: Lockable, token: str) -> None:
        """Take the lock away. Raises NotFound where no such lock covers `at`, NoPermission for another's."""
        ...


def blocking(locks: Iterable[Lock], touch: Touch, who: PrincipalId, tokens: frozenset[str]) -> list[Lock]:
    """The locks that keep this write from happening, for want of their tokens (RFC 4918 §7).

    A token counts only for who has made the lock (§6.4). Of the shared locks that cover one thing any one token will do.
    """
    concerned: dict[FilePath, list[Lock]] = {}
    for lock in locks:
        if lock.covers(touch.path):
            concerned.setdefault(touch.path, []).append(lock)
        elif touch.is_member and touch.path and lock.covers(touch.path[:-1]):
            # RFC 4918 §7.5: a lock on a folder, however shallow, protects which names there are in it.
            concerned.setdefault(touch.path[:-1], []).append(lock)
        elif touch.is_deep and lock.is_within(touch.path):
            concerned.setdefault(lock.path, []).append(lock)
    found: list[Lock] = []
    for group in concerned.values():
        held = [lock for lock in group if lock.principal == who and lock.token in tokens]
        lacking = [lock for lock in group if lock not in held]
        if not held:
            found += lacking
        elif not any(lock.is_exclusive for lock in held):
            found += [lock for lock in lacking if lock.is_exclusive]
    return found


def conflicting(locks: Iterable[Lock], path: FilePath, wish: LockWish) -> list[Lock]:
    """The locks beside which the wish cannot be granted (RFC 4918 §6.1, §9.10.3)."""
    return [
        lock
        for lock in locks
        if (lock.is_exclusive or wish.is_exclusive) and (lock.covers(path) or (wish.is_deep and lock.is_within(path)))
    ]
