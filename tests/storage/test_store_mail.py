"""What every store must do with mailboxes, as sentences, on every database product."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import NotFound
from gateway.core.mail import FlagMode, Need
from gateway.core.model import CollectionName, Principal, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.storage.builders import INBOX, SENT, TRASH, message, rows, sql


async def test_an_appended_message_is_an_email_row_with_addresses_and_body(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    raw = message("m1@nordwind.example", "Offer", "Anna <anna@crm.example>, bob@x.example")
    appended = await writes.append(anna, INBOX, raw, frozenset({"\\seen", "$Label1"}), 1_700_000_000)
    (row,) = rows(store, schema.emails)
    assert row["direction"] == "in"
    assert str(row["message_id"]).strip("<>") == "m1@nordwind.example"
    assert str(row["body_text"]).strip() == "Hello"
    assert {row["address"] for row in rows(store, schema.email_addresses)} >= {"anna@crm.example", "bob@x.example"}
    changes = await store.store.mailbox(anna, INBOX, None)
    assert [(one.uid, one.flags, one.date) for one in changes.rows] == [
        (appended.uid, frozenset({"\\Seen", "$Label1"}), 1_700_000_000)
    ]
    (content,) = await store.store.contents(anna, INBOX, [appended.uid], Need.RAW | Need.SUMMARY | Need.HEADER)
    assert content.raw == raw
    assert content.summary is not None
    assert content.summary.envelope.subject == "Offer"


async def test_the_same_message_twice_is_one_row_and_one_entry(store: Opened, anna: Principal, writes: Edits) -> None:
    first = await writes.append(anna, INBOX, message("m@x", "Once"), frozenset(), None)
    again = await writes.append(anna, INBOX, message("m@x", "Once"), frozenset(), None)
    other = await writes.append(anna, INBOX, message("m@x", "Once", body="Different"), frozenset(), None)
    assert first == again
    assert other.uid != first.uid
    assert len(rows(store, schema.emails)) == 2


async def test_a_message_the_crm_changes_comes_back_under_a_new_uid(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    appended = await writes.append(anna, INBOX, message("m@x", "Before"), frozenset({"\\Flagged"}), None)
    since = (await store.store.collection(anna, INBOX)).modseq
    sql(store, sa.update(schema.emails).values(subject="After"))
    store.follower.step()
    changes = await store.store.mailbox(anna, INBOX, since)
    assert changes.vanished == [appended.uid]
    (row,) = changes.rows
    assert row.uid > appended.uid
    assert row.flags == {"\\Flagged"}
    (content,) = await store.store.contents(anna, INBOX, [row.uid], Need.RAW)
    assert content.raw == message("m@x", "After")


async def test_flags_are_each_users_own_on_one_number_line(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    raw = message("m@x", "Both", "anna@crm.example, ben@crm.example")
    uid = (await writes.append(anna, INBOX, raw, frozenset(), None)).uid
    await writes.flag(anna, INBOX, [uid], FlagMode.ADD, frozenset({"\\SEEN", "Old"}))
    flagged = await writes.flag(anna, INBOX, [uid], FlagMode.ADD, frozenset({"old"}))
    assert [row.flags for row in flagged.rows] == [{"\\Seen", "Old"}]
    (bens,) = (await store.store.mailbox(ben, INBOX, None)).rows
    assert bens.flags == frozenset()
    since = flagged.rows[0].modseq
    removed = await writes.flag(anna, INBOX, [uid], FlagMode.REMOVE, frozenset({"\\Seen"}), unchanged_since=since)
    assert removed.rows[0].modseq == since + 1
    refused = await writes.flag(anna, INBOX, [uid], FlagMode.REPLACE, frozenset(), unchanged_since=since)
    assert refused.conflicting == [uid]
    assert (await store.store.mailbox(anna, INBOX, since)).rows[0].flags == {"Old"}


async def test_a_moved_message_keeps_its_flags_and_its_crm_row(store: Opened, anna: Principal, writes: Edits) -> None:
    uid = (await writes.append(anna, INBOX, message("m@x", "Move"), frozenset({"\\Seen"}), None)).uid
    moved = await writes.copy(anna, INBOX, [uid], TRASH, is_move=True)
    assert (await store.store.mailbox(anna, INBOX, None)).rows == []
    (there,) = (await store.store.mailbox(anna, TRASH, None)).rows
    assert [(uid, there.uid)] == list(moved.pairs)
    assert there.flags == {"\\Seen"}
    sql(store, sa.update(schema.emails).values(status="archived"))
    store.follower.step()
    assert (await store.store.mailbox(anna, INBOX, None)).rows == []
    back = await writes.copy(anna, TRASH, [there.uid], INBOX, is_move=True)
    (again,) = (await store.store.mailbox(anna, INBOX, None)).rows
    assert back.pairs[0][1] == again.uid > uid
    assert rows(store, schema.emails)[0]["deleted"] == 0


async def test_expunging_takes_only_what_is_flagged_and_never_the_crms_row(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    uids = [(await writes.append(anna, INBOX, message(f"m{n}@x", f"N{n}"), frozenset(), None)).uid for n in range(3)]
    await writes.flag(anna, INBOX, uids[:2], FlagMode.ADD, frozenset({"\\Deleted"}))
    assert await writes.expunge(anna, INBOX, [uids[1], uids[2]]) == [uids[1]]
    assert await writes.expunge(anna, INBOX, None) == [uids[0]]
    assert [row.uid for row in (await store.store.mailbox(anna, INBOX, None)).rows] == [uids[2]]
    assert [row["deleted"] for row in rows(store, schema.emails)] == [0, 0, 0]


async def test_a_draft_never_enters_the_crm_until_it_is_moved_there(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    drafts = CollectionName(Section.MAILBOXES, "Drafts")
    raw = message("d@crm.example", "Draft", "erika@nordwind.example")
    uid = (await writes.append(anna, drafts, raw, frozenset({"\\Draft"}), None)).uid
    assert rows(store, schema.emails) == []
    await writes.copy(anna, drafts, [uid], SENT, is_move=True)
    (row,) = rows(store, schema.emails)
    assert row["direction"] == "out"
    assert (await store.store.mailbox(anna, drafts, None)).rows == []
    assert len((await store.store.mailbox(anna, SENT, None)).rows) == 1


async def test_a_change_of_user_is_seen_in_what_he_sees(store: Opened, anna: Principal, ben: Principal) -> None:
    sql(store, sa.insert(schema.emails).values(message_id="<x@y>", subject="For Ben", direction="in"))
    sql(store, sa.insert(schema.email_addresses).values(email_id=1, kind="to", address="ben@new.example"))
    assert (await store.store.mailbox(ben, INBOX, None)).rows == []
    sql(store, sa.update(schema.users).where(schema.users.c.login == "ben").values(email="ben@new.example"))
    store.follower.step()
    assert len((await store.store.mailbox(ben, INBOX, None)).rows) == 1


async def test_a_mailbox_taken_away_takes_what_stood_only_there_and_no_email_of_the_crm(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    own = CollectionName(Section.MAILBOXES, "Projekte/Übung")
    await writes.create_mailbox(anna, own)
    with pytest.raises(NotFound):
        await store.store.collection(ben, own)
    kept = await writes.append(anna, own, message("kept@x", "Kept"), frozenset({"\\Seen"}), None)
    mail = await writes.append(anna, INBOX, message("crm@x", "Mail"), frozenset(), None)
    await writes.copy(anna, INBOX, [mail.uid], own, is_move=True)
    renamed = CollectionName(Section.MAILBOXES, "Done")
    await writes.rename_mailbox(anna, own, renamed)
    found = await store.store.mailbox(anna, renamed, None)
    assert [row.uid for row in found.rows] == [kept.uid, kept.uid + 1]
    assert found.collection.epoch == kept.epoch
    await writes.delete_mailbox(anna, renamed)
    with pytest.raises(NotFound):
        await store.store.collection(anna, renamed)
    (row,) = rows(store, schema.emails)
    assert (row["subject"], row["deleted"]) == ("Mail", 0)
    with store.database.engine.connect() as connection:
        left = connection.execute(sa.select(store.state.message.c.message_id)).scalars().all()
        assert left == ["<crm@x>"]
        assert connection.execute(sa.select(sa.func.count()).select_from(store.state.blob)).scalar_one() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(store.state.flag)).scalar_one() == 0
    await writes.create_mailbox(anna, renamed)
    assert (await store.store.collection(anna, renamed)).epoch > kept.epoch
