"""bcrypt, whose prefixes `$2a$`, `$2b$` and `$2y$` are one thing today: PHP's password_hash writes the last.

`$2x$` marks hashes of a faulty implementation and is none of these. Only the first 72 bytes of a password count,
which every implementation has in common; the library refuses longer ones rather than cut them by itself.
"""

from __future__ import annotations

import re
from typing import Final

import bcrypt

from storage.crm.passwords.scheme import NotVerifiable, Scheme, bounded

MOST: Final = 15
"""As a power of two: some two seconds."""
_COUNTS: Final = 72


def _verify(stored: str, password: bytes, _salt: bytes) -> bool:
    bounded("bcrypt", int(stored[4:6]), MOST)
    try:
        return bcrypt.checkpw(password[:_COUNTS], stored.encode("ascii"))
    except ValueError as wrong:
        raise NotVerifiable("bcrypt that is not whole") from wrong


SCHEME: Final = Scheme("bcrypt", re.compile(r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}"), _verify)
