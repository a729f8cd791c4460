"""APPEND (RFC 3501 §6.3.11) with APPENDUID (RFC 4315).

Mailbox, flags, date and size are checked when the message is announced, before the client is told to send it. So a
message nobody will take never crosses the line, and `[TRYCREATE]` comes while it still helps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.errors import NotFound
from gateway.core.mail import Flags
from gateway.core.model import Collection, Right
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.store import checked_flags
from protocols.imap.cursor import Cursor
from protocols.imap.errors import NO_SUCH_MAILBOX, Bad, No
from protocols.imap.framing import Announced
from protocols.imap.session import Session


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be appended, where and how."""

    mailbox: str
    flags: Flags
    date: int | None
    raw: bytes = field(repr=False)


class Append(Command[Message]):
    """APPEND."""

    name = b"APPEND"

    def parse(self, cursor: Cursor) -> Message:
        """RFC 3501 §9 `append`."""
        cursor.expect_space()
        mailbox, flags, date = _target(cursor)
        raw = cursor.string()
        if raw is None:
            raise Bad("The message must come as a literal.")
        cursor.expect_end()
        return Message(mailbox, flags, date, raw)

    async def run(self, session: Session, arguments: Message) -> Ok:
        """One message, one transaction."""
        collection = await _writable(session, arguments.mailbox)
        if not arguments.raw:
            raise No("A message without a byte is none.", "CANNOT")
        if b"\x00" in arguments.raw:
            # RFC 3501 §9: no literal may hold NUL, so it could never be given back.
            raise No("A message with NUL bytes cannot be kept.", "CANNOT")
        appended = await session.edits.append(
            session.who, collection.name, arguments.raw, arguments.flags, arguments.date
        )
        session.touched(collection.name)
        return Ok("Kept.", f"APPENDUID {appended.epoch} {appended.uid}")

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """A literal where the mailbox name belongs is one like any other; the next is the message."""
        cursor.expect_space()
        if cursor.is_at_end():
            await super().admit(session, cursor, announced)
            return
        mailbox, _, _ = _target(cursor)
        if not cursor.is_at_end():
            raise Bad("The message must come as a literal.")
        if announced.size > session.limits.message:
            raise No(f"A message may have {session.limits.message} bytes at most.", "TOOBIG")
        await _writable(session, mailbox)


def _target(cursor: Cursor) -> tuple[str, Flags, int | None]:
    """Mailbox, flags and date, up to where the message begins."""
    mailbox = cursor.expect_mailbox()
    cursor.expect_space()
    flags = cursor.flag_list()
    if flags is not None:
        cursor.expect_space()
    date = None
    if cursor.peek() == b'"':
        date = cursor.expect_date_time()
        cursor.expect_space()
    return mailbox, checked_flags(flags or []), date


async def _writable(session: Session, mailbox: str) -> Collection:
    try:
        collection = await session.find(mailbox)
    except NotFound:
        # RFC 3501 §6.3.11: the client may create it and try again.
        raise No(NO_SUCH_MAILBOX, "TRYCREATE") from None
    if Right.CREATE not in collection.rights:
        raise No("You may not put messages into this mailbox.", "NOPERM")
    return collection
