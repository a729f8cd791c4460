"""What principals say of collections, entries and spots of their homes: one row each, its words as JSON.

A collection's own row is read along with the collection, so listing calendars with their colours costs nothing
extra; those of entries are read only when a client asks for a property that nobody but a client knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import InvalidContent, TooLarge
from gateway.core.ids import UID, CollectionId, Href, PrincipalId
from gateway.core.keeping import LOOK_LARGEST, Look, LookChange, Spot
from storage.locking import locked
from storage.state.schema import State

HOME: Final = CollectionId(0)
"""Stands for the collection where the look is of a spot."""
ITSELF: Final = UID(0)
"""Stands for the entry where the look is of the collection."""
_MOST_IN: Final = 500
_NONE: Final[Look] = {}


class Looks:
    """The look table."""

    def __init__(self, state: State) -> None:
        self.state, self.table = state, state.look

    def of(self, connection: Connection, collection: CollectionId, principal: PrincipalId, uid: UID) -> Look:
        """One look; empty where nothing has been said."""
        table = self.table
        wanted = sa.select(table.c.words).where(
            table.c.collection_id == collection, table.c.principal == principal, table.c.uid == uid
        )
        return read_look(connection.execute(wanted).scalar())

    def of_entries(
        self,
        connection: Connection,
        collection: CollectionId,
        principal: PrincipalId,
        hrefs: Sequence[Href] | None,
    ) -> Mapping[Href, Look]:
        """Looks of a collection's entries by href, all or those of `hrefs`."""
        entry, table = self.state.entry, self.table
        wanted = (
            sa.select(entry.c.href, table.c.words)
            .select_from(
                table.join(entry, sa.and_(entry.c.collection_id == table.c.collection_id, entry.c.uid == table.c.uid))
            )
            .where(table.c.collection_id == collection, table.c.principal == principal)
        )
        if hrefs is None:
            return {Href(row[0]): read_look(row[1]) for row in connection.execute(wanted)}
        found: dict[Href, Look] = {}
        for start in range(0, len(hrefs), _MOST_IN):
            page = wanted.where(entry.c.href.in_(hrefs[start : start + _MOST_IN]))
            found |= {Href(row[0]): read_look(row[1]) for row in connection.execute(page)}
        return found

    def change(
        self,
        connection: Connection,
        collection: CollectionId,
        principal: PrincipalId,
        uid: UID,
        change: LookChange,
    ) -> None:
        """Say something more, or take it back. Raises TooLarge, InvalidContent."""
        table = self.table
        here = sa.and_(table.c.collection_id == collection, table.c.principal == principal, table.c.uid == uid)
        held = connection.execute(locked(sa.select(table.c.words).where(here), table)).scalar()
        text = changed_words(held, change)
        if text is None:
            connection.execute(sa.delete(table).where(here))
        elif held is None:
            connection.execute(
                sa.insert(table).values(collection_id=collection, principal=principal, uid=uid, words=text)
            )
        else:
            connection.execute(sa.update(table).where(here).values(words=text))

    def forget(self, connection: Connection, collection: CollectionId, principal: PrincipalId) -> None:
        """Take back all that one has said of a collection and what is in it."""
        table = self.table
        connection.execute(sa.delete(table).where(table.c.collection_id == collection, table.c.principal == principal))

    def carry(self, connection: Connection, source: tuple[CollectionId, UID], target: tuple[CollectionId, UID]) -> None:
        """What everybody has said of one entry is said of another too."""
        if source == target:
            return
        table = self.table
        said = sa.select(table.c.principal, table.c.words).where(
            table.c.collection_id == source[0], table.c.uid == source[1]
        )
        for row in connection.execute(said).all():
            self.change(connection, target[0], PrincipalId(row[0]), target[1], read_look(row[1]))

    def spot(self, connection: Connection, principal: PrincipalId, spot: Spot) -> Look:
        """The look of a spot."""
        return self.of(connection, HOME, principal, UID(spot.value))

    def prune(self, connection: Connection) -> None:
        """Forget what was said of entries and collections that are no more."""
        table, entry, collection = self.table, self.state.entry, self.state.collection
        stands = sa.exists(
            sa.select(sa.literal(1)).where(entry.c.collection_id == table.c.collection_id, entry.c.uid == table.c.uid)
        )
        lives = sa.exists(sa.select(sa.literal(1)).where(collection.c.id == table.c.collection_id))
        is_of_entry = sa.and_(table.c.uid != ITSELF, sa.not_(stands))
        connection.execute(sa.delete(table).where(table.c.collection_id != HOME, sa.or_(is_of_entry, sa.not_(lives))))


def read_look(words: str | None) -> Look:
    """A look as it is stored."""
    return msgspec.json.decode(words, type=dict[str, str]) if words else _NONE


def changed_words(held: str | None, change: LookChange) -> str | None:
    """A look as it is stored, after a change; None where nothing is left of it. Raises TooLarge, InvalidContent."""
    words = {**read_look(held), **change}
    left = {name: value for name, value in words.items() if value is not None}
    if any("\0" in name or "\0" in value for name, value in left.items()):
        raise InvalidContent("A property cannot hold a NUL.")
    text = msgspec.json.encode(left).decode()
    if len(text) > LOOK_LARGEST:
        raise TooLarge(f"The properties of one thing have at most {LOOK_LARGEST} characters.", LOOK_LARGEST)
    return text if left else None
