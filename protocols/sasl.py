"""SASL mechanisms as pure functions from what came over the wire to credentials. No mechanism knows its protocol."""

from __future__ import annotations

import base64
import binascii

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated

MAX_RESPONSE = 8 * 1024
"""Bytes of one encoded response."""


class Malformed(ValueError):
    """A response that is not what its mechanism says."""


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
    try:
        authorization, login, password = (piece.decode("utf-8") for piece in pieces)
    except UnicodeDecodeError:
        raise Malformed from None
    if not login or not password:
        raise Malformed
    if authorization and authorization != login:
        # RFC 4616 §2: to act as somebody else is a right that nobody has here.
        raise NotAuthenticated("Login or password is wrong.")
    return Credentials(login, password)
