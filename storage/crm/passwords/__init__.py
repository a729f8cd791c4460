"""Whether a password is the one a CRM keeps a hash of, in whatever way its product keeps it.

A file beside this one for each scheme; the form of the hash tells which. What the form does not show, the mapping
says in a `Recipe`. A hash of no known form verifies nothing: it is refused with a reason for the log in which the
hash itself never stands.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from storage.crm.passwords import argon2, bcrypt, digest, espocrm_former, pbkdf2, unix_crypt
from storage.crm.passwords.scheme import NotVerifiable, Scheme

__all__ = ["OF", "SCHEMES", "NotVerifiable", "Recipe", "is_argon2", "scheme_of", "verify"]

SCHEMES: Final[tuple[Scheme, ...]] = (
    argon2.SCHEME, bcrypt.SCHEME, pbkdf2.SCHEME, *unix_crypt.SCHEMES, digest.SCHEME, espocrm_former.SCHEME,
)  # fmt: skip
OF: Final = ("md5",)
"""What a CRM may make of a password before it hashes it."""

_PREFIX: Final = re.compile(r"\$[A-Za-z0-9-]{1,20}\$")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What of a CRM's way does not show in the hash."""

    of: str = ""
    """`md5`: not the password is hashed, but the hexadecimal digits of its MD5."""
    salt: str = field(default="", repr=False)
    """What is put before every password, or left out of every hash."""


PLAIN: Final = Recipe()


def scheme_of(stored: str, recipe: Recipe = PLAIN) -> Scheme | None:
    """The scheme a hash is of, by its form."""
    if recipe.of and digest.ITSELF.form.fullmatch(stored):
        return digest.ITSELF
    return next((scheme for scheme in SCHEMES if scheme.form.fullmatch(stored)), None)


def is_argon2(stored: str) -> bool:
    """Whether this is the kind of hash the gateway makes itself."""
    return scheme_of(stored) is argon2.SCHEME


def verify(stored: str, password: str, recipe: Recipe = PLAIN) -> bool:
    """Whether `stored` was made of `password`. Raises NotVerifiable where that cannot be known."""
    scheme = scheme_of(stored, recipe)
    if scheme is None:
        prefix = _PREFIX.match(stored)
        shown = f" and begins with {prefix[0]}" if prefix else ""
        raise NotVerifiable(f"a hash of no known kind: it has {len(stored)} characters{shown}")
    try:
        secret = password.encode("utf-8")
    except UnicodeEncodeError:
        return False  # half a character, which no form can have sent to the CRM
    if b"\x00" in secret:
        return False  # where C reads it, the password would end there
    if recipe.of == "md5":
        secret = hashlib.md5(secret, usedforsecurity=False).hexdigest().encode()
    return scheme.verify(stored, secret, recipe.salt.encode())
