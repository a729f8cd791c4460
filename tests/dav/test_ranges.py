"""Which bytes a Range header asks for: a table, and whatever it says, never more than there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dav.files.ranges import ByteRange, ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-499", [(0, 499 + 1)]),
        ("bytes=500-", [(500, 500)]),
        ("bytes=-500", [(500, 500)]),
        ("bytes=-5000", [(0, 1000)]),
        ("bytes=900-5000", [(900, 100)]),
        ("BYTES = 0-0 , -1", [(0, 1), (999, 1)]),
        ("bytes=700-799,0-9", [(700, 100), (0, 10)]),
        ("bytes=1000-", []),
        ("bytes=-0", []),
        ("bytes=1000-,0-0", [(0, 1)]),
        ("bytes=0-9,5-14", None),
        ("bytes=" + ",".join(f"{2 * n}-{2 * n}" for n in range(17)), None),
        ("bytes=5-4", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=--1", None),
        ("lines=0-1", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("", None),
    ],
)
def test_ranges(header: str, expected: list[tuple[int, int]] | None) -> None:
    wanted = None if expected is None else [ByteRange(*one) for one in expected]
    assert ranges(header, 1000) == wanted


@given(st.text("bytes=0123456789-, ", max_size=40), st.integers(0, 100))
def test_no_range_reaches_beyond_the_end(header: str, size: int) -> None:
    for one in ranges("bytes=" + header, size) or ():
        assert 0 <= one.start < one.start + one.length <= size
