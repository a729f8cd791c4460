r"""EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1): the only place where \Deleted becomes final, with CLOSE."""

from __future__ import annotations

from gateway.core.ids import UID
from gateway.core.model import Right
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.session import Session
from protocols.imap.types import NumberSet


class Expunge(Command[NumberSet | None]):
    """EXPUNGE."""

    name = b"EXPUNGE"

    def parse(self, cursor: Cursor) -> NumberSet | None:
        """No arguments."""
        self.nothing(cursor)
        return None

    async def run(self, session: Session, arguments: NumberSet | None) -> Ok:
        """What it does to the CRM follows the view's delete policy."""
        selected = session.selected
        if selected.is_read_only or Right.REMOVE not in selected.collection.rights:
            raise No("You may not remove messages from this mailbox.", "NOPERM")
        view = selected.view
        uids = None
        if arguments is not None:
            uids = [UID(view.uids[place]) for run in view.positions(arguments) for place in run]
            if not uids:
                return Ok("No such messages.")
        gone = await session.edits.expunge(session.who, selected.name, uids)
        await session.forget(gone)
        return Ok("Done.", await session.settle() if gone else b"")


class UidExpunge(Expunge):
    """UID EXPUNGE."""

    name = b"UID EXPUNGE"

    def parse(self, cursor: Cursor) -> NumberSet | None:
        """A set of UIDs."""
        cursor.expect_space()
        numbers = cursor.expect_set(is_uid=True)
        cursor.expect_end()
        return numbers
