"""When people are busy, for others to know: read from their calendars, of which nothing else leaves this file.

What counts is a user's own calendars of events, the CRM's and his own alike, but for those he has said leave him free
(RFC 6638 §9.1). Calendars shared by everybody are nobody's time, and what a colleague shares is the colleague's. A series too costly to follow makes the whole window
busy, for nobody may be told that he is free who is not.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.engine import Connection

from gateway.core.errors import InvalidContent
from gateway.core.filter import TimeRange
from gateway.core.ids import ObjectUid
from gateway.core.keeping import AVAILABILITY, TRANSPARENT
from gateway.core.model import Collection, Principal, Resource, Section, Shape
from gateway.core.scheduling import BusyTime, UserTimes
from gateway.core.store import Store
from gateway.formats.availability import unavailable
from gateway.formats.contentline import parse
from gateway.formats.expansion import BudgetSpent
from gateway.formats.freebusy import busy, merged
from gateway.formats.zones import zone
from gateway.scheduling.addresses import login_of, mail_of
from storage.crm.users import Users
from storage.database import Database
from storage.keeping import same_uid
from storage.people import People
from storage.state.collections import INBOX_NAME

BATCH: Final = 200


class BusyTimes:
    """Asked for one user at a time."""

    def __init__(self, store: Store, database: Database, users: Users, people: People) -> None:
        self._store, self._database, self._users, self._people = store, database, users, people

    async def of(self, who: Principal, address: str, wanted: TimeRange, but: ObjectUid | None) -> UserTimes:
        """The busy times of whoever has this address, if `who` may know of him."""
        user = await self._database.read(lambda connection: calendar_user(connection, self._users, address))
        if user is None or not self._people.may_know(who, user):
            return UserTimes(address, None)
        own = zone(user.timezone)
        floating = dt.UTC if own is None else own.rules
        times: list[BusyTime] = []
        for collection in await self._store.collections(user):
            if not makes_busy(collection):
                continue
            _, entries = await self._store.entries(user, collection.name, within=wanted)
            for start in range(0, len(entries), BATCH):
                hrefs = [entry.href for entry in entries[start : start + BATCH]]
                _, resources = await self._store.resources(user, collection.name, hrefs)
                counted = [one for one in resources if but is None or not same_uid(one.object_uid, but)]
                times += await asyncio.to_thread(_busy, counted, wanted, floating, user)
            times = merged(times)
        inbox = await self._store.collection(user, INBOX_NAME)
        said = inbox.look.get(AVAILABILITY, "")
        # RFC 7953 §6.2: when somebody is not to be had belongs to what is told of him as a whole.
        times = merged([*times, *await asyncio.to_thread(_not_to_be_had, said, wanted, floating)])
        return UserTimes(address, times)


def calendar_user(connection: Connection, users: Users, address: str) -> Principal | None:
    """The living user of a calendar user address."""
    mail = mail_of(address)
    for login in [mail] if mail else _logins(login_of(address)):
        found = users.find(connection, login)
        if found is not None and (not mail or found.principal.address.strip().lower() == mail):
            return found.principal
    return None


def makes_busy(collection: Collection) -> bool:
    """Whether what stands in a collection is its owner's time."""
    return (
        collection.name.section is Section.CALENDARS
        and collection.shape is Shape.EVENT
        and not collection.is_schedule_inbox
        and not collection.is_shared
        and collection.owner is None
        and collection.look.get("transparent") != TRANSPARENT
    )


def _logins(login: str) -> Iterable[str]:
    """A login as a URL has it, and without the realm it may end in."""
    return () if not login else dict.fromkeys([login, login.rpartition("@")[0] or login])


def _not_to_be_had(text: str, wanted: TimeRange, floating: dt.tzinfo) -> list[BusyTime]:
    """What an availability says of the window; nothing where it cannot be read or followed."""
    try:
        return (
            [one for document in parse(text.encode()) for one in unavailable(document, wanted, floating)]
            if text
            else []
        )
    except (InvalidContent, BudgetSpent):
        return []


def _busy(resources: Sequence[Resource], wanted: TimeRange, floating: dt.tzinfo, user: Principal) -> list[BusyTime]:
    found: list[BusyTime] = []
    for resource in resources:
        for document in parse(resource.content):
            try:
                found += busy(document, wanted, floating, user.address)
            except BudgetSpent:
                if wanted.start is not None and wanted.end is not None:
                    found.append((wanted.start, wanted.end, "BUSY"))
    return found
