"""A mailbox's columns, and the shelf on which sessions of one principal share them.

Fifty thousand messages are two megabytes of columns; a hundred idle sessions of one mailbox need them once. Columns on
the shelf are never written to: a view that has to alter its own makes a copy first, and when it has caught up with
what another session has put there meanwhile it takes that in place of its copy. Flags are each principal's own, so a
shelf keeps mailboxes apart by who sees them.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.core.ids import UID, CollectionId, Epoch, ModSeq
from gateway.core.mail import Flags, MessageRow
from gateway.core.model import Principal

MOST_MESSAGES: Final = 1_000_000
"""Messages whose columns are kept for sessions to come; those of the mailboxes opened last."""
MOST_MAILBOXES: Final = 1_000

Key = tuple[str, str, CollectionId]
"""A principal's realm and id, and a collection."""


@dataclass(slots=True)
class Columns:
    """What is known of each message, in uid order; one list a fact."""

    uids: array[int] = field(default_factory=lambda: array("I"))
    modseqs: array[int] = field(default_factory=lambda: array("Q"))
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    dates: array[int] = field(default_factory=lambda: array("q"))
    flags: list[Flags] = field(default_factory=list)

    def copy(self) -> Columns:
        """The same, to be written to."""
        return Columns(self.uids[:], self.modseqs[:], self.sizes[:], self.dates[:], self.flags[:])

    def append(self, row: MessageRow, flags: Flags) -> None:
        """One more message at the end."""
        self.uids.append(row.uid)
        self.modseqs.append(row.modseq)
        self.sizes.append(row.size)
        self.dates.append(row.date)
        self.flags.append(flags)

    def without(self, gone: Sequence[int]) -> Columns:
        """The same without some positions, which are in order."""
        kept = Columns()
        for first, last in _between(gone, len(self.uids)):
            kept.uids.extend(self.uids[first:last])
            kept.modseqs.extend(self.modseqs[first:last])
            kept.sizes.extend(self.sizes[first:last])
            kept.dates.extend(self.dates[first:last])
            kept.flags.extend(self.flags[first:last])
        return kept


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A mailbox as one principal sees it at a mod-sequence. Its columns and keywords are not to be written to."""

    epoch: Epoch
    modseq: ModSeq
    uid_next: UID
    columns: Columns
    keywords: dict[str, str]


class Shelf:
    """The newest snapshots, of the mailboxes that were opened last."""

    def __init__(self, most_messages: int = MOST_MESSAGES) -> None:
        self._most = most_messages
        self._held: OrderedDict[Key, Snapshot] = OrderedDict()
        self._messages = 0

    def find(self, key: Key) -> Snapshot | None:
        """What lies there of a mailbox."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: Key, snapshot: Snapshot) -> None:
        """Lay a snapshot there in place of an older one; what was not asked for longest goes."""
        former = self._held.pop(key, None)
        self._messages -= 0 if former is None else len(former.columns.uids)
        self._held[key] = snapshot
        self._messages += len(snapshot.columns.uids)
        while self._held and (self._messages > self._most or len(self._held) > MOST_MAILBOXES):
            _, oldest = self._held.popitem(last=False)
            self._messages -= len(oldest.columns.uids)


def shelf_key(who: Principal, collection: CollectionId) -> Key:
    """Where a principal's columns of a collection lie."""
    return (who.realm, who.id, collection)


def _between(gone: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    start = 0
    for place in gone:
        yield start, place
        start = place + 1
    yield start, count
