"""Keeps what NOTIFY asked for (RFC 5465): what the client was told of mailboxes, and what is to be told now.

Whatever moves in the home wakes it, at most so often. It then reads the home once, compares it with what the client
knows, and tells the difference: STATUS for messages, LIST for names and subscriptions. So nothing is ever queued, and a
mailbox that moved a hundred times is told once. Where too much has moved the client is told that too, and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import GatewayError
from gateway.core.ids import CollectionId, Epoch, ModSeq
from gateway.core.model import Collection
from protocols.imap.encoder import parenthesised
from protocols.imap.errors import No
from protocols.imap.mailboxes import Tree, mailbox_name
from protocols.imap.notifying import MESSAGES, Event, Request
from protocols.imap.session import Session
from protocols.imap.states import State
from protocols.imap.subscriptions import Subscriptions

MAX_WATCHED: Final = 1_000
"""Mailboxes that one client may hear of."""
MAX_TOLD: Final = 200
"""Of so many at once it is told; where more have moved, that they have."""

_OVERFLOW: Final = "NOTIFICATIONOVERFLOW"

Say = Callable[[Session, Collection, tuple[bytes, ...]], Awaitable[None]]
"""Tells the STATUS of a mailbox."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A mailbox as the client was told of it last."""

    name: str
    epoch: Epoch
    modseq: ModSeq
    count: int
    uid_next: int
    is_subscribed: bool


