"""Search keys against a handful of messages, and set algebra against plain logic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.ids import UID
from gateway.core.mail import Need
from gateway.core.searching import Asked, Phrase, Sifted
from gateway.formats.words import body_words, header_words, in_body, in_header
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad, No
from protocols.imap.framing import RawCommand
from protocols.imap.search_keys import Program, check_charset, parse_program
from protocols.imap.searching import Search
from tests.imap.builders import a_row, a_view, some_content

DAY = 86_400

RAWS = {
    10: b"From: Anna Beck <anna@example.com>\r\nTo: bob@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from Graz\r\n"
    b"Date: Sun, 01 Mar 2026 23:30:00 -0800\r\n\r\nThe offer is ready.\r\n",
    20: b"From: Bob <bob@example.org>\r\nCc: carol@example.net\r\nSubject: Re: offer\r\nX-Note: \r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<p>Gr=C3=BC=C3=9Fe, the <b>of</b>fer is fine.\r\n",
    30: b"Subject: photo\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nb2ZmZXI=\r\n",
}
VIEW = a_view(
    a_row(10, "\\Seen", "Work", modseq=5, size=100, date=DAY * 10),
    a_row(20, "\\Flagged", modseq=6, size=200, date=DAY * 11 - 1),
    a_row(30, "\\Deleted", modseq=7, size=300, date=DAY * 12),
)


def parsed(*pieces: bytes) -> Program:
    return parse_program(Cursor(RawCommand(list(pieces[::2]), list(pieces[1::2]))))


def found(*pieces: bytes) -> list[int]:
    search = Search(VIEW, parsed(*pieces))
    for place in search.doubtful:
        search.judge(place, some_content(VIEW.uids[place], RAWS[VIEW.uids[place]]))
    return list(search.uids())


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (b"ALL", [10, 20, 30]),
        (b"SEEN", [10]),
        (b"UNSEEN", [20, 30]),
        (b"UNSEEN UNDELETED", [20]),
        (b"KEYWORD work", [10]),
        (b"UNKEYWORD WORK", [20, 30]),
        (b"NEW", []),
        (b"RECENT", []),
        (b"OLD", [10, 20, 30]),
        (b"2:*", [20, 30]),
        (b"1,3", [10, 30]),
        (b"7", []),
        (b"UID 20:25", [20]),
        (b"UID *", [30]),
        (b"NOT UID 20", [10, 30]),
        (b"OR SEEN DELETED", [10, 30]),
        (b"OR SEEN (FLAGGED UNDELETED)", [10, 20]),
        (b"NOT (OR SEEN FLAGGED)", [30]),
        (b"LARGER 100 SMALLER 300", [20]),
        (b"BEFORE 11-Jan-1970", []),
        (b"ON 11-Jan-1970", [10, 20]),
        (b"SINCE 12-Jan-1970", [30]),
        (b"SINCE 11-Jan-1970 BEFORE 13-Jan-1970", [10, 20]),
        (b"MODSEQ 6", [20, 30]),
        (b"OLDER 60", [10, 20, 30]),
        (b"YOUNGER 60", []),
        (b"YOUNGER 4000000000", [10, 20, 30]),
        (b'MODSEQ "/flags/\\\\seen" all 7', [30]),
        (b"FROM anna", [10]),
        (b"FROM BOB@", [20]),
        (b"TO bob CC x", []),
        (b"CC carol", [20]),
        (b"BCC x", []),
        (b"SUBJECT offer", [20]),
        (b'SUBJECT "from graz"', [10]),
        (b"HEADER X-Note \"\"", [20]),
        (b"HEADER Content-Type png", [30]),
        (b"BODY offer", [10, 20]),
        (b"TEXT offer", [10, 20]),
        (b"TEXT photo", [30]),
        (b"NOT BODY offer", [30]),
        (b"OR BODY ready SUBJECT photo", [10, 30]),
        (b"SEEN BODY offer", [10]),
        (b"OR SEEN BODY fine", [10, 20]),
        # The day as the Date field has it, whatever it is in UTC.
        (b"SENTON 1-Mar-2026", [10]),
        (b"SENTSINCE 1-Mar-2026", [10]),
        (b"SENTBEFORE 1-Mar-2026", []),
        (b"NOT SENTON 1-Mar-2026", [20, 30]),
        (b"CHARSET UTF-8 ALL", [10, 20, 30]),
        (b'CHARSET us-ascii BODY "fine"', [20]),
    ],
)  # fmt: skip
def test_a_key_finds_its_messages(program: bytes, expected: list[int]) -> None:
    assert found(program) == expected


@pytest.mark.parametrize("text", ["grüße", "GRÜSSE", "Gru\u0308ße"])
def test_text_is_found_in_any_letters(text: str) -> None:
    assert found(b"CHARSET UTF-8 SUBJECT ", text.encode(), b"") == [10]
    assert found(b"BODY ", text.encode(), b"") == [20]


@pytest.mark.parametrize(
    "program",
    [b"", b"FOO", b"SEEN  ALL", b"NOT", b"OR SEEN", b"(SEEN", b"UID x", b"LARGER -1", b"OLDER 0", b"YOUNGER x", b"KEYWORD \\Seen", b"BEFORE yesterday", b"SUBJECT",
     b"NOT " * 60 + b"SEEN", b"(" * 60 + b"SEEN" + b")" * 60, b"SEEN " * 1_500 + b"SEEN"],
)  # fmt: skip
def test_what_is_no_search_is_bad(program: bytes) -> None:
    with pytest.raises(Bad):
        parsed(program)


def test_an_unknown_charset_is_answered_with_those_there_are() -> None:
    with pytest.raises(No) as refused:
        check_charset(parsed(b"CHARSET KOI8-R SUBJECT x"))
    assert refused.value.code == "BADCHARSET (US-ASCII UTF-8)"


@pytest.mark.parametrize(
    ("program", "doubtful", "need"),
    [
        (b"UNSEEN", [], Need.NOTHING),
        (b"SEEN SUBJECT x", [0], Need.HEADER),
        (b"OR SEEN SUBJECT x", [1, 2], Need.HEADER),
        (b"NOT (SEEN BODY x)", [0], Need.RAW | Need.SUMMARY),
        (b"UID 20 BODY x FROM y", [1], Need.RAW | Need.SUMMARY),
    ],
)
def test_only_messages_in_doubt_are_read_and_only_as_far_as_needed(
    program: bytes, doubtful: list[int], need: Need
) -> None:
    search = Search(VIEW, parsed(program))
    assert list(search.doubtful) == doubtful
    assert search.need == need


leaves = st.sampled_from(
    [b"SEEN", b"FLAGGED", b"1", b"2:3", b"LARGER 150", b"SUBJECT offer", b"BODY offer", b"MODSEQ 6"]
)
programs = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda key: b"NOT " + key),
        st.tuples(inner, inner).map(lambda pair: b"OR " + pair[0] + b" " + pair[1]),
        st.lists(inner, min_size=1, max_size=3).map(lambda keys: b"(" + b" ".join(keys) + b")"),
    ),
    max_leaves=10,
)


@given(programs, programs)
def test_the_algebra_holds(first: bytes, second: bytes) -> None:
    everything, one, two = {10, 20, 30}, set(found(first)), set(found(second))
    assert set(found(b"NOT " + first)) == everything - one
    assert set(found(b"OR " + first + b" " + second)) == one | two
    assert set(found(first + b" " + second)) == one & two


@given(programs, st.sets(st.sampled_from([10, 20, 30])))
def test_what_the_store_knows_saves_reading_and_changes_no_answer(program: bytes, unknown: set[int]) -> None:
    search = Search(VIEW, parsed(program))
    before = set(search.doubtful)
    search.learn(
        [
            Sifted([UID(uid) for uid in sorted(has(asked) - unknown)], [UID(uid) for uid in sorted(unknown)])
            for asked in search.asked
        ]
    )
    doubtful = set(search.doubtful)
    assert doubtful <= before
    assert {VIEW.uids[place] for place in doubtful} <= unknown
    for place in doubtful:
        search.judge(place, some_content(VIEW.uids[place], RAWS[VIEW.uids[place]]))
    assert list(search.uids()) == found(program)


def has(asked: Asked) -> set[int]:
    """The messages that have it, by what they say."""
    assert isinstance(asked, Phrase)
    contents = {uid: some_content(uid, raw) for uid, raw in RAWS.items()}
    return {
        uid
        for uid, one in contents.items()
        if in_header(header_words(one.header or b""), asked)
        or (one.summary is not None and in_body(body_words(one.raw or b"", one.summary.structure), asked))
    }
