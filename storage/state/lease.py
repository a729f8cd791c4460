"""Leases: what only one may do at a time, however many processes there are.

A lease is a row with a holder and an end. Whoever finds it free or ended takes it with one conditional UPDATE; the
holder prolongs it in the same way. A holder that was killed on this machine is known to be dead, and nobody waits for
its end. Clocks need to agree to within the margin the caller leaves.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import time
from typing import Final

import sqlalchemy as sa

from storage.database import Unit
from storage.state.schema import State

_PROCESS: Final = secrets.token_hex(4)


def new_holder() -> str:
    """A name nobody has: machine, process and a word for each that holds leases within it."""
    return f"{_machine()}/{os.getpid()}/{_PROCESS}/{secrets.token_hex(4)}"


def _machine() -> str:
    """The host and, where there are containers, the set of process numbers ours belongs to."""
    numbers = ""
    with contextlib.suppress(OSError):
        numbers = os.readlink("/proc/self/ns/pid").removeprefix("pid:")
    return f"{socket.gethostname()[:50].replace('/', '')}{numbers}"


def is_dead(holder: str) -> bool:
    """Whether a holder is a process of this machine that is not there any more."""
    machine, number, process, *_ = (*holder.split("/"), "", "", "")
    if machine != _machine() or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return process != _PROCESS
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


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
    if there is not None and is_dead(there.holder):
        taken = sa.update(table).where(table.c.name == name, table.c.holder == there.holder)
        return bool(unit.connection.execute(taken.values(holder=holder, expires=moment + seconds)).rowcount)
    if there is not None:
        return bool(there.holder == holder)
    unit.connection.execute(sa.insert(table).values(name=name, holder=holder, expires=moment + seconds))
    return True


def release(unit: Unit, state: State, name: str, holder: str) -> None:
    """Give the lease up so that the next need not wait."""
    table = state.lease
    unit.connection.execute(sa.delete(table).where(table.c.name == name, table.c.holder == holder))
