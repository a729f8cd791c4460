"""Names of the reference collections, the least that is valid of each thing, and what stands in the CRM."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.core.model import CollectionName, Section
from storage.opened import Opened

MINE = CollectionName(Section.ADDRESS_BOOKS, "my-contacts")
ALL = CollectionName(Section.ADDRESS_BOOKS, "all-contacts")
CALENDAR = CollectionName(Section.CALENDARS, "my-calendar")
TASKS = CollectionName(Section.CALENDARS, "my-tasks")
INBOX = CollectionName(Section.MAILBOXES, "INBOX")
SENT = CollectionName(Section.MAILBOXES, "Sent")
TRASH = CollectionName(Section.MAILBOXES, "Trash")


def card(uid: str, last: str, *more: str) -> bytes:
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:Erika {last}", f"N:{last};Erika;;;", *more, "END:VCARD"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def event(uid: str, summary: str, *more: str) -> bytes:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260101T000000Z", "DTSTART:20260310T090000Z", "DTEND:20260310T103000Z", f"SUMMARY:{summary}", *more,
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def message(message_id: str, subject: str, to: str = "anna@crm.example", body: str = "Hello") -> bytes:
    lines = [
        f"Message-ID: <{message_id}>", "From: Erika <erika@nordwind.example>", f"To: {to}", f"Subject: {subject}",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", body,
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode()


def rows(store: Opened, table: sa.Table) -> list[dict[str, object]]:
    return store.database.read_now(
        lambda connection: [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings()]
    )


def sql(store: Opened, statement: sa.Executable) -> None:
    """What the CRM does by itself."""
    with store.database.engine.begin() as connection:
        connection.execute(statement)
