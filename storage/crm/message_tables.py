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

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.conditions import constants
from storage.crm.forms.form import Side, Via
from storage.crm.parts import Body
from storage.crm.shared import Shared

MESSAGE_WORDS: Final = (
    "message_id", "subject", "from_address", "from_name", "sent", "text", "html", "is_html", "in_reply_to",
    "references", "addresses", "readers",
)  # fmt: skip
"""What `[entity.NAME.message]` takes: the column of each part, and the tables of recipients and readers."""
SENDER_WORDS: Final = ("shared", "ref")
"""What its `from_address` takes where it is no column."""
ADDRESS_WORDS: Final = ("table", "parent", "kind", "kinds", "address", "name", "shared", "ref", "alive")
"""What its `addresses` takes."""
READER_WORDS: Final = ("table", "parent", "user", "alive")
"""What its `readers` takes."""
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
        if self.readers is not None:
            found.append(Side(self.readers.table, self.readers.parent.name))
        return found


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a message is bound: the entity's table, and how its tables and columns are looked for and faults noted.

    What is looked for is told with the path of the word that asks for it, from `message` on.
    """

    base: sa.Table
    table: Callable[..., sa.Table]
    column: Callable[..., sa.Column[Any]]
    shared: Callable[..., Shared]
    wrong: Callable[..., ConfigError]
    noting: Callable[[], AbstractContextManager[None]]

    def words(self, said: Any, known: Sequence[str], *path: str) -> dict[str, Any]:
        """A table of words, all of them known."""
        if not isinstance(said, dict):
            raise self.wrong("expected a table", *path)
        for name in said:
            if name not in known:
                with self.noting():
                    raise self.wrong(f"unknown word {name!r}{near(name, known)}", *path, name)
        return said

    def alive(self, words: Mapping[str, Any], table: sa.Table, *path: str) -> dict[str, Any]:
        """The columns and values of rows that count."""
        said = words.get("alive", {})
        if not isinstance(said, dict):
            raise self.wrong("expected a table", *path, "alive")
        for name in said:
            self.column(table, name, *path, "alive", name)
        return constants(table, said)


def bind_message(ground: Ground, words: Mapping[str, Any]) -> MessageColumns:
    """Find the tables and columns; notes what is wrong, or raises ConfigError."""
    columns: dict[str, sa.Column[Any]] = {}
    sender, addresses, readers = None, None, None
    for part, said in ground.words(dict(words), MESSAGE_WORDS).items():
        with ground.noting():
            if part == "addresses":
                addresses = _addresses(ground, said)
            elif part == "readers":
                readers = _readers(ground, said)
            elif part == "from_address" and isinstance(said, dict):
                ground.words(said, SENDER_WORDS, part)
                ref = ground.column(ground.base, said.get("ref"), part, "ref")
                sender = SharedAddress(ground.shared(said.get("shared"), part, "shared"), ref)
            elif part in MESSAGE_WORDS:
                columns[part] = ground.column(ground.base, said, part)
    return MessageColumns(columns, sender, addresses, readers)


def _addresses(ground: Ground, said: Any) -> AddressTable:
    path = "addresses"
    words = ground.words(said, ADDRESS_WORDS, path)
    table = ground.table(str(words.get("table", "")), path, "table")
    shared = None
    if "shared" in words:
        ref = ground.column(table, words.get("ref"), path, "ref")
        shared = SharedAddress(ground.shared(words["shared"], path, "shared"), ref)
    kinds = tuple(words.get("kinds", KINDS))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ground.wrong(f"{unknown[0]!r} is none of {', '.join(KINDS)}", path, "kinds")
    return AddressTable(
        table=table,
        parent=ground.column(table, words.get("parent"), path, "parent"),
        kind=ground.column(table, words.get("kind"), path, "kind"),
        kinds=kinds,
        address=ground.column(table, words.get("address"), path, "address") if shared is None else shared.shared.value,
        name=ground.column(table, words["name"], path, "name") if "name" in words else None,
        alive=ground.alive(words, table, path),
        shared=shared,
    )


def _readers(ground: Ground, said: Any) -> Readers:
    path = "readers"
    words = ground.words(said, READER_WORDS, path)
    table = ground.table(str(words.get("table", "")), path, "table")
    return Readers(
        table=table,
        parent=ground.column(table, words.get("parent"), path, "parent"),
        user=ground.column(table, words.get("user"), path, "user"),
        alive=ground.alive(words, table, path),
    )
