"""Scheduling messages delivered: into the recipient's inbox, and what they mean into his calendar (RFC 6638 §4).

One message is one transaction, which takes it out of the queue: the recipient's inbox and calendar and the calendar it
came from are held together, in one order, so no two deliveries wait for each other. What a sender's write has left is
delivered before it is answered; what could not be then, by `run`. Whatever goes wrong is the delivery's matter alone:
the write that it tells of stands.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import GatewayError, SchedulingConflict
from gateway.core.ids import CollectionId, EntityKey, Href, ObjectUid, PrincipalId
from gateway.core.model import Principal, Shape
from gateway.core.store import Draft
from gateway.core.tree import Component
from gateway.formats.contentline import parse, serialise
from gateway.formats.params import first_param
from gateway.scheduling.addresses import normal
from gateway.scheduling.objects import Side, attendees_of, organizer_of, scheduled, side_of, with_status
from gateway.scheduling.processing import Outcome, take_cancel, take_reply, take_request
from storage.attachments import Attachments
from storage.database import Again, Database, Unit
from storage.invitations import REFRESH, Invitations
from storage.keeping import DOCUMENT, Kept
from storage.scheduling import NOBODY, NOTICE, Scheduling
from storage.state.errands import TRIES, Errand
from storage.state.index import Numbers

DELIVERED: Final = "1.2"
REFUSED: Final = "5.3"
GIVEN_UP: Final = "5.1"
AT_ONCE: Final = 50
"""Messages of one write that are delivered before it is answered; the others follow."""
PAUSE: Final = 20.0
_ROUNDS: Final = 20
"""Deliveries leave something to be delivered themselves; what is left after so many rounds waits for `run`."""
INBOX_MOST: Final = 500
"""Messages in one inbox; beyond that the oldest go, for not every client takes out what it has read."""
TOLD_MOST: Final = 50
"""Attendees up to whom each is told of the others' answers."""

log = logging.getLogger(__name__)


