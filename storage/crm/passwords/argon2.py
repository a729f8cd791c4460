"""Argon2 in its own notation, as argon2-cffi and PHP's password_hash write it."""

from __future__ import annotations

import re
from typing import Final

import argon2

from storage.crm.passwords.scheme import NotVerifiable, Scheme, bounded

MOST_MEMORY: Final = 1 << 20
"""KiB; one login at a time takes them."""
MOST_WORK: Final = 1 << 22
"""KiB times passes: some seconds."""

_HASHER: Final = argon2.PasswordHasher()


def _verify(stored: str, password: bytes, _salt: bytes) -> bool:
    try:
        asked = argon2.extract_parameters(stored)
        bounded("argon2", asked.memory_cost, MOST_MEMORY)
        bounded("argon2", asked.memory_cost * asked.time_cost, MOST_WORK)
        return _HASHER.verify(stored, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError) as wrong:
        raise NotVerifiable("argon2 that is not whole") from wrong


SCHEME: Final = Scheme("argon2", re.compile(r"\$argon2(?:id|i|d)\$.+"), _verify)
