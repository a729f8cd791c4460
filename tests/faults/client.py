"""A client as clients are: what was not acknowledged is tried again, with the conditions it had the first time.

Whoever gets Unavailable does not know whether the write happened. A repeated create may then meet its own resource
(412), a repeated change its own new etag (412), a repeated delete nothing (404): each is settled by looking, never
by assuming. The follower beside it holds what it was told of every collection and syncs from its last token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.core.errors import NotFound, PreconditionFailed, Unavailable
from gateway.core.ids import UID, ETag, Href, SyncToken
from gateway.core.mail import Flags
from gateway.core.model import CollectionName, Condition, Principal, Section
from gateway.edits import Edits
from storage.opened import Opened

T = TypeVar("T")
PATIENCE = 5


@dataclass
class Client:
    """One user's program."""

    opened: Opened
    who: Principal
    is_unsure: bool = False
    """Whether what it does next it may have done already, in a former life."""
    unanswered: int = 0
    """How many calls ended in Unavailable."""
    on_unanswered: Callable[[], None] = lambda: None
    """Called before anything is tried again."""

    def __post_init__(self) -> None:
        self.edits = Edits(self.opened.store)

    async def persist(self, act: Callable[[], Awaitable[T]], settled: Callable[[], Awaitable[T]] | None = None) -> T:
        """Do it until it is acknowledged. `settled` is asked where a repetition finds the ground changed."""
        for attempt in range(PATIENCE):
            try:
                return await act()
            except Unavailable:
                self.unanswered += 1
                self.on_unanswered()
            except (PreconditionFailed, NotFound):
                if settled is None or (attempt == 0 and not self.is_unsure):
                    raise
                return await self.persist(settled)
        raise AssertionError("not acknowledged though nothing fails any more")

    async def put(
        self, name: CollectionName, href: str, content: bytes, when: Condition, kind: str, telling: bytes
    ) -> ETag:
        """Store a document; `telling` are bytes by which the client knows its own."""

        async def act() -> ETag:
            return (await self.edits.put(self.who, name, Href(href), kind, content, when)).etag

        async def settled() -> ETag:
            _, (found,) = await self.opened.store.resources(self.who, name, [Href(href)])
            assert telling in found.content, "somebody else's document stands where ours was to be"
            return found.entry.etag

        return await self.persist(act, settled)

    async def delete(self, name: CollectionName, href: str, etag: ETag) -> None:
        """Remove a document."""

        async def settled() -> None:
            _, found = await self.opened.store.entries(self.who, name, [Href(href)])
            assert not found, "neither deleted nor as it was"

        when = Condition(any_of=frozenset({etag}))
        await self.persist(lambda: self.edits.delete(self.who, name, Href(href), when), settled)

    async def append(self, name: CollectionName, raw: bytes, flags: Flags = frozenset()) -> UID:
        """Store a message."""
        return (await self.persist(lambda: self.edits.append(self.who, name, raw, flags, 1_700_000_000))).uid

    async def move(self, source: CollectionName, uids: Sequence[UID], target: CollectionName) -> None:
        """Move messages; those that are still there after an unclear answer are moved again."""
        await self.persist(lambda: self.edits.copy(self.who, source, uids, target, is_move=True))


@dataclass
class Device:
    """What a synchronising program holds: per collection the last token, and etag by href (or flags by uid)."""

    held: dict[CollectionName, tuple[SyncToken, dict[str, str]]] = field(default_factory=dict)

    def copy(self) -> Device:
        """The same, to go on from twice."""
        return Device({name: (token, dict(items)) for name, (token, items) in self.held.items()})

    async def sync(self, opened: Opened, who: Principal, limit: int | None = None) -> None:
        """Bring everything up to date from the tokens that are held. A token may never be of the past."""
        for collection in await opened.store.collections(who):
            if collection.name.section is Section.MAILBOXES:
                await self._sync_mailbox(opened, who, collection.name)
            else:
                await self._sync_documents(opened, who, collection.name, limit)

    async def _sync_documents(self, opened: Opened, who: Principal, name: CollectionName, limit: int | None) -> None:
        token, items = self.held.get(name, (None, {}))
        while True:
            found = await opened.store.changes(who, name, token, limit)
            assert token is None or (found.token.epoch == token.epoch and found.token.modseq >= token.modseq)
            for href in found.removed:
                items.pop(href, None)
            items |= {entry.href: entry.etag for entry in found.changed}
            token = found.token
            if not found.is_truncated:
                break
        self.held[name] = (token, items)

    async def _sync_mailbox(self, opened: Opened, who: Principal, name: CollectionName) -> None:
        token, items = self.held.get(name, (None, {}))
        found = await opened.store.mailbox(who, name, None if token is None else token.modseq)
        now = found.collection.token
        assert token is None or (now.epoch == token.epoch and now.modseq >= token.modseq)
        for uid in found.vanished:
            items.pop(str(uid), None)
        items |= {str(row.uid): " ".join(sorted(row.flags)) for row in found.rows}
        self.held[name] = (now, items)

    async def is_true(self, opened: Opened, who: Principal) -> list[str]:
        """Collections in which it holds something else than what is there."""
        fresh = Device()
        await fresh.sync(opened, who)
        return [f"{name}: held {self.held[name][1]}, there is {items}"
                for name, (_, items) in fresh.held.items() if self.held[name][1] != items]  # fmt: skip
