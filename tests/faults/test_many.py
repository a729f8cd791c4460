"""Many at once: writers at two gateways, the CRM by plain SQL, two followers, and readers who follow their tokens.

At the end every reader holds exactly what is there, whichever tokens it came by (a token that was given out before
something older committed would leave a gap for good), and index and CRM agree.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from gateway.core.errors import NotFound, Unavailable
from gateway.core.ids import UID, Href
from gateway.core.mail import FlagMode, Need
from gateway.core.model import UNCONDITIONAL
from storage.crm.reference import schema
from storage.feed import follower
from tests.faults.client import Client, Device
from tests.faults.driver import Way
from tests.faults.gateways import Gateways
from tests.faults.script import ARCHIVE, CALENDAR, INBOX, MINE, SENT, card, event, message

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


async def write(client: Client, number: int, rounds: int) -> None:
    """A program that keeps its own cards, meetings and mails."""
    dice = random.Random(number)
    for turn in range(rounds):
        href, uid = Href(f"{number}-{dice.randrange(4)}.vcf"), f"{number}-{turn}"
        if dice.random() < 0.3:
            with contextlib.suppress(NotFound):
                await client.edits.delete(client.who, MINE, href, UNCONDITIONAL)
        else:
            entries = (await client.opened.store.resources(client.who, MINE, [href]))[1]
            same = entries[0].object_uid if entries else uid
            content = card(same, f"N{turn}", f"ORG:Company {dice.randrange(3)}", "EMAIL:c@x.example")
            await client.edits.put(client.who, MINE, href, "text/vcard", content, UNCONDITIONAL)
        if dice.random() < 0.4:
            content = event(
                f"e{uid}", f"Meeting {uid}", "ATTENDEE:mailto:ben@crm.example", "ATTENDEE:mailto:c@x.example"
            )
            await client.edits.put(client.who, CALENDAR, Href(f"{uid}.ics"), "text/calendar", content, UNCONDITIONAL)
        mail = await client.append(INBOX, message(f"{uid}@x", "Mail"))
        await client.edits.flag(client.who, INBOX, [mail], FlagMode.ADD, frozenset({"\\Seen"}))
        if dice.random() < 0.5:
            await client.edits.copy(client.who, INBOX, [mail], ARCHIVE, is_move=True)


def change_by_sql(two: Gateways, rounds: int) -> None:
    """The CRM itself."""
    dice = random.Random(99)
    for turn in range(rounds):
        owner = dice.choice((1, 2))
        chosen = schema.contacts.c.id % 3 == turn % 3
        two.sql(
            sa.insert(schema.contacts).values(last_name=f"Sql{turn}", owner_id=owner),
            sa.update(schema.contacts).where(chosen).values(title=f"T{turn}", owner_id=owner),
        )
        two.sql(sa.update(schema.companies).values(phone=str(turn)))
        two.sql(sa.update(schema.contacts).where(schema.contacts.c.last_name == f"Sql{turn - 2}").values(deleted=1))


@contextlib.asynccontextmanager
async def following(two: Gateways) -> AsyncIterator[None]:
    """Both gateways' followers run; the lease lets one of them work."""
    tasks = [asyncio.ensure_future(one.follower.run()) for one in two.opened]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_whoever_follows_his_tokens_ends_with_what_is_there(two: Gateways) -> None:
    clients = [*two.anna, *two.ben]
    is_done = asyncio.Event()

    async def read(client: Client, limit: int | None) -> Device:
        device = Device()
        while not is_done.is_set():
            await device.sync(client.opened, client.who, limit)
        return device

    async with following(two):
        readers = [asyncio.ensure_future(read(two.anna[0], 3)), asyncio.ensure_future(read(two.anna[1], None))]
        writers = [write(client, number, 8) for number, client in enumerate(clients)]
        try:
            await asyncio.gather(*writers, asyncio.to_thread(change_by_sql, two, 8))
        finally:
            is_done.set()
        devices = await asyncio.gather(*readers)
    await two.settle()
    await two.synced(*devices, client=two.anna[0])
    assert not any(client.unanswered for client in clients)


