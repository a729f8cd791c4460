"""What the gateway keeps for a principal beside the CRM: collections of his own, and how he wants things to look.

A collection of documents that a principal makes himself holds what he puts there, byte for byte; the CRM hears
nothing of it. A *look* is what a principal has said about a collection, a resource or a fixed spot of his home: plain
text under neutral words (`display_name`, `color`, `order`, `description`; `timezone`, an iCalendar object with one
VTIMEZONE; `transparent`, which is TRANSPARENT or OPAQUE), and XML that stands on its own under names in Clark's
notation (`{namespace}local`), which nobody but a client understands. Looks are each principal's own, also where the
collection is shared.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.core.attachments import KeepsAttachments
from gateway.core.changes import Written
from gateway.core.files import KeepsFiles
from gateway.core.ids import Href
from gateway.core.locks import KeepsLocks
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Principal, Shape
from gateway.core.pushing import KeepsPushes
from gateway.core.scheduling import KnowsTimes
from gateway.core.sharing import LetsIn
from gateway.core.store import Decide, KeepsMail, Store

Look = Mapping[str, str]
"""What is said, by name."""

LookChange = Mapping[str, str | None]
"""What is to be said from now on; None takes a word back."""

TRANSPARENT: Final = "yes"
OPAQUE: Final = "no"
"""The two values of `transparent`: whether what is in a calendar leaves its principal free."""

AVAILABILITY: Final = "availability"
"""The word under which a schedule inbox has what its owner says of when he is not to be had (RFC 7953)."""
DEFAULT_CALENDAR: Final = "default_calendar"
"""The word under which it has the calendar that invitations go to, by its slug."""

LOOK_LARGEST: Final = 128 * 1024
"""Characters that one look may take in all, names included."""


class Spot(enum.IntEnum):
    """Places of a home that are no collection and yet have a look. The numbers are stored."""

    PRINCIPAL = 0
    CALENDARS = 1
    ADDRESS_BOOKS = 2
    FILES = 3
    INBOX = 4
    OUTBOX = 5
    CALENDAR_PROXY_READ = 6
    CALENDAR_PROXY_WRITE = 7


@dataclass(frozen=True, slots=True)
class Placing:
    """A resource on its way from one collection to another, or to another name.

    `when` is judged against the source. `may_replace`: whether something may stand under the new name already; it is
    then deleted first, as its view's delete policy has it.
    """

    source: CollectionName
    href: Href
    target: CollectionName
    new_href: Href
    when: Condition
    is_move: bool
    may_replace: bool


class KeepsDocuments(Store, Protocol):
    """What collections of documents can do beside the general."""

    async def create_collection(self, who: Principal, name: CollectionName, shape: Shape, look: Look) -> None:
        """A collection of the principal's own. Raises AlreadyExists, InvalidContent, UnsupportedContent, TooLarge."""
        ...

    async def delete_collection(self, who: Principal, name: CollectionName, when: Condition = UNCONDITIONAL) -> None:
        """Remove a collection of the principal's own with what stands in it. Raises NotFound; NoPermission for the CRM's;
        Locked where `when` has not the tokens.
        """
        ...

    async def rename_collection(
        self, who: Principal, old: CollectionName, new: CollectionName, when: Condition = UNCONDITIONAL
    ) -> None:
        """Another name for a collection of the principal's own, which stays what it is. Raises as the two above."""
        ...

    async def place(self, who: Principal, placing: Placing, decide: Decide) -> Written:
        """Copy or move one resource; identity is kept where both collections show the same kind of row.

        Raises NotFound (source or target), PreconditionFailed (condition; the new name is taken), NoPermission,
        UidConflict, UnsupportedContent, Refused.
        """
        ...

    async def looks(
        self, who: Principal, name: CollectionName, hrefs: Sequence[Href] | None = None
    ) -> Mapping[Href, Look]:
        """The looks of a collection's resources, all or those of `hrefs`; resources without one are left out."""
        ...

    async def change_look(
        self,
        who: Principal,
        name: CollectionName,
        href: Href | None,
        change: LookChange,
        when: Condition = UNCONDITIONAL,
    ) -> None:
        """Say something of a resource, or (None) of the collection itself. Raises NotFound, TooLarge, Locked."""
        ...

    async def spot(self, who: Principal, spot: Spot) -> Look:
        """The look of a fixed spot of the principal's home."""
        ...

    async def change_spot(self, who: Principal, spot: Spot, change: LookChange) -> None:
        """Say something of it. Raises TooLarge."""
        ...


class FullStore(
    KeepsMail,
    KeepsDocuments,
    LetsIn,
    KnowsTimes,
    KeepsPushes,
    KeepsAttachments,
    KeepsFiles,
    KeepsLocks,
    Protocol,
):
    """Everything one CRM's store can do."""
