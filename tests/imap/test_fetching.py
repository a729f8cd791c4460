"""FETCH items and what they show of a message."""

from __future__ import annotations

import time

import pytest

from gateway.core.mail import Need
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.fetching import Column, FlagText, Item, column_lines, message_line, needs, parse_items, sets_seen
from protocols.imap.framing import RawCommand
from tests.imap.builders import a_row, a_view, some_content

RAW = (
    b"From: Anna <anna@example.com>\r\nto: bob@example.org\r\nSubject: outer\r\n folded\r\nX-1: a\r\nX-1: b\r\n"
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\nContent-Type: text/plain\r\n\r\none\r\n"
    b"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: x@y\r\n\r\ninner text\r\n--a--\r\n"
)
VIEW = a_view(a_row(10, "\\Seen", "Work", modseq=5, size=len(RAW), date=0))


def items(text: bytes) -> tuple[Item, ...]:
    cursor = Cursor(RawCommand([text], []))
    found = parse_items(cursor)
    cursor.expect_end()
    return found


def fetched(text: bytes, raw: bytes = RAW) -> bytes:
    return b"".join(message_line(VIEW, 0, items(text), some_content(10, raw), FlagText()))


def section(text: bytes, raw: bytes = RAW) -> bytes | None:
    """The bytes a section is answered with; None for NIL."""
    line = fetched(text, raw)
    assert line.startswith(b"* 1 FETCH (")
    label, _, rest = line.removeprefix(b"* 1 FETCH (").partition(b"] " if b"] " in line else b"> ")
    if rest == b"NIL)\r\n":
        return None
    if rest == b'"")\r\n':
        return b""
    size, _, content = rest.removeprefix(b"{").partition(b"}\r\n")
    assert len(content) == int(size) + 3, label
    assert content.endswith(b")\r\n")
    return content[:-3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"BODY[]", RAW),
        (b"BODY[HEADER]", RAW[: RAW.index(b"preamble")]),
        (b"BODY[TEXT]", RAW[RAW.index(b"preamble") :]),
        (b"BODY[HEADER.FIELDS (SUBJECT From)]", b"From: Anna <anna@example.com>\r\nSubject: outer\r\n folded\r\n\r\n"),
        (b"BODY[HEADER.FIELDS (X-1)]", b"X-1: a\r\nX-1: b\r\n\r\n"),
        (b"BODY[HEADER.FIELDS (Nobody)]", b"\r\n"),
        (b"BODY[HEADER.FIELDS.NOT (Subject X-1 From Content-Type)]", b"to: bob@example.org\r\n\r\n"),
        (b"BODY[1]", b"one"),
        (b"BODY[1.MIME]", b"Content-Type: text/plain\r\n\r\n"),
        (b"BODY[1.TEXT]", None),
        (b"BODY[2]", b"Subject: inner\r\nFrom: x@y\r\n\r\ninner text"),
        (b"BODY[2.HEADER]", b"Subject: inner\r\nFrom: x@y\r\n\r\n"),
        (b"BODY[2.HEADER.FIELDS (from)]", b"From: x@y\r\n\r\n"),
        (b"BODY[2.TEXT]", b"inner text"),
        (b"BODY[2.1]", b"inner text"),
        (b"BODY[2.1.MIME]", b"Subject: inner\r\nFrom: x@y\r\n\r\n"),
        (b"BODY[3]", None),
        (b"BODY[]<0.5>", b"From:"),
        (b"BODY[]<5.3>", b" An"),
        (b"BODY[1]<2.100>", b"e"),
        (b"BODY[1]<9.1>", b""),
        (b"BODY[1]<0.0>", b""),
    ],
)
def test_sections_are_cut_by_the_byte(text: bytes, expected: bytes | None) -> None:
    assert section(text) == expected


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (b"body.peek[text]<3.9>", b"BODY[TEXT]<3> "),
        (b"BODY[1.2.3.MIME]", b"BODY[1.2.3.MIME] "),
        (b"BODY.PEEK[HEADER.FIELDS (Subject)]", b"BODY[HEADER.FIELDS (Subject)] "),
        (b'BODY[HEADER.FIELDS ("a b")]', b'BODY[HEADER.FIELDS ("a b")] '),
        (b"RFC822.PEEK", b"RFC822 "),
        (b"RFC822.HEADER", b"RFC822.HEADER "),
        (b"RFC822.TEXT", b"RFC822.TEXT "),
    ],
)
def test_an_answer_names_its_section(text: bytes, label: bytes) -> None:
    assert fetched(text).startswith(b"* 1 FETCH (" + label)


