"""What every store must do beside messages: subscriptions, traces of what went, many messages at once, mailboxes for a use."""

from __future__ import annotations

import hashlib
import time

import pytest

from gateway.core.errors import (
    InvalidContent,
    NoPermission,
    NotFound,
    OverQuota,
    PreconditionFailed,
    TokenExpired,
    TooLarge,
)
from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Need
from gateway.core.mail_more import Incoming
from gateway.core.model import CollectionName, Principal, Role, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from storage.state import annotations as annotation_table
from storage.state import subscriptions
from storage.state.prune import prune
from tests.storage.builders import INBOX, SENT, message, rows

MINE = CollectionName(Section.MAILBOXES, "Mine")


async def test_subscriptions_are_what_each_user_has_said_last(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    assert await store.store.subscriptions(anna) == {}
    for name, is_on in (("Trash", False), ("Ünïcode/Ä", True), ("trash", True), ("Trash", False), ("Trash", True)):
        await writes.subscribe(anna, name, is_on=is_on)
    await writes.subscribe(ben, "Trash", is_on=False)
    assert await store.store.subscriptions(anna) == {"Trash": True, "trash": True, "Ünïcode/Ä": True}
    assert await store.store.subscriptions(ben) == {"Trash": False}


async def test_subscriptions_have_an_end(
    store: Opened, anna: Principal, writes: Edits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 2)
    await writes.subscribe(anna, "One", is_on=True)
    await writes.subscribe(anna, "Two", is_on=True)
    for name in ("Three", "x" * 256):
        with pytest.raises(TooLarge):
            await writes.subscribe(anna, name, is_on=True)
    await writes.subscribe(anna, "Two", is_on=False)
    assert await store.store.subscriptions(anna) == {"One": True, "Two": False}


async def test_what_has_gone_is_known_until_its_traces_are_pruned(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    for number in range(4):
        await writes.append(anna, INBOX, message(f"m{number}@x", "Gone"), frozenset({"\\Deleted"}), None)
    before = (await store.store.collection(anna, INBOX)).modseq
    await writes.expunge(anna, INBOX, [UID(1)])
    assert await store.store.vanished(anna, INBOX, before) == [1]
    middle = (await store.store.collection(anna, INBOX)).modseq
    await writes.expunge(anna, INBOX, None)
    assert await store.store.vanished(anna, INBOX, before) == [1, 2, 3, 4]
    assert await store.store.vanished(anna, INBOX, middle) == [2, 3, 4]
    now = (await store.store.collection(anna, INBOX)).modseq
    assert await store.store.vanished(anna, INBOX, now) == []
    with pytest.raises(TokenExpired):
        await store.store.vanished(anna, INBOX, ModSeq(now + 1))
    store.database.write_now(lambda unit: prune(unit, store.state, keep=1))
    with pytest.raises(TokenExpired):
        await store.store.vanished(anna, INBOX, before)
    assert await store.store.vanished(ben, INBOX, (await store.store.collection(ben, INBOX)).modseq) == []
    with pytest.raises(NotFound):
        await store.store.vanished(anna, MINE, ModSeq(1))


async def test_many_messages_are_taken_in_together_or_not_at_all(store: Opened, anna: Principal, writes: Edits) -> None:
    both = [
        Incoming(message("a@x", "First"), frozenset({"\\Seen"}), 1_700_000_000),
        Incoming(message("b@x", "Second"), frozenset(), 1_700_000_001),
    ]
    taken = await writes.append_all(anna, INBOX, both)
    held = (await store.store.mailbox(anna, INBOX, None)).rows
    assert [(one.uid, one.flags, one.date) for one in held] == [
        (taken[0].uid, frozenset({"\\Seen"}), 1_700_000_000),
        (taken[1].uid, frozenset(), 1_700_000_001),
    ]
    with pytest.raises(InvalidContent):
        await writes.append_all(
            anna, INBOX, [Incoming(message("c@x", "Third")), Incoming(message("d@x", "Fourth"), frozenset({"\\None"}))]
        )
    assert len(rows(store, schema.emails)) == 2
    assert len((await store.store.mailbox(anna, INBOX, None)).rows) == 2


async def test_a_mailbox_made_for_a_use_is_the_only_one_for_it(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    await writes.create_mailbox(anna, MINE, Role.JUNK)
    assert (await store.store.collection(anna, MINE)).role is Role.JUNK
    for role in (Role.JUNK, Role.SENT):
        with pytest.raises(PreconditionFailed):
            await writes.create_mailbox(anna, CollectionName(Section.MAILBOXES, "Other"), role)
    with pytest.raises(NotFound):
        await store.store.collection(anna, CollectionName(Section.MAILBOXES, "Other"))
    await writes.create_mailbox(ben, MINE, Role.JUNK)
    await writes.rename_mailbox(anna, MINE, CollectionName(Section.MAILBOXES, "Renamed"))
    assert {one.name.slug for one in await store.store.collections(anna) if one.role is Role.JUNK} == {"Renamed"}


async def test_a_message_takes_the_place_of_another_or_neither_changes(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    old = await writes.append(anna, INBOX, message("old@x", "Draft"), frozenset(), None)
    new = await writes.replace(anna, INBOX, old.uid, INBOX, Incoming(message("new@x", "Draft", body="Better")))
    assert new is not None
    assert [one.uid for one in (await store.store.mailbox(anna, INBOX, None)).rows] == [new.uid]
    assert await writes.replace(anna, INBOX, old.uid, INBOX, Incoming(message("late@x", "Draft"))) is None
    same = await writes.replace(anna, INBOX, new.uid, INBOX, Incoming(message("new@x", "Draft", body="Better")))
    assert same == new
    with pytest.raises(InvalidContent):
        await writes.replace(anna, INBOX, new.uid, SENT, Incoming(message("bad@x", "Draft"), frozenset({"\\None"})))
    sent = await writes.replace(anna, INBOX, new.uid, SENT, Incoming(message("new@x", "Draft", body="Better")))
    assert sent is not None
    assert (await store.store.mailbox(anna, INBOX, None)).rows == []
    assert [one.uid for one in (await store.store.mailbox(anna, SENT, None)).rows] == [sent.uid]


async def test_what_is_marked_and_what_is_made_is_counted_for_each_user(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    raw = message("m@x", "Both", "anna@crm.example, ben@crm.example")
    await writes.append(anna, INBOX, raw, frozenset({"\\Deleted", "\\Seen"}), None)
    await writes.append(anna, INBOX, message("n@x", "Mine"), frozenset({"Deleted"}), None)
    await writes.create_mailbox(anna, MINE)
    nowhere = CollectionName(Section.MAILBOXES, "Nowhere")
    assert await store.store.marked(anna, [INBOX, MINE, nowhere]) == {INBOX: 1, MINE: 0}
    assert await store.store.marked(ben, [INBOX]) == {INBOX: 0}
    assert (await store.store.own_mailboxes(anna))[0] == 1
    assert (await store.store.own_mailboxes(ben))[0] == 0


async def test_what_stands_in_a_mailbox_has_a_date_of_coming_and_a_digest_of_its_bytes(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    raw = message("m@x", "Dated")
    before = int(time.time())
    uid = (await writes.append(anna, INBOX, raw, frozenset(), 1_000_000_000)).uid
    (content,) = await store.store.contents(anna, INBOX, [uid], Need.NOTHING)
    assert content.saved is not None
    assert before <= content.saved <= time.time()
    assert content.digest == hashlib.sha256(raw).hexdigest()
    assert (content.raw, content.header, content.summary) == (None, None, None)


async def test_notes_on_mailboxes_are_each_user_s_own_or_all_s(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_table, "ANNOTATIONS_MOST", 2)
    await writes.annotate(anna, INBOX, {"/private/comment": b"\x00\xff", "/shared/comment": b"all"})
    await writes.annotate(anna, None, {"/private/comment": b"server"})
    assert await store.store.annotations(anna, INBOX) == {"/private/comment": b"\x00\xff", "/shared/comment": b"all"}
    assert await store.store.annotations(anna, None) == {"/private/comment": b"server"}
    assert (await store.store.annotations(ben, INBOX), await store.store.annotations(ben, None)) == ({}, {})
    await writes.annotate(anna, INBOX, {"/private/comment": b"new", "/private/other": b"x", "/shared/comment": None})
    with pytest.raises(TooLarge):
        await writes.annotate(anna, INBOX, {"/private/other": None, "/private/large": b"x" * 70_000})
    with pytest.raises(OverQuota):
        await writes.annotate(anna, INBOX, {"/private/comment": b"newer", "/private/third": b"x"})
    with pytest.raises(NoPermission):
        await writes.annotate(anna, None, {"/shared/comment": b"x"})
    with pytest.raises(NotFound):
        await writes.annotate(anna, MINE, {"/private/comment": b"x"})
    assert await store.store.annotations(anna, INBOX) == {"/private/comment": b"new", "/private/other": b"x"}
    await writes.create_mailbox(anna, MINE)
    await writes.annotate(anna, MINE, {"/private/comment": b"x"})
    await writes.delete_mailbox(anna, MINE)
    with pytest.raises(NotFound):
        await store.store.annotations(anna, MINE)
