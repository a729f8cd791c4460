"""What a mapping becomes when it has met its database: entities, users and views with their tables and columns.

Read-only and shared by all threads; `storage.crm.crm` makes them, everything else in storage uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Fields
from gateway.core.errors import NotFound
from gateway.core.ids import EntityKey
from gateway.core.model import Principal
from gateway.formats.codec import Codec
from storage.crm import counters
from storage.crm.also import Also
from storage.crm.clocks import Clock, Clocks, Now
from storage.crm.conditions import matches
from storage.crm.derived import Derived
from storage.crm.forms import Form
from storage.crm.forms.form import Shown, Side
from storage.crm.forms.owner_link import OwnerLink
from storage.crm.mapping import EntityWords, View
from storage.crm.message_tables import MessageColumns
from storage.crm.parts import Body
from storage.crm.user_groups import Groups
from storage.crm.user_password import HeldPassword
from storage.crm.user_table import Zones

if TYPE_CHECKING:
    from storage.crm.record_folders import RecordFolders

USER = "user"
"""What the users' table is called where entities are named."""

KEPT = "kept"
"""The entity of what the gateway keeps by itself: messages in mailboxes that are no view of the CRM."""


@dataclass(frozen=True)
class BoundEntity:
    """One entity with its tables."""

    name: str
    words: EntityWords
    body: Body
    new_key: str | counters.Counter
    number: counters.Number | counters.Highest | None
    owner: sa.Column[Any] | None
    alive: sa.ColumnElement[bool]
    forms: Mapping[str, Form]
    sides: list[Side]
    shown: Sequence[Shown]
    message: MessageColumns | None
    owner_link: OwnerLink | None
    derived_columns: Mapping[str, Derived]
    also: Sequence[Also]
    clocks: Clocks = field(default_factory=Clocks)

    @property
    def table(self) -> sa.Table:
        """What is read from: never written through, for it may be a select over several tables."""
        return self.body.table

    @property
    def key(self) -> sa.Column[Any]:
        """Its key."""
        return self.body.key

    @cached_property
    def derived(self) -> Mapping[str, frozenset[str]]:
        """For each field that is made of columns of others: these others."""
        return {
            name: frozenset(
                other
                for other, form in self.forms.items()
                if not form.is_derived and set(form.columns()) & set(made.columns())
            )
            for name, made in self.forms.items()
            if made.is_derived
        }

    @cached_property
    def stamps(self) -> Mapping[str, tuple[str, Clock]]:
        """Of the stamps that the CRM keeps: each one's column, and how that tells time."""
        return {name: (column, self.clocks.of(self.table.c[column])) for name, column in self.words.stamps.items()}

    def named(self, uid: str) -> dict[str, Any]:
        """The column for the UID a client gives its document, where the CRM keeps it and it fits."""
        if not self.words.uid:
            return {}
        length = getattr(self.table.c[self.words.uid].type, "length", None)
        return {} if length is not None and len(uid) > length else {self.words.uid: uid}

    @cached_property
    def joint(self) -> Mapping[str, Form]:
        """The fields that a client may say otherwise and mean the same."""
        return {name: form for name, form in self.forms.items() if form.is_joint}

    def completed(self, changes: Fields, served: Callable[[], Fields]) -> Fields:
        """The changes, with what is served of the fields that are one with a changed one."""
        wanted = {other for name, form in self.forms.items() if name in changes for other in form.together}
        wanted -= set(changes)
        if not wanted:
            return changes
        held = served()
        return {**changes, **{name: held.get(name) for name in wanted}}

    def birth(self, connection: Connection, who: Principal, now: Now) -> dict[str, Any]:
        """What a new row gets whatever it is: its key where we make it, its number, stamps, what the mapping states."""
        made = counters.make(self.new_key, connection)
        columns: dict[str, Any] = {} if made is None else {self.words.key: made}
        if self.number is not None:
            number = self.number.made(connection, now)
            columns |= {} if number is None else {self.number.column: number}
        columns |= {column: clock.of_instant(now.instant) for column, clock in self.stamps.values()}
        return columns | self.body.stated(self.words.insert, who, now)

    def change(self, who: Principal, now: Now) -> dict[str, Any]:
        """What every change sets beside what is changed."""
        stamps = [self.stamps["modified"]] if "modified" in self.stamps else []
        columns = {column: clock.of_instant(now.instant) for column, clock in stamps}
        return columns | self.body.stated(self.words.update, who, now)

    def key_value(self, key: EntityKey) -> Any:
        """The key as its column has it. Raises NotFound for text that is no such key."""
        try:
            return self.key.type.python_type(key)
        except (ValueError, NotImplementedError):
            raise NotFound("No such row.") from None


@dataclass(frozen=True, slots=True)
class BoundUsers:
    """The users' columns; those the CRM has not are None.

    `base` is the users' table, `table` what their columns belong to: the same, or a select over it
    (`storage.crm.user_table`), whose other tables are the `sides`.
    """

    base: sa.Table
    table: sa.FromClause
    key: sa.ColumnElement[Any]
    login: sa.ColumnElement[Any]
    name: sa.ColumnElement[Any]
    address: sa.ColumnElement[Any]
    password: sa.ColumnElement[Any] | None
    timezone: sa.ColumnElement[Any] | None
    group: sa.ColumnElement[Any] | None
    active: sa.ColumnElement[Any] | None
    alive: sa.ColumnElement[bool]
    sides: Sequence[Side] = ()
    zones: Zones = field(default_factory=Zones)
    held: HeldPassword | None = None
    """How a hash in the column `password` is to be read."""
    groups: Groups | None = None
    clocks: Clocks = field(default_factory=Clocks)
    shown: tuple[str, ...] = ()
    """Columns of the users' table that are seen in name, address and zone."""

    @property
    def may_log_in(self) -> sa.ColumnElement[bool]:
        """That a user is one and has not been shut out."""
        return self.alive if self.active is None else sa.and_(self.alive, matches(self.active, 1))

    def in_groups(self, group: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """That a user belongs to this group."""
        if self.groups is None:
            raise ValueError("the CRM has no groups")
        return self.groups.have(self.key, group)

    def seen(self) -> list[sa.Column[Any]]:
        """The columns of the users' table whose change means something to the gateway."""
        own = [str(one.key) for one in (self.login, self.password, self.group, self.active) if one is not None]
        names = dict.fromkeys([*own, *self.shown, "deleted"])
        return [self.base.c[name] for name in names if name in self.base.c]


@dataclass(frozen=True, slots=True)
class BoundView:
    """One view; `filter` joins rows and users, or rows alone where the view is shared, and is None for kept mailboxes."""

    view: View
    entity: BoundEntity | None
    filter: sa.ColumnElement[bool] | None
    codec: Codec | None
    folders: RecordFolders | None = None
    """Where it is a mailbox for each record: of which, and how messages are tied to them."""
