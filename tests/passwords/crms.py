"""The reference CRM with its users' passwords kept in other ways than its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import argon2
import sqlalchemy as sa

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated
from storage.opened import Opened
from tests.mapping.mappings import crm_with, write

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WITHOUT = '[crm.users]\ntable = "users"\nlogin = "login"\nname = "name"\naddress = "email"\ntimezone = "timezone"\n'
"""Users without a password, in a mapping that has nothing else."""
MANY_ROWS = WITHOUT.replace('name = "name"', 'name = ["name", "team"]')
"""The same, and they are more than a row of one table."""


@contextmanager
def opened_with(
    folder: Path, *statements: str, users: str = 'extends = "reference"', url: str = ""
) -> Iterator[Opened]:
    """The reference CRM after some SQL, with what the mapping says of users, installed."""
    wanted = crm_with(folder, *statements, url=url)
    text = users if "extends" in users else f'[crm]\nname = "here"\n\n{users}'
    made = sa.make_url(wanted)
    own = f"{made.database}_gw" if made.get_backend_name() in ("mysql", "mariadb") else None
    opened = Opened(wanted, write(folder, text), schema=own)
    try:
        opened.setup.install()
        yield opened
    finally:
        opened.close()


async def gets_in(opened: Opened, login: str, password: str) -> bool:
    """Whether this login works."""
    try:
        await opened.authenticator.authenticate(Credentials(login, password))
    except NotAuthenticated:
        return False
    return True
