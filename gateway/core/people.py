"""Other people of one's own CRM, as far as they may see each other.

Whoever may log in is a principal, and his colleagues know his name and address: without that nobody could be invited
or let in. Where a CRM keeps its users from each other, everybody is alone. People of another CRM are NotFound, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.core.model import Principal
from gateway.core.store import Store


class KnowsPeople(Store, Protocol):
    """What a store can say of people."""

    async def people(self, who: Principal) -> Sequence[Principal]:
        """Everybody whom the principal may see, himself first, the others by name."""
        ...

    async def person(self, who: Principal, login: str) -> Principal:
        """The one of a login, letter by letter. Raises NotFound."""
        ...
