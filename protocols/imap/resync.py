"""Quick resynchronisation (RFC 7162 §3.2): which uids a client is told have vanished. Pure.

Where every trace since the client's mod-sequence is still there, those uids are told. Where not, the honest answer is
every uid that the client may hold and that is not there; what the client says it holds, and the pairs of sequence
numbers and uids it still has, keep that short. All of it is done on ranges: nothing a client sends is ever expanded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from protocols.imap.types import SeqSet, UIDSet

Spans = Sequence[tuple[int, int]]
"""Inclusive ranges in order, none touching another."""


@dataclass(frozen=True, slots=True)
class Resync:
    """RFC 7162 §3.2.5 the QRESYNC parameter: which life and which moment the client knows, and what it holds."""

    epoch: int
    modseq: int
    known: UIDSet | None = None
    numbers: SeqSet | None = None
    uids: UIDSet | None = None
    """`numbers` and `uids`: sequence numbers and the uids they had, pair by pair."""

    def spans(self, last: int) -> Spans:
        """What the client may hold, where `last` is the highest uid ever given out."""
        if self.known is None:
            return [(1, last)] if last else []
        return [(low, min(high, last)) for low, high in self.known.spans(last) if low <= last]


def within(numbers: Iterable[int], spans: Spans) -> Iterator[int]:
    """Those of `numbers` (in order) that lie in the spans."""
    starts = [low for low, _ in spans]
    for number in numbers:
        place = bisect_left(starts, number + 1) - 1
        if place >= 0 and number <= spans[place][1]:
            yield number


def absent(uids: Sequence[int], spans: Spans) -> Iterator[tuple[int, int]]:
    """The ranges of the spans that hold none of `uids` (in order)."""
    for low, high in spans:
        start = low
        for uid in islice(uids, bisect_left(uids, low), bisect_left(uids, high + 1)):
            if start < uid:
                yield start, uid - 1
            start = uid + 1
        if start <= high:
            yield start, high


def after(spans: Spans, bound: int) -> Spans:
    """What of the spans is above `bound`."""
    return [(max(low, bound + 1), high) for low, high in spans if high > bound]


def agreed(held: Sequence[int], numbers: SeqSet, uids: UIDSet) -> int:
    """The highest uid of the pairs that stands where the client says it did; below it nothing has gone. 0 for none.

    RFC 7162 §3.2.5.2. In a run of pairs both numbers grow by one, and the uid that stands at a number grows by at
    least that: so the runs are searched by halves.
    """
    best = 0
    for number, uid, length in _runs(numbers, uids):
        low, high = 0, min(length, len(held) - number + 1)
        while low < high:
            middle = (low + high) // 2
            if held[number + middle - 1] <= uid + middle:
                low = middle + 1
            else:
                high = middle
        if low and held[number + low - 2] == uid + low - 1:
            best = max(best, uid + low - 1)
    return best


def counts_agree(numbers: SeqSet, uids: UIDSet) -> bool:
    """Whether there are as many numbers as uids (RFC 7162 §3.2.5.2)."""
    first, second = (sum(high - low + 1 for low, high in one.spans(0)) for one in (numbers, uids))
    return first == second


def _runs(numbers: SeqSet, uids: UIDSet) -> Iterator[tuple[int, int, int]]:
    """The pairs as runs: first number, first uid, how many."""
    left, right = iter(numbers.spans(0)), iter(uids.spans(0))
    number, uid, count, others = 0, 0, 0, 0
    while True:
        if not count:
            span = next(left, None)
            if span is None:
                return
            number, count = span[0], span[1] - span[0] + 1
        if not others:
            span = next(right, None)
            if span is None:
                return
            uid, others = span[0], span[1] - span[0] + 1
        length = min(count, others)
        yield number, uid, length
        number, uid, count, others = number + length, uid + length, count - length, others - length
