"""The CRM's users as principals, and their passwords.

A password is hashed with argon2 once; what was accepted is remembered for a few minutes under a keyed hash of login
and secret that is random for each process. The stored hash and the user's row are looked at again every few
seconds, so a changed password or a disabled user is shut out at the next look, and the follower's word of a changed
user empties the memory at once. An unknown login costs the same hashing as a wrong password.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import argon2
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, Unavailable
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from storage.crm.bound import BoundUsers
from storage.database import AnyRow, Database

REMEMBERED: Final = 300.0
"""Seconds an accepted password is remembered."""
LOOKED_AT: Final = 5.0
"""Seconds after which the user's row is looked at again: the longest a revoked login still works."""
_MOST: Final = 10_000
_WAITING: Final = 50
"""Hashings that may wait; beyond that a flood of logins is turned away rather than queued."""
_LONGEST: Final = 1024


@dataclass(slots=True)
class _Accepted:
    principal: Principal
    stored: str
    until: float
    looked: float


class Users:
    """Reads the users' table."""

    def __init__(self, bound: BoundUsers) -> None:
        self.bound = bound

    def find(self, connection: Connection, login: str) -> tuple[Principal, str] | None:
        """The living user of a login or, where that is nobody's, of an e-mail address; with the stored hash."""
        bound = self.bound
        row = connection.execute(self._wanted().where(bound.login == login, bound.alive)).first()
        if row is None and "@" in login:
            address = login.lower()
            # An address two users share is nobody's login.
            same = sa.or_(bound.address == address, sa.func.lower(bound.address) == address)
            rows = connection.execute(self._wanted().where(same, bound.alive).limit(2)).all()
            row = rows[0] if len(rows) == 1 else None
        return None if row is None else self._principal(row)

    def by_key(self, connection: Connection, key: PrincipalId) -> Principal | None:
        """The living user with this key."""
        value = self.bound.key.type.python_type(key)
        row = connection.execute(self._wanted().where(self.bound.key == value, self.bound.alive)).first()
        return None if row is None else self._principal(row)[0]

    def all(self, connection: Connection) -> list[Principal]:
        """Every living user, in the order of their keys."""
        rows = connection.execute(self._wanted().where(self.bound.alive).order_by(self.bound.key))
        return [self._principal(row)[0] for row in rows]

    def _wanted(self) -> sa.Select[Any]:
        bound = self.bound
        zone = bound.timezone if bound.timezone is not None else sa.literal(bound.clocks.zone)
        return sa.select(bound.key, bound.login, bound.name, bound.address, zone, bound.password)

    def _principal(self, row: AnyRow) -> tuple[Principal, str]:
        key, login, name, address, zone, stored = row
        there = self.bound.zones.of(zone)
        made = Principal(PrincipalId(str(key)), str(login), str(name or login), str(address or ""), there)
        return made, str(stored or "")


class CrmAuthenticator:
    """Judges logins against the CRM's users (`gateway.core.auth.Authenticator`)."""

    def __init__(self, database: Database, users: Users) -> None:
        self._database, self._users = database, users
        self._hasher = argon2.PasswordHasher()
        self._key = secrets.token_bytes(32)
        self._accepted: OrderedDict[bytes, _Accepted] = OrderedDict()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._waiting = 0
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def authenticate(self, credentials: Credentials) -> Principal:
        """See the interface."""
        moment = time.monotonic()
        name = self._name(credentials)
        known = self._accepted.get(name)
        if known is not None and moment < known.until and moment - known.looked < LOOKED_AT:
            return known.principal
        if len(credentials.login) > _LONGEST or len(credentials.password) > _LONGEST or "\x00" in credentials.login:
            raise NotAuthenticated("Login or password is wrong.")
        found = await self._database.read(lambda connection: self._users.find(connection, credentials.login))
        if known is not None and found is not None and found[1] == known.stored and moment < known.until:
            known.principal, known.looked = found[0], moment
            return known.principal
        self._accepted.pop(name, None)
        stored = found[1] if found is not None and found[1] else self._nobody
        matches = await self._verify(stored, credentials.password)
        if not matches or found is None or not found[1]:
            raise NotAuthenticated("Login or password is wrong.")
        self._accepted[name] = _Accepted(found[0], stored, moment + REMEMBERED, moment)
        while len(self._accepted) > _MOST:
            self._accepted.popitem(last=False)
        return found[0]

    def forget(self, principals: set[PrincipalId]) -> None:
        """Something about these users has changed: look before trusting what is remembered."""
        for accepted in self._accepted.values():
            if accepted.principal.id in principals:
                accepted.looked = float("-inf")

    def close(self) -> None:
        """Let go of the hashing thread."""
        self._threads.shutdown()

    def _name(self, credentials: Credentials) -> bytes:
        """A keyed hash of both, told apart by the length of the first."""
        login = credentials.login.encode("utf-8", "surrogatepass")
        secret = credentials.password.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, len(login).to_bytes(8, "big") + login + secret, hashlib.sha256)

    async def _verify(self, stored: str, password: str) -> bool:
        if self._waiting >= _WAITING:
            raise Unavailable("Too many logins at once. Please try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._matches, stored, password)
        finally:
            self._waiting -= 1

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeEncodeError):
            return False
