"""The CRM's users as principals, and what is kept of their passwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from storage.crm.bound import BoundUsers
from storage.crm.passwords import PLAIN, Recipe, scheme_of
from storage.database import AnyRow

_KEYS_AT_ONCE: Final = 500
_LOOKED_AT: Final = 20
"""Users whose hashes are looked at for a usual one."""


class Found(NamedTuple):
    """A user, the hash that stands for his password (empty where there is none), and how it is read."""

    principal: Principal
    stored: str
    recipe: Recipe


class Users:
    """Reads the users' table."""

    def __init__(self, bound: BoundUsers) -> None:
        self.bound = bound

    def find(self, connection: Connection, login: str) -> Found | None:
        """The user of a login or, where that is nobody's, of an e-mail address; nobody who may not log in."""
        bound = self.bound
        row = connection.execute(self._wanted().where(bound.login == login, bound.may_log_in)).first()
        if row is None and "@" in login:
            address = login.lower()
            # An address two users share is nobody's login.
            same = sa.or_(bound.address == address, sa.func.lower(bound.address) == address)
            rows = connection.execute(self._wanted().where(same, bound.may_log_in).limit(2)).all()
            row = rows[0] if len(rows) == 1 else None
        return None if row is None else self._found(row)

    def by_key(self, connection: Connection, key: PrincipalId) -> Principal | None:
        """The living user with this key."""
        value = self.bound.key.type.python_type(key)
        row = connection.execute(self._wanted().where(self.bound.key == value, self.bound.may_log_in)).first()
        return None if row is None else self._found(row).principal

    def by_keys(self, connection: Connection, keys: Sequence[PrincipalId]) -> list[Principal]:
        """The living users with these keys."""
        python_type = self.bound.key.type.python_type
        found: list[Principal] = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            page = [python_type(key) for key in keys[start : start + _KEYS_AT_ONCE]]
            rows = connection.execute(self._wanted().where(self.bound.key.in_(page), self.bound.may_log_in))
            found += [self._found(row).principal for row in rows]
        return found

    def by_login(self, connection: Connection, login: str) -> Principal | None:
        """The living user of a login, letter by letter: a database may think little of a capital."""
        rows = connection.execute(self._wanted().where(self.bound.login == login, self.bound.may_log_in))
        return next((found for row in rows if (found := self._found(row).principal).login == login), None)

    def all(self, connection: Connection) -> list[Principal]:
        """Everybody who may log in, in the order of their keys."""
        rows = connection.execute(self._wanted().where(self.bound.may_log_in).order_by(self.bound.key))
        return [self._found(row).principal for row in rows]

    def usual(self, connection: Connection) -> tuple[str, Recipe]:
        """A hash as this CRM's users have them, of the newest that can be verified; empty where there is none."""
        bound = self.bound
        if bound.password is None:
            return "", PLAIN
        newest = self._wanted().where(bound.may_log_in, bound.password != "").order_by(bound.key.desc())
        for row in connection.execute(newest.limit(_LOOKED_AT)):
            found = self._found(row)
            if scheme_of(found.stored, found.recipe) is not None:
                return found.stored, found.recipe
        return "", PLAIN

    def _wanted(self) -> sa.Select[Any]:
        bound = self.bound
        zone = bound.timezone if bound.timezone is not None else sa.literal(bound.clocks.zone)
        stored = bound.password if bound.password is not None else sa.literal("")
        salt = bound.held.salt if bound.held is not None and bound.held.salt is not None else sa.literal("")
        return sa.select(bound.key, bound.login, bound.name, bound.address, zone, stored, salt)

    def _found(self, row: AnyRow) -> Found:
        key, login, name, address, zone, stored, salt = row
        there = self.bound.zones.of(zone)
        made = Principal(PrincipalId(str(key)), str(login), str(name or login), str(address or ""), there)
        recipe = self.bound.held.recipe(salt) if self.bound.held is not None else PLAIN
        return Found(made, str(stored or ""), recipe)
