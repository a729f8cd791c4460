"""A program to be killed: writes through the one door, one numbered write after another, and says which are answered.

    python -m tests.faults.writer URL SCHEMA FIRST LAST

Write number n is the same whoever makes it, so a second run that begins with the first unanswered number repeats what
may have happened already, as a client does whose answer was lost.
"""

from __future__ import annotations

import asyncio
import sys

import sqlalchemy as sa

from gateway.core.ids import Href
from gateway.core.mail import FlagMode
from gateway.core.model import UNCONDITIONAL, CollectionName, Principal, Section
from gateway.edits import Edits
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import principal

MINE = CollectionName(Section.ADDRESS_BOOKS, "my-contacts")
CALENDAR = CollectionName(Section.CALENDARS, "my-calendar")
INBOX = CollectionName(Section.MAILBOXES, "INBOX")
ARCHIVE = CollectionName(Section.MAILBOXES, "Archive")


def name_of(number: int) -> str:
    """The name of what a write makes or changes: four writes for each."""
    return f"w{number // 4}"


def card(number: int) -> bytes:
    """A card that states its number."""
    lines = ("BEGIN:VCARD", "VERSION:3.0", f"UID:{name_of(number)}", "FN:Kill Test", "N:Test;Kill;;;",
             f"NOTE:{number}", f"ORG:Firma {number % 7}", "END:VCARD")  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def event(number: int) -> bytes:
    """An event that states its number."""
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//EN", "BEGIN:VEVENT", f"UID:e{name_of(number)}",
             "DTSTAMP:20260101T000000Z", "DTSTART:20260310T090000Z", "DTEND:20260310T100000Z", f"SUMMARY:{number}",
             "ORGANIZER:mailto:anna@crm.example", "ATTENDEE:mailto:ben@crm.example", "ATTENDEE:mailto:out@x.example",
             "END:VEVENT", "END:VCALENDAR")  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def message(number: int) -> bytes:
    """A message that states its number."""
    lines = (f"Message-ID: <{number}@kill.example>", "From: a@x.example", "To: anna@crm.example, ben@crm.example",
             f"Subject: {number}", "", f"Body {number}")  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


async def write(opened: Opened, edits: Edits, who: Principal, number: int) -> None:
    """The write of this number."""
    kind = number % 8
    if kind in (0, 2):
        href = Href(f"{name_of(number)}.vcf")
        await edits.put(who, MINE, href, "text/vcard", card(number), UNCONDITIONAL)
    elif kind in (1, 5):
        href = Href(f"e{name_of(number)}.ics")
        await edits.put(who, CALENDAR, href, "text/calendar", event(number), UNCONDITIONAL)
    elif kind in (3, 6):
        uid = (await edits.append(who, INBOX, message(number), frozenset({"$Kill"}), None)).uid
        await edits.flag(who, INBOX, [uid], FlagMode.ADD, frozenset({"\\Seen"}))
        if kind == 6:
            await edits.copy(who, INBOX, [uid], ARCHIVE, is_move=True)
    else:
        # The CRM by itself, and the feed.
        change = sa.update(schema.contacts).values(title=str(number)).where(schema.contacts.c.id == number // 8 % 5 + 1)
        with opened.database.engine.begin() as connection:
            connection.execute(change)
        opened.follower.step()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Write, and say so."""
    url, own, first, last = sys.argv[1], sys.argv[2] or None, int(sys.argv[3]), int(sys.argv[4])
    opened = Opened(url, schema=own)
    edits, who = Edits(opened.store), principal(opened, "anna")
    _say("ready")
    for number in range(first, last):
        await write(opened, edits, who, number)
        _say(str(number))
    opened.close()


if __name__ == "__main__":
    asyncio.run(main())
