"""Everything one CRM database needs, put together: what the composition root and the commands start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.core.files import FileLimits
from gateway.core.ids import PrincipalId
from gateway.runtime.lines import ConfigErrors
from storage.crm.authenticator import CrmAuthenticator
from storage.crm.crm import Crm
from storage.crm.files import Files
from storage.crm.mapping import read
from storage.crm.users import Users
from storage.database import Database
from storage.faults import readable
from storage.feed.bus import Bus
from storage.feed.follower import LOOKED_AFTER, Follower
from storage.feed.health import Health
from storage.feed.polling import TICK, Polling
from storage.indexer import Indexer
from storage.people import People
from storage.setup import Setup
from storage.state.collections import Collections
from storage.state.kept_passwords import KeptPasswords
from storage.state.schema import State
from storage.store import SqlStore
from storage.visits import Visits
from storage.words.filling import Filling


class Opened:
    """One CRM, opened. Raises ConfigError where the database cannot be reached, ConfigErrors (one line for each
    place) where the mapping cannot be read or does not fit it.
    """

    def __init__(
        self,
        url: str,
        mapping: str = "reference",
        *,
        schema: str | None = None,
        folder: Path | None = None,
        creator: Callable[[], Any] | None = None,
        looked_after: float = LOOKED_AFTER,
        files: Path | None = None,
        tick: float = TICK,
        limits: FileLimits | None = None,
        colleagues: bool = True,
    ) -> None:
        """`files`: the folder with the CRM's files; `limits`: of those that users keep here; `colleagues`: whether users see each other. Seconds, between two looks of the follower: `looked_after` at the feed's health, `tick` at polled tables."""
        self.mapping = read(mapping, folder)
        self.database = Database(url, creator=creator)
        try:
            with self.database.engine.connect() as connection:
                self.crm = Crm(self.mapping, connection, Files(files))
        except sa.exc.DBAPIError as fault:
            self.database.close()
            shown = self.database.url.render_as_string(hide_password=True)
            raise ConfigErrors((f"database {shown}: {readable(fault)}", *self.mapping.problems)) from fault
        except ConfigError:
            self.database.close()
            raise
        self.state = State(self.database.dialect, schema)
        self.bus = Bus()
        self.database.on_commit = self.bus.publish
        self.indexer = Indexer(self.crm, self.state, has_row_locks=not self.database.is_sqlite)
        self.collections = Collections(self.state, self.crm.views)
        self.visits = Visits(self.database, self.crm, self.indexer, self.collections)
        self.users = Users(self.crm.users)
        self.passwords = KeptPasswords(self.state)
        self.authenticator = CrmAuthenticator(self.database, self.users, self.passwords)
        people = People(self.users, is_open=colleagues)
        self.store = SqlStore(
            self.database, self.collections, self.indexer, self.visits, self.bus, people, limits or FileLimits()
        )
        self.setup = Setup(self.database, self.crm, self.state)
        self.health = Health(self.database, self.crm, self.visits, self.setup.triggers, self.setup.repair, self._forget)
        self.polling = Polling(self.database, self.crm, self.state, tick)
        self.filling = Filling(self.database, self.state, self.indexer.blobs)
        self.follower = Follower(
            self.database, self.crm, self.visits, self._forget, self.health, self.polling, self.filling, looked_after
        )

    def _forget(self, users: set[PrincipalId]) -> None:
        self.authenticator.forget(users)

    def close(self) -> None:
        """Let running work end and let go of the database."""
        self.authenticator.close()
        self.database.close()
