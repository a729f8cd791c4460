"""What messages are sorted and threaded by, and the words they are searched by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.searching import Heading, Phrase
from gateway.formats.headings import heading
from gateway.formats.words import collated, fold, header_words, in_header

BLOCK = (
    b"Subject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= (fwd)\r\nFrom: =?utf-8?q?=C3=84nne?= <anna@x.example>, b@x.example\r\n"
    b"To: Team: a@x.example, b@x.example;\r\nCc: c@x.example\r\nDate: Sun, 01 Mar 2026 23:30:00 -0800\r\n"
    b"Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x>\r\nIn-Reply-To: <9@x>\r\nSubject: not this one\r\n\r\n"
)


def test_a_heading_is_read() -> None:
    assert heading(BLOCK) == Heading(
        sent=1_772_436_600,
        sent_day=20_513,
        subject=collated("Grüße"),
        is_reply=True,
        from_="ANNA",
        to="TEAM",
        cc="C",
        display_from=collated("Änne"),
        display_to="TEAM",
        message_id="<3@x>",
        references=("<1@x>", "<2@x>"),
    )


def test_without_references_the_first_of_in_reply_to_counts() -> None:
    assert heading(b"In-Reply-To: your message <1@x> and <2@x>\r\n\r\n").references == ("<1@x>",)


def test_a_mailbox_without_a_name_is_shown_by_its_address() -> None:
    found = heading(b'From: a@x.example\r\nTo: "" <b@x.example>\r\n\r\n')
    assert (found.display_from, found.display_to) == ("A@X.EXAMPLE", "B@X.EXAMPLE")


def test_nothing_at_all_is_a_heading_too() -> None:
    assert heading(b"") == Heading()
    assert heading(b"Date: yesterday\r\nFrom: \r\n\r\n") == Heading()


@pytest.mark.parametrize(
    ("one", "other"),
    [("GRÜSSE", "grüße"), ("gru\u0308ße", "Grüße"), ("ǅ", "ǆ"), ("ﬁn", "FIN"), ("ı", "I"), ("ſ", "s"), ("Σας", "σασ"), ("Ⅳ", "iv")],
)  # fmt: skip
def test_letters_that_are_the_same_but_for_case_and_form_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@given(st.text(max_size=30))
def test_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_part_of_a_text_is_a_part_of_its_folded_form(one: str, other: str) -> None:
    if one.isascii() or other.isascii():
        assert fold(one) in fold(f"{one} {other}")
        assert fold(other) in fold(f"{one} {other}")


@pytest.mark.parametrize(
    ("phrase", "is_in"),
    [
        (Phrase("subject", fold("GRÜSSE"), is_field=True), True),
        (Phrase("subject", "not this", is_field=True), True),
        (Phrase("subject", "anna", is_field=True), False),
        (Phrase("date", "", is_field=True), True),
        (Phrase("dat", "", is_field=True), False),
        (Phrase("subject: re", "", is_field=True), False),
        (Phrase("text", "message-id: <3@x>"), True),
        (Phrase("text", "<3@x>\nreferences"), False),
        (Phrase("body", "anna"), False),
    ],
)
def test_phrases_are_found_in_the_header(phrase: Phrase, is_in: bool) -> None:
    assert in_header(header_words(BLOCK), phrase) is is_in
