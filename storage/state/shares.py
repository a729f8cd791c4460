"""The share table: one row a sharee of a collection, with the name it has in his home."""

from __future__ import annotations

import time
import uuid
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import NotFound, TooLarge
from gateway.core.ids import CollectionId, PrincipalId
from gateway.core.model import Section
from gateway.core.sharing import Access, Standing
from storage.database import AnyRow
from storage.state.schema import State

SHAREES_MOST: Final = 200
"""People one collection is shared with."""
SHARED_WITH_MOST: Final = 500
"""Collections shared with one person: nobody's home can be filled by others without end."""
SUMMARY_LONGEST: Final = 255
_SLUG_LONGEST: Final = 70


class ShareTable:
    """Reads and writes of it."""

    def __init__(self, state: State, own_prefix: str) -> None:
        """`own_prefix` stands before section and name of a collection that a user made."""
        self.table, self.collection, self._own = state.share, state.collection, own_prefix

    def of(self, connection: Connection, collection: CollectionId) -> list[AnyRow]:
        """Its sharees."""
        table = self.table
        return list(connection.execute(sa.select(table).where(table.c.collection_id == collection)).all())

    def with_him(self, connection: Connection, principal: PrincipalId) -> list[AnyRow]:
        """What is shared with him, in the order he was told."""
        table = self.table
        return list(connection.execute(sa.select(table).where(table.c.principal == principal).order_by(table.c.id)))

    def invitation(self, connection: Connection, principal: PrincipalId, token: str) -> AnyRow:
        """The row that a token names for him. Raises NotFound."""
        table = self.table
        row = connection.execute(sa.select(table).where(table.c.principal == principal, table.c.token == token)).first()
        if row is None:
            raise NotFound("There is no such invitation.")
        return row

    def offer(
        self, connection: Connection, row: AnyRow, lender: str, sharee: PrincipalId, access: Access, summary: str
    ) -> None:
        """Share the collection of `row`, or share it otherwise. `lender` is the owner's login. Raises TooLarge."""
        table = self.table
        held = connection.execute(
            sa.select(table).where(table.c.collection_id == row.id, table.c.principal == sharee)
        ).first()
        said = {"access": access.value, "summary": summary[:SUMMARY_LONGEST], "changed": int(time.time())}
        if held is not None and held.standing != Standing.DECLINED.value:
            if held.access == access.value and held.summary == said["summary"]:
                return
            connection.execute(sa.update(table).where(table.c.id == held.id).values(**said))
            return
        self._count(connection, CollectionId(row.id), sharee)
        said |= {
            "view": self._name(connection, row, lender, sharee, 0 if held is None else held.id),
            "standing": Standing.INVITED.value,
            "is_told": 0,
            "token": uuid.uuid4().hex,
        }
        if held is not None:
            connection.execute(sa.update(table).where(table.c.id == held.id).values(**said))
        else:
            connection.execute(sa.insert(table).values(collection_id=row.id, principal=sharee, **said))

    def rename(self, connection: Connection, collection: CollectionId, sharee: PrincipalId, view: str) -> None:
        """Another name in the sharee's home."""
        table = self.table
        mine = sa.and_(table.c.collection_id == collection, table.c.principal == sharee)
        connection.execute(sa.update(table).where(mine).values(view=view))

    def end(self, connection: Connection, collection: CollectionId, sharee: PrincipalId | None = None) -> None:
        """Share it no more with one, or with anybody."""
        table = self.table
        ending = sa.delete(table).where(table.c.collection_id == collection)
        connection.execute(ending if sharee is None else ending.where(table.c.principal == sharee))

    def answer(self, connection: Connection, share: int, standing: Standing) -> None:
        """What the sharee has decided; he need not be told any more."""
        table = self.table
        connection.execute(sa.update(table).where(table.c.id == share).values(standing=standing.value, is_told=1))

    def tell_no_more(self, connection: Connection, share: int) -> None:
        """He has put the notification away."""
        table = self.table
        connection.execute(sa.update(table).where(table.c.id == share).values(is_told=1))

    def prune(self, connection: Connection) -> None:
        """Forget shares of collections that are no more."""
        table, collection = self.table, self.collection
        lives = sa.exists(sa.select(sa.literal(1)).where(collection.c.id == table.c.collection_id))
        connection.execute(sa.delete(table).where(sa.not_(lives)))

    def _count(self, connection: Connection, collection: CollectionId, sharee: PrincipalId) -> None:
        table = self.table
        for where, most, text in (
            (table.c.collection_id == collection, SHAREES_MOST, "A collection can be shared with at most {} people."),
            (table.c.principal == sharee, SHARED_WITH_MOST, "At most {} collections can be shared with one person."),
        ):
            if connection.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one() >= most:
                raise TooLarge(text.format(most), most)

    def _name(self, connection: Connection, row: AnyRow, lender: str, sharee: PrincipalId, but: int) -> str:
        """A name that nothing in the sharee's home has: the owner's login and what he calls it, and a number if need be."""
        table, collection = self.table, self.collection
        section, _, slug = row.view.removeprefix(self._own).partition("/")
        readable = f"{lender}-{slug}".replace("/", "-")[:_SLUG_LONGEST]
        number = 1
        while True:
            view = f"{self._own}{Section(section).value}/{readable}{'' if number == 1 else f'-{number}'}"
            taken = (
                connection.execute(
                    sa.select(table.c.id).where(table.c.principal == sharee, table.c.view == view, table.c.id != but)
                ).first()
                or connection.execute(
                    sa.select(collection.c.id).where(collection.c.principal == sharee, collection.c.view == view)
                ).first()
            )
            if taken is None:
                return view
            number += 1
