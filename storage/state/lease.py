"""Leases: what only one may do at a time, however many processes there are.

A lease is a row with a holder and an end. Whoever finds it free or ended takes it with one conditional UPDATE; the
holder prolongs it in the same way. Clocks need to agree to within the margin the caller leaves.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from storage.database import Unit
from storage.state.schema import State


def hold(unit: Unit, state: State, name: str, holder: str, seconds: int) -> bool:
    """Take or prolong the lease; False where somebody else holds it."""
    table = state.lease
    moment = int(time.time())
    mine = (
        sa.update(table)
        .where(table.c.name == name, sa.or_(table.c.holder == holder, table.c.expires < moment))
        .values(holder=holder, expires=moment + seconds)
    )
    if unit.connection.execute(mine).rowcount:
        return True
    there = unit.connection.execute(sa.select(table.c.holder).where(table.c.name == name)).first()
    if there is not None:
        return bool(there.holder == holder)
    unit.connection.execute(sa.insert(table).values(name=name, holder=holder, expires=moment + seconds))
    return True


def release(unit: Unit, state: State, name: str, holder: str) -> None:
    """Give the lease up so that the next need not wait."""
    table = state.lease
    unit.connection.execute(sa.delete(table).where(table.c.name == name, table.c.holder == holder))
