"""The store's side of `gateway.core.mail_more`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from gateway.core.errors import NoPermission, NotFound
from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Appended
from gateway.core.mail_more import PRIVATE, Incoming
from gateway.core.model import Collection, CollectionName, Principal, Right
from gateway.core.store import Decide
from storage.crm.bound import BoundView
from storage.database import Database, Unit
from storage.filing import Filing, takes_files
from storage.finding import Finding
from storage.letter import LARGE, Letter
from storage.mailboxes import MOST, Mailboxes
from storage.mailing import Mailing
from storage.replacing import replace_message
from storage.state.annotations import SERVER, AnnotationTable
from storage.state.collections import Collections
from storage.state.subscriptions import SubscriptionTable
from storage.visits import Visits


class MoreMail(Finding):
    """Implements `gateway.core.mail_more.KeepsMore`."""

    def __init__(
        self, database: Database, collections: Collections, visits: Visits, mailing: Mailing, filing: Filing
    ) -> None:
        super().__init__(database, collections, visits)
        self._mailing, self._filing = mailing, filing
        self._mailboxes = Mailboxes(collections, filing)
        self._subscriptions = SubscriptionTable(collections.state)
        self._annotations = AnnotationTable(collections.state)

    async def _letter(self, bound: BoundView, raw: bytes) -> Letter:
        """A message, read while no transaction waits for it where that takes long."""
        letter = Letter(raw)
        if len(raw) > LARGE:
            with_files = bound.entity is not None and takes_files(bound.entity)
            await asyncio.to_thread(letter.prepare, with_files=with_files)
        return letter

    async def subscriptions(self, who: Principal) -> Mapping[str, bool]:
        """See the interface."""
        return await self._database.read(lambda connection: self._subscriptions.of(connection, who.id))

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """See the interface."""

        def say(unit: Unit) -> None:
            self._subscriptions.set(unit.connection, who.id, mailbox, is_on=is_on)
            unit.publish(self._collections.own(unit.connection, who.id))

        await self._database.write(say)

    async def vanished(self, who: Principal, name: CollectionName, since: ModSeq) -> Sequence[UID]:
        """See the interface."""
        self._mailbox(name)
        return await self._read(
            who, name, lambda connection, one, row: self._mailing.vanished(connection, one, row.pruned, since)
        )

    async def append_all(
        self, who: Principal, name: CollectionName, messages: Sequence[Incoming], decide: Decide
    ) -> Sequence[Appended]:
        """See the interface."""
        bound = self._mailbox(name)
        letters = [(await self._letter(bound, one.raw), one) for one in messages]
        try:
            return await self._write(
                who,
                [name],
                lambda unit, ones: [
                    self._filing.append(unit, bound, ones[0], who, letter, one.flags, one.date, decide)
                    for letter, one in letters
                ],
            )
        finally:
            # A try that failed keeps its frames, and would keep megabytes, until the garbage is next collected.
            letters.clear()

    async def replace(
        self,
        who: Principal,
        source: CollectionName,
        uid: UID,
        target: CollectionName,
        message: Incoming,
        decide: Decide,
    ) -> Appended | None:
        """See the interface."""
        bounds = (self._mailbox(source), self._mailbox(target))
        letter = await self._letter(bounds[1], message.raw)
        return await self._write(
            who,
            [source, target],
            lambda unit, ones: replace_message(
                self._filing, unit, bounds, (ones[0], ones[1]), who, uid, message, letter, decide
            ),
        )

    async def marked(self, who: Principal, names: Sequence[CollectionName]) -> Mapping[CollectionName, int]:
        """See the interface."""
        known: list[Collection] = []
        for name in names:
            with contextlib.suppress(NotFound):
                self._mailbox(name)
                known.append(await self._read(who, name, lambda _connection, collection, _row: collection))
        found = await self._database.read(
            lambda connection: self._mailing.marked(connection, [one.id for one in known], who.id)
        )
        return {one.name: found[one.id] for one in known}

    async def own_mailboxes(self, who: Principal) -> tuple[int, int]:
        """See the interface."""
        return await self._database.read(lambda connection: self._mailboxes.count(connection, who)), MOST

    async def annotations(self, who: Principal, name: CollectionName | None) -> Mapping[str, bytes]:
        """See the interface."""
        if name is None:
            return await self._database.read(lambda connection: self._annotations.of(connection, SERVER, who.id))
        self._mailbox(name)
        return await self._read(
            who, name, lambda connection, one, _row: self._annotations.of(connection, one.id, who.id)
        )

    async def annotate(self, who: Principal, name: CollectionName | None, changes: Mapping[str, bytes | None]) -> None:
        """See the interface."""
        has_shared = any(not entry.startswith(PRIVATE) for entry in changes)
        if name is None:
            if has_shared:
                raise NoPermission("What is said of the server to all is the configuration's.")
            await self._database.write(lambda unit: self._annotations.change(unit.connection, SERVER, who.id, changes))
            return

        def change(unit: Unit, ones: list[Collection]) -> None:
            if has_shared and Right.CHANGE not in ones[0].rights:
                raise NoPermission("You may not note anything for others in this mailbox.")
            self._annotations.change(unit.connection, ones[0].id, who.id, changes)

        self._mailbox(name)
        await self._write(who, [name], change)
