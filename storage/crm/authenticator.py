"""Judges logins against the CRM's users (`gateway.core.auth.Authenticator`).

What is asked is the password the gateway keeps of a user, where it keeps one, else the hash the CRM has. A password
is hashed once; what was accepted is remembered for a few minutes under a keyed hash of login and secret that is
random for each process. The stored hash and the user's row are looked at again every few seconds, so a changed
password or a disabled user is shut out at the next look, and the follower's word of a changed user empties the memory
at once. An unknown login costs the same hashing as a wrong password: it is held against a hash such as this CRM's
users have, and the answer thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import argon2
from sqlalchemy.engine import Connection

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, Unavailable
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from storage.crm.passwords import PLAIN, NotVerifiable, verify
from storage.crm.users import Found, Users
from storage.database import Database
from storage.state.kept_passwords import KeptPasswords

REMEMBERED: Final = 300.0
"""Seconds an accepted password is remembered."""
LOOKED_AT: Final = 5.0
"""Seconds after which the user's row is looked at again: the longest a revoked login still works."""
_MOST: Final = 10_000
_WAITING: Final = 50
"""Hashings that may wait; beyond that a flood of logins is turned away rather than queued."""
_LONGEST: Final = 1024
_WRONG: Final = "Login or password is wrong."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Accepted:
    principal: Principal
    stored: str
    until: float
    looked: float


@functools.cache
def _nobodys_hash() -> str:
    """Of a password nobody has; made once, for making one costs as much as trying one."""
    return argon2.PasswordHasher().hash(secrets.token_urlsafe(16))


class CrmAuthenticator:
    """One CRM's logins."""

    def __init__(self, database: Database, users: Users, kept: KeptPasswords) -> None:
        self._database, self._users, self._kept = database, users, kept
        self._key = secrets.token_bytes(32)
        self._accepted: OrderedDict[bytes, _Accepted] = OrderedDict()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._waiting = 0
        self._nobody = (_nobodys_hash(), PLAIN)
        self._nobody_until = float("-inf")
        self._told: OrderedDict[tuple[PrincipalId, str], None] = OrderedDict()

    async def authenticate(self, credentials: Credentials) -> Principal:
        """See the interface."""
        moment = time.monotonic()
        name = self._name(credentials)
        known = self._accepted.get(name)
        if known is not None and moment < known.until and moment - known.looked < LOOKED_AT:
            return known.principal
        if len(credentials.login) > _LONGEST or len(credentials.password) > _LONGEST or "\x00" in credentials.login:
            raise NotAuthenticated(_WRONG)
        found = await self._database.read(lambda connection: self._look(connection, credentials.login, moment))
        if known is not None and found is not None and found.stored == known.stored and moment < known.until:
            known.principal, known.looked = found.principal, moment
            return known.principal
        self._accepted.pop(name, None)
        if not await self._verify(found, credentials.password) or found is None:
            raise NotAuthenticated(_WRONG)
        self._accepted[name] = _Accepted(found.principal, found.stored, moment + REMEMBERED, moment)
        while len(self._accepted) > _MOST:
            self._accepted.popitem(last=False)
        return found.principal

    def forget(self, principals: set[PrincipalId]) -> None:
        """Something about these users has changed: look before trusting what is remembered."""
        for accepted in list(self._accepted.values()):
            if accepted.principal.id in principals:
                accepted.looked = float("-inf")

    def close(self) -> None:
        """Let go of the hashing thread."""
        self._threads.shutdown()

    def _look(self, connection: Connection, login: str, moment: float) -> Found | None:
        """Who this is, with the hash that counts; the same questions whether he is anybody or not."""
        found = self._users.find(connection, login)
        who = (found.principal.id, found.principal.login) if found is not None else (PrincipalId(""), "")
        kept = self._kept.of(connection, *who)
        if moment > self._nobody_until:
            self._nobody_until = moment + REMEMBERED
            stored, recipe = self._users.usual(connection)
            if not stored:
                stored, recipe = self._kept.any(connection), PLAIN
            self._nobody = (stored, recipe) if stored else self._nobody
        return found._replace(stored=kept, recipe=PLAIN) if kept and found is not None else found

    def _name(self, credentials: Credentials) -> bytes:
        """A keyed hash of both, told apart by the length of the first."""
        login = credentials.login.encode("utf-8", "surrogatepass")
        secret = credentials.password.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, len(login).to_bytes(8, "big") + login + secret, hashlib.sha256)

    async def _verify(self, found: Found | None, password: str) -> bool:
        if self._waiting >= _WAITING:
            raise Unavailable("Too many logins at once. Please try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._matches, found, password)
        finally:
            self._waiting -= 1

    def _matches(self, found: Found | None, password: str) -> bool:
        if found is not None and found.stored:
            try:
                return verify(found.stored, password, found.recipe)
            except NotVerifiable as why:
                self._tell(found, why)
        with contextlib.suppress(NotVerifiable):
            verify(self._nobody[0], password, self._nobody[1])
        return False

    def _tell(self, found: Found, why: NotVerifiable) -> None:
        """The administrator once for each hash; the user hears what everybody hears."""
        told = (found.principal.id, hashlib.sha256(found.stored.encode()).hexdigest())
        if told in self._told:
            return
        self._told[told] = None
        while len(self._told) > _MOST:
            self._told.popitem(last=False)
        log.warning(
            "the password of user %s cannot be verified: the CRM has %s. "
            "`crmgate user password` gives him one that the gateway keeps.",
            found.principal.id,
            why,
        )
