"""Which mailboxes a client is shown where it asks for the subscribed ones. Pure.

A mailbox is subscribed unless the user has said otherwise: whoever never chose sees everything, and so does a program
that only shows what is subscribed. What he has said holds by name, also for a name that no mailbox has any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What the user has said of mailboxes, by name."""

    said: Mapping[str, bool]

    def has(self, name: str, *, exists: bool) -> bool:
        """Whether a name is subscribed."""
        return self.said.get(name, exists)

    def names(self) -> Iterator[str]:
        """The names he has subscribed by himself, with those of mailboxes that have gone."""
        return (name for name, is_on in self.said.items() if is_on)
