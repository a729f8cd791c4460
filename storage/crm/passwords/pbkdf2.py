"""PBKDF2 as passlib writes it, and with it Odoo: `$pbkdf2-sha512$rounds$salt$checksum`.

Salt and checksum are base64 with `.` for `+` and without padding; the plain `$pbkdf2$` is the one of SHA-1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

from storage.crm.passwords.scheme import NotVerifiable, Scheme, bounded

MOST: Final = 3_000_000
"""Rounds: some two seconds of SHA-512."""

_FORM: Final = re.compile(r"\$pbkdf2(?:-(sha256|sha512))?\$([0-9]{1,10})\$([./A-Za-z0-9]*)\$([./A-Za-z0-9]+)")


def _verify(stored: str, password: bytes, _salt: bytes) -> bool:
    parts = _FORM.fullmatch(stored)
    if parts is None:
        raise NotVerifiable("pbkdf2 that is not whole")
    rounds = bounded("pbkdf2", int(parts[2]), MOST)
    try:
        salt, checksum = _bytes(parts[3]), _bytes(parts[4])
    except binascii.Error as wrong:
        raise NotVerifiable("pbkdf2 that is not whole") from wrong
    if not rounds:
        raise NotVerifiable("pbkdf2 without rounds")
    made = hashlib.pbkdf2_hmac(parts[1] or "sha1", password, salt, rounds)
    return hmac.compare_digest(made, checksum)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)


SCHEME: Final = Scheme("pbkdf2", _FORM, _verify)
