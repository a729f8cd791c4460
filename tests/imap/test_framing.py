"""Commands come out the same however the bytes were cut, and nothing is kept that was not agreed to."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.framing import Announced, Complete, Framer, Overflow, TooLong

LINE = 40
MOST = 10


def conversation(chunks: list[bytes]) -> list[object]:
    """What a framer makes of the chunks; literals of more than ten bytes are refused."""
    framer = Framer(LINE, literals=3)
    out: list[object] = []
    for chunk in chunks:
        framer.feed(chunk)
        while (event := framer.next()) is not None:
            if isinstance(event, Announced):
                if event.size <= MOST:
                    out.append(("accepted", event.size, event.is_sync))
                    framer.accept()
                else:
                    out.append(("refused", event.command.tag, event.size, event.is_sync))
                    framer.refuse()
            elif isinstance(event, Complete):
                out.append((tuple(event.command.texts), tuple(event.command.literals)))
            else:
                assert isinstance(event, Overflow)
                out.append((event.what, event.tag))
    out.append(("left", len(framer)))
    return out


STREAMS: list[tuple[bytes, list[object]]] = [
    (b"a NOOP\r\nb NOOP\n", [((b"a NOOP",), ()), ((b"b NOOP",), ())]),
    (b"\r\n", [((b"",), ())]),
    (b"a LOGIN {3}\r\nabc {2+}\r\nde\r\n", [
        ("accepted", 3, True), ("accepted", 2, False), ((b"a LOGIN ", b" ", b""), (b"abc", b"de"))]),
    (b"a X {0}\r\n\r\n", [("accepted", 0, True), ((b"a X ", b""), (b"",))]),
    # Literals hold whatever they hold.
    (b"a X {6+}\r\n\r\n{9}\r y\r\n", [("accepted", 6, False), ((b"a X ", b" y"), (b"\r\n{9}\r",))]),
    (b"a X {11}\r\nb NOOP\r\n", [("refused", b"a", 11, True), ((b"b NOOP",), ())]),
    (b"a X {11+}\r\nhello\r\nworl y {3+}\r\nxyz z\r\nb NOOP\r\n", [("refused", b"a", 11, False), ((b"b NOOP",), ())]),
    # A synchronising literal behind a refused one never comes.
    (b"a X {11+}\r\n12345678901 {5}\r\nb NOOP\r\n", [("refused", b"a", 11, False), ((b"b NOOP",), ())]),
    (b"a " + b"x" * LINE + b"\r\nb NOOP\r\n", [(TooLong.LINE, b"a"), ((b"b NOOP",), ())]),
    (b"a " + b"x" * 500 + b" {3+}\r\n\r\nz more\r\nb NOOP\r\n", [(TooLong.LINE, b"a"), ((b"b NOOP",), ())]),
    (b"a " + b"x" * (LINE - 2) + b"\r\n", [((b"a " + b"x" * (LINE - 2),), ())]),
    (b"a X {1+}\r\n1{1+}\r\n1{1+}\r\n1{1+}\r\n1\r\nb NOOP\r\n", [
        ("accepted", 1, False)] * 3 + [(TooLong.LITERALS, b"a"), ((b"b NOOP",), ())]),
    (b"a X {99999999999+}\r\nb NOOP\r\n", [(TooLong.LITERAL, b"a"), ((b"b NOOP",), ())]),
    (b'a X "{3}"\r\n', [((b'a X "{3}"',), ())]),
    (b"a X {3}y\r\n", [((b"a X {3}y",), ())]),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "expected"), STREAMS)
def test_a_stream_is_cut_into_commands(stream: bytes, expected: list[object]) -> None:
    assert conversation([stream]) == [*expected, ("left", 0)]


@pytest.mark.parametrize(("stream", "expected"), STREAMS)
def test_where_the_packets_are_cut_makes_no_difference(stream: bytes, expected: list[object]) -> None:
    assert conversation([stream[at : at + 1] for at in range(len(stream))]) == [*expected, ("left", 0)]
    for at in range(len(stream)):
        assert conversation([stream[:at], stream[at:]]) == [*expected, ("left", 0)]


pieces = st.sampled_from(
    [
        b"a NOOP",
        b"\r\n",
        b"\n",
        b"\r",
        b"{3}\r\n",
        b"{3+}\r\n",
        b"{99+}\r\n",
        b"{99}\r\n",
        b"x" * 30,
        b" ",
        b"abc",
        b"{",
        b"}",
        b"0",
    ]
)


@given(st.lists(pieces, max_size=30).map(b"".join), st.data())
def test_any_stream_means_the_same_however_it_is_cut(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    bounds = [0, *cuts, len(stream)]
    whole, cut = conversation([stream]), conversation([stream[a:b] for a, b in pairwise(bounds)])
    assert whole[:-1] == cut[:-1]


def test_a_line_without_end_is_not_kept() -> None:
    framer = Framer(LINE, literals=3)
    events = []
    for _ in range(1_000):
        framer.feed(b"x" * 1_000)
        events.append(framer.next())
        assert len(framer) <= LINE
    assert [event for event in events if event is not None] == [Overflow(TooLong.LINE, b"")]


def test_a_refused_literal_is_not_kept() -> None:
    framer = Framer(LINE, literals=3)
    framer.feed(b"a X {1000000+}\r\n")
    assert isinstance(framer.next(), Announced)
    framer.refuse()
    for _ in range(1_000):
        framer.feed(b"y" * 1_000)
        assert framer.next() is None
        assert len(framer) == 0
    framer.feed(b"\r\nb NOOP\r\n")
    event = framer.next()
    assert isinstance(event, Complete)
    assert event.command.texts == [b"b NOOP"]


def test_clearing_forgets_commands_that_were_sent_ahead() -> None:
    framer = Framer(LINE, literals=3)
    framer.feed(b"a STARTTLS\r\nb NOOP\r\nc LOGIN {5+}\r\nab")
    assert isinstance(framer.next(), Complete)
    framer.clear()
    framer.feed(b"d NOOP\r\n")
    event = framer.next()
    assert isinstance(event, Complete)
    assert event.command.tag == b"d"


def test_lines_that_are_no_commands_are_read_one_at_a_time() -> None:
    framer = Framer(LINE, literals=3)
    framer.feed(b"a IDLE\r\nDONE\r\nb NOOP\r\nhalf")
    assert isinstance(framer.next(), Complete)
    assert framer.next_line() == b"DONE"
    assert isinstance(framer.next(), Complete)
    assert framer.next_line() is None
