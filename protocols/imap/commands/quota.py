"""GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).

One thing is limited for each user: how many mailboxes he makes (the resource MAILBOX). Bytes are not counted, and so no
number of them is told.
"""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.session import Session


async def _say_quota(session: Session) -> None:
    used, most = await session.store.own_mailboxes(session.who)
    session.out.add(b'* QUOTA "" (MAILBOX %d %d)' % (used, most))


class GetQuota(Command[bytes]):
    """GETQUOTA."""

    name = b"GETQUOTA"

    def parse(self, cursor: Cursor) -> bytes:
        """A quota root."""
        cursor.expect_space()
        root = cursor.expect_astring("a quota root")
        cursor.expect_end()
        return root

    async def run(self, session: Session, arguments: bytes) -> Ok:
        """RFC 9208 §4.1.2."""
        if arguments:
            raise No("There is no such quota root.", "NONEXISTENT")
        await _say_quota(session)
        return Ok("Done.")


class GetQuotaRoot(Command[str]):
    """GETQUOTAROOT."""

    name = b"GETQUOTAROOT"

    def parse(self, cursor: Cursor) -> str:
        """A mailbox name."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_end()
        return name

    async def run(self, session: Session, arguments: str) -> Ok:
        """RFC 9208 §4.1.3."""
        collection = await session.find(arguments)
        session.out.add(b"* QUOTAROOT ", session.mailbox(mailbox_name(collection)), b' ""')
        await _say_quota(session)
        return Ok("Done.")


class SetQuota(Command[bytes]):
    """SETQUOTA."""

    name = b"SETQUOTA"

    def parse(self, cursor: Cursor) -> bytes:
        """A quota root, and resources with their limits."""
        cursor.expect_space()
        root = cursor.expect_astring("a quota root")
        cursor.expect_space()
        cursor.listed(lambda: cursor.expect_atom("a resource or its limit"))
        cursor.expect_end()
        return root

    async def run(self, session: Session, arguments: bytes) -> Ok:
        """Refused, with the reason."""
        raise No("Limits are the gateway's own; they are not set from here.", "NOPERM")