class Deliveries:
    """Carries what `Scheduling` has written down."""

    def __init__(
        self, database: Database, scheduling: Scheduling, invitations: Invitations, attachments: Attachments
    ) -> None:
        self._database, self._scheduling, self._invitations = database, scheduling, invitations
        self._attachments = attachments
        self._keeping, self.errands = scheduling.keeping, scheduling.errands
        self._index, self._state = scheduling.indexer.index, scheduling.state

    async def after(self) -> None:
        """Deliver what a write has left to be delivered. Never raises."""
        for _ in range(_ROUNDS):
            if not self._scheduling.senders:
                return
            sender = self._scheduling.senders.pop()
            await self._all(lambda connection, s=sender: self.errands.of(connection, s, AT_ONCE))  # type: ignore[misc]

    async def run(self) -> None:
        """Deliver what has not been, until cancelled."""
        while True:
            await asyncio.sleep(PAUSE)
            await self._all(lambda connection: self.errands.due(connection, AT_ONCE))

    async def _all(self, which: Callable[[Connection], list[int]]) -> None:
        """Deliver these, and what comes of it: answers are told to the other attendees. Never raises."""
        try:
            await self.all_of(await self._database.read(which))
        except GatewayError as fault:
            log.warning("scheduling messages wait: %s", fault)
        except Exception:
            log.exception("scheduling messages wait")

    async def all_of(self, numbers: Sequence[int]) -> None:
        """Deliver these; what cannot be delivered now is put off."""
        for number in numbers:
            await self._one(number)

    async def _one(self, number: int) -> None:
        try:
            await self._database.write(lambda unit: self.deliver(unit, number))
        except Exception as fault:
            if isinstance(fault, GatewayError):
                log.warning("a scheduling message could not be delivered and is tried again: %s", fault)
            else:
                log.exception("a scheduling message could not be delivered and is tried again")
            await self._database.write(lambda unit: self._put_off(unit, number))

    def _put_off(self, unit: Unit, number: int) -> None:
        errand = self.errands.take(unit.connection, number)
        if errand is None:
            return
        if errand.tries + 1 < TRIES:
            self.errands.put_off(unit.connection, number, errand.tries)
            return
        self.errands.drop(unit.connection, number)
        source = self._source(unit.connection, errand)
        if source is not None:
            self._say(unit, errand, source, GIVEN_UP, self._keeping.lock(unit.connection, {source[0]}))

    def deliver(self, unit: Unit, number: int) -> None:
        """Deliver one, unless somebody else has."""
        connection = unit.connection
        errand = self.errands.take(connection, number)
        if errand is None:
            return
        self.errands.drop(connection, number)
        recipient = self._scheduling.users.by_key(connection, errand.recipient)
        source = self._source(connection, errand)
        wanted = set() if source is None else {source[0]}
        if recipient is None:
            if source is not None:
                self._say(unit, errand, source, NOBODY, self._keeping.lock(connection, wanted))
            return
        message = parse(errand.content)[0]
        inbox = self._invitations.inbox(connection, recipient)
        if errand.method == NOTICE and not self._invitations.has_row(connection, recipient, errand.object_uid):
            return  # the CRM does not show him the meeting
        target = self._target(connection, errand, recipient, message)
        wanted |= {inbox} | ({target[0]} if target is not None else set())
        numbers = self._keeping.lock(connection, wanted)
        if self._scheduling.indexer.has_row_locks and target != self._target(connection, errand, recipient, message):
            raise Again  # somebody moved or deleted it between our look and our lock
        code = self._take(unit, errand, recipient, message, target, numbers)
        if code == DELIVERED and errand.method != REFRESH:
            self._put_into_inbox(unit, inbox, errand, message)
        if source is not None and errand.method != REFRESH:
            # What the index has is newer than these numbers where the inbox or calendar has been written.
            self._say(unit, errand, source, code, self._keeping.lock(connection, {source[0]}))

    def _target(
        self, connection: Connection, errand: Errand, recipient: Principal, message: Component
    ) -> tuple[CollectionId, Kept | None] | None:
        """Where the recipient has the meeting, or (without an object) is to have it; None for nowhere."""
        for collection, _, kept in self._scheduling.standing(connection, recipient, errand.object_uid):
            return collection, kept
        if errand.method != "REQUEST" or self._invitations.has_row(connection, recipient, errand.object_uid):
            return None
        shape = Shape.TASK if any(one.name.upper() == "VTODO" for one in scheduled(message)) else Shape.EVENT
        return self._invitations.calendar(connection, recipient, shape), None

    def _take(
        self,
        unit: Unit,
        errand: Errand,
        recipient: Principal,
        message: Component,
        target: tuple[CollectionId, Kept | None] | None,
        numbers: dict[CollectionId, Numbers],
    ) -> str:
        """Have the message change the recipient's object; what is to be said of that to the sender."""
        if target is None:
            return DELIVERED
        collection, kept = target
        mine = None if kept is None else parse(kept.content)[0]
        if mine is not None and not _is_same_meeting(mine, message, recipient, errand.method):
            return REFUSED
        outcome = _outcome(mine, message, recipient, errand.method)
        if outcome.document is None:
            return DELIVERED
        href = kept.href if kept is not None else Href(f"{errand.id}-{errand.recipient}.ics")
        uid = kept.object_uid if kept is not None else errand.object_uid
        self._write(unit, collection, href, uid, outcome.document, numbers)
        stored = self._keeping.find(unit.connection, collection, href)
        if stored is not None and (outcome.is_consequential or kept is None):
            self._scheduling.tags.renew(unit.connection, stored.id)
        sender = self._scheduling.users.by_key(unit.connection, errand.sender)
        if stored is not None and sender is not None and errand.method in ("REQUEST", REFRESH):
            # Whoever is invited sees the files of the meeting, as far as the organizer could show them.
            self._attachments.follow(unit.connection, stored.id, stored.content, sender)
        if stored is not None and errand.method == "REPLY":
            self._tell_others(unit.connection, recipient, errand, outcome.document)
        return DELIVERED

    def _write(
        self,
        unit: Unit,
        collection: CollectionId,
        href: Href,
        uid: ObjectUid,
        document: Component,
        numbers: dict[CollectionId, Numbers],
    ) -> None:
        shape = Shape.TASK if any(one.name.upper() == "VTODO" for one in scheduled(document)) else Shape.EVENT
        self._keeping.write(unit, collection, href, Draft(shape, uid, document, serialise(document)), numbers)

    def _put_into_inbox(self, unit: Unit, inbox: CollectionId, errand: Errand, message: Component) -> None:
        connection, entry = unit.connection, self._state.entry
        numbers = self._keeping.lock(connection, {inbox})
        draft = Draft(Shape.EVENT, errand.object_uid, message, errand.content)
        self._keeping.write(unit, inbox, Href(f"{errand.id}.ics"), draft, numbers)
        resource = self._state.resource
        oldest = (
            sa.select(resource.c.row_key)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == inbox)
            .order_by(entry.c.uid.desc())
            .offset(INBOX_MOST)
        )
        for row in connection.execute(oldest).all():
            self._keeping.remove(unit, inbox, EntityKey(row[0]), numbers)

    def _source(self, connection: Connection, errand: Errand) -> tuple[CollectionId, Kept] | None:
        """The sender's object that the message is of, where it stands still."""
        entry, resource = self._state.entry, self._state.resource
        wanted = (
            sa.select(entry.c.collection_id, entry.c.href)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(resource.c.id == errand.source, resource.c.entity == DOCUMENT)
        )
        row = connection.execute(wanted).first()
        kept = None if row is None else self._keeping.find(connection, CollectionId(row[0]), Href(row[1]))
        return None if row is None or kept is None else (CollectionId(row[0]), kept)

    def _say(
        self,
        unit: Unit,
        errand: Errand,
        source: tuple[CollectionId, Kept],
        code: str,
        numbers: dict[CollectionId, Numbers],
    ) -> None:
        """Tell the sender in his object what has become of the message (RFC 6638 §3.2.9)."""
        collection, _ = source
        kept = self._keeping.find(unit.connection, collection, source[1].href)
        if kept is None:
            return
        document = parse(kept.content)[0]
        if not _is_answered(document, errand.address) and with_status(document, errand.address, code):
            self._write(unit, collection, kept.href, kept.object_uid, document, numbers)

    def _tell_others(self, connection: Connection, organizer: Principal, errand: Errand, document: Component) -> None:
        """Have the other attendees' copies show the answer, as far as these are users and not too many."""
        people = attendees_of(document)
        if len(people) > TOLD_MOST:
            return
        self.errands.add(connection, self._invitations.refreshments(connection, organizer, errand, document, people))
        self._scheduling.senders.add(PrincipalId(organizer.id))


def _outcome(mine: Component | None, message: Component, recipient: Principal, method: str) -> Outcome:
    if method == "REPLY":
        return take_reply(mine, message)
    return take_cancel(mine, message, recipient) if method == "CANCEL" else take_request(mine, message, recipient)


def _is_same_meeting(mine: Component, message: Component, recipient: Principal, method: str) -> bool:
    """Whether the message may touch the object: of one organizer, who for a REPLY is the recipient and else is not."""
    try:
        known, sender = organizer_of(mine), organizer_of(message)
        wanted = Side.ORGANIZER if method == "REPLY" else Side.ATTENDEE
        is_one = known is not None and sender is not None and normal(known.value) == normal(sender.value)
        return is_one and side_of(mine, recipient) is wanted
    except SchedulingConflict:
        return False


def _is_answered(document: Component, address: str) -> bool:
    """Whether an answer of this attendee came in already, which says more than that he was reached."""
    line = attendees_of(document).get(address)
    return line is not None and (first_param(line, "SCHEDULE-STATUS") or "").startswith("2")
