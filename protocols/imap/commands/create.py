"""CREATE, DELETE, RENAME (RFC 3501 §6.3.3 to §6.3.5): mailboxes are the CRM's views, and clients make none."""

from __future__ import annotations

from gateway.core.errors import NotFound
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.session import Session

_WHY = "Mailboxes here show views of the CRM; an administrator makes and names them."


async def _exists(session: Session, name: str) -> bool:
    try:
        await session.find(name.rstrip("/"))
    except NotFound:
        return False
    return True


class Create(Command[str]):
    """CREATE."""

    name = b"CREATE"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name; CREATE-SPECIAL-USE's parameter may follow."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name

    async def run(self, session: Session, arguments: str) -> Ok:
        """Refused, with the reason."""
        if await _exists(session, arguments):
            raise No("There is such a mailbox already.", "ALREADYEXISTS")
        raise No(_WHY, "CANNOT")


class Delete(Create):
    """DELETE."""

    name = b"DELETE"

    async def run(self, session: Session, arguments: str) -> Ok:
        """Refused, with the reason."""
        if not await _exists(session, arguments):
            raise No("There is no such mailbox.", "NONEXISTENT")
        raise No(_WHY, "CANNOT")


class Rename(Command[tuple[str, str]]):
    """RENAME."""

    name = b"RENAME"

    def parse(self, cursor: Cursor) -> tuple[str, str]:
        """Old name and new."""
        cursor.expect_space()
        old = cursor.expect_mailbox()
        cursor.expect_space()
        new = cursor.expect_mailbox()
        cursor.expect_end()
        return old, new

    async def run(self, session: Session, arguments: tuple[str, str]) -> Ok:
        """Refused, with the reason."""
        old, new = arguments
        if not await _exists(session, old):
            raise No("There is no such mailbox.", "NONEXISTENT")
        if await _exists(session, new):
            raise No("There is such a mailbox already.", "ALREADYEXISTS")
        raise No(_WHY, "CANNOT")
