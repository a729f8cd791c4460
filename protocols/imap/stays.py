"""How many conversations each user has at once, in this process."""

from __future__ import annotations

from collections import Counter

from gateway.core.ids import PrincipalId
from gateway.core.model import Principal


class Stays:
    """Users who are logged in, and how often."""

    def __init__(self) -> None:
        self._by_user: Counter[tuple[str, PrincipalId]] = Counter()

    def enter(self, who: Principal, most: int) -> bool:
        """One more conversation of a user; False, and nothing is counted, where he has `most` already."""
        key = (who.realm, who.id)
        if self._by_user[key] >= most:
            return False
        self._by_user[key] += 1
        return True

    def leave(self, who: Principal) -> None:
        """One conversation less."""
        key = (who.realm, who.id)
        self._by_user[key] -= 1
        if self._by_user[key] <= 0:
            del self._by_user[key]
