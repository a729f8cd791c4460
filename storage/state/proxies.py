"""Who acts for whom in his calendars: the proxy table."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import PrincipalId
from gateway.core.sharing import Access
from storage.state.schema import State


class Proxies:
    """One row a pair of people."""

    def __init__(self, state: State) -> None:
        self.table = state.proxy

    def access(self, connection: Connection, principal: PrincipalId, member: PrincipalId) -> Access | None:
        """How far `member` acts for `principal`; None for not at all."""
        table = self.table
        wanted = sa.select(table.c.access).where(table.c.principal == principal, table.c.member == member)
        found = connection.execute(wanted).scalar()
        return None if found is None else Access(found)

    def of(self, connection: Connection, principal: PrincipalId) -> dict[PrincipalId, Access]:
        """Those who act for him."""
        table = self.table
        wanted = sa.select(table.c.member, table.c.access).where(table.c.principal == principal)
        return {PrincipalId(row[0]): Access(row[1]) for row in connection.execute(wanted)}

    def by(self, connection: Connection, member: PrincipalId) -> dict[PrincipalId, Access]:
        """Those for whom he acts."""
        table = self.table
        wanted = sa.select(table.c.principal, table.c.access).where(table.c.member == member)
        return {PrincipalId(row[0]): Access(row[1]) for row in connection.execute(wanted)}

    def set(
        self, connection: Connection, principal: PrincipalId, access: Access, members: Iterable[PrincipalId]
    ) -> None:
        """These act for him so far, and nobody else does so; one who acted in the other way does no more."""
        table, wanted = self.table, set(members)
        mine = table.c.principal == principal
        held = self.of(connection, principal)
        gone = [one for one, so_far in held.items() if (so_far is access) is (one not in wanted)]
        for one in gone:
            connection.execute(sa.delete(table).where(mine, table.c.member == one))
        for one in sorted(wanted - (held.keys() - set(gone))):
            connection.execute(sa.insert(table).values(principal=principal, member=one, access=access.value))
