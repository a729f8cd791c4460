"""What a result is told and kept as, against plain sets; and windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.framing import RawCommand
from protocols.imap.partial import Window, parse_window
from protocols.imap.search_return import Wanted, parse_return

found_places = st.lists(st.integers(0, 60), unique=True, max_size=30)


def window(text: bytes) -> Window:
    cursor = Cursor(RawCommand([text], []))
    made = parse_window(cursor)
    cursor.expect_end()
    return made


def wanted(text: bytes) -> Wanted:
    made = parse_return(Cursor(RawCommand([text + b" ALL"], [])))
    assert made is not None
    return made


def number(place: int) -> int:
    return place * 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"1:3", "abc"),
        (b"3:1", "abc"),
        (b"4:9", "de"),
        (b"6:9", ""),
        (b"5:5", "e"),
        (b"-1:-2", "de"),
        (b"-4:-3", "bc"),
        (b"-4:-100", "ab"),
        (b"-6:-100", ""),
    ],
)
def test_a_window_counts_from_its_side(text: bytes, shown: str) -> None:
    assert window(text).cut("abcde") == shown
    assert window(text).label == text


@pytest.mark.parametrize(
    "text", [b"", b"1", b"0:1", b"1:-1", b"-1:1", b"1:*", b"-0:-1", b"1:2:3", b"a:b", b"1:4294967296"]
)
def test_what_is_no_window_is_bad(text: bytes) -> None:
    with pytest.raises(Bad):
        window(text)


@given(found_places, st.integers(1, 40), st.integers(1, 40))
def test_windows_from_both_sides_are_mirrors(found: list[int], one: int, other: int) -> None:
    forward = window(b"%d:%d" % (one, other)).cut(found)
    backward = window(b"-%d:-%d" % (one, other)).cut(found[::-1])
    assert list(forward) == list(backward)[::-1]


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        (b"RETURN ()", [1, 2, 3, 5], b'* ESEARCH (TAG "x") ALL 10,20,30,50'),
        (b"RETURN (max min)", [5, 2, 9], b'* ESEARCH (TAG "x") MIN 50 MAX 90 MODSEQ 9'),
        (b"RETURN (MIN)", [5, 2, 9], b'* ESEARCH (TAG "x") MIN 50 MODSEQ 5'),
        (b"RETURN (COUNT)", [5, 2, 9], b'* ESEARCH (TAG "x") COUNT 3 MODSEQ 9'),
        (b"RETURN (COUNT MIN)", [], b'* ESEARCH (TAG "x") COUNT 0'),
        (b"RETURN (PARTIAL 2:2)", [5, 2, 9], b'* ESEARCH (TAG "x") PARTIAL (2:2 20) MODSEQ 2'),
        (b"RETURN (PARTIAL 2:2)", [], b'* ESEARCH (TAG "x") PARTIAL (2:2 NIL)'),
    ],
)  # fmt: skip
def test_a_result_is_told(text: bytes, found: list[int], line: bytes) -> None:
    modseqs = list(range(100)) if b"MODSEQ" in line else None
    assert wanted(text).line(b"x", found, number, modseqs, is_uid=False) == line + b"\r\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"RETURN (SAVE)", [1, 2, 3, 4, 5, 6]),
        (b"RETURN (SAVE ALL)", [1, 2, 3, 4, 5, 6]),
        (b"RETURN (SAVE COUNT MIN)", [1, 2, 3, 4, 5, 6]),
        (b"RETURN (SAVE MIN)", [1]),
        (b"RETURN (SAVE MAX)", [6]),
        (b"RETURN (SAVE MIN MAX)", [1, 6]),
        (b"RETURN (SAVE PARTIAL 2:3)", [2, 3]),
        (b"RETURN (SAVE PARTIAL 2:3 MAX)", [2, 3, 6]),
        (b"RETURN (SAVE PARTIAL 2:3 COUNT)", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_result_is_kept(text: bytes, kept: list[int]) -> None:
    assert wanted(text).is_saved
    assert list(wanted(text).kept([1, 2, 3, 4, 5, 6])) == kept
    assert list(wanted(text).kept([])) == []


@pytest.mark.parametrize(
    "text", [b"RETURN (FOO)", b"RETURN (PARTIAL)", b"RETURN (PARTIAL 1:2 PARTIAL 3:4)", b"RETURN (ALL PARTIAL 1:2)", b"RETURN (MIN"]
)  # fmt: skip
def test_what_cannot_be_returned_is_bad(text: bytes) -> None:
    with pytest.raises(Bad):
        wanted(text)
