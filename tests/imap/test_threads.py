"""Orders and threads, against examples and against what must hold of any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.searching import Heading
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.framing import RawCommand
from protocols.imap.sorting import ordered, parse_sort_keys
from protocols.imap.threads import Node, ordered_subject, references, written
from tests.imap.builders import a_row, a_view


def told(threads: Sequence[Node]) -> str:
    return b"".join(written(threads, lambda place: place + 1)).decode()


def refers(name: str, *others: str, subject: str = "", is_reply: bool = False) -> Heading:
    return Heading(message_id=name, references=others, subject=subject, is_reply=is_reply)


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ([], ""),
        ([refers("a")], "(1)"),
        ([refers("a"), refers("b")], "(1)(2)"),
        ([refers("a"), refers("b", "a"), refers("c", "a", "b")], "(1 2 3)"),
        ([refers("a"), refers("b", "a"), refers("c", "a"), refers("d", "a", "c")], "(1 (2)(3 4))"),
        # The child came first.
        ([refers("b", "a"), refers("a")], "(2 1)"),
        # A parent that is not there: for one child it is left out, for two it stands over them.
        ([refers("b", "x")], "(1)"),
        ([refers("b", "x"), refers("c", "x")], "((1)(2))"),
        ([refers("b", "x"), refers("c", "x"), refers("d", "c")], "((1)(2 3))"),
        # What others say of a message counts only where it says nothing itself.
        ([refers("c", "x", "b"), refers("b", "y"), refers("y")], "(3 2 1)"),
        # Rings are not closed.
        ([refers("a", "a")], "(1)"),
        ([refers("a", "b"), refers("b", "a")], "(2 1)"),
        # Two messages with one id are two.
        ([refers("a"), refers("a"), refers("b", "a")], "(1 3)(2)"),
        ([refers(""), refers("")], "(1)(2)"),
        # One subject, nothing else: an answer goes under what it answers …
        ([refers("a", subject="S"), refers("b", subject="S", is_reply=True)], "(1 2)"),
        ([refers("a", subject="S", is_reply=True), refers("b", subject="S")], "(2 1)"),
        # … and where neither answers the other a dummy stands over both.
        ([refers("a", subject="S"), refers("b", subject="S"), refers("c", subject="S")], "((1)(2)(3))"),
        ([refers("a", subject="S"), refers("b", "x", subject="S"), refers("c", "x", subject="S")], "((1)(2)(3))"),
        ([refers("a", "x", subject="S"), refers("b", "x", subject="S"), refers("c", "y", subject="S"), refers("d", "y")],
         "((1)(2)(3)(4))"),
    ],
)  # fmt: skip
def test_references_are_followed(headings: list[Heading], expected: str) -> None:
    known = dict(enumerate(headings))
    assert told(references(list(known), known, lambda place: place)) == expected


def test_siblings_are_in_the_order_they_were_sent() -> None:
    known = dict(enumerate([refers("a"), refers("b", "a"), refers("c", "a"), refers("d")]))
    sent = {0: 50, 1: 30, 2: 20, 3: 10}
    assert told(references(list(known), known, sent.__getitem__)) == "(4)(1 (3)(2))"


def test_messages_of_one_subject_are_under_the_first() -> None:
    subjects = ["B", "A", "B", "A", "A", "C"]
    known = {place: Heading(subject=subject) for place, subject in enumerate(subjects)}
    sent = {0: 9, 1: 5, 2: 8, 3: 6, 4: 7, 5: 1}
    assert told(ordered_subject(list(known), known, sent.__getitem__)) == "(6)(2 (4)(5))(3 1)"


ids = st.sampled_from(["", "a", "b", "c", "d", "e", "x", "y"])
some_headings = st.lists(
    st.builds(
        Heading,
        sent=st.integers(0, 5),
        subject=st.sampled_from(["", "S", "T"]),
        is_reply=st.booleans(),
        message_id=ids,
        references=st.lists(ids.filter(bool), max_size=4).map(tuple),
    ),
    max_size=12,
)


@given(some_headings)
def test_every_message_is_in_one_thread_once(headings: list[Heading]) -> None:
    known = dict(enumerate(headings))
    for threads in (
        references(list(known), known, lambda place: known[place].sent or 0),
        ordered_subject(list(known), known, lambda place: known[place].sent or 0),
    ):
        places = [node.place for node in _walk(threads) if node.place is not None]
        assert sorted(places) == list(known)
        assert all(node.place is not None or len(node.children) > 1 for node in threads)
        assert told(threads).count("(") == told(threads).count(")")


@given(some_headings)
def test_a_message_whose_parent_is_there_is_below_it_or_they_refer_to_each_other(headings: list[Heading]) -> None:
    known = {
        place: Heading(message_id=f"m{place}", references=(f"m{place // 2}",) if place else ())
        for place, _ in enumerate(headings)
    }
    for node in _walk(references(list(known), known, lambda place: place)):
        for child in node.children:
            assert child.place is not None
            assert node.place == child.place // 2


def test_ten_thousand_answers_in_a_row_are_one_thread() -> None:
    known = {place: refers(f"m{place}", *([f"m{place - 1}"] if place else [])) for place in range(10_000)}
    assert told(references(list(known), known, lambda place: place)).startswith("(1 2 3 4")
    backwards = {place: known[9_999 - place] for place in known}
    assert told(references(list(backwards), backwards, lambda place: -place)).startswith("(10000 9999")


VIEW = a_view(
    a_row(1, size=30, date=3), a_row(2, size=10, date=1), a_row(3, size=20, date=1), a_row(4, size=30, date=2)
)
HEADINGS = {
    0: Heading(sent=5, subject="B", from_="X", to="A", cc="", display_from="Z", display_to="A"),
    1: Heading(sent=None, subject="A", from_="Y", to="B", cc="C", display_from="Y", display_to="A"),
    2: Heading(sent=2, subject="", from_="X", to="A", cc="D", display_from="X", display_to="C"),
    3: Heading(sent=9, subject="B", from_="W", to="C", cc="A", display_from="W", display_to="B"),
}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (b"(ARRIVAL)", [2, 3, 4, 1]),
        (b"(REVERSE ARRIVAL)", [1, 4, 2, 3]),
        (b"(SIZE)", [2, 3, 1, 4]),
        (b"(reverse size date)", [1, 4, 3, 2]),
        # A message without a date counts as sent when it came.
        (b"(DATE)", [2, 3, 1, 4]),
        (b"(SUBJECT)", [3, 2, 1, 4]),
        (b"(SUBJECT REVERSE DATE)", [3, 2, 4, 1]),
        (b"(FROM TO)", [4, 1, 3, 2]),
        (b"(CC)", [1, 4, 2, 3]),
        (b"(DISPLAYFROM)", [4, 3, 2, 1]),
        (b"(DISPLAYTO REVERSE DISPLAYFROM)", [1, 2, 4, 3]),
    ],
)
def test_messages_are_put_in_order(keys: bytes, expected: list[int]) -> None:
    wanted = parse_sort_keys(Cursor(RawCommand([keys], [])))
    assert [place + 1 for place in ordered(VIEW, [3, 2, 1, 0], wanted, HEADINGS)] == expected


@pytest.mark.parametrize(
    "keys",
    [b"()", b"(FOO)", b"(REVERSE)", b"DATE", b"(DATE", b"(REVERSE REVERSE DATE)", b"(" + b"DATE " * 50 + b"DATE)"],
)
def test_what_cannot_be_sorted_by_is_bad(keys: bytes) -> None:
    with pytest.raises(Bad):
        parse_sort_keys(Cursor(RawCommand([keys], [])))


def _walk(threads: Sequence[Node]) -> Iterator[Node]:
    waiting = list(threads)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children
