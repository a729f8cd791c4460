"""What is kept of words answers as the messages themselves do, at every stage of its filling, on every product."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from gateway.core.ids import UID
from gateway.core.mail import NO_FLAGS, Need
from gateway.core.model import Principal
from gateway.core.searching import Asked, Phrase, Sent
from gateway.edits import Edits
from gateway.formats.headings import heading
from gateway.formats.mime_headers import header_end
from gateway.formats.words import body_words, fold, header_words, in_body, in_header
from storage.crm.reference import schema
from storage.opened import Opened
from storage.words import filling
from tests.crm import principal
from tests.storage.builders import SENT, message

ASKED: Sequence[Asked] = [
    Phrase("subject", "777", is_field=True),
    Phrase("subject", "number 7", is_field=True),
    Phrase("subject", "7", is_field=True),
    Phrase("subject", "", is_field=True),
    Phrase("from", "erika", is_field=True),
    Phrase("from", "anna", is_field=True),
    Phrase("to", "nord", is_field=True),
    Phrase("cc", "x", is_field=True),
    Phrase("bcc", "erika", is_field=True),
    Phrase("message-id", "<9@", is_field=True),
    Phrase("mime-version", "", is_field=True),
    Phrase("x-none", "", is_field=True),
    Phrase("subject: number", "7", is_field=True),
    Phrase("body", "ber"),
    Phrase("body", fold("GRÜSSE")),
    Phrase("body", "ü"),
    Phrase("body", "lo\r\nse"),
    Phrase("body", "number"),
    Phrase("text", "number"),
    Phrase("text", "777"),
    Phrase("text", "message-id: <7@"),
    Phrase("text", "e"),
    Phrase("text", "erika@nordwind.example"),
    Phrase("text", "e" * 5_000),
    Phrase("body", "zzz"),
    Sent(20_518, 20_518),
    Sent(0, 1),
]


def is_so(asked: Asked, header: bytes, body: str) -> bool:
    if isinstance(asked, Sent):
        day = heading(header).sent_day
        return day is not None and asked.low <= day <= asked.high
    return in_body(body, asked) or in_header(header_words(header), asked)


async def check(store: Opened, who: Principal, *, unknown: int | None, among: Sequence[UID] | None = None) -> None:
    """Every question is answered as the messages answer it; `unknown`: so many may be left to be read."""
    opened = await store.store.mailbox(who, SENT, None)
    uids = [row.uid for row in opened.rows]
    contents = await store.store.contents(who, SENT, uids, Need.RAW | Need.SUMMARY)
    read = {}
    for one in contents:
        assert one.raw is not None
        assert one.summary is not None
        read[one.uid] = (one.raw[: header_end(one.raw)], body_words(one.raw, one.summary.structure))
    answers = await store.store.sift(who, SENT, ASKED, among)
    for asked, answer in zip(ASKED, answers, strict=True):
        wanted = {uid for uid, words in read.items() if is_so(asked, *words)}
        if among is not None:
            wanted &= set(among)
            answer_found = set(answer.found) & set(among)
        else:
            answer_found = set(answer.found)
        assert answer_found <= wanted, asked
        assert wanted <= answer_found | set(answer.unknown), asked
        if unknown is not None:
            assert len(answer.unknown) <= unknown, asked


def fill(store: Opened) -> None:
    store.filling._looked = float("-inf")
    while store.filling.turn():
        pass


async def append(writes: Edits, who: Principal, first: int, many: int, body: str = "Hello\r\nsecond") -> None:
    for number in range(first, first + many):
        raw = message(f"{number}@x", f"Number {number}", to="info@nordwind.example", body=f"{body} {number} Grüße")
        await writes.append(who, SENT, raw, NO_FLAGS, None)


@pytest.fixture
def store(opened_everywhere: Opened, monkeypatch: pytest.MonkeyPatch) -> Opened:
    monkeypatch.setattr(filling, "ENOUGH", 8)
    monkeypatch.setattr(filling, "SMALL", 20)
    monkeypatch.setattr(filling, "FEW", 1)
    monkeypatch.setattr(filling, "BATCH", 5)
    return opened_everywhere


async def test_answers_are_right_before_while_and_after_words_are_taken(store: Opened) -> None:
    who = principal(store, "anna")
    writes = Edits(store.store)
    await append(writes, who, 770, 9)
    await check(store, who, unknown=9)
    assert store.filling.turn()
    await check(store, who, unknown=4)
    fill(store)
    assert segments(store) == [9]
    await check(store, who, unknown=0)
    # A few more stay loose; many more make a second segment, and both become one.
    await append(writes, who, 800, 3)
    fill(store)
    assert segments(store) == [9]
    await check(store, who, unknown=0)
    await append(writes, who, 810, 9)
    fill(store)
    assert segments(store) == [21]
    await check(store, who, unknown=0)
    opened = await store.store.mailbox(who, SENT, None)
    await check(store, who, unknown=0, among=[row.uid for row in opened.rows[3:7]])


async def test_what_changes_or_goes_is_not_found_by_what_it_was(store: Opened) -> None:
    who = principal(store, "anna")
    writes = Edits(store.store)
    await append(writes, who, 770, 9)
    fill(store)
    emails = schema.emails
    with store.database.engine.begin() as connection:
        connection.execute(sa.update(emails).where(emails.c.subject == "Number 777").values(subject="Quite another"))
        connection.execute(sa.update(emails).where(emails.c.subject == "Number 776").values(deleted=1))
    while store.follower.step():
        pass
    await check(store, who, unknown=1)
    (answer,) = await store.store.sift(who, SENT, [Phrase("subject", "777", is_field=True)])
    assert (list(answer.found), len(answer.unknown)) == ([], 1)
    fill(store)
    await check(store, who, unknown=0)


async def test_text_that_is_too_long_is_left_to_be_read(store: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.words.kept.BODY_LONGEST", 100)
    who = principal(store, "anna")
    writes = Edits(store.store)
    await append(writes, who, 770, 2)
    await append(writes, who, 776, 2, "long" * 50)
    fill(store)
    await check(store, who, unknown=2)
    (answer,) = await store.store.sift(who, SENT, [Phrase("subject", "number 777", is_field=True)])
    assert (len(answer.found), len(answer.unknown)) == (1, 0)


async def test_headings_are_those_of_the_messages(store: Opened) -> None:
    who = principal(store, "anna")
    await append(Edits(store.store), who, 770, 3)
    assert await store.store.headings(who, SENT) == []
    fill(store)
    known = await store.store.headings(who, SENT)
    contents = await store.store.contents(who, SENT, [uid for uid, _ in known], Need.HEADER)
    assert known == [(one.uid, heading(one.header or b"")) for one in contents]
    assert len(known) == 3


def segments(store: Opened) -> list[int]:
    segment = store.state.segment
    return store.database.read_now(
        lambda connection: [row[0] for row in connection.execute(sa.select(segment.c.messages).order_by(segment.c.id))]
    )


async def test_fields_too_long_to_be_kept_apart_are_found_by_the_whole_header(
    store: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.words.kept.FIELDS_LONGEST", 10)
    who = principal(store, "anna")
    await append(Edits(store.store), who, 770, 3)
    fill(store)
    await check(store, who, unknown=0)
