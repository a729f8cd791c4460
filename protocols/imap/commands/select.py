"""SELECT, EXAMINE, CLOSE, CHECK (RFC 3501 §6.3.1, §6.3.2, §6.4.1, §6.4.2), UNSELECT (RFC 3691), and SELECT's
parameters CONDSTORE and QRESYNC (RFC 7162 §3.1.8, §3.2.5).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.core.errors import NoPermission, TokenExpired
from gateway.core.ids import UID
from gateway.core.model import Collection, Right
from protocols.imap.commands.command import Command, Ok, Plain
from protocols.imap.commands.earlier import say_earlier
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.facts import mailbox_id
from protocols.imap.listing import Listed, Listing, list_line
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.resync import Resync, agreed, counts_agree, within
from protocols.imap.session import Session
from protocols.imap.types import DELETED, SEEN, NumberSet, SeqSet, UIDSet

N = TypeVar("N", bound=NumberSet)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a SELECT asks."""

    mailbox: str
    is_condstore: bool = False
    resync: Resync | None = None


class Select(Command[Opening]):
    """SELECT."""

    name = b"SELECT"
    is_read_only = False

    def parse(self, cursor: Cursor) -> Opening:
        """A mailbox, and perhaps parameters (RFC 4466 §2.1)."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        found: list[Resync | None] = []
        if cursor.space() and not cursor.is_at_end():
            found = cursor.listed(lambda: _parameter(cursor))
        cursor.expect_end()
        return Opening(name, bool(found), next((one for one in found if one is not None), None))

    async def run(self, session: Session, arguments: Opening) -> Ok:
        """RFC 3501 §6.3.1: whatever was selected is not any more, even where this fails."""
        if arguments.resync is not None and not session.is_qresync:
            # RFC 7162 §3.2.5: not before it has been enabled.
            raise Bad("QRESYNC must be enabled first.")
        if session.unselect():
            # RFC 7162 §3.2.11: what is said after this is about the new mailbox.
            session.out.add(b"* OK [CLOSED] The former mailbox is closed.")
        if arguments.is_condstore:
            session.enabled.add("CONDSTORE")
        selected = await session.select(arguments.mailbox, is_read_only=self.is_read_only)
        view = selected.view
        session.say_flags()
        session.out.add(b"* %d EXISTS" % len(view))
        if session.is_rev2:
            await _say_name(session, selected.collection)
        else:
            session.out.add(b"* 0 RECENT")
            unseen = min((view.flags.index(flags) for flags in set(view.flags) if SEEN not in flags), default=None)
            if unseen is not None:
                session.out.add(b"* OK [UNSEEN %d] The first that is not seen." % (unseen + 1))
        session.out.add(b"* OK [UIDVALIDITY %d] UIDs are valid." % view.epoch)
        session.out.add(b"* OK [UIDNEXT %d] The next UID." % view.uid_next)
        session.out.add(b"* OK [HIGHESTMODSEQ %d] The highest." % view.modseq)
        session.out.add(b"* OK [MAILBOXID (%b)] Its id." % mailbox_id(selected.collection.id).encode("ascii"))
        if arguments.resync is not None and arguments.resync.epoch == view.epoch:
            await _resync(session, arguments.resync)
        return Ok("Selected.", "READ-ONLY" if selected.is_read_only else "READ-WRITE")


class Examine(Select):
    """EXAMINE."""

    name = b"EXAMINE"
    is_read_only = True


class Close(Plain):
    r"""CLOSE: takes away what is \Deleted, without a word."""

    name = b"CLOSE"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Where it cannot be taken away the mailbox stays open and the client hears why."""
        selected = session.selected
        code = b""
        may_remove = not selected.is_read_only and Right.REMOVE in selected.collection.rights
        if may_remove and (selected.moved.is_set() or any(DELETED in flags for flags in set(selected.view.flags))):
            # RFC 3501 §6.4.2: who may not remove is given no error.
            with contextlib.suppress(NoPermission):
                gone = await session.edits.expunge(session.who, selected.name, None)
                if gone and session.is_condstore:
                    code = await _reached(session, gone)
        session.unselect()
        return Ok("Closed.", code)


class Unselect(Plain):
    """UNSELECT."""

    name = b"UNSELECT"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Nothing is taken away."""
        session.unselect()
        return Ok("Closed.")


class Check(Plain):
    """CHECK."""

    name = b"CHECK"
    wants_news = True

    async def run(self, session: Session, arguments: None) -> Ok:
        """Everything answered OK is kept already."""
        return Ok("Done.")


async def _say_name(session: Session, collection: Collection) -> None:
    """RFC 9051 §6.3.2: LIST says what the mailbox is called; RECENT and UNSEEN are not told any more."""
    node = (await session.tree())[mailbox_name(collection)]
    if node is not None:
        shown = Listed(node, is_selected=True, is_subscribed=False, below=False)
        session.out.add(list_line(shown, Listing((node.name,)), session.mailbox(node.name)))


def _parameter(cursor: Cursor) -> Resync | None:
    word = cursor.expect_word("a parameter")
    if word == b"CONDSTORE":
        return None
    if word != b"QRESYNC":
        raise Bad("That parameter is not known.")
    cursor.expect(b" (")
    epoch = cursor.expect_number("a UIDVALIDITY")
    cursor.expect_space()
    modseq = cursor.expect_modseq()
    known: UIDSet | None = None
    numbers: SeqSet | None = None
    uids: UIDSet | None = None
    if cursor.space() and cursor.peek() != b"(":
        known = _plain(cursor.number_set(UIDSet), UIDSet)
        cursor.space()
    if cursor.take(b"("):
        numbers = _plain(cursor.number_set(SeqSet), SeqSet)
        cursor.expect_space()
        uids = _plain(cursor.number_set(UIDSet), UIDSet)
        cursor.expect(b")")
        if not counts_agree(numbers, uids):
            raise Bad("Expected as many UIDs as sequence numbers here.")
    cursor.expect(b")")
    return Resync(epoch, modseq, known, numbers, uids)


def _plain(numbers: NumberSet | None, kind: type[N]) -> N:
    """RFC 7162 §3.2.5.1, §3.2.5.2: neither `*` nor `$` may stand in what a client knows."""
    if not isinstance(numbers, kind) or numbers.has_star:
        raise Bad("Expected the numbers themselves here.")
    return numbers


async def _resync(session: Session, resync: Resync) -> None:
    """RFC 7162 §3.2.5: what has gone and what has changed since the client was here last."""
    view = session.selected.view
    since, spans = resync.modseq, resync.spans(view.uid_next - 1)
    bound = 0
    if resync.numbers is not None and resync.uids is not None:
        bound = agreed(view.uids, resync.numbers, resync.uids)
    if not await say_earlier(session, since, spans, bound) and since > view.modseq:
        since = 0  # a number that has not been reached yet: it is of another history
    places = (view.position(uid) for uid in within(view.uids, spans))
    changed = [range(place, place + 1) for place in places if place is not None and view.modseqs[place] > since]
    await session.say_columns(view, changed, (b"UID", b"FLAGS", b"MODSEQ"))


async def _reached(session: Session, gone: Sequence[UID]) -> bytes:
    """RFC 7162 §3.2.8: the mod-sequence after a CLOSE that took messages away.

    Left out where others have changed something as well: CLOSE tells nothing, and the client would never hear of it.
    """
    selected = session.selected
    try:
        changes = await session.store.mailbox(session.who, selected.name, selected.view.modseq)
    except TokenExpired:
        return b""
    return b"" if changes.rows or set(changes.vanished) - set(gone) else b"HIGHESTMODSEQ %d" % changes.collection.modseq
