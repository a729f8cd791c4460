"""STARTTLS, AUTHENTICATE and LOGIN (RFC 3501 §6.2, SASL-IR of RFC 4959); the mechanisms are in `protocols.sasl`.

Secrets are never logged and never in an answer. Where the line can be read by others nothing is accepted and not
even asked for: neither a literal nor a continuation.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field

from gateway.core.auth import BearerToken, Credentials
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


async def _judged(session: Session, proof: sasl.Proof) -> Ok:
    """Let in whoever has proved who he is. Raises NotAuthenticated, after a while, and No."""
    service = session.service
    try:
        if isinstance(proof, BearerToken):
            if service.tokens is None:
                raise NotAuthenticated("Login or password is wrong.")
            principal = await service.tokens.verify(proof)
        else:
            principal = await service.authenticator.authenticate(proof)
    except NotAuthenticated:
        session.failed_logins += 1
        # Longer from time to time: whoever mistypes does not notice, whoever guesses does.
        await asyncio.sleep(session.limits.failed_login_pause * 2 ** (session.failed_logins - 1))
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
        """One of the mechanisms that are offered."""
        _require_privacy(session)
        offered = session.mechanisms()
        mechanism = offered.get(arguments.mechanism.decode("ascii"))
        if mechanism is None:
            raise No(f"That mechanism is not offered; there is {' and '.join(offered)}.", "CANNOT")
        try:
            proof = await _exchanged(session, mechanism.begin(), arguments.initial)
        except sasl.Malformed:
            raise Bad(f"That is no {mechanism.name} response.") from None
        try:
            return await _judged(session, proof)
        except NotAuthenticated:
            if mechanism.failure:
                # RFC 7628 §3.2.3: the client hears why, answers with nothing of interest, and is refused.
                await _asked(session, mechanism.failure)
            raise

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """Not where it could be read."""
        _require_privacy(session)
        await super().admit(session, cursor, announced)


async def _exchanged(session: Session, steps: sasl.Steps, initial: bytes | None) -> sasl.Proof:
    """The whole conversation of a mechanism. Raises Malformed, Bad."""
    challenge, response = next(steps), initial
    while True:
        if response is None:
            response = await _asked(session, challenge)
        try:
            challenge = steps.send(sasl.decode(response))
        except StopIteration as done:
            proof: sasl.Proof = done.value
            return proof
        response = None


async def _asked(session: Session, challenge: bytes) -> bytes:
    """A challenge, and what the client answers."""
    session.out.add(b"+ ", base64.b64encode(challenge))
    await session.out.flush()
    response = await session.input.line()
    if response is None or response.strip() == b"*":
        # RFC 3501 §6.2.2: a star takes it back.
        raise Bad("Authentication was taken back.")
    return response.strip()


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
        return await _judged(session, arguments)

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
