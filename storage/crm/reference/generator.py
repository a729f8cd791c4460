"""Fills a reference CRM with any number of rows that look like a company's, for demonstrations and load tests.

Deterministic: the same numbers and seed make the same rows on every database and machine, but for the salt of
password hashes and the clock in `created_at` and `modified_at`. Keys are given out here,
after the highest there is, because rows refer to each other before they are in; rows go in by the thousand. Nobody
else may be writing to the tables meanwhile. Four in five rows belong to the first user (the sample's `anna`), the
others to the sample's other users; those added here have a few of everything on top.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from argon2 import PasswordHasher

from storage.crm.reference import agenda, invent, schema
from storage.crm.reference.agenda import Colleague
from storage.crm.reference.correspondence import Correspondence, Correspondent
from storage.crm.reference.invent import Company, Person, Row

BATCH = 1_000
CONTACTS_A_COMPANY = 8
OWN_CONTACTS, OWN_MEETINGS, OWN_MESSAGES = 5, 4, 4
"""What each added user has."""


def generate(
    connection: sa.Connection, *, contacts: int, meetings: int, messages: int, users: int, seed: int = 1
) -> None:
    """Add this many rows to the (created) tables, half as many tasks as meetings, and companies to go with the contacts.

    `users` are `user01`, `user02` … with the login as password. Raises ValueError where the CRM has no user yet and
    none is to be added.
    """
    _Generator(connection, random.Random(seed)).run(contacts, meetings, messages, users)  # noqa: S311 -- no secret


@dataclass(slots=True)
class _User:
    key: int
    name: str
    address: str
    zone: ZoneInfo
    people: list[Person] = field(default_factory=list)

    @property
    def colleague(self) -> Colleague:
        return Colleague(self.key, self.zone)

    @property
    def correspondent(self) -> Correspondent:
        return Correspondent(self.key, self.name, self.address)


class _Generator:
    def __init__(self, connection: sa.Connection, rng: random.Random) -> None:
        self.connection = connection
        self.rng = rng
        self.pending: dict[sa.Table, list[Row]] = defaultdict(list)
        self.last_key: dict[sa.Table, int] = {}
        self.companies: list[Company] = []

    def run(self, contacts: int, meetings: int, messages: int, users: int) -> None:
        known = self.known_users()
        added = self.add_users(users, after=len(known))
        if not known and not added:
            raise ValueError("the CRM has no users to give rows to: insert the sample first, or add users")
        main = known or added
        self.flush()
        for owner in self.draw(main, contacts):
            self.add_contact(owner)
        for owner in added:
            for _ in range(OWN_CONTACTS):
                self.add_contact(owner)
        self.flush()
        self.add_meetings(self.draw(main, meetings) + added * OWN_MEETINGS, main)
        for owner in self.draw(main, meetings // 2) + added:
            self.add(schema.tasks, agenda.task(self.rng, self.key(schema.tasks), owner.colleague, owner.people))
        self.add_messages(self.draw(main, messages) + added * OWN_MESSAGES, main)
        self.flush()
        self.move_sequences()

    def known_users(self) -> list[_User]:
        """The active users there are, the first of them the one who will own most."""
        table = schema.users
        query = sa.select(table).where(table.c.active == 1, table.c.deleted == 0).order_by(table.c.id)
        return [
            _User(row.id, row.name or row.login, row.email or f"{row.login}@crm.example", ZoneInfo(row.timezone))
            for row in self.connection.execute(query)
        ]

    def add_users(self, count: int, after: int) -> list[_User]:
        # Low cost, unlike the sample's: load tests add hundreds, and these passwords are no secret.
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        added = []
        for number in range(1, count + 1):
            login = f"user{number:02}"
            user = _User(self.key(schema.users), f"User {number:02}", f"{login}@crm.example", ZoneInfo("Europe/Berlin"))
            added.append(user)
            self.add(
                schema.users,
                {
                    "id": user.key,
                    "login": login,
                    "name": user.name,
                    "email": user.address,
                    "password_hash": hasher.hash(login),
                    "timezone": user.zone.key,
                },
            )
        return added

    def draw(self, users: list[_User], count: int) -> list[_User]:
        """`count` owners: four in five the first user, the others evenly the rest."""
        first, rest = users[0], users[1:] or users
        return [first if self.rng.random() < 0.8 else self.rng.choice(rest) for _ in range(count)]

    def add_contact(self, owner: _User) -> None:
        rng = self.rng
        if not self.companies or rng.random() < 1 / CONTACTS_A_COMPANY:
            company, row = invent.company(rng, self.key(schema.companies), owner.key)
            self.companies.append(company)
            self.add(schema.companies, row)
        employer = rng.choice(self.companies[-200:]) if rng.random() < 0.9 else None
        person, row = invent.contact(rng, self.key(schema.contacts), owner.key, employer)
        owner.people.append(person)
        self.add(schema.contacts, row)

    def add_meetings(self, owners: list[_User], main: list[_User]) -> None:
        colleagues = [user.colleague for user in main]
        for owner in owners:
            key = self.key(schema.meetings)
            made = agenda.meeting(self.rng, key, owner.colleague, colleagues, owner.people)
            self.add(schema.meetings, made.meeting)
            self.add(schema.meeting_users, *made.users)
            self.add(schema.meeting_contacts, *made.contacts)
            self.add(schema.meeting_attendees, *made.attendees)

    def add_messages(self, owners: list[_User], main: list[_User]) -> None:
        letters = Correspondence(self.rng, len(owners))
        copies = [user.correspondent for user in main]
        for owner in owners:
            if not owner.people:
                self.add_contact(owner)
            made = letters.letter(self.key(schema.emails), owner.correspondent, owner.people, copies)
            self.add(schema.emails, made.email)
            self.add(schema.email_addresses, *made.addresses)
            self.add(schema.email_links, *made.links)

    def key(self, table: sa.Table) -> int:
        """The next key of a table."""
        if table not in self.last_key:
            self.last_key[table] = self.connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
        self.last_key[table] += 1
        return self.last_key[table]

    def add(self, table: sa.Table, *rows: Row) -> None:
        waiting = self.pending[table]
        waiting.extend(rows)
        if len(waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Insert what waits, parents before those who refer to them."""
        for table in schema.metadata.sorted_tables:
            if rows := self.pending.pop(table, None):
                self.connection.execute(sa.insert(table), rows)

    def move_sequences(self) -> None:
        """PostgreSQL's sequences do not notice keys that were given; SQLite and MariaDB do."""
        if self.connection.dialect.name != "postgresql":
            return
        for table, last in self.last_key.items():
            sequence: sa.Function[Any] = sa.func.pg_get_serial_sequence(table.name, "id")
            self.connection.execute(sa.select(sa.func.setval(sequence, last)))
