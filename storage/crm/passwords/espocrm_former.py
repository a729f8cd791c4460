"""EspoCRM's hashes of its earlier versions: crypt(3)'s SHA-512 of the password's MD5, the salt cut out of the result.

The salt is one for all users and stands in EspoCRM's configuration (`passwordSalt`), not in the database. Today's
EspoCRM still accepts these and writes bcrypt at the next change.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from storage.crm.passwords import unix_crypt
from storage.crm.passwords.scheme import NotVerifiable, Scheme


def _verify(stored: str, password: bytes, salt: bytes) -> bool:
    if not salt:
        raise NotVerifiable("a hash without its salt; say `salt`, EspoCRM's passwordSalt")
    md5 = hashlib.md5(password, usedforsecurity=False).hexdigest()
    return unix_crypt.SCHEMES[0].verify(f"$6${salt.decode()[:16]}${stored}", md5.encode(), b"")


SCHEME: Final = Scheme("espocrm-former", re.compile(r"[./0-9A-Za-z]{86}"), _verify)
