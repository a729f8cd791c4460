"""Passwords the gateway keeps by itself: of users whose CRM keeps none in its database, or none that can be verified.

One stands in place of the CRM's: while it is there, the CRM's is not asked. It is his who had this key *and* this
login when it was set, so a key that is given out again brings nobody another's password. A change is noted in the
outbox, as if the CRM had changed the user, so that running gateways forget what they remember.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import EntityKey, PrincipalId
from gateway.core.model import Principal
from storage.crm.bound import USER
from storage.database import Unit
from storage.state.outbox import Outbox
from storage.state.schema import State

LOGIN_LENGTH = 255


class KeptPasswords:
    """The table of them."""

    def __init__(self, state: State) -> None:
        self.table, self._outbox = state.password, Outbox(state)

    def of(self, connection: Connection, principal: PrincipalId, login: str) -> str:
        """The hash kept for a user; empty where there is none."""
        wanted = sa.select(self.table.c.hash).where(self.table.c.principal == principal, self.table.c.login == login)
        return str(connection.execute(wanted).scalar() or "")

    def any(self, connection: Connection) -> str:
        """Some hash that is kept; empty where there is none."""
        return str(connection.execute(sa.select(self.table.c.hash).limit(1)).scalar() or "")

    def holders(self, connection: Connection) -> set[tuple[str, str]]:
        """Key and login of everybody who has one."""
        found = connection.execute(sa.select(self.table.c.principal, self.table.c.login))
        return {(row.principal, row.login) for row in found}

    def keep(self, unit: Unit, who: Principal, made: str) -> None:
        """Keep this hash for a user, over whatever was kept."""
        row = {"login": who.login[:LOGIN_LENGTH], "hash": made}
        mine = self.table.c.principal == who.id
        if unit.connection.execute(sa.select(self.table.c.principal).where(mine)).first() is not None:
            unit.connection.execute(sa.update(self.table).where(mine).values(row))
        else:
            unit.connection.execute(sa.insert(self.table).values(principal=who.id, **row))
        self._outbox.note(unit.connection, USER, [EntityKey(who.id)])

    def forget(self, unit: Unit, who: Principal) -> bool:
        """Keep none for a user any more; whether there was one."""
        gone = unit.connection.execute(sa.delete(self.table).where(self.table.c.principal == who.id)).rowcount
        self._outbox.note(unit.connection, USER, [EntityKey(who.id)])
        return bool(gone)
