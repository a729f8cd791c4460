"""A short piece of work in steps, each of which is run again and again with another call failing.

What a step needs of those before it stands in `world.noted`: etags and uids. A step persists until all of it is
acknowledged, as a client would; what it reads is compared with what has to be there, so an answer that is empty
because a read failed is found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.core.ids import UID, ETag, Href
from gateway.core.mail import FlagMode, Need
from gateway.core.model import CollectionName, Condition, Section
from storage.crm.reference import schema
from storage.state.prune import prune

if TYPE_CHECKING:
    from tests.faults.world import World

MINE = CollectionName(Section.ADDRESS_BOOKS, "my-contacts")
ALL = CollectionName(Section.ADDRESS_BOOKS, "all-contacts")
CALENDAR = CollectionName(Section.CALENDARS, "my-calendar")
TASKS = CollectionName(Section.CALENDARS, "my-tasks")
INBOX = CollectionName(Section.MAILBOXES, "INBOX")
SENT = CollectionName(Section.MAILBOXES, "Sent")
DRAFTS = CollectionName(Section.MAILBOXES, "Drafts")
ARCHIVE = CollectionName(Section.MAILBOXES, "Archive")

NEW = Condition(must_be_new=True)


def matching(etag: ETag) -> Condition:
    """If-Match."""
    return Condition(any_of=frozenset({etag}))


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def card(uid: str, last: str, *more: str) -> bytes:
    """A vCard."""
    return _lines("BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:Erika {last}", f"N:{last};Erika;;;",
                  "X-ODD:kept", *more, "END:VCARD")  # fmt: skip


def event(uid: str, summary: str, *more: str) -> bytes:
    """An event."""
    return _lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}",
                  "DTSTAMP:20260101T000000Z", "DTSTART:20260310T090000Z", "DTEND:20260310T103000Z",
                  f"SUMMARY:{summary}", *more, "END:VEVENT", "END:VCALENDAR")  # fmt: skip


def task(uid: str, summary: str, *more: str) -> bytes:
    """A task."""
    return _lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VTODO", f"UID:{uid}",
                  "DTSTAMP:20260101T000000Z", f"SUMMARY:{summary}", *more, "END:VTODO", "END:VCALENDAR")  # fmt: skip


def message(
    message_id: str, subject: str, to: str = "Anna <anna@crm.example>, ben@crm.example, out@side.example"
) -> bytes:
    """A message."""
    return _lines(f"Message-ID: <{message_id}>", "From: Erika <erika@nordwind.example>", f"To: {to}",
                  f"Subject: {subject}", "Date: Fri, 06 Mar 2026 07:45:00 +0000", "MIME-Version: 1.0",
                  "Content-Type: text/plain; charset=utf-8", "", "Hello")  # fmt: skip


async def _enter(world: World) -> None:
    store = world.opened.store
    for client in (world.anna, world.ben):
        assert len(await client.persist(partial(store.collections, client.who))) == 11
    for name in (MINE, ALL, CALENDAR):
        _, entries = await world.ben.persist(partial(store.entries, world.ben.who, name))
        assert len(entries) == (0 if name is CALENDAR else 1)


async def _new_cards(world: World) -> None:
    content = card("one", "Mustermann", "EMAIL:erika@nordwind.example", "ORG:Nordwind GmbH")
    world.noted["one"] = await world.anna.put(MINE, "one.vcf", content, NEW, "text/vcard", b"N:Mustermann;")
    await world.anna.put(
        MINE, "two.vcf", card("two", "Zweite", "CLASS:PRIVATE"), Condition(), "text/vcard", b"N:Zweite;"
    )


async def _change_a_card(world: World) -> None:
    content = card("one", "Musterfrau", "EMAIL:erika@nordwind.example", "ORG:Südwind AG", "NOTE:new")
    when = matching(world.noted["one"])
    world.noted["one"] = await world.anna.put(MINE, "one.vcf", content, when, "text/vcard", b"N:Musterfrau;")


async def _change_by_sql(world: World) -> None:
    world.sql(
        sa.update(schema.contacts).values(title="Head of Purchasing"),
        sa.update(schema.companies).values(name=schema.companies.c.name + " & Co."),
        sa.insert(schema.contacts).values(last_name="O'Brien", owner_id=int(world.ben.who.id)),
    )
    await world.follow()
    _, (found,) = await world.anna.persist(
        lambda: world.opened.store.resources(world.anna.who, MINE, [Href("one.vcf")])
    )
    world.noted["one"] = found.entry.etag


async def _meet(world: World) -> None:
    people = ("ORGANIZER:mailto:anna@crm.example", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@crm.example",
              "ATTENDEE:mailto:erika@nordwind.example", "ATTENDEE;CN=Out Sider:mailto:out@side.example")  # fmt: skip
    content = event("meet", "Kick-off", *people)
    world.noted["meet"] = await world.anna.put(CALENDAR, "meet.ics", content, NEW, "text/calendar", b"SUMMARY:Kick-off")


async def _change_the_meeting(world: World) -> None:
    people = ("ORGANIZER:mailto:anna@crm.example", "ATTENDEE;PARTSTAT=DECLINED:mailto:ben@crm.example",
              "ATTENDEE:mailto:new@side.example")  # fmt: skip
    content, when = event("meet", "Kick-off 2", *people), matching(world.noted["meet"])
    await world.anna.put(CALENDAR, "meet.ics", content, when, "text/calendar", b"SUMMARY:Kick-off 2")
    await world.ben.put(TASKS, "t.ics", task("t", "Send offer"), NEW, "text/calendar", b"SUMMARY:Send offer")
    content = task("t", "Send offer", "STATUS:COMPLETED")
    await world.ben.put(TASKS, "t.ics", content, Condition(), "text/calendar", b"SUMMARY:Send offer")


async def _append(world: World) -> None:
    seen = frozenset({"\\Seen", "$Label1"})
    world.noted["mail"] = await world.anna.append(INBOX, message("m1@nordwind.example", "Offer"), seen)
    world.noted["draft"] = await world.anna.append(DRAFTS, message("d1@crm.example", "Draft", "x@y.example"))


async def _flag(world: World) -> None:
    uids = [UID(world.noted["mail"])]
    for mode, flags in ((FlagMode.ADD, {"\\Flagged"}), (FlagMode.REMOVE, {"$Label1"})):
        change = partial(world.anna.edits.flag, world.anna.who, INBOX, uids, mode, frozenset(flags))
        assert len((await world.anna.persist(change)).rows) == 1


async def _move(world: World) -> None:
    await world.anna.move(INBOX, [UID(world.noted["mail"])], ARCHIVE)
    await world.anna.move(DRAFTS, [UID(world.noted["draft"])], SENT)


async def _expunge(world: World) -> None:
    there = await world.anna.persist(lambda: world.opened.store.mailbox(world.anna.who, ARCHIVE, None))
    uids = [row.uid for row in there.rows]
    assert len(uids) == 1
    deleted = frozenset({"\\Deleted"})
    await world.anna.persist(lambda: world.anna.edits.flag(world.anna.who, ARCHIVE, uids, FlagMode.ADD, deleted))
    await world.anna.persist(lambda: world.anna.edits.expunge(world.anna.who, ARCHIVE, uids))


async def _change_a_mail(world: World) -> None:
    world.sql(sa.update(schema.emails).values(subject="Changed by the CRM"))
    await world.follow()


async def _read(world: World) -> None:
    store = world.opened.store
    for client in (world.anna, world.ben):
        who, ask = client.who, client.persist
        _, entries = await ask(partial(store.entries, who, MINE))
        _, found = await ask(partial(store.resources, who, MINE, [one.href for one in entries]))
        changes = await ask(partial(store.changes, who, MINE, None))
        assert len(entries) == len(found) == len(changes.changed) == 2
        mailbox = await ask(partial(store.mailbox, who, SENT, None))
        contents = await ask(partial(store.contents, who, SENT, [row.uid for row in mailbox.rows], Need.RAW))
        assert len(contents) == len(mailbox.rows) == (1 if client is world.anna else 0)
        assert len(await ask(partial(store.counts, who, [SENT, DRAFTS]))) == 2


async def _delete(world: World) -> None:
    await world.anna.delete(MINE, "one.vcf", world.noted["one"])


async def _change_a_user(world: World) -> None:
    world.sql(
        sa.update(schema.users).where(schema.users.c.login == "ben").values(email="ben@new.example", name="Benno")
    )
    await world.follow()


async def _index_again(world: World) -> None:
    await world.anna.persist(lambda: asyncio.to_thread(world.opened.visits.index_all))
    await world.anna.persist(
        lambda: asyncio.to_thread(world.opened.database.write_now, lambda unit: prune(unit, world.opened.state, keep=1))
    )


STEPS: list[tuple[str, Callable[[World], Awaitable[None]]]] = [
    ("entering two homes", _enter),
    ("two new cards and a new company", _new_cards),
    ("changing a card", _change_a_card),
    ("the CRM changes cards and companies", _change_by_sql),
    ("a meeting with attendees", _meet),
    ("changing the meeting, and a task", _change_the_meeting),
    ("appending a message and a draft", _append),
    ("flagging", _flag),
    ("moving within the CRM and into it", _move),
    ("the CRM changes mails", _change_a_mail),
    ("expunging", _expunge),
    ("reading everything", _read),
    ("deleting a card", _delete),
    ("the CRM changes a user", _change_a_user),
    ("indexing again and pruning", _index_again),
]
