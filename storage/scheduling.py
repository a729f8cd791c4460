"""Kept documents by which people are invited: what a client's write of one sets going (RFC 6638 §3.2).

A write is judged and planned by `gateway.scheduling`, under the lock of its calendar, and stored with the messages it
means in one transaction; `storage.deliveries` carries these afterwards. The CRM's meetings are not concerned: they are
one row that everybody sees who takes part. In a calendar that is shared, it is its owner whose meetings they are.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.changes import Written
from gateway.core.errors import NotFound, PreconditionFailed, SchedulingConflict
from gateway.core.ids import CollectionId, Href, ObjectUid, PrincipalId
from gateway.core.model import Collection, Condition, Principal, Right, Section, Shape
from gateway.core.scheduling import Invitation, Invites
from gateway.core.store import Draft
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from gateway.scheduling.addresses import address_of, mail_of, normal
from gateway.scheduling.attendee import plan_attendee
from gateway.scheduling.messages import Message, request, view_for
from gateway.scheduling.objects import Side, attendees_of, copied, scheduled, set_lines, side_of, with_status
from gateway.scheduling.organizer import Plan, plan_organizer
from storage.busy_times import calendar_user
from storage.crm.users import Users
from storage.database import Unit
from storage.keeping import DOCUMENT, Keeping, Kept
from storage.render import times_of
from storage.state.collections import INBOX
from storage.state.errands import Errand, Errands
from storage.state.schedule_tags import ScheduleTags

SENT = "1.1"
"""RFC 6638 §3.2.9: on its way; delivery makes 1.2 of it."""
NOTICE = "NOTICE"
"""What tells of a meeting that is a row of the CRM: a REQUEST for the inbox and no calendar."""
NOBODY = "3.7"
NO_WAY = "5.2"


class Scheduling:
    """Puts and deletes of kept documents."""

    def __init__(self, keeping: Keeping, users: Users) -> None:
        self.keeping, self.users = keeping, users
        self.indexer, self.state = keeping.indexer, keeping.state
        self.tags, self.errands = ScheduleTags(self.state), Errands(self.state)
        self.invites: Invites | None = None
        self.tells_invited = True
        """Whether somebody who is invited to a meeting of the CRM finds a message of it in his inbox."""
        self.senders: set[PrincipalId] = set()
        """Whose writes have left something to be delivered at once."""

    def put(
        self, unit: Unit, collection: Collection, who: Principal, href: Href, draft: Draft, when: Condition
    ) -> Written:
        """See `Store.put`."""
        connection = unit.connection
        self.indexer.index.lock(connection, [collection.id])
        held = self.keeping.find(connection, collection.id, href)
        self.check(connection, held, when)
        if not _may_invite(collection, draft.content, b"" if held is None else held.content):
            return self.keeping.put(unit, collection, href, draft, when)
        owner = self._owner(connection, collection, who)
        before = None if held is None else parse(held.content)[0]
        side = _side(before, draft.document, owner)
        if side is Side.NONE or Right.CREATE not in collection.rights:
            written = self.keeping.put(unit, collection, href, draft, when)
            if held is not None:
                self.tags.drop(connection, held.id)
            return written
        self._check_unique(connection, owner, draft.object_uid, collection.id, href)
        plan = _plan(side, before, draft.document, owner, when)
        document = plan.document or draft.document
        errands = self._addressed(connection, plan, owner, draft.object_uid)
        content = serialise(document)
        if content == serialise(draft.document):
            content = draft.content
        stored = replace(draft, document=document, content=content)
        written = self.keeping.put(unit, collection, href, stored, when)
        kept = self.keeping.find(connection, collection.id, href)
        if kept is None:
            raise NotFound("There is no such item.")
        self._send(connection, [replace(one, source=kept.id) for one in errands], owner)
        tag = self.tags.renew(connection, kept.id)
        return replace(written, is_verbatim=content == draft.content, schedule_tag=tag)

    def delete(self, unit: Unit, collection: Collection, who: Principal, href: Href, when: Condition) -> None:
        """See `Store.delete`."""
        connection = unit.connection
        self.indexer.index.lock(connection, [collection.id])
        held = self.keeping.find(connection, collection.id, href)
        self.check(connection, held, when)
        errands: list[Errand] = []
        owner = who
        if held is not None and _may_invite(collection, held.content):
            owner = self._owner(connection, collection, who)
            before = parse(held.content)[0]
            side = _side(before, None, owner)
            if side is not Side.NONE:
                plan = _plan(side, before, None, owner, when)
                errands = self._addressed(connection, plan, owner, held.object_uid)
        self.keeping.delete(unit, collection, href, when)
        if held is not None:
            self.tags.drop(connection, held.id)
        self._send(connection, errands, owner)

    def tells(self, draft: Draft) -> bool:
        """Whether a document written to a row of the CRM may invite anybody who is to be told."""
        return self.tells_invited and draft.shape is Shape.EVENT and b"ATTENDEE" in draft.content.upper()

    def tell_invited(self, connection: Connection, before: bytes, draft: Draft, who: Principal) -> None:
        """Tell users who are invited anew to a meeting of the CRM that is still to be; they have the meeting itself already."""
        now = dt.datetime.now(dt.UTC)
        last = times_of(draft.document).last
        if not self.tells(draft) or (last is not None and last < now.timestamp()):
            return
        known = attendees_of(parse(before)[0]) if before else {}
        document = _called_by(draft.document, who)
        found: list[Errand] = []
        for address, line in attendees_of(document).items():
            user = None if address in known else calendar_user(connection, self.users, line.value)
            view = view_for(document, address)
            if user is not None and user.id != who.id and view is not None:
                content = serialise(request(view, now))
                found.append(Errand(who.id, user.id, NOTICE, draft.object_uid, address, 0, content))
        self._send(connection, found, who)

    def is_one(self, connection: Connection, resource: int) -> bool:
        """Whether people are invited by a resource."""
        return bool(self.tags.of(connection, resource))

    def check(self, connection: Connection, held: Kept | None, when: Condition) -> None:
        """Raises PreconditionFailed where the conditions do not hold, If-Schedule-Tag-Match among them."""
        if not when.holds(held.etag if held else None):
            raise PreconditionFailed("It has been changed meanwhile.")
        if when.schedule_tag is None:
            return
        tag = "" if held is None else self.tags.of(connection, held.id)
        if tag != when.schedule_tag:
            raise PreconditionFailed("The meeting has been changed meanwhile.")

    def _owner(self, connection: Connection, collection: Collection, who: Principal) -> Principal:
        table = self.state.collection
        key = connection.execute(sa.select(table.c.principal).where(table.c.id == collection.id)).scalar()
        if not key or key == who.id:
            return who
        return self.users.by_key(connection, PrincipalId(key)) or who

    def _check_unique(
        self, connection: Connection, owner: Principal, uid: ObjectUid, collection: CollectionId, href: Href
    ) -> None:
        """RFC 6638 §3.2.4.1: one principal has one object for one meeting."""
        for other, slug, kept in self.standing(connection, owner, uid):
            if (other, kept.href) != (collection, href):
                raise SchedulingConflict(
                    "This meeting is in your calendars already.",
                    "unique-scheduling-object-resource",
                    slug,
                    kept.href,
                )

    def standing(
        self, connection: Connection, owner: Principal, uid: ObjectUid
    ) -> list[tuple[CollectionId, str, Kept]]:
        """Every scheduling object of this UID in a principal's calendars: its collection, that one's slug, and itself."""
        entry, resource, collection, tag = (
            self.state.entry,
            self.state.resource,
            self.state.collection,
            self.state.schedule,
        )
        bare = uid.removeprefix("urn:uuid:")
        wanted = (
            sa.select(collection.c.id, collection.c.view, entry.c.href)
            .select_from(
                resource.join(tag, tag.c.resource_id == resource.c.id)
                .join(entry, entry.c.resource_id == resource.c.id)
                .join(collection, collection.c.id == entry.c.collection_id)
            )
            .where(
                resource.c.object_uid.in_([bare, f"urn:uuid:{bare}"]),
                resource.c.entity == DOCUMENT,
                collection.c.principal == owner.id,
                collection.c.view != INBOX,
            )
            .order_by(collection.c.id)
        )
        found: list[tuple[CollectionId, str, Kept]] = []
        for row in connection.execute(wanted).all():
            kept = self.keeping.find(connection, CollectionId(row[0]), Href(row[2]))
            if kept is not None:
                found.append((CollectionId(row[0]), row[1].rpartition("/")[2], kept))
        return found

    def _addressed(self, connection: Connection, plan: Plan, owner: Principal, uid: ObjectUid) -> list[Errand]:
        """The messages for users of this CRM; in the document, what becomes of each message is said."""
        errands: list[Errand] = []
        for message in plan.messages:
            address = normal(message.recipient)
            user = calendar_user(connection, self.users, message.recipient)
            if user is None:
                code = SENT if self._goes_outside(message, owner) else NO_WAY if mail_of(message.recipient) else NOBODY
            else:
                code = SENT
                content = serialise(message.document)
                errands.append(Errand(owner.id, user.id, message.method, uid, address, 0, content))
            if plan.document is not None:
                with_status(plan.document, address, code)
        return errands

    def _goes_outside(self, message: Message, owner: Principal) -> bool:
        sender = address_of(owner)
        if self.invites is None or not sender or not mail_of(message.recipient):
            return False
        return self.invites.accepts(Invitation(sender, message.recipient, message.method, serialise(message.document)))

    def _send(self, connection: Connection, errands: list[Errand], owner: Principal) -> None:
        self.errands.add(connection, errands)
        if errands:
            self.senders.add(owner.id)


def _may_invite(collection: Collection, *contents: bytes) -> bool:
    """Whether scheduling may be concerned at all, judged by a look at the bytes."""
    is_calendar = collection.name.section is Section.CALENDARS and collection.shape in (Shape.EVENT, Shape.TASK)
    if not is_calendar or collection.is_schedule_inbox:
        return False
    return any(b"ORGANIZER" in content.upper() for content in contents)


def _called_by(document: Component, who: Principal) -> Component:
    """The same with an ORGANIZER in each part: where a document says none, it is who wrote it."""
    made = copied(document)
    for component in scheduled(made):
        if component.line("ORGANIZER") is None and address_of(who):
            set_lines(component, "ORGANIZER", [Line("ORGANIZER", address_of(who))])
    return made


def _side(before: Component | None, after: Component | None, owner: Principal) -> Side:
    """What the owner is to the meeting: who was invited to it does not become its organizer."""
    was = Side.NONE if before is None else side_of(before, owner)
    return was if was is not Side.NONE or after is None else side_of(after, owner)


def _plan(side: Side, before: Component | None, after: Component | None, owner: Principal, when: Condition) -> Plan:
    now = dt.datetime.now(dt.UTC)
    if side is Side.ORGANIZER:
        return plan_organizer(before, after, owner, now, keeps_answers=when.any_of is None)
    return plan_attendee(before, after, owner, now, replies=not when.is_silent)
