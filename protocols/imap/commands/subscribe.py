"""SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.6, §6.3.7): every mailbox of a home counts as subscribed."""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.session import Session


class Subscribe(Command[str]):
    """SUBSCRIBE."""

    name = b"SUBSCRIBE"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name

    async def run(self, session: Session, arguments: str) -> Ok:
        """It is so already, if it exists."""
        await session.find(arguments)
        return Ok("Subscribed.")


class Unsubscribe(Subscribe):
    """UNSUBSCRIBE."""

    name = b"UNSUBSCRIBE"

    async def run(self, session: Session, arguments: str) -> Ok:
        """Refused, with the reason."""
        await session.find(arguments)
        raise No("Every mailbox of yours is always shown here.", "CANNOT")
