"""Base subjects (RFC 5256 §2.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.subjects import base_subject

pieces = st.lists(
    st.sampled_from(["re", "Fwd", "fw", ":", "[", "]", "(fwd)", " ", "a", "list", "[x]", "[fwd:", "\t"]), max_size=12
).map("".join)


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Offer", "Offer", False),
        ("", "", False),
        ("  two \t\r\n  words  ", "two words", False),
        ("Re: Offer", "Offer", True),
        ("RE : Offer", "Offer", True),
        ("re:fw: FWD:Offer", "Offer", True),
        ("Re[2]: Offer", "Offer", True),
        ("Offer (fwd) (FWD) ", "Offer", True),
        ("[list] Offer", "Offer", False),
        ("[list] [other] Offer", "Offer", False),
        ("[list] Re: [list] re: Offer", "Offer", True),
        ("[list]", "[list]", False),
        ("[a] [b]", "[b]", False),
        ("re: [b]", "[b]", True),
        ("[fwd: Re: Offer]", "Offer", True),
        ("[Fwd: [fwd: Offer (fwd)] ]", "Offer", True),
        ("Report: Offer", "Report: Offer", False),
        ("re", "re", False),
        ("re:", "", True),
        ("[a[b]] c", "[a[b]] c", False),
        ("Antw: Offer", "Antw: Offer", False),
    ],
)
def test_a_subject_has_its_base(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


@given(pieces)
def test_a_base_is_its_own_base(subject: str) -> None:
    base, _ = base_subject(subject)
    assert base_subject(base) == (base, False)


@given(pieces)
def test_an_answer_has_the_base_of_what_it_answers(subject: str) -> None:
    assert base_subject(f"Re: {subject}") == (base_subject(subject)[0], True)


def test_brackets_without_end_cost_no_more_than_they_are_long() -> None:
    base_subject("[" * 100_000)
    base_subject("[x]" * 100_000 + "re")
    base_subject("re:" * 100_000)
