r"""What this client believes of its mailbox, and what it has yet to be told.

The server's knowledge and the client's are two things (RFC 3501 §7.4.1): sequence numbers mean what the client was
told last. The view holds that as columns, in uid order, which it shares with other sessions (`columns`). `absorb` takes what the store says is new and turns it into
untagged responses; vanished messages wait in `_held` until a command comes after which EXPUNGE may be said.
Everything here is pure and linear in what changed, or in the mailbox once for a batch of expunges.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.core.ids import UID, Epoch, ModSeq
from gateway.core.mail import Flags, MailboxChanges, MessageRow
from gateway.core.model import Collection
from protocols.imap.columns import Columns, Key, Shelf, Snapshot
from protocols.imap.types import SYSTEM_FLAGS, NumberSet, Saved, SeqSet


class Broken(Exception):
    """The mailbox is not the one the client was told about; only a new SELECT can help."""


@dataclass(slots=True)
class Updates:
    """What the client is to be told, in the order it is to be told."""

    expunged: Sequence[int] = ()
    """Sequence numbers, each as it counts when the ones before it are gone."""
    exists: int | None = None
    changed: Sequence[int] = field(default_factory=list)
    """Positions (from 0) whose flags or modseq are new."""
    has_new_keywords: bool = False

    def __bool__(self) -> bool:
        return bool(self.expunged or self.changed or self.has_new_keywords) or self.exists is not None


class View:
    """One selected mailbox as one client knows it. Positions count from 0, sequence numbers from 1."""

    def __init__(self, opened: MailboxChanges) -> None:
        self.epoch: Epoch = opened.collection.epoch
        self.modseq: ModSeq = opened.collection.modseq
        self.uid_next: UID = opened.collection.uid_next
        self._columns = Columns()
        self._is_shared = False
        self.keywords: dict[str, str] = {}
        """Keywords in use, lower case to first spelling."""
        self.saved = array("I")
        """RFC 5182: the UIDs `$` stands for. What has been expunged of them has no position and so drops out."""
        self._known_flags: dict[Flags, Flags] = {}
        self._held: set[int] = set()
        for row in sorted(opened.rows, key=_by_uid):
            self._append(row)

    @classmethod
    def of(cls, snapshot: Snapshot, collection: Collection) -> View:
        """A view that begins with what a snapshot holds, and has yet to catch up with the store."""
        view = cls(MailboxChanges(collection, (), ()))
        view.modseq, view.uid_next = snapshot.modseq, snapshot.uid_next
        view.keywords = dict(snapshot.keywords)
        view._columns, view._is_shared = snapshot.columns, True
        return view

    def settle(self, shelf: Shelf, key: Key) -> None:
        """Share columns with other sessions: take theirs where they are the same, and hand out these where they are newer."""
        if self._held:
            return  # these columns hold what others must not see any more
        found = shelf.find(key)
        if found is None or found.epoch != self.epoch or found.modseq < self.modseq:
            self._is_shared = True
            shelf.put(key, Snapshot(self.epoch, self.modseq, self.uid_next, self._columns, dict(self.keywords)))
        elif found.modseq == self.modseq and not self._is_shared and found.columns == self._columns:
            self._columns, self._is_shared = found.columns, True

    @property
    def uids(self) -> array[int]:
        """The column of UIDs; no column is to be written to from outside."""
        return self._columns.uids

    @property
    def modseqs(self) -> array[int]:
        """The column of mod-sequences."""
        return self._columns.modseqs

    @property
    def sizes(self) -> array[int]:
        """The column of sizes."""
        return self._columns.sizes

    @property
    def dates(self) -> array[int]:
        """The column of internal dates."""
        return self._columns.dates

    @property
    def flags(self) -> list[Flags]:
        """The column of flags."""
        return self._columns.flags

    def __len__(self) -> int:
        return len(self._columns.uids)

    def has_news(self) -> bool:
        """Whether EXPUNGE is still to be said of something."""
        return bool(self._held)

    def position(self, uid: int) -> int | None:
        """Where a uid stands, or None where the client does not know it."""
        place = bisect_left(self.uids, uid)
        return place if place < len(self.uids) and self.uids[place] == uid else None

    def positions(self, numbers: NumberSet) -> list[range]:
        """The positions a set means, as ranges in order. Numbers nobody has are left out."""
        if isinstance(numbers, SeqSet):
            count = len(self.uids)
            return [range(low - 1, min(high, count)) for low, high in numbers.spans(count) if 0 < low <= count]
        if isinstance(numbers, Saved):
            places = (self.position(uid) for uid in self.saved)
            return runs([place for place in places if place is not None])
        largest = self.uids[-1] if self.uids else 0
        out = []
        for low, high in numbers.spans(largest):
            first, last = bisect_left(self.uids, low), bisect_left(self.uids, high + 1)
            if first < last:
                out.append(range(first, last))
        return out

    def absorb(self, changes: MailboxChanges, *, may_expunge: bool) -> Updates:
        """Take in what is new since `modseq` and say what the client is to be told of it now."""
        if changes.collection.epoch != self.epoch:
            raise Broken
        known = len(self.keywords)
        count = len(self.uids)
        changed = []
        for row in sorted(changes.rows, key=_by_uid):
            place = self.position(row.uid)
            if place is None:
                if self.uids and row.uid < self.uids[-1]:
                    raise Broken
                self._append(row)
            elif self._update(place, row):
                changed.append(place)
        self._held.update(uid for uid in changes.vanished if self.position(uid) is not None)
        self.modseq = max(self.modseq, changes.collection.modseq)
        self.uid_next = max(self.uid_next, changes.collection.uid_next)
        updates = Updates(changed=changed, has_new_keywords=len(self.keywords) > known)
        if may_expunge and self._held:
            gone = self._held
            updates.changed = [place for place in changed if self.uids[place] not in gone]
            updates.expunged = self._expunge()
            if updates.expunged:
                # Places behind an expunged message have moved up.
                removed = sorted(number - 1 for number in updates.expunged)
                updates.changed = [place - bisect_left(removed, place) for place in updates.changed]
                count -= len(removed)
        if len(self.uids) != count:
            updates.exists = len(self.uids)
        return updates

    def learn(self, rows: Iterable[MessageRow]) -> Updates:
        """Take in what a command of this client's own brought about; it is answered by that command."""
        known = len(self.keywords)
        changed = []
        for row in rows:
            place = self.position(row.uid)
            if place is not None:
                self._update(place, row)
                changed.append(place)
        return Updates(changed=sorted(changed), has_new_keywords=len(self.keywords) > known)

    def forget(self, uids: Iterable[int]) -> Sequence[int]:
        """Remove messages that this client's own command took away; the sequence numbers to say EXPUNGE of, in order."""
        self._held.update(uid for uid in uids if self.position(uid) is not None)
        return self._expunge()

    def _written(self) -> Columns:
        """The columns, to be written to."""
        if self._is_shared:
            self._columns, self._is_shared = self._columns.copy(), False
        return self._columns

    def _append(self, row: MessageRow) -> None:
        self._written().append(row, self._interned(row.flags))

    def _update(self, place: int, row: MessageRow) -> bool:
        if self.modseqs[place] == row.modseq and self.flags[place] == row.flags:
            return False
        columns = self._written()
        columns.modseqs[place] = max(row.modseq, columns.modseqs[place])
        columns.flags[place] = self._interned(row.flags)
        return True

    def _interned(self, flags: Flags) -> Flags:
        known = self._known_flags.get(flags)
        if known is None:
            known = self._known_flags[flags] = flags
            for name in flags:
                if not name.startswith("\\"):
                    self.keywords.setdefault(name.lower(), name)
        return known

    def _expunge(self) -> Sequence[int]:
        """Drop what is held from the columns. From the last to the first, so that no number shifts another."""
        gone = sorted(place for uid in self._held if (place := self.position(uid)) is not None)
        self._held = set()
        if not gone:
            return ()
        self._columns, self._is_shared = self._columns.without(gone), False
        return [place + 1 for place in reversed(gone)]


def runs(places: Iterable[int]) -> list[range]:
    """Positions in order as ranges."""
    out: list[range] = []
    for place in places:
        if out and place == out[-1].stop:
            out[-1] = range(out[-1].start, place + 1)
        else:
            out.append(range(place, place + 1))
    return out


def names(view: View) -> list[str]:
    """The flags in use in a mailbox, system flags first."""
    return [*SYSTEM_FLAGS, *view.keywords.values()]


def _by_uid(row: MessageRow) -> int:
    return row.uid
