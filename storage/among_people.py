"""The part of `SqlStore` that is about other people: who they are, and what they let each other see."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.model import Principal
from storage.finding import Finding
from storage.people import People


class AmongPeople(Finding):
    """Implements `gateway.core.people.KnowsPeople`."""

    _people: People

    async def people(self, who: Principal) -> Sequence[Principal]:
        """See `KnowsPeople`."""
        return await self._database.read(lambda connection: self._people.all(connection, who))

    async def person(self, who: Principal, login: str) -> Principal:
        """See `KnowsPeople`."""
        return await self._database.read(lambda connection: self._people.one(connection, who, login))
