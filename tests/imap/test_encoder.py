"""What goes out is well formed whatever goes in."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap import encoder
from protocols.imap.cursor import Cursor
from protocols.imap.framing import Announced, Complete, Framer
from protocols.imap.mailboxes import matches


def read_back(wire: bytes) -> bytes:
    """The string that a response's bytes mean, read by our own framer and cursor."""
    framer = Framer(100_000, literals=10)
    framer.feed(wire.replace(b"}\r\n", b"+}\r\n", 1) + b"\r\n")
    event = framer.next()
    if isinstance(event, Announced):
        framer.accept()
        event = framer.next()
    assert isinstance(event, Complete)
    read = Cursor(event.command)
    value = read.expect_astring()
    read.expect_end()
    return value


@given(st.one_of(st.binary(max_size=50), st.binary(min_size=1_001, max_size=1_050)))
def test_any_bytes_come_back_from_a_string(value: bytes) -> None:
    if not value.startswith(b"{"):
        assert read_back(encoder.quoted(value)) == value


@given(st.text(max_size=60))
def test_a_text_is_seven_bits_and_one_line_of_response(text: str) -> None:
    wire = encoder.string(text)
    assert wire.isascii()
    assert wire.startswith((b'"', b"{"))


@given(st.text())
def test_human_text_cannot_end_its_line(words: str) -> None:
    line = encoder.status(b"NO", "CANNOT", words)
    assert line.isascii()
    assert not set(line) & set(b"\r\n\x00")
    assert line.startswith(b"NO [CANNOT] ")


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("Sent Items", b'"Sent Items"'),
        ("nil", b'"nil"'),
        ("Entwürfe", b'"Entw&APw-rfe"'),
        ("a%b", b'"a%b"'),
        ("", b'""'),
    ],
)
def test_mailbox_names_are_quoted_where_they_must(name: str, wire: bytes) -> None:
    assert encoder.mailbox(name) == wire


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_dates_are_those_of_the_calendar(seconds: int) -> None:
    when = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
    expected = f'"{when.day:2}-{months[when.month - 1]}-{when.year:04} {when:%H:%M:%S} +0000"'
    assert encoder.date_time(seconds) == expected.encode()


@pytest.mark.parametrize("seconds", [-(10**15), 10**15])
def test_a_date_beyond_the_calendar_still_has_four_digits_of_year(seconds: int) -> None:
    assert len(encoder.date_time(seconds)) == 28


@pytest.mark.parametrize(
    ("pattern", "name", "is_meant"),
    [
        ("*", "a/b/c", True),
        ("%", "a", True),
        ("%", "a/b", False),
        ("a/%", "a/b", True),
        ("a/%", "a/b/c", False),
        ("a*c", "a/b/c", True),
        ("%/%", "a/b", True),
        ("*%", "a/b", True),
        ("%%b*", "xb/y", True),
        ("", "a", False),
        ("inbox", "INBOX", True),
        ("In%", "INBOX", True),
        ("sent", "Sent", False),
        ("a", "ab", False),
        ("*b", "ab", True),
    ],
)
def test_patterns_mean_names(pattern: str, name: str, is_meant: bool) -> None:
    assert matches(pattern, name) is is_meant


def test_a_pattern_of_wildcards_takes_no_longer_than_others() -> None:
    assert not matches("*a" * 500 + "b", "a" * 1_000)
