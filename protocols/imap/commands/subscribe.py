"""SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6, §6.3.7), each user's own and kept by name."""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.mailboxes import SEPARATOR
from protocols.imap.session import Session


class Subscribe(Command[str]):
    """SUBSCRIBE."""

    name = b"SUBSCRIBE"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name.rstrip(SEPARATOR)

    async def run(self, session: Session, arguments: str) -> Ok:
        """A mailbox that is there, or a name that was subscribed while it was."""
        if not (await session.subscriptions()).has(arguments, exists=False):
            await session.find(arguments)
        await session.edits.subscribe(session.who, arguments, is_on=True)
        return Ok("Subscribed.")


class Unsubscribe(Subscribe):
    """UNSUBSCRIBE."""

    name = b"UNSUBSCRIBE"

    async def run(self, session: Session, arguments: str) -> Ok:
        """The same; it is listed all the same where nobody asks what is subscribed."""
        if arguments not in (await session.subscriptions()).said:
            await session.find(arguments)
        await session.edits.subscribe(session.who, arguments, is_on=False)
        return Ok("Not subscribed any more.")
