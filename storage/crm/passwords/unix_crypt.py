"""What crypt(3) made, and PHP's crypt with it: SHA-512, SHA-256, MD5, BSDi's and the first, DES.

berliCRM and SuiteCRM keep such hashes, vtiger those of its older versions (`$1$` with a salt made of the login). The
library has them all in Python itself, so none depends on what the C library of this machine still knows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from passlib.hash import (  # type: ignore[import-untyped]
    bsdi_crypt,
    des_crypt,
    md5_crypt,
    sha256_crypt,
    sha512_crypt,
)

from storage.crm.passwords.scheme import NotVerifiable, Scheme, bounded

MOST: Final = 1_000_000
"""Rounds of the SHA kinds: about a second."""
_MOST_DES: Final = 1 << 20

_ROUNDS: Final = re.compile(r"\$[56]\$rounds=([0-9]+)\$")
_SIGN: Final = r"[./0-9A-Za-z]"
_SIGNS: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SALT: Final = r"[^$:\n]"


def _held_against(kind: Any, stored: str, password: bytes) -> bool:
    try:
        return bool(kind.verify(password, stored))
    except (ValueError, TypeError) as wrong:
        raise NotVerifiable(f"{kind.name} that is not whole") from wrong


def _sha(stored: str, password: bytes, _salt: bytes) -> bool:
    named = _ROUNDS.match(stored)
    bounded("sha-crypt", int(named[1]) if named else 0, MOST)
    return _held_against(sha512_crypt if stored.startswith("$6$") else sha256_crypt, stored, password)


def _md5(stored: str, password: bytes, _salt: bytes) -> bool:
    return _held_against(md5_crypt, stored, password)


def _des(stored: str, password: bytes, _salt: bytes) -> bool:
    return _held_against(des_crypt, stored, password)


def _bsdi(stored: str, password: bytes, _salt: bytes) -> bool:
    rounds = sum(_SIGNS.index(sign) << 6 * place for place, sign in enumerate(stored[1:5]))
    bounded("bsdi-crypt", rounds, _MOST_DES)
    return _held_against(bsdi_crypt, stored, password)


SCHEMES: Final = (
    Scheme(
        "sha-crypt",
        re.compile(
            rf"\$6\$(?:rounds=[0-9]{{1,9}}\$)?{_SALT}{{0,16}}\${_SIGN}{{86}}|"
            rf"\$5\$(?:rounds=[0-9]{{1,9}}\$)?{_SALT}{{0,16}}\${_SIGN}{{43}}"
        ),
        _sha,
    ),
    Scheme("md5-crypt", re.compile(rf"\$1\${_SALT}{{0,8}}\${_SIGN}{{22}}"), _md5),
    Scheme("bsdi-crypt", re.compile(rf"_{_SIGN}{{19}}"), _bsdi),
    Scheme("des-crypt", re.compile(rf"{_SIGN}{{13}}"), _des),
)
