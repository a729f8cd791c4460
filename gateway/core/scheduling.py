"""What a store knows of people's time, and may tell others of it: when they are busy, never with what.

Calendar user addresses are URIs as documents state them (`mailto:anna@crm.example`, or the URL of a principal);
`gateway.scheduling.addresses` says which of them are one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.filter import TimeRange
from gateway.core.ids import ObjectUid
from gateway.core.model import Principal

BusyTime = tuple[dt.datetime, dt.datetime, str]
"""From, to (both aware UTC), and the kind: BUSY, BUSY-UNAVAILABLE or BUSY-TENTATIVE."""


@dataclass(frozen=True, slots=True)
class UserTimes:
    """One calendar user's busy times in a window, in order and without overlaps; None where nobody is known by it."""

    address: str
    times: Sequence[BusyTime] | None


class KnowsTimes(Protocol):
    """A store that can be asked when people are busy."""

    async def busy_times(
        self, who: Principal, addresses: Sequence[str], wanted: TimeRange, but: ObjectUid | None = None
    ) -> Sequence[UserTimes]:
        """The busy times of the users with these addresses, in their order. `wanted` has both ends.

        Of their own calendars those count that make them busy (RFC 6638 §9.1). `but`: an event that is left out, for
        it is the one whose time is being looked for.
        """
        ...


@dataclass(frozen=True, slots=True)
class Invitation:
    """A message to somebody who is no user of this CRM: addresses as URIs, and the document with its METHOD."""

    sender: str
    recipient: str
    method: str
    content: bytes


class Invites(Protocol):
    """Carries messages to people outside, by mail. Where there is none of these, nobody outside is ever written to."""

    def accepts(self, invitation: Invitation) -> bool:
        """Take it, to be sent once this transaction has committed; False for what will not be sent. Never blocks."""
        ...
