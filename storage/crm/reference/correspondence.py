"""Invents mail: threads between users and their contacts, in the order in which it was sent.

Time only moves forward; each message either answers one of the threads still open or opens another. Pure but for the
random numbers.
"""

from __future__ import annotations

import collections
import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from storage.crm.reference import invent
from storage.crm.reference.invent import Person, Row

FIRST = dt.datetime(2023, 1, 2, 7, 0)  # noqa: DTZ001 -- the CRM's columns are naive UTC
SECONDS = 46 * 30 * 86_400
"""From the first message to about the last."""

OPEN_THREADS = 60
KEPT_REFERENCES = 12


@dataclass(frozen=True, slots=True)
class Correspondent:
    """A user as letters need one."""

    key: int
    name: str
    address: str


@dataclass(slots=True)
class _Thread:
    owner: Correspondent
    contact: Person
    subject: str
    references: list[str]
    is_ours: bool
    """Whether the last message was the user's."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message's row, and its rows in the two tables beside it."""

    email: Row
    addresses: Sequence[Row]
    links: Sequence[Row]


class Correspondence:
    """Messages one after the other; `total` says how many will be asked for, and so how fast time goes by."""

    def __init__(self, rng: random.Random, total: int) -> None:
        self._rng = rng
        self._now = FIRST
        self._step = max(2, 2 * SECONDS // max(1, total))
        self._open: collections.deque[_Thread] = collections.deque(maxlen=OPEN_THREADS)

    def letter(
        self, key: int, owner: Correspondent, people: Sequence[Person], copies: Sequence[Correspondent]
    ) -> Letter:
        """The next message, `owner`'s or in one of the threads still open; a new one goes to or comes from `people`."""
        rng = self._rng
        self._now += dt.timedelta(seconds=rng.randrange(1, self._step))
        thread = rng.choice(self._open) if self._open and rng.random() < 0.5 else None
        if thread is None or thread.owner.key != owner.key:
            about = rng.choice(people)
            thread = _Thread(owner, about, invent.subject(rng, about.region), [], rng.random() < 0.5)
            self._open.append(thread)
        return self._message(key, thread, copies)

    def _message(self, key: int, thread: _Thread, copies: Sequence[Correspondent]) -> Letter:
        rng, contact, owner = self._rng, thread.contact, thread.owner
        thread.is_ours = not thread.is_ours
        ours, theirs = (owner.name, owner.address), (contact.name, contact.address)
        sender, receiver = (ours, theirs) if thread.is_ours else (theirs, ours)
        text, html = invent.letter(rng, contact.region, receiver[0], sender[0])
        domain = sender[1].rpartition("@")[2]
        message_id = f"<{key:x}.{rng.getrandbits(48):012x}@{domain}>"
        before = thread.references[-KEPT_REFERENCES:]
        email = {
            "id": key,
            "message_id": message_id,
            "direction": "out" if thread.is_ours else "in",
            "status": "sent" if thread.is_ours else "received",
            "subject": (contact.region.reply if before else "") + thread.subject,
            "from_address": sender[1],
            "from_name": sender[0],
            "sent_at": self._now,
            "body_text": text,
            "body_html": html,
            "in_reply_to": before[-1] if before else None,
            "reference_ids": " ".join(before) or None,
            "owner_id": owner.key,
        }
        thread.references.append(message_id)
        people = [("from", *sender), ("to", *receiver)]
        if copies and rng.random() < 0.25:
            copy = rng.choice(copies)
            if copy.key != owner.key:
                people.append(("cc", copy.name, copy.address))
        addresses = [{"email_id": key, "kind": kind, "name": name, "address": at} for kind, name, at in people]
        return Letter(email, addresses, [{"email_id": key, "entity": "contact", "entity_id": contact.key}])
