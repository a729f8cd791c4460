"""STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 §6.2, SASL-IR of RFC 4959).

Secrets are never logged and never in an answer. Where the line can be read by others nothing is accepted and not
even asked for: neither a literal nor a continuation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated
from protocols import sasl
from protocols.imap.commands.command import Command, Ok, Plain
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad, No
from protocols.imap.framing import Announced
from protocols.imap.session import Session


def _require_privacy(session: Session) -> None:
    if not session.peer.is_private:
        # RFC 5530 §3: others could read the password on its way.
        raise No("Passwords are only accepted over TLS.", "PRIVACYREQUIRED")


async def _login(session: Session, credentials: Credentials) -> Ok:
    try:
        principal = await session.service.authenticator.authenticate(credentials)
    except NotAuthenticated:
        session.failed_logins += 1
        await asyncio.sleep(session.limits.failed_login_pause)
        raise
    session.logged_in(principal)
    return Ok("Welcome.", f"CAPABILITY {session.capabilities()}")


@dataclass(frozen=True, slots=True)
class _Exchange:
    mechanism: bytes
    initial: bytes | None = field(repr=False)


class Authenticate(Command[_Exchange]):
    """AUTHENTICATE."""

    name = b"AUTHENTICATE"

    def parse(self, cursor: Cursor) -> _Exchange:
        """RFC 4959 §3: the first response may come with the command, `=` for an empty one."""
        cursor.expect_space()
        mechanism = cursor.expect_atom("a mechanism").upper()
        initial = cursor.expect_astring("a response") if cursor.space() and not cursor.is_at_end() else None
        cursor.expect_end()
        return _Exchange(mechanism, b"" if initial == b"=" else initial)

    async def run(self, session: Session, arguments: _Exchange) -> Ok:
        """PLAIN is all there is."""
        _require_privacy(session)
        if arguments.mechanism != b"PLAIN":
            raise No("That mechanism is not offered; PLAIN is.", "CANNOT")
        response = arguments.initial
        if response is None:
            session.out.add(b"+ ")
            await session.out.flush()
            response = await session.input.line()
        if response is None or response.strip() == b"*":
            # RFC 3501 §6.2.2: a star takes it back.
            raise Bad("Authentication was taken back.")
        try:
            credentials = sasl.plain(sasl.decode(response.strip()))
        except sasl.Malformed:
            raise Bad("That is no PLAIN response.") from None
        return await _login(session, credentials)

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """Not where it could be read."""
        _require_privacy(session)
        await super().admit(session, cursor, announced)


class Login(Command[Credentials]):
    """LOGIN."""

    name = b"LOGIN"

    def parse(self, cursor: Cursor) -> Credentials:
        """Two strings, in UTF-8."""
        cursor.expect_space()
        login = cursor.expect_astring("a login")
        cursor.expect_space()
        password = cursor.expect_astring("a password")
        cursor.expect_end()
        try:
            return Credentials(login.decode("utf-8"), password.decode("utf-8"))
        except UnicodeDecodeError:
            raise Bad("Login and password must be UTF-8.") from None

    async def run(self, session: Session, arguments: Credentials) -> Ok:
        """The principal is set, or the login has failed."""
        _require_privacy(session)
        return await _login(session, arguments)

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """Not where it could be read."""
        _require_privacy(session)
        await super().admit(session, cursor, announced)


class StartTls(Plain):
    """STARTTLS."""

    name = b"STARTTLS"

    async def run(self, session: Session, arguments: None) -> Ok:
        """The answer goes out in the clear; nothing that came before the handshake is used after it."""
        if not session.peer.may_start_tls:
            raise Bad("TLS is not offered here.")
        return Ok("Begin TLS now.", starts_tls=True)
