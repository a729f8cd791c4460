"""Which columns and tables make an e-mail.

    [entity.email.message]
    message_id = "message_id"
    from_address = "from_address"                       # or { shared = "email", ref = "from_email_address_id" }
    html = "body"
    is_html = "is_html"                                 # where one column holds either
    addresses = { table = "email_addresses", parent = "email_id", kind = "kind", address = "address" }
    readers = { table = "email_user", parent = "email_id", user = "user_id", alive = { deleted = 0 } }

With `shared` and `ref` in place of `address` the rows of the table name shared addresses (`storage.crm.shared`).
`readers` has a row for each user who sees the message: the one who files it, and whose address is in its header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from storage.crm.forms.form import Place, Side, Via
from storage.crm.shared import Shared

_PARTS: Final = frozenset(
    {
        "message_id",
        "subject",
        "from_address",
        "from_name",
        "sent",
        "text",
        "html",
        "is_html",
        "in_reply_to",
        "references",
    }
)
KINDS: Final = ("from", "to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """A column that names a shared address."""

    shared: Shared
    ref: sa.Column[Any]


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
    shared: SharedAddress | None


@dataclass(frozen=True, slots=True)
class Readers:
    """The table of who sees a message."""

    table: sa.Table
    parent: sa.Column[Any]
    user: sa.Column[Any]
    alive: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageColumns:
    """A column for each part of an e-mail, the sender's where it is a shared address, and the tables beside."""

    columns: Mapping[str, sa.Column[Any]]
    sender: SharedAddress | None
    addresses: AddressTable | None
    readers: Readers | None

    def sides(self, key: sa.Column[Any]) -> list[Side]:
        """The tables outside the e-mail's row."""
        found: list[Side] = []
        if self.sender is not None:
            via = Via(key.table, self.sender.ref.name, self.sender.shared.key.name)
            found.append(Side(self.sender.shared.table, key.name, {}, via))
        if self.addresses is not None:
            parent, shared = self.addresses.parent.name, self.addresses.shared
            found.append(Side(self.addresses.table, parent))
            if shared is not None:
                via = Via(self.addresses.table, shared.ref.name, shared.shared.key.name)
                found.append(Side(shared.shared.table, parent, {}, via))
        if self.readers is not None:
            found.append(Side(self.readers.table, self.readers.parent.name))
        return found


def bind_message(place: Place, words: Mapping[str, Any]) -> MessageColumns:
    """Find the tables and columns. Raises ConfigError."""
    content = dict(words)
    addresses, readers = content.pop("addresses", None), content.pop("readers", None)
    sender = None
    if isinstance(content.get("from_address"), dict):
        said = content.pop("from_address")
        sender = SharedAddress(place.shared(str(said.get("shared", ""))), place.column(said.get("ref")))
    if unknown := set(content) - _PARTS:
        raise place.wrong(f"unknown word {min(unknown)!r}")
    return MessageColumns(
        columns={part: place.column(name) for part, name in content.items()},
        sender=sender,
        addresses=None if addresses is None else _addresses(place, addresses),
        readers=None if readers is None else _readers(place, readers),
    )


def _addresses(place: Place, words: Mapping[str, Any]) -> AddressTable:
    table = place.table(str(words.get("table", "")))
    shared = None
    if "shared" in words:
        shared = SharedAddress(place.shared(str(words["shared"])), place.column(words.get("ref"), table))
    return AddressTable(
        table=table,
        parent=place.column(words.get("parent"), table),
        kind=place.column(words.get("kind"), table),
        kinds=tuple(str(kind) for kind in words.get("kinds", KINDS)),
        address=place.column(words.get("address"), table) if shared is None else shared.shared.value,
        name=place.column(words["name"], table) if "name" in words else None,
        alive=dict(words.get("alive", {})),
        shared=shared,
    )


def _readers(place: Place, words: Mapping[str, Any]) -> Readers:
    table = place.table(str(words.get("table", "")))
    alive = dict(words.get("alive", {}))
    for name in alive:
        place.column(name, table)
    return Readers(table, place.column(words.get("parent"), table), place.column(words.get("user"), table), alive)
