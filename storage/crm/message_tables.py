"""Which columns and tables make an e-mail.

    [entity.email.message]
    message_id = "message_id"
    from_address = "from_address"                       # or { shared = "email", ref = "from_email_address_id" }
    from = "from_addr"                                  # or both in one: Anna Schmidt <anna@crm.example>
    lists = { to = "to_addrs", cc = "cc_addrs", json = true }
    html = "body"
    is_html = "is_html"                                 # where one column holds either
    addresses = { table = "email_addresses", parent = "email_id", kind = "kind", address = "address" }
    readers = { table = "email_user", parent = "email_id", user = "user_id", alive = { deleted = 0 } }

With `shared` and `ref` in place of `address` the rows of the table name shared addresses (`storage.crm.shared`).
`lists` are columns with a header's text (`storage.crm.message_headers`); what stands there counts more than the table.
`readers` has a row for each user who sees the message: the one who files it, and whose address is in its header.
`attachments` are its files (`storage.crm.message_files`).
`links` tie it to the records whose addresses it has (`storage.crm.message_links`). Read by `storage.crm.message_words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.forms.form import Side, Via
from storage.crm.forms.times import Times
from storage.crm.message_files import MessageFiles
from storage.crm.message_links import Linked
from storage.crm.parts import Body
from storage.crm.shared import Shared

KINDS: Final = ("from", "to", "cc", "bcc")
_PARTS: Final = ("message_id", "subject", "text", "html", "in_reply_to", "references")


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """A column that names a shared address."""

    shared: Shared
    ref: sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class AddressTable:
    """Where an e-mail's recipients stand. `address` is in the table, or it is what the shared row holds."""

    table: sa.Table
    parent: sa.Column[Any]
    kind: sa.Column[Any]
    kinds: tuple[str, ...]
    address: sa.Column[Any]
    name: sa.Column[Any] | None
    alive: Mapping[str, Any]
    insert: Mapping[str, Any]
    shared: SharedAddress | None


@dataclass(frozen=True, slots=True)
class Readers:
    """The table of who sees a message. `where` tells its rows from others in the table; `flags` are each reader's own."""

    table: sa.Table
    parent: sa.Column[Any]
    user: sa.Column[Any]
    where: Mapping[str, Any]
    alive: Mapping[str, Any]
    insert: Mapping[str, Any]
    flags: Mapping[str, sa.Column[Any]]


@dataclass(frozen=True, slots=True)
class Lists:
    """Columns of the e-mail's row that hold the addresses of one kind each."""

    columns: Mapping[str, sa.Column[Any]]
    is_json: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """That a row names the one it answers, another of its table: by `ref`, its key there; `column` has its Message-ID."""

    ref: sa.Column[Any]
    table: sa.FromClause
    key: str
    column: str

    def is_meant(self) -> sa.ColumnElement[bool]:
        """That a row of `table` is the one answered."""
        return self.ref == self.table.c[self.key]

    def find(self, connection: Connection, message_id: str) -> Any:
        """The key of a message; with brackets around its id or without."""
        bare = message_id.strip().strip("<>")
        column = self.table.c[self.column]
        found = sa.select(self.table.c[self.key]).where(column.in_([bare, f"<{bare}>"])).limit(1)
        return connection.execute(found.order_by(self.table.c[self.key])).scalar() if bare else None


@dataclass(frozen=True)
class MessageColumns:
    """A column for each part of an e-mail, the sender's where it is a shared address, and the tables beside."""

    columns: Mapping[str, sa.Column[Any]]
    sender: SharedAddress | None
    lists: Lists
    addresses: AddressTable | None
    readers: Sequence[Readers]
    links: Sequence[Linked]
    sent: Times | None = None
    files: MessageFiles | None = None
    answered: Answered | None = None
    has_brackets: bool = True

    @cached_property
    def unheld(self) -> frozenset[str]:
        """The parts for which there is no column: those of a message, and the kinds of addresses."""
        held = set(self.columns) | set(self.lists.columns)
        if self.sender is not None or held & {"from", "from_address"}:
            held.add("from")
        if self.addresses is not None:
            held |= set(self.addresses.kinds)
        if "is_html" in held:
            held.add("text")
        if self.answered is not None:
            held.add("in_reply_to")
        return frozenset({*_PARTS, *KINDS} - held)

    def sides(self, body: Body) -> list[Side]:
        """The tables outside the e-mail's row."""
        found: list[Side] = []
        if self.sender is not None:
            home = body.home(self.sender.ref.name)
            via = Via(home.table, self.sender.ref.name, self.sender.shared.key.name)
            found.append(Side(self.sender.shared.table, home.key.name, {}, via))
        if self.addresses is not None:
            parent, shared = self.addresses.parent.name, self.addresses.shared
            found.append(Side(self.addresses.table, parent))
            if shared is not None:
                via = Via(self.addresses.table, shared.ref.name, shared.shared.key.name)
                found.append(Side(shared.shared.table, parent, {}, via))
        found += [Side(one.table, one.parent.name, one.where) for one in self.readers]
        found += [side for one in self.links for side in one.sides()]
        found += self.files.sides() if self.files is not None else []
        return found
