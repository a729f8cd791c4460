"""Adding, changing and removing users, for `crmgate user`.

Passwords stand in the CRM where its users are one table and their hashes are of the gateway's own kind, as in the
reference CRM; there nobody else minds if the gateway writes one. Everywhere else the CRM's users are looked after in
the CRM, and a password set here is one that the gateway keeps beside it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import argon2
import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, ConfigError, NotFound
from storage.crm.bound import BoundUsers
from storage.crm.passwords import is_argon2
from storage.crm.users import Found, Users
from storage.database import Unit
from storage.state.kept_passwords import LOGIN_LENGTH, KeptPasswords


class Stands(Enum):
    """Where a user's password stands."""

    CRM = "in the CRM"
    GATEWAY = "with the gateway"
    NOWHERE = "nowhere"


class Accounts:
    """The users' table, and the passwords kept beside it."""

    def __init__(
        self, bound: BoundUsers, kept: KeptPasswords | None, hasher: argon2.PasswordHasher | None = None
    ) -> None:
        """`kept`: None while the gateway's own tables are not there."""
        self.bound, self.users = bound, Users(bound)
        self._kept = kept
        self._hasher = hasher or argon2.PasswordHasher()

    def add(self, unit: Unit, login: str, password: str, *, name: str, address: str, timezone: str) -> Stands:
        """A new user; where his password stands. Raises AlreadyExists, and ConfigError where the CRM must do it."""
        bound = self.bound
        if bound.table is not bound.base:
            raise ConfigError(
                "The users of this CRM are looked after in the CRM: they are more than one row. Add him there; "
                "`crmgate user password` gives him a password where his own cannot be verified."
            )
        if unit.connection.execute(sa.select(bound.key).where(bound.login == login)).first() is not None:
            raise AlreadyExists(f"There is a user {login!r} already.")
        values: dict[sa.ColumnElement[Any], Any] = {
            bound.login: login,
            bound.name: name,
            bound.address: address or None,
        }
        in_crm = self._writes_hashes(unit)
        if bound.password is not None and in_crm:
            values[bound.password] = self._hasher.hash(password)
        if bound.timezone is not None:
            values[bound.timezone] = timezone
        if bound.active is not None:
            values[bound.active] = True if isinstance(bound.active.type, sa.Boolean) else 1
        unit.connection.execute(sa.insert(bound.base).values({column.key: value for column, value in values.items()}))
        if in_crm:
            return Stands.CRM
        self._keep(unit, self._found(unit, login), password)
        return Stands.GATEWAY

    def change_password(self, unit: Unit, login: str, password: str, *, keep: bool = False) -> Stands:
        """A new password; where it stands. `keep`: with the gateway in any case. Raises NotFound, ConfigError."""
        found = self._found(unit, login)
        if keep or not self._writes_hashes(unit, found):
            self._keep(unit, found, password)
            return Stands.GATEWAY
        self._update(unit, found, {str(self.bound.password.key): self._hasher.hash(password)})  # type: ignore[union-attr]
        if self._kept is not None:
            self._kept.forget(unit, found.principal)
        return Stands.CRM

    def forget_password(self, unit: Unit, login: str) -> Stands:
        """Keep no password for a user any more; where his password stands now. Raises NotFound, ConfigError."""
        found = self._found(unit, login)
        if not self._own().forget(unit, found.principal):
            raise NotFound(f"The gateway keeps no password of {login!r}.")
        return Stands.CRM if found.stored else Stands.NOWHERE

    def remove(self, unit: Unit, login: str) -> None:
        """Take away the login; the user's row and all he owns stay. Raises NotFound, ConfigError."""
        bound, found = self.bound, self._found(unit, login)
        if bound.password is None:
            self._own().forget(unit, found.principal)  # it was all that let him in
        if bound.active is not None and bound.table is bound.base:
            shut: dict[str, Any] = {str(bound.active.key): not isinstance(bound.active.type, sa.Boolean) and 0}
            self._update(unit, found, shut)
        elif bound.password is not None:
            raise ConfigError(
                "[crm.users] active is missing: say which column is 0 for a user who may not log in"
                if bound.table is bound.base
                else "The users of this CRM are looked after in the CRM: take away his access there."
            )

    def _found(self, unit: Unit, login: str) -> Found:
        found = self.users.find(unit.connection, login)
        if found is None:
            raise NotFound(f"There is no user {login!r}.")
        return found

    def _writes_hashes(self, unit: Unit, found: Found | None = None) -> bool:
        """Whether a hash made here is one the CRM itself can use: all of this user's, or of the others', are such."""
        bound = self.bound
        if bound.password is None or bound.held is None or not bound.held.is_plain or bound.table is not bound.base:
            return False
        stored = (found.stored if found is not None else "") or self.users.usual(unit.connection)[0]
        return not stored or is_argon2(stored)

    def _own(self) -> KeptPasswords:
        if self._kept is None:
            raise ConfigError(
                "The gateway's own tables are not there yet, or of an older version; run `crmgate install`."
            )
        return self._kept

    def _keep(self, unit: Unit, found: Found, password: str) -> None:
        if len(found.principal.login) > LOGIN_LENGTH:
            raise ConfigError(f"A login of more than {LOGIN_LENGTH} characters cannot be kept a password for.")
        self._own().keep(unit, found.principal, self._hasher.hash(password))

    def _update(self, unit: Unit, found: Found, columns: dict[str, Any]) -> None:
        bound = self.bound
        if "modified_at" in bound.base.c:
            columns = {**columns, "modified_at": bound.clocks.now().on(bound.base.c["modified_at"])}
        key = bound.base.c[str(bound.key.key)]
        mine = key == key.type.python_type(found.principal.id)
        unit.connection.execute(sa.update(bound.base).where(mine).values(columns))
