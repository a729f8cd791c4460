"""What the feed's tests share: contacts made by SQL, and what a client sees of them."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.core.model import CollectionName, Section
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import principal

ALL = CollectionName(Section.ADDRESS_BOOKS, "all-contacts")


def sql(opened: Opened, *statements: sa.Executable | str) -> None:
    """What the CRM, or an administrator, does by itself."""
    with opened.database.engine.begin() as connection:
        for statement in statements:
            if isinstance(statement, str):
                connection.exec_driver_sql(statement)
            else:
                connection.execute(statement)


def contact(last: str) -> sa.Insert:
    """A contact with a last name."""
    return sa.insert(schema.contacts).values(first_name="Erika", last_name=last)


def settle(opened: Opened) -> int:
    """Follow until nothing is left to do; how many turns it took."""
    turns = 0
    while opened.follower.turn():
        turns += 1
    return turns


async def last_names(opened: Opened) -> set[str]:
    """The last names on the cards that anna is served."""
    anna = principal(opened, "anna")
    _, entries = await opened.store.entries(anna, ALL)
    _, resources = await opened.store.resources(anna, ALL, [entry.href for entry in entries])
    lines = [line for one in resources for line in one.content.decode().splitlines() if line.startswith("N:")]
    return {line[2:].split(";")[0] for line in lines}


def drop_triggers(opened: Opened) -> None:
    """Take every trigger off and leave the tables as they are."""
    sql(opened, *(statement for one in opened.setup.triggers.wanted for statement in one.drop))
