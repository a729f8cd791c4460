"""Plain digests in hexadecimal, which CRMs kept before they knew better and still accept.

Which digest it is shows in its length. 40 digits are SHA-1, or Dolibarr's SHA-1 of an MD5. A salt, where the CRM has
one for all its users (Dolibarr's MAIN_SECURITY_SALT), stands before the password. Their speed protects nobody, but
it is the CRM that has chosen.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final

from storage.crm.passwords.scheme import Scheme


def _sha1_of_md5(data: bytes) -> str:
    return _sha1(_md5(data).encode())


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


_BY_LENGTH: Final[Mapping[int, tuple[Callable[[bytes], str], ...]]] = {
    32: (_md5,),
    40: (_sha1, _sha1_of_md5),
    64: (lambda data: hashlib.sha256(data).hexdigest(),),
    128: (lambda data: hashlib.sha512(data).hexdigest(),),
}


def _verify(stored: str, password: bytes, salt: bytes) -> bool:
    held = stored.lower().encode()
    found = [hmac.compare_digest(made(salt + password).encode(), held) for made in _BY_LENGTH[len(stored)]]
    return any(found)


SCHEME: Final = Scheme(
    "digest", re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128}"), _verify
)


def _verify_md5(stored: str, password: bytes, _salt: bytes) -> bool:
    return hmac.compare_digest(password, stored.lower().encode())


ITSELF: Final = Scheme("digest", re.compile(r"[0-9A-Fa-f]{32}"), _verify_md5)
"""Where the CRM makes an MD5 of every password before it hashes: its oldest hashes are that MD5 itself (SuiteCRM)."""
