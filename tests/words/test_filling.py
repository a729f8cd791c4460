"""Words are taken behind everybody's back: after an upgrade, and past what cannot be read."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.mail import NO_FLAGS
from gateway.core.searching import Phrase
from gateway.edits import Edits
from storage.opened import Opened
from storage.state import migrations
from storage.state.schema import LOOSE, UNHELD, UNREAD
from tests.crm import principal
from tests.storage.builders import SENT, message
from tests.words.test_sifting import fill


async def append(store: Opened, many: int) -> None:
    who = principal(store, "anna")
    for number in range(many):
        raw = message(f"{number}@x", f"Number {number}", body=f"Text {number}")
        await Edits(store.store).append(who, SENT, raw, NO_FLAGS, None)


def states(store: Opened) -> dict[int, int]:
    """How many messages are in which state, by segment."""
    words = store.state.words
    counted = sa.select(words.c.segment_id, sa.func.count()).group_by(words.c.segment_id)
    return {row[0]: row[1] for row in store.database.read_now(lambda connection: connection.execute(counted).all())}


async def test_messages_that_were_there_before_the_upgrade_are_noted_by_it(opened_everywhere: Opened) -> None:
    store = opened_everywhere
    await append(store, 3)
    fill(store)
    state = store.state
    with store.database.engine.begin() as connection:
        for table in (state.words, state.heading, state.segment, state.posting):
            table.drop(connection)
        version = sa.table(migrations.version_table(state), sa.column("version_num"), schema=state.schema)
        connection.execute(sa.update(version).values(version_num="0004"))
    store.setup.install()
    assert states(store) == {UNREAD: 3}
    fill(store)
    assert states(store) == {LOOSE: 3}
    (answer,) = await store.store.sift(principal(store, "anna"), SENT, [Phrase("body", "text 1")])
    assert (len(answer.found), len(answer.unknown)) == (1, 0)


async def test_one_message_that_cannot_be_read_stops_no_other(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    await append(opened, 3)
    from storage.words import kept

    real = kept.packed_body

    def packed(raw: bytes, *rest: object) -> bytes | None:
        if b"Text 1" in raw:
            raise ValueError("nobody foresaw this")
        return real(raw, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "packed_body", packed)
    fill(opened)
    assert states(opened) == {LOOSE: 2, UNHELD: 1}
    who = principal(opened, "anna")
    body, subject = await opened.store.sift(
        who, SENT, [Phrase("body", "text"), Phrase("subject", "number 1", is_field=True)]
    )
    assert (len(body.found), len(body.unknown)) == (2, 1)
    assert (len(subject.found), len(subject.unknown)) == (1, 0)


async def test_the_follower_takes_words_when_it_has_nothing_else_to_do(opened: Opened) -> None:
    await append(opened, 2)
    assert states(opened) == {UNREAD: 2}
    while opened.follower.turn():
        pass
    assert states(opened) == {LOOSE: 2}
