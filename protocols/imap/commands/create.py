"""CREATE, DELETE, RENAME (RFC 3501 §6.3.3 to §6.3.5), CREATE-SPECIAL-USE (RFC 6154 §3).

Mailboxes of the user's own; those the CRM makes are refused. Levels above a new mailbox need not be made: they exist as names. A trailing separator only declares that names are to
be made below, and is dropped. INBOX is never renamed: its messages are where the CRM says.
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotFound, PreconditionFailed
from gateway.core.model import Role
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.facts import mailbox_id
from protocols.imap.mailboxes import INBOX, SEPARATOR, SPECIAL_USE, collection_name
from protocols.imap.session import Session
from protocols.imap.states import State

_ROLES: Final = {use.upper(): role for role, use in SPECIAL_USE.items()}


async def _exists(session: Session, name: str) -> bool:
    try:
        await session.find(name)
    except NotFound:
        return False
    return True


class Create(Command[tuple[str, list[bytes]]]):
    """CREATE."""

    name = b"CREATE"

    def parse(self, cursor: Cursor) -> tuple[str, list[bytes]]:
        """A mailbox name, and what the mailbox is for."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        uses: list[bytes] = []
        if cursor.space() and not cursor.is_at_end():
            cursor.expect(b"(USE ")
            uses = cursor.listed(lambda: cursor.expect_flag().upper().encode("ascii"))
            cursor.expect(b")")
        cursor.expect_end()
        return name, uses

    async def run(self, session: Session, arguments: tuple[str, list[bytes]]) -> Ok:
        """A new, empty mailbox."""
        name, uses = arguments[0].rstrip(SEPARATOR), arguments[1]
        if await _exists(session, name):
            raise No("There is such a mailbox already.", "ALREADYEXISTS")
        # RFC 6154 §3: a use that cannot be had is a NO, and no mailbox is made.
        if len(uses) > 1 or not _ROLES.keys() >= set(uses):
            raise No("A mailbox is for one of Sent, Drafts, Trash, Archive and Junk here.", "USEATTR")
        role = _ROLES[uses[0]] if uses else Role.NONE
        try:
            await session.edits.create_mailbox(session.who, collection_name(name), role)
        except PreconditionFailed as taken:
            raise No(str(taken), "USEATTR") from None
        made = await session.find(name)
        # RFC 8474 §4.1: the id of what was made.
        return Ok("Made.", f"MAILBOXID ({mailbox_id(made.id)})")


class Delete(Command[str]):
    """DELETE."""

    name = b"DELETE"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name

    async def run(self, session: Session, arguments: str) -> Ok:
        """Gone, with what stood nowhere else."""
        if not await _exists(session, arguments):
            raise No("There is no such mailbox.", "NONEXISTENT")
        if arguments.upper() == INBOX:
            # RFC 3501 §6.3.4: it is an error to attempt to delete INBOX.
            raise No("INBOX stays.", "CANNOT")
        if session.state is State.SELECTED and session.selected.name.slug == arguments:
            session.unselect()
        await session.edits.delete_mailbox(session.who, collection_name(arguments))
        return Ok("Gone.")


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
        """The same mailbox under another name, with those below it."""
        old, new = arguments[0], arguments[1].rstrip(SEPARATOR)
        if old.upper() == INBOX:
            raise No("INBOX keeps its name.", "CANNOT")
        if await _exists(session, new):
            raise No("There is such a mailbox already.", "ALREADYEXISTS")
        await session.edits.rename_mailbox(session.who, collection_name(old), collection_name(new))
        if session.state is State.SELECTED:
            # The selected mailbox is the same one, whatever it or a level above it is called now.
            slug = session.selected.name.slug
            if slug == old or slug.startswith(old + SEPARATOR):
                session.selected.name = collection_name(new + slug[len(old) :])
        return Ok("Renamed.")
