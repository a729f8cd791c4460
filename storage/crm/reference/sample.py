"""The sample company: the rows a new reference CRM starts with, and the mail that belongs to them.

Few rows, each there for what it tries: umlauts and 日本語, a raw `&`, an apostrophe in a name, two addresses and five
numbers for one contact, a removed and a private contact, a meeting with both sides' people, a private one in summer
time, an all-day fair of two days, a weekly series over the change to summer time, a thread of two mails of which one
has a PDF. Rows go in by plain INSERTs; where user `anna` is already there, nothing is done.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher

from storage.crm.reference import schema
from storage.crm.reference.sample_mail import ANSWER, OFFER, PDF, compose
from storage.crm.reference.sample_photo import portrait

LOGINS = ("anna", "bob", "admin")
"""Who can sign in, the main user first; each one's password is the login."""

DOCUMENT_PATH = "2026/angebot-2026-001.pdf"

MADE = dt.datetime(2026, 2, 16, 8, 0)  # noqa: DTZ001 -- the CRM's columns are naive UTC


def insert(connection: sa.Connection, hasher: PasswordHasher | None = None) -> bool:
    """Put the sample into the (created) tables; whether there was anything to do.

    `hasher` makes the password hashes; argon2's own parameters where it is None.
    """
    if connection.scalar(sa.select(schema.users.c.id).where(schema.users.c.login == LOGINS[0])) is not None:
        return False
    _Sample(connection, hasher or PasswordHasher()).insert()
    return True


def sample_messages() -> Sequence[tuple[str, bytes]]:
    """Message-ID (with angle brackets) and original bytes (RFC 5322) of each mail of the sample."""
    return [(mail.message_id, compose(mail)) for mail in (OFFER, ANSWER)]


def sample_documents() -> Sequence[tuple[str, bytes]]:
    """`content_path` and content of each document of the sample."""
    return [(DOCUMENT_PATH, PDF)]


def _at(month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute)  # noqa: DTZ001 -- the CRM's columns are naive UTC