class Watching:
    """One client's NOTIFY."""

    def __init__(self, session: Session, request: Request, say: Say) -> None:
        self.request = request
        self.stirred = asyncio.Event()
        """Set when something may have moved."""
        self._session, self._say = session, say
        self._known: dict[CollectionId, _Known] = {}
        self._names: dict[str, bool] = {}
        """Names that no mailbox has, as far as they are subscribed."""
        self._stack = ExitStack()

    async def begin(self) -> None:
        """Note how everything is, and say so where that was asked for. Raises No where there is too much to watch."""
        session = self._session
        tree, subscriptions = await session.tree(), await session.subscriptions()
        self._known = self._seen(tree, subscriptions)
        self._names = self._unmade(tree, subscriptions)
        if sum(bool(self._wanted(one) & MESSAGES) for one in self._known.values()) > MAX_WATCHED:
            raise No(f"No more than {MAX_WATCHED} mailboxes can be watched.", _OVERFLOW)
        subscription = self._stack.enter_context(session.store.watch(self._known))

        async def follow() -> None:
            while True:
                await subscription.wait()
                self.stirred.set()
                await asyncio.sleep(session.limits.notify_pause)

        follower = asyncio.ensure_future(follow())
        self._stack.callback(follower.cancel)
        self._watch = subscription.add
        if self.request.with_status:
            for node in tree.nodes:
                if node.collection is not None and self._is_told(self._known[node.collection.id]):
                    await self._say(session, node.collection, self._items(self._known[node.collection.id]))
        # What moved while all this was read.
        self.stirred.set()

    def close(self) -> None:
        """Watch no more."""
        self._stack.close()

    async def tell(self) -> bool:
        """Tell what is new outside the selected mailbox; False where that cannot be, and nothing more will be told."""
        session = self._session
        self.stirred.clear()
        try:
            tree, subscriptions = await session.tree(), await session.subscriptions()
            now, names = self._seen(tree, subscriptions), self._unmade(tree, subscriptions)
            before, self._known = self._known, now
            lines = [*self._renamed(tree, before), *self._subscriptions(tree, before, names)]
            self._names = names
            moved = [one for one in tree.collections if self._has_moved(before.get(one.id), now[one.id])]
            if len(lines) + len(moved) > MAX_TOLD:
                return self._give_up()
            for line in lines:
                await session.out.send(line + b"\r\n")
            for collection in moved:
                await self._say(session, collection, self._items(now[collection.id]))
        except GatewayError:
            return self._give_up()
        self._watch(now)
        return True

    def _give_up(self) -> bool:
        # RFC 5465 §5.8: from now on it is as after NOTIFY NONE.
        self._session.out.add(b"* OK [NOTIFICATIONOVERFLOW] Too much has happened; ask anew.")
        return False

    def _seen(self, tree: Tree, subscriptions: Subscriptions) -> dict[CollectionId, _Known]:
        return {
            one.id: _Known(
                mailbox_name(one), one.epoch, one.modseq, one.count, one.uid_next,
                subscriptions.has(mailbox_name(one), exists=True),
            )
            for one in tree.collections
        }  # fmt: skip

    def _unmade(self, tree: Tree, subscriptions: Subscriptions) -> dict[str, bool]:
        return {name: True for name in subscriptions.names() if (node := tree[name]) is None or not node.collection}

    def _wanted(self, one: _Known) -> frozenset[Event]:
        return self.request.events(one.name, is_subscribed=one.is_subscribed)

    def _is_told(self, one: _Known) -> bool:
        """Whether STATUS is told of a mailbox: not of the selected one."""
        session = self._session
        is_selected = session.state is State.SELECTED and mailbox_name(session.selected.collection) == one.name
        return not is_selected and bool(self._wanted(one) & MESSAGES)

    def _has_moved(self, before: _Known | None, now: _Known) -> bool:
        if not self._is_told(now):
            return False
        if before is None:
            return now.count > 0
        if (before.epoch, before.count, before.uid_next) != (now.epoch, now.count, now.uid_next):
            return True
        return before.modseq != now.modseq and Event.FLAGS in self._wanted(now)

    def _items(self, one: _Known) -> tuple[bytes, ...]:
        """RFC 5465 §5.2 to §5.4: what a STATUS holds."""
        items = [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY"]
        if Event.FLAGS in self._wanted(one):
            items.append(b"UNSEEN")
        if self._session.is_condstore:
            items.append(b"HIGHESTMODSEQ")
        return tuple(items)

    def _renamed(self, tree: Tree, before: dict[CollectionId, _Known]) -> list[bytes]:
        """RFC 5465 §5.5: LIST for mailboxes that were made, went, or have another name."""
        lines = []
        for key, one in self._known.items():
            former = before.get(key)
            if (former is None or former.name != one.name) and Event.NAME in self._wanted(one):
                old = b"" if former is None else b' ("OLDNAME" (' + self._session.mailbox(former.name) + b"))"
                lines.append(self._line(tree, one.name, ()) + old)
        standing = {one.name for one in self._known.values()}
        for key, former in before.items():
            gone = key not in self._known and former.name not in standing
            if gone and Event.NAME in self._wanted(former):
                lines.append(self._line(tree, former.name, (b"\\NonExistent",)))
        return lines

    def _subscriptions(self, tree: Tree, before: dict[CollectionId, _Known], names: dict[str, bool]) -> list[bytes]:
        """RFC 5465 §5.6: LIST for names that have been subscribed or are not any more."""
        former = {one.name: one.is_subscribed for one in before.values()} | self._names
        now = {one.name: one.is_subscribed for one in self._known.values()} | names
        lines = []
        for name in sorted(former.keys() | now.keys()):
            is_on = now.get(name, False)
            if name not in former or former[name] == is_on:
                continue
            # A name of which the user has said nothing goes with its mailbox: that is no change of his.
            if name not in now and name not in self._names:
                continue
            if Event.SUBSCRIPTION in self.request.events(name, is_subscribed=is_on or former[name]):
                lines.append(self._line(tree, name, (b"\\Subscribed",) if is_on else ()))
        return lines

    def _line(self, tree: Tree, name: str, attributes: Sequence[bytes]) -> bytes:
        node = tree[name]
        shown = list(attributes)
        if (node is None or node.collection is None) and b"\\NonExistent" not in shown:
            shown.append(b"\\NonExistent")
        if node is not None and node.special_use:
            shown.append(node.special_use)
        return b"* LIST " + parenthesised(shown) + b' "/" ' + self._session.mailbox(name)
