"""Escapes of values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.contentline import (
    escape,
    read_list,
    read_structured,
    split,
    unescape,
    write_list,
    write_structured,
)

CLEAN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\t"))


@given(CLEAN)
def test_text_survives(text: str) -> None:
    raw = escape(text)
    assert "\n" not in raw
    assert unescape(raw) == text


@given(st.lists(CLEAN.map(str.strip).filter(bool)))
def test_lists_survive(texts: list[str]) -> None:
    assert read_list(write_list(texts)) == tuple(texts)


@given(st.lists(CLEAN, min_size=1))
def test_structures_survive(texts: list[str]) -> None:
    assert read_structured(write_structured(texts)) == texts


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\nb\Nc", "a\nb\nc"),
        (r"a\,b\;c\\d\:e", r"a,b;c\d:e"),
        (r"C:\temp", r"C:\temp"),
        (r"C:\\new", r"C:\new"),
        ("end\\", "end\\"),
    ],
)
def test_escapes_are_undone(raw: str, text: str) -> None:
    assert unescape(raw) == text


@pytest.mark.parametrize(
    ("raw", "pieces"),
    [("", [""]), ("a;b", ["a", "b"]), (r"a\;b;c", [r"a\;b", "c"]), (r"a\\;b", [r"a\\", "b"]), (";", ["", ""])],
)
def test_values_are_split_where_nothing_is_escaped(raw: str, pieces: list[str]) -> None:
    assert split(raw, ";") == pieces


def test_line_ends_and_control_characters_of_others_are_made_harmless() -> None:
    assert escape("a\r\nb\rc\x00\x1b\ud800\ttab") == "a\\nb\\nc\ttab"
