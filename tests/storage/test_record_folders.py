"""A mailbox for each contact, company and opportunity: who sees it, what stands in it, what a copy into it does."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, NoPermission, NotFound
from gateway.core.ids import UID
from gateway.core.mail import NO_FLAGS, FlagMode
from gateway.core.model import CollectionName, Principal, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.storage.builders import INBOX, message, rows, sql


def mailbox(name: str) -> CollectionName:
    return CollectionName(Section.MAILBOXES, name)


def insert(store: Opened, table: sa.Table, **values: object) -> int:
    with store.database.engine.begin() as connection:
        made = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
        assert made is not None
        return int(made[0])


async def listed(store: Opened, who: Principal) -> list[str]:
    found = await store.store.collections(who, Section.MAILBOXES)
    return [one.name.slug for one in found if "/" in one.name.slug]


async def uids(store: Opened, who: Principal, name: str) -> list[UID]:
    return [row.uid for row in (await store.store.mailbox(who, mailbox(name), None)).rows]


async def arrived(writes: Edits, who: Principal, message_id: str) -> UID:
    return (await writes.append(who, INBOX, message(message_id, f"About {message_id}"), NO_FLAGS, None)).uid


async def test_a_record_that_has_mail_has_a_mailbox_and_the_crms_own_links_fill_it(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    erika = insert(store, schema.contacts, first_name="Erika", last_name="Stein", owner_id=int(anna.id), private=1)
    assert await listed(store, anna) == []
    await arrived(writes, anna, "one@x.example")
    (mail,) = rows(store, schema.emails)
    insert(store, schema.email_links, email_id=mail["id"], entity="contact", entity_id=erika)
    store.follower.step()
    assert await listed(store, anna) == ["Contacts/Stein, Erika"]
    assert await listed(store, ben) == []
    assert len(await uids(store, anna, "Contacts/Stein, Erika")) == 1
    with pytest.raises(NotFound):
        await store.store.collection(ben, mailbox("Contacts/Stein, Erika"))
    insert(store, schema.email_links, email_id=mail["id"], entity="company", entity_id=erika)
    store.follower.step()
    assert len(await uids(store, anna, "Contacts/Stein, Erika")) == 1
    sql(store, sa.update(schema.email_links).values(deleted=1))
    store.follower.step()
    assert await listed(store, anna) == []


async def test_copying_a_message_to_two_records_links_both_and_expunging_unlinks_one(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    for name in ("Roof", "Cellar"):
        insert(store, schema.opportunities, name=name, owner_id=int(anna.id))
    roof, cellar = mailbox("Opportunities/Roof"), mailbox("Opportunities/Cellar")
    assert await listed(store, anna) == ["Opportunities/Cellar", "Opportunities/Roof"]
    uid = await arrived(writes, anna, "one@x.example")
    for target in (roof, cellar, roof):
        await writes.copy(anna, INBOX, [uid], target, is_move=False)
    links = [(row["entity"], row["entity_id"], row["deleted"]) for row in rows(store, schema.email_links)]
    assert links == [("opportunity", 1, 0), ("opportunity", 2, 0)]
    assert len(rows(store, schema.emails)) == 1
    (there,) = await uids(store, anna, roof.slug)
    await writes.flag(anna, roof, [there], FlagMode.ADD, frozenset({"\\Deleted"}))
    assert await writes.expunge(anna, roof, None) == [there]
    assert await uids(store, anna, roof.slug) == []
    assert len(await uids(store, anna, cellar.slug)) == len(await uids(store, anna, "INBOX")) == 1
    assert [row["deleted"] for row in rows(store, schema.email_links)] == [1, 0]
    assert [row["deleted"] for row in rows(store, schema.emails)] == [0]
    store.follower.step()
    assert await uids(store, anna, roof.slug) == []
    moved = await writes.copy(anna, cellar, await uids(store, anna, cellar.slug), roof, is_move=True)
    assert len(moved.pairs) == 1
    assert [row["deleted"] for row in rows(store, schema.email_links)] == [1, 1, 0]


async def test_a_message_appended_to_a_record_is_an_email_of_the_crm_linked_to_it(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    insert(store, schema.opportunities, name="Roof", owner_id=int(anna.id))
    await listed(store, anna)
    await writes.append(anna, mailbox("Opportunities/Roof"), message("a@x.example", "Offer"), NO_FLAGS, None)
    (mail,) = rows(store, schema.emails)
    (link,) = rows(store, schema.email_links)
    assert (link["email_id"], link["entity"], link["entity_id"]) == (mail["id"], "opportunity", 1)
    assert len(await uids(store, anna, "Opportunities/Roof")) == 1


async def test_mailboxes_follow_the_names_of_their_records_and_no_two_are_called_alike(
    store: Opened, anna: Principal, ben: Principal, writes: Edits
) -> None:
    for name in ("Roof", "Roof", "a/b\tc", "...", None):
        insert(store, schema.opportunities, name=name, owner_id=int(anna.id))
    assert sorted(await listed(store, anna)) == [
        "Opportunities/(4)", "Opportunities/(5)", "Opportunities/Roof", "Opportunities/Roof (1)", "Opportunities/a b c",
    ]  # fmt: skip
    before = await store.store.collection(anna, mailbox("Opportunities/a b c"))
    sql(store, sa.update(schema.opportunities).where(schema.opportunities.c.id == 3).values(name="Attic"))
    store.follower.step()
    after = await store.store.collection(anna, mailbox("Opportunities/Attic"))
    assert (after.id, after.epoch) == (before.id, before.epoch)
    with pytest.raises(NotFound):
        await store.store.collection(anna, mailbox("Opportunities/a b c"))
    sql(store, sa.update(schema.opportunities).values(owner_id=int(ben.id)))
    store.follower.step()
    assert await listed(store, anna) == []
    assert len(await listed(store, ben)) == 5
    sql(store, sa.update(schema.opportunities).values(stage="won"))
    assert await listed(store, ben) == []


async def test_they_are_the_crms_nobody_makes_renames_or_deletes_one(
    store: Opened, anna: Principal, writes: Edits
) -> None:
    insert(store, schema.opportunities, name="Roof", owner_id=int(anna.id))
    await listed(store, anna)
    with pytest.raises(NoPermission):
        await writes.delete_mailbox(anna, mailbox("Opportunities/Roof"))
    with pytest.raises(NoPermission):
        await writes.rename_mailbox(anna, mailbox("Opportunities/Roof"), mailbox("Opportunities/Floor"))
    with pytest.raises(AlreadyExists):
        await writes.create_mailbox(anna, mailbox("Opportunities/Other"))


async def test_the_list_keeps_to_its_limit_and_shows_the_newest(store: Opened, anna: Principal) -> None:
    for number in range(103):
        insert(store, schema.opportunities, name=f"Deal {number:03}", owner_id=int(anna.id))
    found = sorted(await listed(store, anna))
    assert (len(found), found[0], found[-1]) == (100, "Opportunities/Deal 003", "Opportunities/Deal 102")
