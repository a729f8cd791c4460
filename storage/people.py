"""Colleagues: the users of one CRM as they may see each other.

`is_open` is the configuration's word. Where it is off nobody is there but oneself, and the users' table is not even
asked, so an absent colleague costs what a present one does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.engine import Connection

from gateway.core.errors import NotFound
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from storage.crm.users import Users


class People:
    """The users, asked by one of them."""

    def __init__(self, users: Users, *, is_open: bool) -> None:
        self._users, self.is_open = users, is_open

    def may_know(self, who: Principal, other: Principal) -> bool:
        """Whether one may know of another."""
        return self.is_open or who.id == other.id

    def all(self, connection: Connection, who: Principal) -> list[Principal]:
        """See `KnowsPeople.people`."""
        if not self.is_open:
            return [who]
        others = [one for one in self._users.all(connection) if one.id != who.id]
        return [who, *sorted(others, key=lambda one: (one.name.casefold(), one.login))]

    def one(self, connection: Connection, who: Principal, login: str) -> Principal:
        """See `KnowsPeople.person`."""
        if login == who.login:
            return who
        found = self._users.by_login(connection, login) if self.is_open else None
        if found is None:
            raise NotFound("There is no such user.")
        return found

    def of_keys(self, connection: Connection, keys: Iterable[PrincipalId]) -> Mapping[PrincipalId, Principal]:
        """Those of these who may still log in; nobody where people may not see each other."""
        wanted = sorted(set(keys))
        if not self.is_open or not wanted:
            return {}
        return {one.id: one for one in self._users.by_keys(connection, wanted)}
