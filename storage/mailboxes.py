"""Mailboxes that users make themselves: made, renamed, taken away.

They are collections without a view: what stands in them was put there. A renamed one stays the same collection, so
clients find their uids again; one that is made anew under an old name has a new epoch. What the mapping makes is
the administrator's and is refused here.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import (
    AlreadyExists,
    InvalidContent,
    NoPermission,
    NotFound,
    OverQuota,
    PreconditionFailed,
    TooLarge,
)
from gateway.core.ids import CollectionId
from gateway.core.model import CollectionName, Principal, Role
from storage.database import Unit
from storage.filing import Filing
from storage.state.collections import PERSONAL, Collections, personal

NAME_LONGEST: Final = 99
DEEPEST: Final = 20
MOST: Final = 1_000
"""Mailboxes one principal may make."""


class Mailboxes:
    """The personal ones of all principals."""

    def __init__(self, collections: Collections, filing: Filing) -> None:
        self._collections, self._filing = collections, filing
        self._state = filing.state

    def create(self, unit: Unit, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """See `KeepsMail.create_mailbox`."""
        _check(name.slug)
        self._check_free(unit.connection, who, name)
        if self.count(unit.connection, who) >= MOST:
            raise OverQuota(f"At most {MOST} mailboxes can be made.", MOST)
        if role is not Role.NONE:
            self._check_role(unit.connection, who, role)
        self._collections.create(unit.connection, [personal(name.slug)], who.id, role=role)
        unit.publish(self._collections.own(unit.connection, who.id))

    def count(self, connection: Connection, who: Principal) -> int:
        """How many there are of one principal."""
        table = self._state.collection
        mine = sa.and_(table.c.principal == who.id, table.c.view.like(f"{PERSONAL}%"))
        return int(connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one())

    def rename(self, unit: Unit, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """See `KeepsMail.rename_mailbox`."""
        _check(new.slug)
        if new.slug.startswith(f"{old.slug}/"):
            raise InvalidContent("A mailbox cannot be moved below itself.")
        if self._collections.is_view(old):
            raise NoPermission("This mailbox shows the CRM; an administrator names it.")
        below = f"{PERSONAL}{old.slug}/"
        table = self._state.collection
        rows = unit.connection.execute(sa.select(table.c.id, table.c.view).where(table.c.principal == who.id)).all()
        moved = [(row.id, row.view) for row in rows if row.view == PERSONAL + old.slug or row.view.startswith(below)]
        if not moved:
            raise NotFound("There is no such mailbox.")
        for collection, view in moved:
            slug = new.slug + view[len(PERSONAL + old.slug) :]
            _check(slug)
            self._check_free(unit.connection, who, CollectionName(new.section, slug))
            renamed = sa.update(table).where(table.c.id == collection).values(view=PERSONAL + slug)
            unit.connection.execute(renamed)
        unit.publish(self._collections.own(unit.connection, who.id))

    def delete(self, unit: Unit, who: Principal, name: CollectionName) -> None:
        """See `KeepsMail.delete_mailbox`."""
        if self._collections.is_view(name):
            raise NoPermission("This mailbox shows the CRM; an administrator takes it away.")
        bound = personal(name.slug)
        row = self._collections.row(unit.connection, bound, who)
        if row is None:
            raise NotFound("There is no such mailbox.")
        self._filing.empty(unit, bound, self._collections.seen(bound, row))
        for table in (self._state.tombstone, self._state.flag, self._state.placement, self._state.annotation):
            unit.connection.execute(sa.delete(table).where(table.c.collection_id == row.id))
        unit.connection.execute(sa.delete(self._state.collection).where(self._state.collection.c.id == row.id))
        unit.publish([CollectionId(row.id), *self._collections.own(unit.connection, who.id)])

    def _check_role(self, connection: Connection, who: Principal, role: Role) -> None:
        for view, row in self._collections.home(connection, who).items():
            other = self._collections.seen(self._collections.bound(view), row)
            if other.role is role:
                raise PreconditionFailed(f"{other.name.slug} is the mailbox for that already.")

    def _check_free(self, connection: Connection, who: Principal, name: CollectionName) -> None:
        is_taken = self._collections.is_view(name) or name.slug.upper() == "INBOX"
        if is_taken or self._collections.row(connection, personal(name.slug), who) is not None:
            raise AlreadyExists("There is such a mailbox already.")


def _check(slug: str) -> None:
    """Raises InvalidContent, TooLarge."""
    if len(slug) > NAME_LONGEST:
        raise TooLarge(f"A mailbox's name has at most {NAME_LONGEST} characters.", NAME_LONGEST)
    pieces = slug.split("/")
    if len(pieces) > DEEPEST:
        raise TooLarge(f"Mailboxes are at most {DEEPEST} deep.", DEEPEST)
    if not all(pieces) or any(character < " " or character == "\x7f" for character in slug):
        raise InvalidContent("This is no name for a mailbox.")
