"""Adding, changing and removing the CRM's own users, for `crmgate user`."""

from __future__ import annotations

import argon2
import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, ConfigError, NotFound
from storage.crm.bound import BoundUsers
from storage.database import Unit


class Accounts:
    """The users' table, written."""

    def __init__(self, bound: BoundUsers, hasher: argon2.PasswordHasher | None = None) -> None:
        self.bound = bound
        self._hasher = hasher or argon2.PasswordHasher()

    def add(self, unit: Unit, login: str, password: str, *, name: str, address: str, timezone: str) -> None:
        """A new user. Raises AlreadyExists."""
        bound = self._kept_here()
        if unit.connection.execute(sa.select(bound.key).where(bound.login == login)).first() is not None:
            raise AlreadyExists(f"There is a user {login!r} already.")
        values = {bound.login: login, bound.name: name, bound.address: address or None}
        values[bound.password] = self._hasher.hash(password)
        if bound.timezone is not None:
            values[bound.timezone] = timezone
        unit.connection.execute(sa.insert(bound.base).values({column.key: value for column, value in values.items()}))

    def change_password(self, unit: Unit, login: str, password: str) -> None:
        """Raises NotFound."""
        self._update(unit, login, {str(self.bound.password.key): self._hasher.hash(password)})

    def remove(self, unit: Unit, login: str) -> None:
        """Take away the login; the user's row and all he owns stay. Raises NotFound."""
        if self.bound.active is None:
            raise ConfigError("[crm.users] active is missing: say which column is 0 for a user who may not log in")
        self._update(unit, login, {str(self.bound.active.key): 0})

    def _kept_here(self) -> BoundUsers:
        if self.bound.table is not self.bound.base:
            raise ConfigError("The users of this CRM are looked after in the CRM: they are more than one row.")
        return self.bound

    def _update(self, unit: Unit, login: str, columns: dict[str, object]) -> None:
        bound = self._kept_here()
        if "modified_at" in bound.table.c:
            columns = {**columns, "modified_at": bound.clocks.now().on(bound.base.c["modified_at"])}
        change = sa.update(bound.base).where(bound.login == login, bound.alive).values(columns)
        if not unit.connection.execute(change).rowcount:
            raise NotFound(f"There is no user {login!r}.")
