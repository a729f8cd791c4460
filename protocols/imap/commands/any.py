"""CAPABILITY, NOOP, LOGOUT (RFC 3501 §6.1) and ID (RFC 2971)."""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok, Plain
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import quoted
from protocols.imap.session import Session
from protocols.imap.states import State


class Capability(Plain):
    """CAPABILITY."""

    name = b"CAPABILITY"

    async def run(self, session: Session, arguments: None) -> Ok:
        """What there is in this state."""
        session.out.add(b"* CAPABILITY ", session.capabilities().encode("ascii"))
        return Ok("That is all.")


class Noop(Plain):
    """NOOP: a poll."""

    name = b"NOOP"
    wants_news = True

    async def run(self, session: Session, arguments: None) -> Ok:
        """The news are told at its end, as with every command."""
        return Ok("Done.")


class Logout(Plain):
    """LOGOUT."""

    name = b"LOGOUT"

    async def run(self, session: Session, arguments: None) -> Ok:
        """RFC 3501 §6.1.3: BYE before OK."""
        session.out.add(b"* BYE Until next time.")
        session.unselect()
        session.state = State.LOGOUT
        return Ok("Logged out.")


class Id(Command[str]):
    """ID. Of what the client says of itself its name counts: something may be withheld from it."""

    name = b"ID"

    def parse(self, cursor: Cursor) -> str:
        """RFC 2971 §3.3: NIL, or at most thirty pairs."""
        cursor.expect_space()
        said: list[bytes | None] = []
        if not cursor.take(b"NIL"):
            said = cursor.listed(cursor.expect_nstring, 60)
        cursor.expect_end()
        pairs = dict(zip(((name or b"").lower() for name in said[::2]), said[1::2], strict=False))
        return (pairs.get(b"name") or b"").decode("utf-8", "replace")[:200]

    async def run(self, session: Session, arguments: str) -> Ok:
        """Always answered: Microsoft's cloud waits for it."""
        session.program = arguments
        pairs = [b'"name" "crmgate"']
        if session.service.version:
            pairs.append(b'"version" ' + quoted(session.service.version.encode("ascii", "replace")))
        session.out.add(b"* ID (", b" ".join(pairs), b")")
        return Ok("Pleased to meet you.")
