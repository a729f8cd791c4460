"""COPY, UID COPY (RFC 3501 §6.4.7) and MOVE, UID MOVE (RFC 6851), with COPYUID (RFC 4315).

Messages that have gone in between are left out and the answer is still OK for UIDs: an iPhone that hears NO keeps a
ghost and asks for ever.
"""

from __future__ import annotations

from gateway.core.errors import NotFound
from gateway.core.ids import UID
from gateway.core.model import Right
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import chosen, require_known
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import status
from protocols.imap.errors import NO_SUCH_MAILBOX, No
from protocols.imap.session import Session
from protocols.imap.types import NumberSet, UidPairs


class Copy(Command[tuple[NumberSet, str]]):
    """COPY."""

    name = b"COPY"
    is_uid = False
    is_move = False

    def parse(self, cursor: Cursor) -> tuple[NumberSet, str]:
        """A set and a mailbox."""
        cursor.expect_space()
        numbers = cursor.expect_set(is_uid=self.is_uid)
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return numbers, name

    async def run(self, session: Session, arguments: tuple[NumberSet, str]) -> Ok:
        """One transaction, all or nothing of what is there."""
        numbers, name = arguments
        selected = session.selected
        view = selected.view
        uids = [UID(view.uids[place]) for run in chosen(view, numbers) for place in run]
        if self.is_move and (selected.is_read_only or Right.REMOVE not in selected.collection.rights):
            raise No("You may not take messages out of this mailbox.", "NOPERM")
        try:
            target = await session.find(name)
        except NotFound:
            # RFC 3501 §6.4.7: the client may create it and try again.
            raise No(NO_SUCH_MAILBOX, "TRYCREATE") from None
        if Right.CREATE not in target.rights:
            raise No("You may not put messages into that mailbox.", "NOPERM")
        if not uids:
            return Ok("No such messages.")
        outcome = await session.edits.copy(session.who, selected.name, uids, target.name, is_move=self.is_move)
        session.touched(target.name)
        if not outcome.pairs:
            if not self.is_uid:
                require_known(session)
            return Ok("No such messages any more.")
        code = UidPairs(outcome.epoch, outcome.pairs).code()
        if not self.is_move:
            return Ok("Copied.", code)
        # RFC 6851 §4.3: COPYUID comes untagged, before the EXPUNGEs.
        session.out.add(b"* ", status(b"OK", code, "Moved."))
        await session.forget(source for source, _ in outcome.pairs)
        return Ok("Done.", await session.settle())


class UidCopy(Copy):
    """UID COPY."""

    name = b"UID COPY"
    is_uid = True


class Move(Copy):
    """MOVE."""

    name = b"MOVE"
    is_move = True


class UidMove(Move):
    """UID MOVE."""

    name = b"UID MOVE"
    is_uid = True
