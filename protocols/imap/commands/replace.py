"""REPLACE and UID REPLACE (RFC 8508): a message in place of another, in one transaction. What an editor of drafts wants."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.ids import UID
from gateway.core.mail_more import Incoming
from gateway.core.model import Right
from protocols.imap.commands.append import admit_message, checked_message, incoming, writable
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import chosen, require_known
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import status
from protocols.imap.errors import No
from protocols.imap.framing import Announced
from protocols.imap.session import Session
from protocols.imap.types import NumberSet


@dataclass(frozen=True, slots=True)
class Replacement:
    """Which message makes way, and what comes where."""

    numbers: NumberSet
    mailbox: str
    message: Incoming


class Replace(Command[Replacement]):
    """REPLACE."""

    name = b"REPLACE"
    is_uid = False

    def parse(self, cursor: Cursor) -> Replacement:
        """RFC 8508 §4.1."""
        numbers, mailbox = self._target(cursor)
        message = incoming(cursor)
        cursor.expect_end()
        return Replacement(numbers, mailbox, message)

    def _target(self, cursor: Cursor) -> tuple[NumberSet, str]:
        cursor.expect_space()
        numbers = cursor.expect_set(is_uid=self.is_uid)
        cursor.expect_space()
        return numbers, cursor.expect_mailbox()

    async def run(self, session: Session, arguments: Replacement) -> Ok:
        """RFC 8508 §3.3: APPENDUID untagged, before the old message is said to be gone."""
        selected = session.selected
        if selected.is_read_only or Right.REMOVE not in selected.collection.rights:
            raise No("You may not remove messages from this mailbox.", "NOPERM")
        places = [place for run in chosen(selected.view, arguments.numbers) for place in run]
        if len(places) != 1:
            raise No("There is no such message, or there are several.", "NONEXISTENT" if not places else "CANNOT")
        target = await writable(session, arguments.mailbox)
        old = UID(selected.view.uids[places[0]])
        message = checked_message(arguments.message)
        appended = await session.edits.replace(session.who, selected.name, old, target.name, message)
        if appended is None:
            require_known(session)
        else:
            code = f"APPENDUID {appended.epoch} {appended.uid}"
            session.out.add(b"* ", status(b"OK", code, "The replacement is there."))
            session.touched(target.name)
            if not (target.name == selected.name and appended.uid == old):
                await session.forget([old])
        return Ok("Replaced.", await session.settle())

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """The same as with APPEND."""
        cursor.expect_space()
        cursor.expect_set(is_uid=self.is_uid)
        cursor.expect_space()
        if cursor.is_at_end():
            await super().admit(session, cursor, announced)
            return
        await admit_message(session, cursor, announced)


class UidReplace(Replace):
    """UID REPLACE."""

    name = b"UID REPLACE"
    is_uid = True
