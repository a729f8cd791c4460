"""Where a user's invitations are put: his inbox, and the calendar he has chosen or else one of his own, made on demand.

An invitation is put into no calendar of the CRM's unless its owner has said so: what others write shall not become
rows (docs/decisions/0014).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, ObjectUid
from gateway.core.keeping import DEFAULT_CALENDAR
from gateway.core.model import CollectionName, Principal, Section, Shape
from gateway.core.tree import Component, Line
from gateway.formats.contentline import serialise
from gateway.scheduling.addresses import is_of, normal
from gateway.scheduling.messages import request, view_for
from gateway.scheduling.objects import agent_of
from storage.busy_times import calendar_user
from storage.crm.users import Users
from storage.keeping import DOCUMENT
from storage.state.collections import INBOX_NAME, Collections, own
from storage.state.errands import Errand
from storage.state.looks import ITSELF, Looks

REFRESH: Final = "REFRESH"
"""What tells an attendee of others' answers: a REQUEST that is not put into his inbox."""
_MADE: Final = {
    Shape.EVENT: (CollectionName(Section.CALENDARS, "invitations"), "Invitations"),
    Shape.TASK: (CollectionName(Section.CALENDARS, "assigned"), "Assigned tasks"),
}


class Invitations:
    """Of all principals."""

    def __init__(self, collections: Collections, users: Users) -> None:
        self._collections, self._users = collections, users
        self._state, self._looks = collections.state, Looks(collections.state)

    def inbox(self, connection: Connection, who: Principal) -> CollectionId:
        """The inbox, brought to life where it is not yet."""
        return self._living(connection, who, INBOX_NAME, None)

    def calendar(self, connection: Connection, who: Principal, shape: Shape) -> CollectionId:
        """Where an invitation that is new to him is put."""
        chosen = self._looks.of(connection, self.inbox(connection, who), who.id, ITSELF).get(DEFAULT_CALENDAR, "")
        if chosen:
            bound = self._collections.view(CollectionName(Section.CALENDARS, chosen))
            row = None if bound is None else self._collections.row(connection, bound, who)
            if bound is not None and row is not None:
                seen = self._collections.seen(bound, row)
                if seen.shape is shape and not seen.is_schedule_inbox:
                    return seen.id
        name, title = _MADE[shape]
        there = self._collections.row(connection, own(name), who)
        made = self._living(connection, who, name, shape)
        if there is None:
            self._looks.change(connection, made, who.id, ITSELF, {"display_name": title})
        return made

    def _living(
        self, connection: Connection, who: Principal, name: CollectionName, shape: Shape | None
    ) -> CollectionId:
        bound = self._collections.view(name) or own(name)
        row = self._collections.row(connection, bound, who)
        if row is None:
            self._collections.create(connection, [bound], who.id, shape)
            row = self._collections.row(connection, bound, who)
        if row is None:
            raise ValueError(f"{name.slug} has not come to life")
        return CollectionId(row.id)

    def has_row(self, connection: Connection, who: Principal, uid: ObjectUid) -> bool:
        """Whether the meeting is one of the CRM's that he sees already: a row needs no copy."""
        entry, resource, collection = self._state.entry, self._state.resource, self._state.collection
        bare = uid.removeprefix("urn:uuid:")
        wanted = (
            sa.select(sa.literal(1))
            .select_from(
                resource.join(entry, entry.c.resource_id == resource.c.id).join(
                    collection, collection.c.id == entry.c.collection_id
                )
            )
            .where(
                resource.c.object_uid.in_([bare, f"urn:uuid:{bare}"]),
                resource.c.entity != DOCUMENT,
                collection.c.principal.in_([who.id, ""]),
            )
        )
        return connection.execute(wanted.limit(1)).first() is not None

    def refreshments(
        self,
        connection: Connection,
        organizer: Principal,
        errand: Errand,
        document: Component,
        people: Mapping[str, Line],
    ) -> list[Errand]:
        """What tells the attendees who have not just answered of the answer."""
        now = dt.datetime.now(dt.UTC)
        found: list[Errand] = []
        for address, line in people.items():
            if agent_of(line) != "SERVER" or is_of(line.value, organizer):
                continue
            user = calendar_user(connection, self._users, line.value)
            view = view_for(document, address)
            if user is not None and view is not None and user.id not in (errand.sender, organizer.id):
                content = serialise(request(view, now))
                found.append(Errand(organizer.id, user.id, REFRESH, errand.object_uid, normal(line.value), 0, content))
        return found
