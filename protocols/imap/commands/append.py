"""APPEND (RFC 3501 §6.3.11) with APPENDUID (RFC 4315) and several messages at once (MULTIAPPEND, RFC 3502).

Mailbox, flags, date and size are checked when a message is announced, before the client is told to send it. So a
message nobody will take never crosses the line, and `[TRYCREATE]` comes while it still helps. Several messages are
taken whole or not at all, and together may be no larger than one.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.errors import NotFound
from gateway.core.mail import Flags
from gateway.core.mail_more import Incoming
from gateway.core.model import Collection, Right
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.store import checked_flags
from protocols.imap.cursor import Cursor
from protocols.imap.errors import NO_SUCH_MAILBOX, Bad, No
from protocols.imap.framing import Announced
from protocols.imap.session import Session
from protocols.imap.types import compact


@dataclass(frozen=True, slots=True)
class Mail:
    """What is to be appended, and where."""

    mailbox: str
    messages: tuple[Incoming, ...]


class Append(Command[Mail]):
    """APPEND."""

    name = b"APPEND"

    def parse(self, cursor: Cursor) -> Mail:
        """RFC 3501 §9 `append`, RFC 3502 §6.3.11."""
        cursor.expect_space()
        mailbox = cursor.expect_mailbox()
        messages: list[Incoming] = []
        while not messages or not cursor.is_blank():
            messages.append(incoming(cursor))
        cursor.expect_end()
        return Mail(mailbox, tuple(messages))

    async def run(self, session: Session, arguments: Mail) -> Ok:
        """One transaction, however many there are."""
        collection = await writable(session, arguments.mailbox)
        messages = [checked_message(one) for one in arguments.messages]
        appended = await session.edits.append_all(session.who, collection.name, messages)
        session.touched(collection.name)
        uids = compact(one.uid for one in appended)
        return Ok("Kept.", b"APPENDUID %d %b" % (appended[0].epoch, uids))

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """A literal where the mailbox name belongs is one like any other; the next is the message."""
        cursor.expect_space()
        if cursor.is_at_end():
            await super().admit(session, cursor, announced)
            return
        await admit_message(session, cursor, announced)


async def admit_message(session: Session, cursor: Cursor, announced: Announced) -> None:
    """Whether a message may be sent, where the cursor stands before the mailbox it is for. Raises No, Bad."""
    mailbox = cursor.expect_mailbox()
    held = 0
    while True:
        _, _, is_utf8 = manner(cursor)
        if cursor.is_at_end():
            break
        held += len(_message(cursor, is_utf8=is_utf8))
    if held + announced.size > session.limits.message:
        what = "Messages sent at once may have" if held else "A message may have"
        raise No(f"{what} {session.limits.message} bytes at most.", "TOOBIG")
    await writable(session, mailbox)


def checked_message(message: Incoming) -> Incoming:
    """A message that can be kept. Raises No."""
    if not message.raw:
        # RFC 3502 §6.3.11: an empty message takes the whole command back.
        raise No("A message without a byte is none.", "CANNOT")
    if b"\x00" in message.raw:
        # RFC 3501 §9: no literal may hold NUL, so it could never be given back. RFC 3516 §4.4 has this code for it.
        raise No("A message with NUL bytes cannot be kept.", "UNKNOWN-CTE")
    return message


def incoming(cursor: Cursor) -> Incoming:
    """A message with its flags and date."""
    flags, date, is_utf8 = manner(cursor)
    return Incoming(_message(cursor, is_utf8=is_utf8), flags, date)


def manner(cursor: Cursor) -> tuple[Flags, int | None, bool]:
    """Flags, date, and whether it is said to be UTF-8 (RFC 6855 §4), up to where a message begins."""
    cursor.expect_space()
    flags = cursor.flag_list()
    if flags is not None:
        cursor.expect_space()
    date = None
    if cursor.peek() == b'"':
        date = cursor.expect_date_time()
        cursor.expect_space()
    return checked_flags(flags or []), date, cursor.take(b"UTF8 (")


def _message(cursor: Cursor, *, is_utf8: bool) -> bytes:
    raw = cursor.string()
    if raw is None:
        raise Bad("The message must come as a literal.")
    if is_utf8:
        cursor.expect(b")")
    return raw


async def writable(session: Session, mailbox: str) -> Collection:
    """The mailbox that messages are to be put into. Raises No."""
    try:
        collection = await session.find(mailbox)
    except NotFound:
        # RFC 3501 §6.3.11: the client may create it and try again.
        raise No(NO_SUCH_MAILBOX, "TRYCREATE") from None
    if Right.CREATE not in collection.rights:
        raise No("You may not put messages into this mailbox.", "NOPERM")
    return collection
