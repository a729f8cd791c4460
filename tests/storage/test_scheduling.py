"""Invitations on every product: queued with the write they tell of, delivered once, tried again where they cannot be."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from gateway.core.errors import SchedulingConflict
from gateway.core.ids import Href
from gateway.core.keeping import DEFAULT_CALENDAR
from gateway.core.model import UNCONDITIONAL, CollectionName, Principal, Section, Shape
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from storage.state.errands import TRIES
from tests.storage.builders import CALENDAR, event, rows

MINE = CollectionName(Section.CALENDARS, "mine")
INVITATIONS = CollectionName(Section.CALENDARS, "invitations")
INBOX = CollectionName(Section.CALENDARS, "inbox")
PEOPLE = ("ORGANIZER:mailto:anna@crm.example", "ATTENDEE:mailto:anna@crm.example", "ATTENDEE:mailto:ben@crm.example")


async def contents(store: Opened, who: Principal, name: CollectionName) -> list[str]:
    _, entries = await store.store.entries(who, name)
    _, found = await store.store.resources(who, name, [one.href for one in entries])
    return [one.content.decode().replace("\r\n ", "") for one in found]


async def invite(writes: Edits, anna: Principal, *more: str) -> None:
    await writes.put(anna, MINE, Href("m.ics"), "text/calendar", event("m", "Offer", *PEOPLE, *more), UNCONDITIONAL)


@pytest.fixture
async def mine(writes: Edits, anna: Principal) -> None:
    await writes.create_collection(anna, MINE, Shape.EVENT, {})


def errands(store: Opened) -> list[tuple[int, int]]:
    table = store.state.errand
    with store.database.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(sa.select(table.c.id, table.c.tries))]


async def test_an_invitation_and_its_answer_cross(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, mine: None
) -> None:
    await invite(writes, anna)
    (bens,) = await contents(store, ben, INVITATIONS)
    assert "SUMMARY:Offer" in bens
    assert len(await contents(store, ben, INBOX)) == 1
    assert errands(store) == []
    _, (entry,) = await store.store.entries(ben, INVITATIONS)
    assert entry.schedule_tag
    answer = bens.replace("ATTENDEE:mailto:ben", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben").encode()
    await writes.put(ben, INVITATIONS, entry.href, "text/calendar", answer, UNCONDITIONAL)
    (annas,) = await contents(store, anna, MINE)
    assert "ATTENDEE;SCHEDULE-STATUS=2.0;PARTSTAT=ACCEPTED:mailto:ben@crm.example" in annas
    assert errands(store) == []


async def test_both_may_write_at_the_same_time(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, mine: None
) -> None:
    await invite(writes, anna)
    (bens,) = await contents(store, ben, INVITATIONS)
    _, (entry,) = await store.store.entries(ben, INVITATIONS)

    async def answer(status: str) -> None:
        body = bens.replace("ATTENDEE:mailto:ben", f"ATTENDEE;PARTSTAT={status}:mailto:ben").encode()
        await writes.put(ben, INVITATIONS, entry.href, "text/calendar", body, UNCONDITIONAL)

    await asyncio.gather(
        *(answer(status) for status in ("ACCEPTED", "TENTATIVE", "DECLINED")),
        *(invite(writes, anna, f"LOCATION:Room {number}") for number in range(3)),
    )
    while waiting := [number for number, _ in errands(store)]:
        for number in waiting:
            await store.database.write(lambda unit, n=number: store.store.deliveries.deliver(unit, n))  # type: ignore[misc]
    (annas,) = await contents(store, anna, MINE)
    (bens,) = await contents(store, ben, INVITATIONS)
    room = next(line for line in annas.splitlines() if line.startswith("LOCATION"))
    assert room in bens
    theirs, own = (
        next(word for word in text.replace(":", ";").split(";") if word.startswith("PARTSTAT"))
        for text in (line for text in (annas, bens) for line in text.splitlines() if "mailto:ben" in line)
    )
    assert theirs == own


async def test_who_has_chosen_a_calendar_finds_invitations_there(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, mine: None
) -> None:
    await writes.change_look(ben, INBOX, None, {DEFAULT_CALENDAR: CALENDAR.slug})
    before = rows(store, schema.meetings)
    await invite(writes, anna)
    assert any("SUMMARY:Offer" in one for one in await contents(store, ben, CALENDAR))
    assert rows(store, schema.meetings) == before  # what others write is no row of the CRM's
    assert INVITATIONS not in [one.name for one in await store.store.collections(ben)]


async def test_a_calendar_that_is_gone_is_none_to_deliver_to(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, mine: None
) -> None:
    await writes.change_look(ben, INBOX, None, {DEFAULT_CALENDAR: "gone"})
    await invite(writes, anna)
    assert len(await contents(store, ben, INVITATIONS)) == 1


async def test_an_invitation_is_once_in_a_home(
    store: Opened, anna: Principal, ben: Principal, writes: Edits, mine: None
) -> None:
    await invite(writes, anna)
    other = CollectionName(Section.CALENDARS, "other")
    await writes.create_collection(ben, other, Shape.EVENT, {})
    (bens,) = await contents(store, ben, INVITATIONS)
    with pytest.raises(SchedulingConflict) as refused:
        await writes.put(ben, other, Href("x.ics"), "text/calendar", bens.encode(), UNCONDITIONAL)
    assert refused.value.slug == "invitations"


FAILING = (
    "CREATE TRIGGER failing BEFORE INSERT ON gw_collection WHEN NEW.view = '+calendars/invitations' "
    "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
)


async def test_what_cannot_be_delivered_undoes_nothing_and_is_tried_again(
    opened: Opened, anna_principal: Principal, ben_principal: Principal, edits: Edits
) -> None:
    anna, ben = anna_principal, ben_principal
    await edits.create_collection(anna, MINE, Shape.EVENT, {})
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql(FAILING)
    await invite(edits, anna)
    (annas,) = await contents(opened, anna, MINE)
    assert "SCHEDULE-STATUS=1.1" in annas
    ((number, tries),) = errands(opened)
    assert tries == 1
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER failing")
        connection.execute(sa.update(opened.state.errand).values(due=0))
    due = opened.database.read_now(lambda connection: opened.store.deliveries.errands.due(connection, 5))
    assert due == [number]
    await opened.store.deliveries.all_of(due)
    assert len(await contents(opened, ben, INVITATIONS)) == 1
    (annas,) = await contents(opened, anna, MINE)
    assert "SCHEDULE-STATUS=1.2" in annas
    assert errands(opened) == []


async def test_what_cannot_be_delivered_for_days_is_given_up_and_said_to_be(
    opened: Opened, anna_principal: Principal, edits: Edits
) -> None:
    await edits.create_collection(anna_principal, MINE, Shape.EVENT, {})
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql(FAILING)
    await invite(edits, anna_principal)
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(opened.state.errand).values(tries=TRIES - 1))
    await opened.store.deliveries.all_of([number for number, _ in errands(opened)])
    (annas,) = await contents(opened, anna_principal, MINE)
    assert "SCHEDULE-STATUS=5.1" in annas
    assert errands(opened) == []
