"""What a client is told has vanished: ranges that no client can make costly, and never a uid too few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.resync import Resync, absent, after, agreed, counts_agree, within
from protocols.imap.types import SeqSet, UIDSet, compact

small = st.sets(st.integers(1, 60))


def a_set(numbers: set[int]) -> UIDSet:
    parsed = UIDSet.parse(compact(sorted(numbers)))
    assert parsed is not None
    return parsed


def seqs(text: str) -> SeqSet:
    parsed = SeqSet.parse(text.encode())
    assert parsed is not None
    return parsed


def uids(text: str) -> UIDSet:
    parsed = UIDSet.parse(text.encode())
    assert parsed is not None
    return parsed


@given(small, small.filter(bool))
def test_what_is_absent_is_what_the_client_holds_and_the_mailbox_does_not(held: set[int], known: set[int]) -> None:
    told = {uid for low, high in absent(sorted(held), a_set(known).spans(0)) for uid in range(low, high + 1)}
    assert told == known - held


@given(small, small.filter(bool))
def test_within_leaves_what_lies_in_the_ranges(numbers: set[int], known: set[int]) -> None:
    assert list(within(sorted(numbers), a_set(known).spans(0))) == sorted(numbers & known)


@given(small.filter(bool), st.integers(0, 61))
def test_after_leaves_what_lies_above(known: set[int], bound: int) -> None:
    left = {uid for low, high in after(a_set(known).spans(0), bound) for uid in range(low, high + 1)}
    assert left == {uid for uid in known if uid > bound}


@given(small.filter(bool), small, st.lists(st.integers(0, 59), min_size=1, max_size=8, unique=True))
def test_pairs_agree_up_to_the_highest_that_still_stands_where_it_did(
    former: set[int], gone: set[int], chosen: list[int]
) -> None:
    before, now = sorted(former), sorted(former - gone)
    places = sorted({place % len(before) for place in chosen})
    numbers = SeqSet.parse(compact(place + 1 for place in places))
    there = UIDSet.parse(compact(before[place] for place in places))
    assert numbers is not None
    assert there is not None
    assert counts_agree(numbers, there)
    same = [before[place] for place in places if place < len(now) and now[place] == before[place]]
    assert agreed(now, numbers, there) == max(same, default=0)
    # What stands where it stood has lost nothing below it.
    assert all(uid not in gone for uid in before if uid <= max(same, default=0))


@pytest.mark.parametrize(
    ("numbers", "known", "expected"),
    [("1:3", "1:3", True), ("1:3", "5,7,9", True), ("1:3", "5,7", False), ("1:4294967295", "1:4294967295", True)],
)
def test_there_are_as_many_numbers_as_uids(numbers: str, known: str, expected: bool) -> None:
    assert counts_agree(seqs(numbers), uids(known)) is expected


def test_the_largest_sets_cost_nothing() -> None:
    everything = uids("1:4294967295")
    assert agreed(range(5, 10_000), seqs("1:4294967295"), everything) == 0
    assert agreed(range(1, 10_000), seqs("1:4294967295"), everything) == 9_999
    assert list(absent([7], everything.spans(0))) == [(1, 6), (8, 4_294_967_295)]


@pytest.mark.parametrize(
    ("known", "last", "expected"),
    [(None, 9, [(1, 9)]), (None, 0, []), ("3:20", 9, [(3, 9)]), ("12:20", 9, []), ("2,4", 9, [(2, 2), (4, 4)])],
)
def test_what_a_client_may_hold_ends_where_uids_end(
    known: str | None, last: int, expected: list[tuple[int, int]]
) -> None:
    assert Resync(1, 1, None if known is None else uids(known)).spans(last) == expected