@pytest.mark.parametrize("way", list(Way))
async def test_the_follower_outlives_whatever_the_database_does(
    two: Gateways, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "AFTER_FAULT", 0.001)
    anna = two.anna[0]
    device = Device()
    await device.sync(anna.opened, anna.who)
    for number in range(12):
        two.sql(
            sa.insert(schema.companies).values(name=f"Company {number}"),
            sa.insert(schema.contacts).values(last_name=f"Sql{number}", owner_id=1),
            sa.insert(schema.emails).values(message_id=f"<{number}@x>", subject="Sql", direction="in", owner_id=1),
        )
    two.schedules[0].chance, two.schedules[0].way = 0.01, way
    running = asyncio.ensure_future(two.opened[0].follower.run())
    try:
        while not running.done() and not await asyncio.to_thread(_is_drained, two):
            await asyncio.wait([running], timeout=0.05)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        two.schedules[0].disarm()
    await two.settle()
    await two.synced(device, client=two.anna[1])


def _is_drained(two: Gateways) -> bool:
    outbox = two.opened[1].state.outbox
    with two.plain.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one() == 0


async def test_a_row_that_cannot_be_followed_stops_no_other(two: Gateways) -> None:
    anna = two.anna[0]
    uids = [await anna.append(SENT, message(f"{n}@x", f"Mail {n}")) for n in range(5)]
    blob, emails = anna.opened.state.blob, schema.emails
    with two.plain.begin() as connection:
        digests = [row[0] for row in connection.execute(sa.select(blob.c.digest))]
        connection.execute(sa.update(blob).where(blob.c.digest == digests[2]).values(content=b"spoiled"))
    two.sql(sa.update(emails).values(subject="Changed"))
    while await asyncio.to_thread(anna.opened.follower.step):
        pass
    rows = (await anna.opened.store.mailbox(anna.who, SENT, None)).rows
    assert len(rows) == 5
    contents = await anna.opened.store.contents(anna.who, SENT, [row.uid for row in rows], Need.SUMMARY)
    changed = [one.uid for one in contents if one.summary and one.summary.envelope.subject == "Changed"]
    assert len(changed) == 4
    assert not set(changed) & {UID(uid) for uid in uids}


async def test_a_write_waits_for_an_outside_writer_and_reads_do_not(two: Gateways) -> None:
    anna = two.anna[0]
    await anna.edits.put(anna.who, MINE, Href("a.vcf"), "text/vcard", card("a", "Zero"), UNCONDITIONAL)
    with two.plain.connect() as connection:
        if two.opened[0].database.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(sa.update(schema.contacts).values(title="Outside"))
        put = asyncio.ensure_future(
            anna.edits.put(anna.who, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
        )
        assert len((await anna.opened.store.entries(anna.who, MINE))[1]) == 1
        await asyncio.wait([put], timeout=0.3)
        assert not put.done()
        connection.commit()
    await put
    await two.settle()


async def test_a_database_that_is_away_is_unavailable_and_comes_back(two: Gateways) -> None:
    anna = two.anna[0]
    await anna.edits.put(anna.who, MINE, Href("a.vcf"), "text/vcard", card("a", "Zero"), UNCONDITIONAL)
    two.schedules[0].chance, two.schedules[0].way = 1.0, Way.DEAD
    with pytest.raises(Unavailable):
        await anna.opened.store.entries(anna.who, MINE)
    with pytest.raises(Unavailable):
        await anna.edits.put(anna.who, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    with pytest.raises(Unavailable):
        await anna.edits.append(anna.who, INBOX, message("m@x", "Away"), frozenset(), None)
    two.schedules[0].disarm()
    await anna.edits.put(anna.who, MINE, Href("a.vcf"), "text/vcard", card("a", "One"), UNCONDITIONAL)
    await two.settle()