@pytest.mark.parametrize(
    "text",
    [b"", b"()", b"FOO", b"BODY[", b"BODY[0]", b"BODY[MIME]", b"BODY[1.]", b"BODY[TEXT.1]", b"BODY[HEADER.FIELDS]", b"BODY[HEADER.FIELDS ()]",
     b"BODY[]<1>", b"BODY[]<1.>", b"BODY[]<-1.1>", b"BODY[1 2]", b"BODY.PEEK", b"(ALL)", b"(FLAGS", b"(FLAGS  UID)",
     b"BODY[" + b"1." * 300 + b"1]", b"(" + b"UID " * 300 + b"UID)"],
)  # fmt: skip
def test_what_is_no_item_is_bad(text: bytes) -> None:
    with pytest.raises(Bad):
        items(text)


@pytest.mark.parametrize(
    ("text", "need", "is_seen"),
    [
        (b"FAST", Need.NOTHING, False),
        (b"(UID FLAGS MODSEQ)", Need.NOTHING, False),
        (b"ALL", Need.SUMMARY, False),
        (b"FULL", Need.SUMMARY, False),
        (b"BODYSTRUCTURE", Need.SUMMARY, False),
        (b"BODY.PEEK[HEADER.FIELDS (From)]", Need.HEADER, False),
        (b"BODY[HEADER]", Need.HEADER, True),
        (b"BODY.PEEK[]", Need.RAW, False),
        (b"BODY[1]", Need.RAW | Need.SUMMARY, True),
        (b"RFC822", Need.RAW, True),
        (b"RFC822.TEXT", Need.RAW, True),
        (b"RFC822.HEADER", Need.HEADER, False),
        (b"RFC822.PEEK", Need.RAW, False),
    ],
)
def test_no_more_is_read_than_is_shown(text: bytes, need: Need, is_seen: bool) -> None:
    assert needs(items(text)) == need
    assert sets_seen(items(text)) is is_seen


def test_an_item_named_twice_is_answered_once() -> None:
    assert items(b"(UID uid BODY[] BODY[])") == (Column(b"UID"), *items(b"BODY[]"))


def test_an_envelope_is_that_of_rfc_3501() -> None:
    raw = (
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nSubject: IMAP4rev1 WG mtg summary and minutes\r\n"
        b"From: Terry Gray <gray@cac.washington.edu>\r\nTo: imap@cac.washington.edu\r\n"
        b"Cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n"
    )
    assert fetched(b"ENVELOPE", raw) == (
        b'* 1 FETCH (ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
        b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
        b'"<B27397-0100000@cac.washington.edu>"))\r\n'
    )


def test_groups_and_names_beyond_ascii_keep_to_the_grammar() -> None:
    raw = 'From: Jürgen <j@x>\r\nTo: team: a@x;\r\nSubject: Grüße "q"\r\n\r\n'.encode()
    line = fetched(b"ENVELOPE", raw)
    assert line.isascii()
    assert b'((NIL NIL "team" NIL)(NIL NIL "a" "x")(NIL NIL NIL NIL))' in line
    assert b'("=?utf-8?B?SsO8cmdlbg==?=" NIL "j" "x")' in line


def test_body_structure_is_that_of_rfc_3501() -> None:
    assert fetched(b"BODYSTRUCTURE") == (
        b'* 1 FETCH (BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 3 0 NIL NIL NIL NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 39 (NIL "inner" ((NIL NIL "x" "y")) ((NIL NIL "x" "y")) ((NIL NIL "x" "y")) '
        b'NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 10 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) '
        b'"mixed" ("boundary" "a") NIL NIL NIL))\r\n'
    )
    assert b"boundary" not in fetched(b"BODY")


def test_a_multipart_that_holds_nothing_is_shown_with_an_empty_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    assert fetched(b"BODY", raw) == b'* 1 FETCH (BODY (("text" "plain" NIL NIL NIL "7bit" 0 0) "mixed"))\r\n'


def test_columns_are_written_in_the_order_they_were_asked_for() -> None:
    view = a_view(a_row(10, "b", "\\Seen", "\\Flagged", modseq=5, size=7, date=837596665), a_row(12))
    names = [b"UID", b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"MODSEQ"]
    assert column_lines(view, range(1), names, FlagText()) == (
        b'* 1 FETCH (UID 10 FLAGS (\\Flagged \\Seen b) INTERNALDATE "17-Jul-1996 09:44:25 +0000" RFC822.SIZE 7 MODSEQ (5))\r\n'
    )
    assert (
        column_lines(view, range(2), [b"FLAGS"], FlagText())
        == b"* 1 FETCH (FLAGS (\\Flagged \\Seen b))\r\n* 2 FETCH (FLAGS ())\r\n"
    )


def test_a_structure_of_many_parts_is_written_in_no_time() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 100_000
    content = some_content(10, raw)
    started = time.process_time()
    line = b"".join(message_line(VIEW, 0, items(b"BODYSTRUCTURE"), content, FlagText()))
    assert time.process_time() - started < 1
    assert line.count(b'"text"') == 9_999