class _Sample:
    """One insertion; the keys of what is in already are what the rest refers to."""

    def __init__(self, connection: sa.Connection, hasher: PasswordHasher) -> None:
        self.connection = connection
        self.hasher = hasher

    def insert(self) -> None:
        self.users()
        self.companies()
        self.contacts()
        self.sales()
        self.meetings()
        self.tasks_and_calls()
        self.mail()
        self.papers()

    def row(self, table: sa.Table, **values: Any) -> int:
        """Insert one row, its key."""
        stamped = {"created_at": MADE, "modified_at": MADE} | values
        key = self.connection.execute(sa.insert(table).values(stamped)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def user(self, login: str, name: str, timezone: str, team: str | None = None) -> int:
        return self.row(
            schema.users,
            login=login,
            name=name,
            email=f"{login}@crm.example",
            password_hash=self.hasher.hash(login),
            timezone=timezone,
            team=team,
        )

    def users(self) -> None:
        self.anna = self.user("anna", "Anna Schmidt", "Europe/Berlin")
        self.bob = self.user("bob", "Bob Miller", "America/New_York", "Sales")
        self.admin = self.user("admin", "Administrator", "UTC")

    def companies(self) -> None:
        self.nordwind = self.row(
            schema.companies,
            name="Nordwind GmbH",
            domain="nordwind.example",
            phone="+49 40 123456-0",
            fax="+49 40 123456-99",
            email="info@nordwind.example",
            website="https://www.nordwind.example",
            street="Hafenstraße 12",
            postal_code="20457",
            city="Hamburg",
            region="HH",
            country="Germany",
            notes='Key account.\nSince 2019 – "A" customer; 100 % on time.\nShip to: Lagerweg 3, 21079 Hamburg.',
            owner_id=self.anna,
        )
        self.row(schema.companies, name="Müller & Söhne KG", city="München", country="Germany", owner_id=self.bob)

    def contacts(self) -> None:
        self.erika = self.row(
            schema.contacts,
            salutation="Dr.",
            first_name="Erika",
            last_name="Mustermann",
            title="Head of Purchasing",
            company_id=self.nordwind,
            email="erika.mustermann@nordwind.example",
            email2="Erika@privat.example",
            phone="+49 40 123456-12",
            mobile="+49 171 5550001",
            home_phone="+49 40 777",
            fax="+49 40 123456-98",
            street="Hafenstraße 12",
            postal_code="20457",
            city="Hamburg",
            region="HH",
            country="Germany",
            birthday=dt.date(1980, 5, 17),
            notes="Customer number KD-4711. Met at fair.\nPrefers e-mail; speaks 日本語 & Français.",
            photo=portrait(),
            category="A-Kunde",
            owner_id=self.anna,
        )
        self.jean_luc = self.row(
            schema.contacts,
            first_name="Jean-Luc",
            last_name="O'Brien",
            title="Consultant",
            phone="+1 212 555 0199",
            owner_id=self.bob,
        )
        self.row(schema.contacts, first_name="Gerda", last_name="Gelöscht", owner_id=self.anna, deleted=1)
        self.row(schema.contacts, first_name="Priva", last_name="Private", owner_id=self.bob, private=1)

    def sales(self) -> None:
        self.row(
            schema.leads,
            first_name="Lara",
            last_name="Lead",
            company_name="Prospect AG",
            city="Zürich",
            country="Switzerland",
            owner_id=self.anna,
        )
        self.rollout = self.row(
            schema.opportunities,
            name="Nordwind – Q1 roll-out",
            company_id=self.nordwind,
            contact_id=self.erika,
            stage="proposal",
            amount=25000,
            currency="EUR",
            probability=60,
            close_date=dt.date(2026, 3, 31),
            owner_id=self.anna,
        )

    def meetings(self) -> None:
        berlin = {"timezone": "Europe/Berlin", "owner_id": self.anna}
        kick_off = self.row(
            schema.meetings,
            subject="Kick-off Nordwind",
            starts_at=_at(3, 10, 9),
            ends_at=_at(3, 10, 10, 30),
            location="Hamburg, Raum 3",
            notes="Agenda:\n1. Intro\n2. Plan",
            company_id=self.nordwind,
            opportunity_id=self.rollout,
            reminder_minutes=15,
            **berlin,
        )
        self.row(schema.meeting_users, meeting_id=kick_off, user_id=self.bob, status="accepted")
        self.row(schema.meeting_contacts, meeting_id=kick_off, contact_id=self.erika, status="tentative")
        self.row(schema.meeting_contacts, meeting_id=kick_off, contact_id=self.jean_luc)
        dentist = {"subject": "Private dentist", "starts_at": _at(7, 1, 12), "ends_at": _at(7, 1, 13)}
        self.row(schema.meetings, private=1, **dentist, **berlin)
        fair = {"subject": "Spring fair", "starts_at": _at(4, 2), "ends_at": _at(4, 4)}
        self.row(schema.meetings, all_day=1, **fair, **berlin)
        series = {"subject": "Weekly jour fixe", "starts_at": _at(3, 2, 8), "ends_at": _at(3, 2, 8, 30)}
        self.row(schema.meetings, recurrence="FREQ=WEEKLY;COUNT=5;BYDAY=MO", **series, **berlin)

    def tasks_and_calls(self) -> None:
        self.row(
            schema.tasks,
            subject="Send offer to Erika",
            due_date=dt.date(2026, 3, 12),
            priority="high",
            contact_id=self.erika,
            company_id=self.nordwind,
            opportunity_id=self.rollout,
            owner_id=self.anna,
        )
        self.row(
            schema.tasks,
            subject="Update website entry",
            due_date=dt.date(2026, 2, 5),
            status="done",
            priority="low",
            percent=100,
            completed_at=_at(2, 5, 15),
            owner_id=self.bob,
        )
        self.row(
            schema.calls,
            subject="Call Erika",
            starts_at=_at(3, 9, 14),
            duration_minutes=15,
            status="held",
            contact_id=self.erika,
            company_id=self.nordwind,
            owner_id=self.bob,
        )

    def mail(self) -> None:
        for mail in (OFFER, ANSWER):
            email = self.row(
                schema.emails,
                message_id=mail.message_id,
                direction=mail.direction,
                status="sent" if mail.direction == "out" else "received",
                subject=mail.subject,
                from_address=mail.sender[1],
                from_name=mail.sender[0],
                sent_at=mail.sent.replace(tzinfo=None),
                body_text=mail.text,
                body_html=mail.html,
                in_reply_to=mail.in_reply_to or None,
                reference_ids=mail.in_reply_to or None,
                owner_id=self.anna,
            )
            for kind, people in (("from", [mail.sender]), ("to", mail.to), ("cc", mail.cc)):
                for name, address in people:
                    self.row(schema.email_addresses, email_id=email, kind=kind, address=address, name=name)
            self.row(schema.email_links, email_id=email, entity="contact", entity_id=self.erika)
            self.row(schema.email_links, email_id=email, entity="opportunity", entity_id=self.rollout)

    def papers(self) -> None:
        offer = self.row(
            schema.documents,
            name="Angebot 2026-001",
            mime_type="application/pdf",
            size=len(PDF),
            sha256=hashlib.sha256(PDF).hexdigest(),
            content_path=DOCUMENT_PATH,
            category="offer",
            owner_id=self.anna,
        )
        for entity, key in (("contact", self.erika), ("company", self.nordwind), ("opportunity", self.rollout)):
            self.row(schema.document_links, document_id=offer, entity=entity, entity_id=key)
        self.row(schema.notes, body="Erika is on holiday in August.", contact_id=self.erika, owner_id=self.anna)
