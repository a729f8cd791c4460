"""MYRIGHTS, GETACL, LISTRIGHTS, SETACL, DELETEACL (RFC 4314).

Who may do what is said in the configuration. It is shown, each user his own and nobody's else, and not changed here.
"""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import quoted
from protocols.imap.errors import Bad, No
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.rights import letters
from protocols.imap.session import Session


class MyRights(Command[str]):
    """MYRIGHTS."""

    name = b"MYRIGHTS"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name

    async def run(self, session: Session, arguments: str) -> Ok:
        """RFC 4314 §3.5."""
        collection = await session.find(arguments)
        rights = letters(collection).encode("ascii")
        session.out.add(b"* MYRIGHTS ", session.mailbox(mailbox_name(collection)), b" ", rights)
        return Ok("Done.")


class GetAcl(MyRights):
    """GETACL."""

    name = b"GETACL"

    async def run(self, session: Session, arguments: str) -> Ok:
        """RFC 4314 §3.3. Of others nothing is said: whether they are there is not the client's to know."""
        collection = await session.find(arguments)
        entry = quoted(session.who.login.encode("utf-8")) + b" " + letters(collection).encode("ascii")
        session.out.add(b"* ACL ", session.mailbox(mailbox_name(collection)), b" ", entry)
        return Ok("Done.")


class ListRights(Command[tuple[str, str]]):
    """LISTRIGHTS."""

    name = b"LISTRIGHTS"

    def parse(self, cursor: Cursor) -> tuple[str, str]:
        """A mailbox and an identifier."""
        return _mailbox_and_identifier(cursor)

    async def run(self, session: Session, arguments: tuple[str, str]) -> Ok:
        """RFC 4314 §3.4: what one always has there, and nothing that could be given."""
        name, identifier = arguments
        collection = await session.find(name)
        held = letters(collection) if identifier == session.who.login else ""
        session.out.add(
            b"* LISTRIGHTS ", session.mailbox(mailbox_name(collection)), b" ", quoted(identifier.encode("utf-8")),
            b" ", quoted(held.encode("ascii")),
        )  # fmt: skip
        return Ok("Done.")


class DeleteAcl(Command[tuple[str, str]]):
    """DELETEACL."""

    name = b"DELETEACL"

    def parse(self, cursor: Cursor) -> tuple[str, str]:
        """A mailbox and an identifier."""
        return _mailbox_and_identifier(cursor)

    async def run(self, session: Session, arguments: tuple[str, str]) -> Ok:
        """Refused, with the reason; but a mailbox that is not there is not there."""
        await session.find(arguments[0])
        raise No("Who may see a mailbox is said in the gateway's configuration.", "NOPERM")


class SetAcl(DeleteAcl):
    """SETACL."""

    name = b"SETACL"

    def parse(self, cursor: Cursor) -> tuple[str, str]:
        """A mailbox, an identifier and rights."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_space()
        identifier = cursor.expect_astring("an identifier")
        cursor.expect_space()
        rights = cursor.expect_astring("rights")
        cursor.expect_end()
        if not rights.removeprefix(b"+").removeprefix(b"-").isalnum():
            raise Bad("Those are no rights.")
        return name, identifier.decode("utf-8", "replace")


def _mailbox_and_identifier(cursor: Cursor) -> tuple[str, str]:
    cursor.expect_space()
    name = cursor.expect_mailbox()
    cursor.expect_space()
    identifier = cursor.expect_astring("an identifier")
    cursor.expect_end()
    return name, identifier.decode("utf-8", "replace")
