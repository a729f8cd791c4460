"""One stay of one client: who it is, what it has selected, and what a command is handed.

A session knows nothing of bytes. `refresh` is the one way by which news reach the client, whether NOOP, IDLE or the
end of any other command asks: the store's changes since what the view knows, as the view words them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from gateway.core.errors import NotFound, TokenExpired
from gateway.core.model import Collection, CollectionName, Principal, Right, Role, Section
from gateway.core.store import KeepsMail
from protocols.imap import capabilities
from protocols.imap.columns import shelf_key
from protocols.imap.encoder import mailbox, mailbox_utf8, parenthesised
from protocols.imap.errors import NO_SUCH_MAILBOX, No
from protocols.imap.fetching import FlagText, column_lines
from protocols.imap.mailboxes import INBOX, Tree, collection_name
from protocols.imap.output import Output
from protocols.imap.service import Input, Notifies, Peer, Service
from protocols.imap.states import State
from protocols.imap.subscriptions import Subscriptions
from protocols.imap.types import DELETED, SYSTEM_FLAGS, Limits, compact
from protocols.imap.view import Broken, Updates, View, names, runs
from protocols.imap.writes import WritesMail
from protocols.sasl import Mechanism

ROWS: int = 512
"""Messages whose columns are written in one chunk."""


@dataclass(slots=True)
class Selected:
    """The selected mailbox."""

    name: CollectionName
    collection: Collection
    view: View
    is_read_only: bool
    moved: asyncio.Event
    """Set when the store may hold something that the client has not been told."""
    stack: ExitStack

    def permanent_flags(self) -> list[str]:
        r"""RFC 3501 §7.1: the flags a client may change for good; `\*`: new keywords too."""
        if self.is_read_only or Right.FLAG not in self.collection.rights:
            return []
        may_delete = Right.REMOVE in self.collection.rights
        kept = [name for name in SYSTEM_FLAGS if may_delete or name != DELETED]
        return [*kept, *self.view.keywords.values(), "\\*"]


class Session:
    """One client's stay."""

    def __init__(self, service: Service, output: Output, input: Input, peer: Peer) -> None:
        self.service = service
        self.out = output
        self.input = input
        self.peer = peer
        self.state = State.NOT_AUTHENTICATED
        self.enabled: set[str] = set()
        self.failed_logins = 0
        self.is_compressed = False
        self.program = ""
        """What the client calls itself (RFC 2971)."""
        self.tag = b""
        """The tag of the command that runs."""
        self.flag_text = FlagText()
        self.notifying: Notifies | None = None
        """What the client wants to hear of by itself (RFC 5465); None: what it hears of at the end of commands."""
        self.is_silent = False
        """NOTIFY NONE: nothing but what is asked for."""
        self.tell_new: Callable[[range], Awaitable[None]] | None = None
        """Tells what NOTIFY wants told of messages that are new in the selected mailbox, by their positions."""
        self.tells_flags = True
        self._principal: Principal | None = None
        self._selected: Selected | None = None

    @property
    def store(self) -> KeepsMail:
        """The data."""
        return self.service.store

    @property
    def edits(self) -> WritesMail:
        """The door for writes."""
        return self.service.edits

    @property
    def limits(self) -> Limits:
        """What this conversation may cost."""
        return self.service.limits

    @property
    def who(self) -> Principal:
        """Who has logged in."""
        assert self._principal is not None
        return self._principal

    @property
    def selected(self) -> Selected:
        """The selected mailbox; only in that state."""
        assert self._selected is not None
        return self._selected

    @property
    def is_condstore(self) -> bool:
        """RFC 7162 §3.1: whether the client wants mod-sequences told."""
        return "CONDSTORE" in self.enabled

    @property
    def is_qresync(self) -> bool:
        """RFC 7162 §3.2.3: whether the client wants VANISHED in place of EXPUNGE."""
        return "QRESYNC" in self.enabled

    @property
    def is_utf8(self) -> bool:
        """RFC 6855 §3, RFC 9051 §5.1: whether mailbox names are UTF-8 in this conversation."""
        return "UTF8=ACCEPT" in self.enabled or self.is_rev2

    @property
    def is_rev2(self) -> bool:
        """RFC 9051: whether the client has enabled IMAP4rev2."""
        return "IMAP4REV2" in self.enabled

    def capabilities(self) -> str:
        """What is announced in this state."""
        return capabilities.announced(
            self.state,
            self.limits,
            may_login=self.peer.is_private,
            may_start_tls=self.peer.may_start_tls,
            with_tokens=self.service.tokens is not None,
            is_compressed=self.is_compressed,
            withheld=self.withheld(),
        )

    def mechanisms(self) -> dict[str, Mechanism]:
        """The SASL mechanisms that are offered, by name."""
        there = capabilities.mechanisms(with_tokens=self.service.tokens is not None)
        withheld = self.withheld()
        return {name: one for name, one in there.items() if f"AUTH={name}" not in withheld}

    def withheld(self) -> frozenset[str]:
        """Capabilities that are not for this client."""
        login = "" if self._principal is None else self._principal.login
        return self.service.narrowing.withheld(login, self.program)

    def logged_in(self, principal: Principal) -> None:
        """The client is this principal from now on. Raises No where he has too many conversations already."""
        if not self.service.stays.enter(principal, self.limits.per_user):
            raise No(f"You are logged in {self.limits.per_user} times already; close some of these.", "LIMIT")
        self._principal = principal
        self.state = State.AUTHENTICATED

    def mailbox(self, name: str) -> bytes:
        """A mailbox name as this client is told it."""
        return mailbox_utf8(name) if self.is_utf8 else mailbox(name)

    def notify(self, notifying: Notifies | None) -> None:
        """RFC 5465 §3: from now on this, or (None) nothing."""
        if self.notifying is not None:
            self.notifying.close()
        self.notifying = notifying
        self.is_silent = notifying is None
        self.tell_new, self.tells_flags = None, True

    @property
    def hears_selected(self) -> bool:
        """Whether the client hears of the selected mailbox without asking."""
        return not self.is_silent and (self.notifying is None or self.notifying.request.selected is not None)

    async def tree(self) -> Tree:
        """The principal's mailboxes."""
        return Tree(await self.store.collections(self.who, Section.MAILBOXES))

    async def subscriptions(self) -> Subscriptions:
        """What the principal wants listed."""
        return Subscriptions(await self.store.subscriptions(self.who))

    async def find(self, mailbox: str) -> Collection:
        """The collection a mailbox name means. Raises NotFound."""
        if mailbox == INBOX:
            inbox = (await self.tree()).inbox()
            if inbox is None:
                raise NotFound(NO_SUCH_MAILBOX)
            return inbox
        collection = await self.store.collection(self.who, collection_name(mailbox))
        if collection.role is Role.INBOX:
            # It has one name on the wire, and this is not it.
            raise NotFound(NO_SUCH_MAILBOX)
        return collection

    async def select(self, mailbox: str, *, is_read_only: bool) -> Selected:
        """Open a mailbox; watched from before it is read, so that nothing falls in between."""
        collection = await self.find(mailbox)
        stack = ExitStack()
        try:
            moved = asyncio.Event()
            subscription = stack.enter_context(self.store.watch([collection.id]))

            async def follow() -> None:
                while True:
                    await subscription.wait()
                    moved.set()
                    if self.notifying is not None:
                        self.notifying.stirred.set()

            follower = asyncio.ensure_future(follow())
            stack.callback(follower.cancel)
            opened, view = await self._open(collection)
        except BaseException:
            stack.close()
            raise
        is_read_only = is_read_only or Right.FLAG not in opened.rights
        self._selected = Selected(collection.name, opened, view, is_read_only, moved, stack)
        self.state = State.SELECTED
        return self._selected

    async def _open(self, collection: Collection) -> tuple[Collection, View]:
        """A mailbox's columns: those that another session has left, brought up to date, or all of them anew."""
        shelf, key = self.service.shelf, shelf_key(self.who, collection.id)
        snapshot = shelf.find(key)
        if snapshot is not None and snapshot.epoch == collection.epoch:
            with contextlib.suppress(TokenExpired, Broken):
                changes = await self.store.mailbox(self.who, collection.name, snapshot.modseq)
                view = View.of(snapshot, collection)
                view.absorb(changes, may_expunge=True)
                view.settle(shelf, key)
                return changes.collection, view
        opened = await self.store.mailbox(self.who, collection.name, None)
        view = View(opened)
        view.settle(shelf, key)
        return opened.collection, view

    def unselect(self) -> bool:
        """Close what is selected; whether anything was."""
        if self._selected is None:
            return False
        self._selected.stack.close()
        self._selected = None
        self.state = State.AUTHENTICATED
        return True

    def close(self) -> None:
        """The stay is over."""
        self.unselect()
        if self.notifying is not None:
            self.notifying.close()
            self.notifying = None
        if self._principal is not None:
            self.service.stays.leave(self._principal)
            self._principal = None
        self.state = State.LOGOUT

    def touched(self, name: CollectionName) -> None:
        """A command of this client's own has written to a collection: if it is the selected one there are news."""
        if self._selected is not None and self._selected.name == name:
            self._selected.moved.set()

    async def refresh(self, *, may_expunge: bool) -> None:
        """Tell the client what is new in its mailbox. Raises Broken where it is not the same mailbox any more."""
        selected = self.selected
        selected.moved.clear()
        try:
            changes = await self.store.mailbox(self.who, selected.name, selected.view.modseq)
        except NotFound:
            raise Broken from None
        except BaseException:
            selected.moved.set()
            raise
        selected.collection = changes.collection
        before, count = self._uids(), len(selected.view)
        updates = selected.view.absorb(changes, may_expunge=may_expunge)
        selected.view.settle(self.service.shelf, shelf_key(self.who, selected.collection.id))
        await self._say_gone(updates.expunged, before)
        changed = updates.changed if self.tells_flags else ()
        await self.tell(replace(updates, expunged=(), changed=changed))
        new = range(count - len(updates.expunged), len(selected.view))
        if new and self.tell_new is not None:
            await self.tell_new(new)

    async def forget(self, uids: Iterable[int]) -> None:
        """Messages that this client's own command took away: they go from its view, and it is told so."""
        before = self._uids()
        await self._say_gone(self.selected.view.forget(uids), before)

    async def hear(self, *, is_idle: bool) -> None:
        """Tell what NOTIFY asked for, now that no command runs (or one that waits). Raises as `refresh`."""
        notifying = self.notifying
        if notifying is None:
            return
        if self.state is State.SELECTED and self.selected.moved.is_set() and (self.hears_selected or is_idle):
            await self.refresh(may_expunge=is_idle or not notifying.request.is_delayed)
        if not await notifying.tell():
            self.notify(None)

    async def settle(self) -> bytes:
        """After a command that took messages away: everything else that is new, and the code HIGHESTMODSEQ.

        RFC 7162 §3.2.7: a client that keeps mod-sequences is told the new one. It may stand for nothing that the
        client has not been told, so all of that comes first.
        """
        if not self.is_condstore:
            return b""
        await self.refresh(may_expunge=True)
        return b"HIGHESTMODSEQ %d" % self.selected.view.modseq

    async def tell(self, updates: Updates, *, with_uid: bool = False) -> None:
        """Untagged responses for what has changed, but for what has gone."""
        if not updates:
            return
        view = self.selected.view
        if updates.exists is not None:
            self.out.add(b"* %d EXISTS" % updates.exists)
            if not self.is_rev2:
                self.out.add(b"* 0 RECENT")
        if updates.has_new_keywords:
            self.say_flags()
        wanted = [b"FLAGS"]
        if with_uid or self.is_condstore:
            wanted.insert(0, b"UID")
        if self.is_condstore:
            wanted.append(b"MODSEQ")
        await self.say_columns(view, runs(updates.changed), wanted)

    def _uids(self) -> Sequence[int]:
        """The uids by position as they are, for VANISHED to be said of once they have gone."""
        return self.selected.view.uids[:] if self.is_qresync else ()

    async def _say_gone(self, numbers: Sequence[int], before: Sequence[int]) -> None:
        """EXPUNGE for each sequence number, last first, or VANISHED for the uids that stood there `before`."""
        if not numbers:
            return
        if self.is_qresync:
            # RFC 7162 §3.2.10: whoever has enabled QRESYNC never hears EXPUNGE.
            gone = sorted(before[number - 1] for number in numbers)
            for start in range(0, len(gone), ROWS):
                await self.out.send(b"* VANISHED " + compact(gone[start : start + ROWS]) + b"\r\n")
            return
        for start in range(0, len(numbers), ROWS):
            await self.out.send(b"".join([b"* %d EXPUNGE\r\n" % number for number in numbers[start : start + ROWS]]))

    async def say_columns(self, view: View, places: Sequence[range], wanted: Sequence[bytes]) -> None:
        """FETCH responses of columns alone, some hundred at a time."""
        for run in places:
            for start in range(run.start, run.stop, ROWS):
                await self.out.send(
                    column_lines(view, range(start, min(start + ROWS, run.stop)), wanted, self.flag_text)
                )

    def say_flags(self) -> None:
        """FLAGS and PERMANENTFLAGS as they are now."""
        selected = self.selected
        self.out.add(b"* FLAGS ", parenthesised(name.encode("ascii", "replace") for name in names(selected.view)))
        permanent = parenthesised(name.encode("ascii", "replace") for name in selected.permanent_flags())
        self.out.add(b"* OK [PERMANENTFLAGS ", permanent, b"] Flags that last.")
