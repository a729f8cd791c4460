"""SASL mechanisms as pure conversations: challenges go out, responses come in, what is proved comes back.

A mechanism is a generator: it yields challenges (an empty one where the client begins), is sent responses, and returns
credentials or a token. No mechanism knows its protocol: base64, continuations and first responses are the command's.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from gateway.core.auth import BearerToken, Credentials
from gateway.core.errors import NotAuthenticated

MAX_RESPONSE = 8 * 1024
"""Bytes of one encoded response."""

Proof = Credentials | BearerToken
Steps = Generator[bytes, bytes, Proof]


class Malformed(ValueError):
    """A response that is not what its mechanism says."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way to prove who one is."""

    name: str
    begin: Callable[[], Steps]
    is_token: bool = False
    """Whether what it proves is a token."""
    failure: bytes = b""
    """A challenge that says it has failed; the client answers it before it is refused (RFC 7628 §3.2.2)."""


def decode(response: bytes) -> bytes:
    """A response as it was before base64 (RFC 4648 §4, strictly)."""
    if len(response) > MAX_RESPONSE:
        raise Malformed
    try:
        return base64.b64decode(response, validate=True)
    except binascii.Error:
        raise Malformed from None


def plain(message: bytes) -> Credentials:
    """PLAIN (RFC 4616 §2): `[authzid] NUL authcid NUL password`. Raises Malformed, NotAuthenticated."""
    pieces = message.split(b"\x00")
    if len(pieces) != 3:
        raise Malformed
    authorization, login, password = map(_text, pieces)
    if not login or not password:
        raise Malformed
    if authorization and authorization != login:
        # RFC 4616 §2: to act as somebody else is a right that nobody has here.
        raise NotAuthenticated("Login or password is wrong.")
    return Credentials(login, password)


def oauthbearer(message: bytes) -> BearerToken:
    """OAUTHBEARER (RFC 7628 §3.1): a GS2 header, then `key=value` pairs, all ended by ^A. Raises Malformed."""
    header, *pairs = message.split(b"\x01")
    found = re.fullmatch(rb"[ny],(?:a=([^,]*))?,", header)
    if found is None or pairs[-2:] != [b"", b""]:
        raise Malformed
    # RFC 5801 §4: commas and equals signs of a name are written as =2C and =3D.
    login = _text((found[1] or b"").replace(b"=2C", b",").replace(b"=3D", b"="))
    return BearerToken(login, _bearer(pairs[:-2]))


def xoauth2(message: bytes) -> BearerToken:
    """XOAUTH2, which OAUTHBEARER was made from: `user=…^Aauth=Bearer …^A^A`. Raises Malformed."""
    user, *pairs = message.split(b"\x01")
    if not user.startswith(b"user=") or pairs[-2:] != [b"", b""]:
        raise Malformed
    return BearerToken(_text(user.removeprefix(b"user=")), _bearer(pairs[:-2]))


def _bearer(pairs: list[bytes]) -> str:
    values = [pair.removeprefix(b"auth=") for pair in pairs if pair.startswith(b"auth=")]
    if len(values) != 1 or values[0][:7].lower() != b"bearer " or not values[0][7:].strip():
        raise Malformed
    return _text(values[0][7:].strip())


def _text(piece: bytes) -> str:
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed from None


def _one(read: Callable[[bytes], Proof]) -> Callable[[], Steps]:
    """A mechanism of one message, which the client sends first."""

    def steps() -> Steps:
        return read((yield b""))

    return steps


def _login() -> Steps:
    # Of no RFC any more, and all that some printers and old programs know.
    login = _text((yield b"Username:"))
    password = _text((yield b"Password:"))
    if not login or not password:
        raise Malformed
    return Credentials(login, password)


_REFUSED: Final = b'{"status":"invalid_token"}'

MECHANISMS: Final = {
    one.name: one
    for one in (
        Mechanism("PLAIN", _one(plain)),
        Mechanism("LOGIN", _login),
        Mechanism("OAUTHBEARER", _one(oauthbearer), is_token=True, failure=_REFUSED),
        Mechanism("XOAUTH2", _one(xoauth2), is_token=True, failure=_REFUSED),
    )
}
"""In the order in which they are offered."""
