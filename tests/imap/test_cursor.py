"""Grammar elements, well formed and not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.framing import RawCommand
from protocols.imap.mutf7 import decode_name, encode_name
from protocols.imap.types import STAR, SeqSet, UIDSet, compact


def cursor(*pieces: bytes) -> Cursor:
    """A cursor over text, literal, text, literal, …"""
    return Cursor(RawCommand(list(pieces[::2]), list(pieces[1::2])))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b"abc",), b"abc"),
        ((b"a]b",), b"a]b"),
        ((b'"a b"',), b"a b"),
        ((b'"a \\"b\\" \\\\"',), b'a "b" \\'),
        ((b'""',), b""),
        ((b"", b"lite\r\nral", b""), b"lite\r\nral"),
        ((b'"\xc3\xbc"',), b"\xc3\xbc"),
    ],
)
def test_a_string_may_be_an_atom_quoted_or_a_literal(pieces: tuple[bytes, ...], expected: bytes) -> None:
    read = cursor(*pieces)
    assert read.expect_astring() == expected
    read.expect_end()


@pytest.mark.parametrize(
    "text", [b"", b" ", b"(", b'"open', b'"bad \\n escape"', b"{3}", b"\xff", b"%", b"*", b'"nul\x00"']
)
def test_what_is_no_string_is_bad(text: bytes) -> None:
    with pytest.raises(Bad):
        cursor(text).expect_astring()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"(\\Seen $Label1 NonJunk)", ["\\Seen", "$Label1", "NonJunk"]),
        (b"()", []),
        (b"\\Seen", None),
    ],
)
def test_flag_lists_are_read(text: bytes, expected: list[str] | None) -> None:
    assert cursor(text).flag_list() == expected


@pytest.mark.parametrize(
    "text", [b"(", b"(a", b"(a b", b"(a  b)", b"( a)", b"(\\)", b"(\\Se*en)", b"(" + b"a " * 2_000 + b"a)"]
)
def test_lists_that_are_none_are_bad(text: bytes) -> None:
    with pytest.raises(Bad):
        cursor(text).flag_list()


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (Cursor.expect_date, b"1-Jan-1970", 0),
        (Cursor.expect_date, b'"01-Mar-2000"', 11017),
        (Cursor.expect_date_time, b'" 1-Jan-1970 01:00:00 +0100"', 0),
        (Cursor.expect_date_time, b'"17-Jul-1996 02:44:25 -0700"', 837596665),
        (Cursor.expect_number, b"4294967295", 2**32 - 1),
        (Cursor.expect_modseq, b"0", 0),
        (Cursor.expect_modseq, b"9223372036854775807", 2**63 - 1),
    ],
)
def test_numbers_and_dates_are_read(read: Callable[[Cursor], int], text: bytes, expected: int) -> None:
    assert read(cursor(text)) == expected


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (Cursor.expect_date, b"30-Feb-2026"),
        (Cursor.expect_date, b"1-Foo-2026"),
        (Cursor.expect_date, b"2026-01-01"),
        (Cursor.expect_date_time, b'"32-Jan-2026 00:00:00 +0000"'),
        (Cursor.expect_date_time, b'"01-Jan-2026 25:00:00 +0000"'),
        (Cursor.expect_date_time, b'"01-Jan-0000 00:00:00 +0000"'),
        (Cursor.expect_number, b"4294967296"),
        (Cursor.expect_number, b"-1"),
        (Cursor.expect_modseq, b"9223372036854775808"),
        (Cursor.expect_tag, b"+"),
        (Cursor.expect_tag, b""),
    ],
)
def test_what_is_none_of_them_is_bad(read: Callable[[Cursor], object], text: bytes) -> None:
    with pytest.raises(Bad):
        read(cursor(text))


def test_inbox_is_the_same_in_any_letters() -> None:
    assert cursor(b"inBoX").expect_mailbox() == "INBOX"
    assert cursor(b"inBoX/a").expect_mailbox() == "inBoX/a"


@pytest.mark.parametrize("name", [b"a" * 1_001, b"a\r\nb", b"a\x00b"])
def test_names_that_cannot_be_are_bad(name: bytes) -> None:
    with pytest.raises(Bad):
        cursor(b"", name, b"").expect_mailbox()


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (b"1", [(1, 1)]),
        (b"1:3,5", [(1, 3), (5, 5)]),
        (b"*", [(STAR, STAR)]),
        (b"5:*", [(5, STAR)]),
        (b"*:5", [(STAR, 5)]),
    ],
)
def test_sets_are_read(text: bytes, pairs: list[tuple[int, int]]) -> None:
    found = SeqSet.parse(text)
    assert found is not None
    assert list(found.pairs) == pairs


@pytest.mark.parametrize("text", [b"", b"0", b"1,", b",1", b"1::2", b"1:2:3", b"01", b"4294967296", b"a", b"1 ", b"**"])
def test_what_is_no_set_is_none(text: bytes) -> None:
    assert UIDSet.parse(text) is None


numbers = st.integers(1, 30)
sets = st.lists(st.one_of(numbers.map(lambda n: (n, n)), st.tuples(numbers, numbers)), min_size=1, max_size=8)


@given(sets, numbers)
def test_spans_mean_what_the_set_says(pairs: list[tuple[int, int]], largest: int) -> None:
    spans = SeqSet(tuple(pairs)).spans(largest)
    meant = {number for low, high in pairs for number in range(min(low, high), max(low, high) + 1)}
    assert {number for low, high in spans for number in range(low, high + 1)} == meant
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(spans))


@given(st.lists(numbers, unique=True))
def test_compacted_numbers_are_the_same_numbers_in_order(listed: list[int]) -> None:
    out: list[int] = []
    for piece in compact(listed).split(b",") if listed else []:
        low, _, high = piece.partition(b":")
        out.extend(range(int(low), int(high or low) + 1))
    assert out == listed


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Entwürfe", b"Entw&APw-rfe"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("R&D", b"R&-D"),
        ("&Jjo-", b"&-Jjo-"),
        ("😀", b"&2D3eAA-"),
    ],
)
def test_modified_utf_7_is_that_of_rfc_3501(name: str, wire: bytes) -> None:
    assert encode_name(name) == wire
    assert decode_name(wire) == name


@given(st.text())
def test_every_name_has_one_encoding(name: str) -> None:
    wire = encode_name(name)
    assert wire.isascii()
    assert decode_name(wire) == name


@pytest.mark.parametrize("wire", [b"&", b"&AP", b"&!!!-", b"&AA-", b"a&b", b"\xff", b"&" * 100])
def test_a_name_that_is_not_well_formed_is_some_name(wire: bytes) -> None:
    assert isinstance(decode_name(wire), str)
