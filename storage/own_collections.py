"""Collections of documents that users make themselves: made and taken away.

They are collections without a view, kept by the gateway. One that is made anew under an old name has a new epoch.
What the mapping makes is the administrator's and is refused here.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, InvalidContent, NoPermission, NotFound, TooLarge, UnsupportedContent
from gateway.core.ids import CollectionId
from gateway.core.keeping import Look
from gateway.core.model import SECTION_OF, CollectionName, Principal, Section, Shape
from storage.database import Unit
from storage.scheduling import Scheduling
from storage.state.collections import OWN, Collections, own
from storage.state.looks import ITSELF, Looks
from storage.state.shares import ShareTable

NAME_LONGEST: Final = 80
MOST: Final = 200
"""Collections one principal may make."""
RESERVED: Final = frozenset({CollectionName(Section.CALENDARS, "outbox")})
"""Names of what is no collection of the store's: scheduling messages are posted there (RFC 6638 §2.1)."""


class OwnCollections:
    """Those of all principals."""

    def __init__(self, collections: Collections, scheduling: Scheduling) -> None:
        self._collections, self._scheduling = collections, scheduling
        keeping = self._keeping = scheduling.keeping
        self._state, self._looks = keeping.state, Looks(keeping.state)
        self._shares = ShareTable(keeping.state, OWN)

    def create(self, unit: Unit, who: Principal, name: CollectionName, shape: Shape | None, look: Look) -> None:
        """See `KeepsDocuments.create_collection`."""
        section = Section.CALENDARS if shape is None else SECTION_OF[shape]
        if name.section is Section.MAILBOXES or section is not name.section:
            raise UnsupportedContent("Such a collection does not belong here.")
        self._check_name(unit, who, name)
        bound, table = own(name), self._state.collection
        mine = sa.and_(table.c.principal == who.id, table.c.view.like(f"{OWN}%"))
        if unit.connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one() >= MOST:
            raise TooLarge(f"At most {MOST} collections can be made.", MOST)
        self._collections.create(unit.connection, [bound], who.id, shape)
        row = self._collections.row(unit.connection, bound, who)
        if look and row is not None:
            self._looks.change(unit.connection, CollectionId(row.id), who.id, ITSELF, look)

    def rename(self, unit: Unit, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """See `KeepsDocuments.rename_collection`."""
        if self._collections.is_view(old):
            raise NoPermission("This collection shows the CRM; an administrator names it.")
        row = self._collections.row(unit.connection, own(old), who)
        if row is None:
            raise NotFound("There is no such collection.")
        if new.section is not old.section:
            raise UnsupportedContent("Such a collection does not belong there.")
        self._check_name(unit, who, new)
        if row.access:
            # A sharee gives it another name in his own home.
            self._shares.rename(unit.connection, CollectionId(row.id), who.id, own(new).view.name)
            return
        table = self._state.collection
        unit.connection.execute(sa.update(table).where(table.c.id == row.id).values(view=own(new).view.name))

    def _check_name(self, unit: Unit, who: Principal, name: CollectionName) -> None:
        if not 0 < len(name.slug) <= NAME_LONGEST:
            raise TooLarge(f"A collection's name has at most {NAME_LONGEST} characters.", NAME_LONGEST)
        if "/" in name.slug or any(character < " " or character == "\x7f" for character in name.slug):
            raise InvalidContent("This is no name for a collection.")
        if (
            name in RESERVED
            or self._collections.is_view(name)
            or self._collections.row(unit.connection, own(name), who) is not None
        ):
            raise AlreadyExists("There is such a collection already.")

    def delete(self, unit: Unit, who: Principal, name: CollectionName) -> None:
        """See `KeepsDocuments.delete_collection`."""
        if self._collections.is_view(name):
            raise NoPermission("This collection shows the CRM; an administrator takes it away.")
        row = self._collections.row(unit.connection, own(name), who)
        if row is None:
            raise NotFound("There is no such collection.")
        collection = CollectionId(row.id)
        if row.access:
            # A sharee takes it out of his home; it stays everybody else's.
            self._shares.end(unit.connection, collection, who.id)
            self._looks.forget(unit.connection, collection, who.id)
            return
        self._shares.end(unit.connection, collection)
        self._scheduling.leave(unit, self._collections.seen(own(name), row), who)
        self._keeping.empty(unit, CollectionId(row.id))
        for table in (self._state.tombstone, self._state.flag, self._state.placement, self._state.look):
            unit.connection.execute(sa.delete(table).where(table.c.collection_id == row.id))
        unit.connection.execute(sa.delete(self._state.collection).where(self._state.collection.c.id == row.id))
        unit.publish([CollectionId(row.id)])
