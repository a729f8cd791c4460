"""The store's side of `gateway.core.mail_more`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core.ids import UID, ModSeq
from gateway.core.mail import Appended
from gateway.core.mail_more import Incoming
from gateway.core.model import CollectionName, Principal
from gateway.core.store import Decide
from storage.database import Database
from storage.filing import Filing
from storage.finding import Finding
from storage.mailing import Mailing
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
        self._subscriptions = SubscriptionTable(collections.state)

    async def subscriptions(self, who: Principal) -> Mapping[str, bool]:
        """See the interface."""
        return await self._database.read(lambda connection: self._subscriptions.of(connection, who.id))

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """See the interface."""
        await self._database.write(lambda unit: self._subscriptions.set(unit.connection, who.id, mailbox, is_on=is_on))

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
        return await self._write(
            who,
            [name],
            lambda unit, ones: [
                self._filing.append(unit, bound, ones[0], who, one.raw, one.flags, one.date, decide) for one in messages
            ],
        )
