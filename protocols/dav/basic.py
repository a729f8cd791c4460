"""HTTP Basic credentials (RFC 7617), read from a header."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from gateway.core.auth import Credentials

MAX_HEADER: Final = 4_096


def credentials(header: str) -> Credentials | None:
    """The credentials an Authorization header presents; None where it is missing or not Basic.

    The user name ends at the first colon (RFC 7617 §2). UTF-8 is asked for in our challenge; Latin-1 is what older
    clients send all the same.
    """
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_HEADER:
        return None
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    login, colon, password = text.partition(":")
    if not colon or not login or "\0" in text:
        return None
    return Credentials(login, password)
