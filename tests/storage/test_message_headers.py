"""Columns that hold addresses as headers do: what is written is read again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from storage.crm import message_headers

TEXT, SHORT = sa.Column("x", sa.Text), sa.Column("x", sa.String(40))
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), include_characters=" "), max_size=20)
ADDRESSES = st.from_regex(r"[a-z0-9+_-]{1,9}(\.[a-z0-9]{1,9})?@[a-z]{1,9}\.example", fullmatch=True)


@given(st.lists(st.tuples(ADDRESSES, NAMES.map(lambda name: " ".join(name.split()))), max_size=6), st.booleans())
def test_what_is_written_is_read_again(people: list[tuple[str, str]], is_json: bool) -> None:
    shown = message_headers.read(message_headers.written(people, TEXT, is_json=is_json))
    assert [address for address, _ in shown] == [address for address, _ in people]
    if not is_json and not any("=?" in name for _, name in people):
        assert [name for _, name in shown] == [name for _, name in people]


@given(st.lists(st.tuples(ADDRESSES, NAMES), max_size=6), st.booleans())
def test_a_short_column_holds_whole_addresses(people: list[tuple[str, str]], is_json: bool) -> None:
    held = message_headers.written(people, SHORT, is_json=is_json)
    assert len(held) <= 40
    shown = [address for address, _ in message_headers.read(held)]
    assert shown == [address for address, _ in people][: len(shown)]


def test_a_json_column_gets_a_list() -> None:
    column: sa.Column[object] = sa.Column("x", sa.JSON)
    assert message_headers.written([("a@x.example", "A")], column, is_json=True) == ["a@x.example"]
    assert message_headers.read(["a@x.example", "B <b@x.example>"]) == [("a@x.example", ""), ("b@x.example", "B")]


@pytest.mark.parametrize("held", [None, "", "[]", "[1]", "{", '["', "nobody", 7, "[" * 100_000])
def test_what_is_no_address_is_nobody(held: object) -> None:
    assert message_headers.read(held) == []
