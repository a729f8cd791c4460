"""The index of words by itself: whatever holds a phrase is among its candidates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.words.grams import (
    LARGEST,
    Gathering,
    Place,
    bits,
    bucket,
    grams,
    keys,
    members,
    read_bucket,
    read_members,
    wanted,
    write_members,
)

texts = st.text(max_size=60)
few_letters = st.text("ab ü", max_size=40)


@given(st.binary(max_size=70))
def test_grams_are_all_runs_of_three_bytes(text: bytes) -> None:
    assert grams(text) == {int.from_bytes(text[at : at + 3], "little") for at in range(len(text) - 2)}


@given(texts, texts, texts)
def test_whatever_has_a_phrase_has_its_keys(before: str, phrase: str, after: str) -> None:
    text = (before + phrase + after).encode()
    assert set(wanted(Place.BODY, phrase.encode())) <= set(keys(Place.BODY, text))


def test_a_long_phrase_is_looked_for_by_some_of_its_grams() -> None:
    phrase = bytes(range(32, 127)) * 2
    assert 0 < len(wanted(Place.SUBJECT, phrase)) <= 8


@given(st.lists(few_letters, min_size=1, max_size=30), st.text("ab ü", min_size=3, max_size=5))
def test_candidates_are_those_that_have_all_grams(bodies: list[str], phrase: str) -> None:
    gathering = Gathering()
    for body in bodies:
        gathering.add(keys(Place.BODY, body.encode()))
    rows = dict(gathering.buckets())
    found = (1 << len(bodies)) - 1
    for key in wanted(Place.BODY, phrase.encode()):
        there = read_bucket(rows[bucket(key)]) if bucket(key) in rows else {}
        found &= members(there.get(key))
    expected = {number for number, body in enumerate(bodies) if grams(phrase.encode()) <= grams(body.encode())}
    assert set(bits(found)) == expected
    assert {number for number, body in enumerate(bodies) if phrase in body} <= expected


def test_a_full_segment_keeps_what_many_have_and_what_one_has() -> None:
    gathering = Gathering()
    for number in range(LARGEST):
        gathering.add([7, 1_000_000 + number])
    rows = dict(gathering.buckets())
    assert bits(members(read_bucket(rows[bucket(7)])[7])) == list(range(LARGEST))
    last = 1_000_000 + LARGEST - 1
    assert bits(members(read_bucket(rows[bucket(last)])[last])) == [LARGEST - 1]


@given(st.lists(st.integers(0, 2**62)))
def test_members_come_back(resources: list[int]) -> None:
    assert list(read_members(write_members(resources))) == resources
