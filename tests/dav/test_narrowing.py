"""Narrowing never hides what matches, and does hide most of what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.filter import (
    CardFilter,
    Collation,
    CompFilter,
    Filter,
    Junction,
    MatchType,
    ParamFilter,
    PropFilter,
    TextMatch,
)
from gateway.formats.contentline import parse
from gateway.formats.matching import matches
from protocols.dav.reports.narrowing import Narrowing

# Pieces that fold, escape, compose and decompose into one another.
_PIECES = st.sampled_from(
    ["a", "A", "ss", "ß", "ﬁ", "fi", "é", "e\u0301", "\u0301", "K", "\u212a", "İ", "，", ",", "\\,", "\\n", "\\;", ";", "\\\\", ":", "^n", '"', " ", "x", "=", "\u2028"]
)  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=5).map("".join)
_NAMES = st.sampled_from(["FN", "NOTE", "item1.NOTE", "SUMMARY", "X-A"])
_MATCHES = st.builds(TextMatch, _TEXTS, st.sampled_from(Collation), st.sampled_from(MatchType), st.booleans())
_PARAMS = st.builds(ParamFilter, st.sampled_from(["TYPE", "X-P"]), st.booleans(), st.none() | _MATCHES)
_PROPERTIES = st.builds(
    PropFilter,
    name=_NAMES,
    is_not_defined=st.booleans(),
    texts=st.lists(_MATCHES, max_size=2).map(tuple),
    params=st.lists(_PARAMS, max_size=1).map(tuple),
    test=st.sampled_from(Junction),
)
_CARDS = st.builds(CardFilter, st.lists(_PROPERTIES, max_size=3).map(tuple), st.sampled_from(Junction))
_COMPONENTS = st.builds(
    CompFilter,
    name=st.sampled_from(["VCARD", "VEVENT"]),
    is_not_defined=st.booleans(),
    properties=st.lists(_PROPERTIES, max_size=2).map(tuple),
    test=st.sampled_from(Junction),
)


@st.composite
def _documents(draw: st.DrawFn) -> bytes:
    lines = ["BEGIN:VCARD", "VERSION:3.0"]
    for _ in range(draw(st.integers(0, 4))):
        params = draw(st.sampled_from(["", ";TYPE=a", ";X-P=ss", ';X-P="a^n"']))
        lines.append(
            f"{draw(st.sampled_from(['', 'item1.']))}{draw(_NAMES).partition('.')[2] or 'FN'}{params}:{draw(_TEXTS)}"
        )
    raw = "\r\n".join([*lines, "END:VCARD", ""]).encode()
    # Folds, also between the octets of one character.
    for cut in sorted(draw(st.lists(st.integers(20, max(20, len(raw) - 16)), max_size=3)), reverse=True):
        raw = raw[:cut] + b"\r\n " + raw[cut:]
    return raw


@given(_documents(), _CARDS | _COMPONENTS)
def test_what_matches_is_never_hidden(content: bytes, wanted: Filter) -> None:
    try:
        (document,) = parse(content)
    except Exception:
        return
    if matches(document, wanted):
        assert Narrowing(wanted).may_match(content)


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Rosa Gr\r\n öße\r\nEMAIL:rosa@example.com\r\nEND:VCARD\r\n".encode()


@pytest.mark.parametrize(
    ("wanted", "may"),
    [
        (PropFilter("FN", texts=(TextMatch("größe", Collation.UNICODE_CASEMAP),)), True),
        (PropFilter("FN", texts=(TextMatch("GROESSE", Collation.UNICODE_CASEMAP),)), False),
        (PropFilter("EMAIL", texts=(TextMatch("rosa@example.com"),)), True),
        (PropFilter("EMAIL", texts=(TextMatch("zoe@example.com"),)), False),
        (PropFilter("TEL"), False),
        (PropFilter("TEL", is_not_defined=True), True),
        (PropFilter("FN", texts=(TextMatch("no", negate=True),)), True),
    ],
)
def test_most_of_what_does_not_match_is_left_out(wanted: PropFilter, may: bool) -> None:
    assert Narrowing(CardFilter((wanted,))).may_match(CARD) is may
