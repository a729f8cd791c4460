"""Two writes at the same moment, one held at its commit: only what one after the other could have brought is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from gateway.core.errors import AlreadyExists, GatewayError, NotFound, PreconditionFailed, UidConflict
from gateway.core.ids import UID, Href
from gateway.core.mail import Appended, Copied, FlagMode, Need
from gateway.core.model import CollectionName, Condition, Section
from storage.crm.reference import schema
from tests.faults.client import Device
from tests.faults.gateways import Gateways
from tests.faults.script import (
    ALL,
    ARCHIVE,
    CALENDAR,
    DRAFTS,
    INBOX,
    MINE,
    NEW,
    SENT,
    card,
    event,
    matching,
    message,
)

TRASH = CollectionName(Section.MAILBOXES, "Trash")
CARD = "text/vcard"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateways(module_url: str) -> AsyncIterator[Gateways]:
    made = await asyncio.to_thread(Gateways, module_url)
    yield made
    await asyncio.to_thread(made.close)


@pytest_asyncio.fixture(loop_scope="module")
async def two(gateways: Gateways) -> Gateways:
    await asyncio.to_thread(gateways.begin_again)
    return gateways


async def enter(two: Gateways) -> None:
    for client in (two.anna[0], two.ben[0]):
        await Device().sync(client.opened, client.who)


async def test_of_two_puts_with_the_same_etag_one_wins(two: Gateways) -> None:
    anna, other = two.anna
    etag = (await anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "Zero"), NEW)).etag
    for name in ("One", "Two", "Three"):
        outcomes = await two.at_once(
            lambda n=name, e=etag: anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", n), matching(e)),  # type: ignore[misc]
            lambda n=name, e=etag: other.edits.put(
                other.who, MINE, Href("a.vcf"), CARD, card("a", n + "!"), matching(e)
            ),  # type: ignore[misc]
        )
        refused = [one for one in outcomes if isinstance(one, PreconditionFailed)]
        (won,) = [one for one in outcomes if not isinstance(one, GatewayError)]
        assert len(refused) == 1
        etag = won.etag
        _, (found,) = await anna.opened.store.resources(anna.who, MINE, [Href("a.vcf")])
        assert found.entry.etag == etag
    await two.settle()


async def test_a_put_and_a_delete_of_the_same_card_are_one_after_the_other(two: Gateways) -> None:
    anna, other = two.anna
    etag = (await anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "Zero"), NEW)).etag
    changed, deleted = await two.at_once(
        lambda: anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "One"), matching(etag)),
        lambda: other.edits.delete(other.who, MINE, Href("a.vcf"), matching(etag)),
    )
    assert not isinstance(changed, GatewayError)
    assert isinstance(deleted, PreconditionFailed)
    await two.settle()


async def test_first_puts_that_race_into_fresh_collections_all_stand(two: Gateways) -> None:
    names = [f"c{number}" for number in range(8)]
    await asyncio.gather(
        *(
            client.edits.put(client.who, MINE, Href(f"{client.who.login}-{name}.vcf"), CARD, card(f"{client.who.login}{name}", name), NEW)
            for number, name in enumerate(names)
            for client in (two.anna[number % 2], two.ben[number % 2])
        )
    )  # fmt: skip
    _, entries = await two.anna[0].opened.store.entries(two.anna[0].who, ALL)
    assert len(entries) == 2 * len(names)
    await two.settle()


async def test_the_same_new_card_twice_at_once_is_one_row(two: Gateways) -> None:
    anna, other = two.anna
    await enter(two)
    outcomes = await two.at_once(
        lambda: anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "One"), NEW),
        lambda: other.edits.put(other.who, MINE, Href("a.vcf"), CARD, card("a", "One"), NEW),
    )
    assert isinstance(outcomes[1], PreconditionFailed)
    await two.settle()


async def test_the_same_uid_under_two_names_at_once_is_a_conflict(two: Gateways) -> None:
    anna, other = two.anna
    await enter(two)
    outcomes = await two.at_once(
        lambda: anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "One"), NEW),
        lambda: other.edits.put(other.who, MINE, Href("b.vcf"), CARD, card("a", "One"), NEW),
    )
    assert isinstance(outcomes[1], UidConflict)
    await two.settle()


async def test_a_first_visit_misses_nothing_that_is_being_written(two: Gateways) -> None:
    anna, ben = two.anna[0], two.ben[1]
    await Device().sync(anna.opened, anna.who)  # ben's calendar does not live yet
    content = event("e", "Kick-off", "ORGANIZER:mailto:anna@crm.example", "ATTENDEE:mailto:ben@crm.example")
    await two.at_once(
        lambda: anna.edits.put(anna.who, CALENDAR, Href("e.ics"), "text/calendar", content, NEW),
        lambda: ben.opened.store.entries(ben.who, CALENDAR),
    )
    await two.settle()
    assert len((await ben.opened.store.entries(ben.who, CALENDAR))[1]) == 1


async def test_a_renamed_company_reaches_the_card_that_is_being_written(two: Gateways) -> None:
    anna = two.anna[0]
    await enter(two)
    two.sql(sa.insert(schema.companies).values(name="Nordwind"))
    await two.settle()

    async def rename() -> None:
        await asyncio.to_thread(two.sql, sa.update(schema.companies).values(name="Südwind"))
        await asyncio.to_thread(two.opened[1].follower.step)

    await two.at_once(
        lambda: anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "One", "ORG:Nordwind"), NEW), rename
    )
    await two.settle()
    _, (found,) = await anna.opened.store.resources(anna.who, MINE, [Href("a.vcf")])
    assert "ORG:Südwind".encode() in found.content


async def test_the_same_message_twice_at_once_is_one_message(two: Gateways) -> None:
    anna, other = two.anna
    await enter(two)
    for mailbox in (INBOX, DRAFTS):
        # The bytes are there already, so that nothing but the mailbox's lock can tell.
        await anna.append(TRASH, message(f"{mailbox.slug}@x", "Once"))
        one, same = await two.at_once(
            lambda m=mailbox: anna.edits.append(anna.who, m, message(f"{m.slug}@x", "Once"), frozenset(), None),  # type: ignore[misc]
            lambda m=mailbox: other.edits.append(other.who, m, message(f"{m.slug}@x", "Once"), frozenset(), None),  # type: ignore[misc]
        )
        assert isinstance(one, Appended)
        assert one == same
    await two.settle()


async def test_a_message_moved_to_two_places_at_once_lands_in_one(two: Gateways) -> None:
    anna, other = two.anna
    for source in (INBOX, DRAFTS):
        uid = await anna.append(source, message(f"{source.slug}@x", "Move"))
        outcomes = await two.at_once(
            lambda s=source, u=uid: anna.edits.copy(anna.who, s, [u], TRASH, is_move=True),  # type: ignore[misc]
            lambda s=source, u=uid: other.edits.copy(other.who, s, [u], ARCHIVE, is_move=True),  # type: ignore[misc]
        )
        assert [len(one.pairs) for one in outcomes if isinstance(one, Copied)] == [1, 0]
    await two.settle()
    assert len((await anna.opened.store.mailbox(anna.who, ARCHIVE, None)).rows) == 0


async def test_a_message_expunged_while_it_is_moved_is_gone_and_not_half_there(two: Gateways) -> None:
    anna, other = two.anna
    for source in (INBOX, DRAFTS):
        uid = await anna.append(source, message(f"{source.slug}@x", "Gone"), frozenset({"\\Deleted"}))
        gone, moved = await two.at_once(
            lambda s=source: anna.edits.expunge(anna.who, s, None),  # type: ignore[misc]
            lambda s=source, u=uid: other.edits.copy(other.who, s, [u], ARCHIVE, is_move=True),  # type: ignore[misc]
        )
        assert list(gone) == [uid]
        assert isinstance(moved, Copied)
        assert not moved.pairs
    await two.settle()


async def test_a_message_is_not_expunged_whose_mark_was_just_taken_away(two: Gateways) -> None:
    anna, other = two.anna
    uid = await anna.append(INBOX, message("m@x", "Stay"), frozenset({"\\Deleted"}))
    flagged, gone = await two.at_once(
        lambda: anna.edits.flag(anna.who, INBOX, [uid], FlagMode.REMOVE, frozenset({"\\Deleted"})),
        lambda: other.edits.expunge(other.who, INBOX, None),
    )
    assert [row.uid for row in flagged.rows] == [uid]
    assert not gone
    await two.settle()


async def test_bytes_are_not_dropped_while_they_are_stored_again(two: Gateways) -> None:
    anna, other = two.anna
    await enter(two)
    raw = message("m@x", "Twice")
    uid = await anna.append(DRAFTS, raw, frozenset({"\\Deleted"}))
    stored, _ = await two.at_once(
        lambda: anna.edits.append(anna.who, SENT, raw, frozenset(), None),
        lambda: other.edits.expunge(other.who, DRAFTS, [uid]),
    )
    (found,) = await anna.opened.store.contents(anna.who, SENT, [UID(stored.uid)], Need.RAW)
    assert found.raw == raw
    await two.settle()


async def test_what_is_stored_in_a_mailbox_that_is_taken_away_is_refused_or_goes_with_it(two: Gateways) -> None:
    anna, other = two.anna
    own = CollectionName(Section.MAILBOXES, "Own")
    for is_first in (True, False):
        await anna.opened.store.create_mailbox(anna.who, own)

        async def store() -> object:
            client = two.anna[0 if is_first else 1]  # noqa: B023
            return await client.edits.append(client.who, own, message("m@x", "Late"), frozenset(), None)

        async def drop() -> object:
            client = two.anna[1 if is_first else 0]  # noqa: B023
            await client.opened.store.delete_mailbox(client.who, own)
            return None

        outcomes = await two.at_once(*((store, drop) if is_first else (drop, store)))
        assert is_first or isinstance(outcomes[1], NotFound)
    assert other.unanswered == 0
    await two.settle()


async def test_of_two_mailboxes_made_under_one_name_at_once_one_is_there_already(two: Gateways) -> None:
    anna, other = two.anna
    own = CollectionName(Section.MAILBOXES, "Own")
    await enter(two)
    outcomes = await two.at_once(
        lambda: anna.opened.store.create_mailbox(anna.who, own),
        lambda: other.opened.store.create_mailbox(other.who, own),
    )
    assert outcomes[0] is None
    assert isinstance(outcomes[1], AlreadyExists)


async def test_a_condition_is_judged_by_what_the_crm_holds_while_it_writes(two: Gateways) -> None:
    anna = two.anna[1]
    etag = (await anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "Zero"), NEW)).etag
    with two.plain.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.update(schema.contacts).values(last_name="By the CRM"))
        put = asyncio.ensure_future(
            anna.edits.put(anna.who, MINE, Href("a.vcf"), CARD, card("a", "Mine"), Condition(any_of=frozenset({etag})))
        )
        await asyncio.wait([put], timeout=0.3)
        transaction.commit()
    (outcome,) = await asyncio.gather(put, return_exceptions=True)
    assert isinstance(outcome, PreconditionFailed)
    await two.settle()
