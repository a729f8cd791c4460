"""COMPRESS (RFC 4978). Only after login, so after any STARTTLS; what a stranger sends is never inflated."""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.session import Session


class Compress(Command[bytes]):
    """COMPRESS."""

    name = b"COMPRESS"

    def parse(self, cursor: Cursor) -> bytes:
        """A mechanism."""
        cursor.expect_space()
        mechanism = cursor.expect_atom("a mechanism").upper()
        cursor.expect_end()
        return mechanism

    async def run(self, session: Session, arguments: bytes) -> Ok:
        """The answer itself still goes as it is."""
        if arguments != b"DEFLATE":
            raise No("Only DEFLATE is offered.", "CANNOT")
        if session.is_compressed:
            raise No("This conversation is compressed already.", "COMPRESSIONACTIVE")
        session.is_compressed = True
        return Ok("Compressed from now on.", starts_deflate=True)
