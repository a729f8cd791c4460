"""Which records of the CRM a filed message belongs to: those who have an address in its header.

    links = [
      { table = "emails_beans", parent = "email_id", ref = "bean_id", where = { bean_module = "Contacts" },
        of = "contacts", of_alive = { deleted = 0 }, address = { shared = "email", where = { bean_module = "Contacts" } },
        alive = { deleted = 0 }, insert = { id = { new = "{uuid}" } },
        set = { parent_type = "Contacts", parent_id = "{ref}" } },
    ]

Everybody found gets a row of the link table. `set` fills columns of the message's own row for the first of all found,
in the order of the header, then of the mapping; `{ref}` is his key. With `set` alone there is no link table.

    links = [ { table = "civicrm_activity_contact", parent = "activity_id", ref = "contact_id", where = { record_type_id = 3 },
                of = "civicrm_contact", name = "display_name", as = "to",
                address = { table = "civicrm_email", parent = "contact_id", column = "email", primary = "is_primary" } } ]

A CRM that knows the people of an e-mail by such links alone says `as`: how they stand in the header of a message whose
bytes the gateway does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.model import Principal
from storage.crm import stated
from storage.crm.clocks import Now
from storage.crm.conditions import matches
from storage.crm.forms.form import Side
from storage.crm.shared import Link, Shared

LINK_WORDS: Final = (
    "table", "parent", "ref", "where", "of", "key", "of_alive", "address", "name", "kinds", "as", "alive", "insert", "set",
)  # fmt: skip
"""What one of the `links` takes."""
MOST_LINKED: Final = 100
"""Records of one kind that one message is linked to."""
REF: Final = "{ref}"
"""What stands in `set` for the key of the one linked to."""


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The table between messages and records."""

    table: sa.Table
    parent: sa.Column[Any]
    ref: sa.Column[Any]
    where: Mapping[str, Any]
    alive: Mapping[str, Any]
    insert: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddressRows:
    """A table of addresses, a row each; `tests` are that a row counts."""

    table: sa.Table
    parent: sa.Column[Any]
    value: sa.Column[Any]
    primary: sa.Column[Any] | None
    tests: Sequence[sa.ColumnElement[bool]]

    def first(self, owner: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The first address of the one whose key is `owner`."""
        first = [] if self.primary is None else [sa.case((matches(self.primary, 1), 0), else_=1)]
        held = sa.select(self.value).where(self.parent == owner, self.value != "", *self.tests)
        held = held.order_by(*first, *self.table.primary_key, self.value).limit(1)
        return held.correlate_except(self.table).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Linked:
    """One kind of record: where it is, where its addresses are, and how a message is tied to it."""

    link: LinkTable | None
    of: sa.Table
    key: sa.Column[Any]
    findable: Sequence[sa.ColumnElement[bool]]
    addresses: tuple[sa.Column[Any], ...]
    shared: tuple[Shared, Link] | None
    rows: AddressRows | None
    names: tuple[sa.Column[Any], ...]
    kinds: tuple[str, ...]
    shown_as: str
    set: Mapping[str, Any]

    def shown(self, connection: Connection, messages: Sequence[Any]) -> Iterator[tuple[Any, tuple[str, str, str]]]:
        """The messages with those who are linked, as (kind, address, name); without those who have no address."""
        link = self.link
        if link is None or not self.shown_as:
            return
        addresses: Sequence[sa.ColumnElement[Any]] = self.addresses
        if self.rows is not None:
            addresses = [self.rows.first(self.key)]
        elif self.shared is not None:
            addresses = [self.shared[0].first(self.shared[1], self.key)]
        living = [matches(link.table.c[name], value) for name, value in {**link.where, **link.alive}.items()]
        wanted = sa.select(link.parent, *addresses, *self.names).select_from(
            link.table.join(self.of, link.ref == self.key)
        )
        wanted = wanted.where(link.parent.in_(messages), *living).order_by(
            link.parent, *link.table.primary_key, link.ref
        )
        for message, *rest in connection.execute(wanted):
            texts = [str(text or "").strip() for text in rest]
            address = next((text for text in texts[: len(addresses)] if text), "")
            if address:
                yield message, (self.shown_as, address, " ".join(text for text in texts[len(addresses) :] if text))

    def sides(self) -> list[Side]:
        """The link table: who is linked may decide who sees the message."""
        return [] if self.link is None else [Side(self.link.table, self.link.parent.name, self.link.where)]

    def find(self, connection: Connection, people: Sequence[tuple[str, str, str]]) -> dict[Any, int]:
        """The keys of those who have an address of these kinds, each with its place in the header."""
        fold = self.shared[0].fold if self.shared is not None else str.lower
        places: dict[str, int] = {}
        for place, (kind, address, _) in enumerate(people):
            if kind in self.kinds and address:
                places.setdefault(fold(address), place)
        if not places:
            return {}
        found: dict[Any, int] = {}
        for wanted in self._selects(list(places)):
            for key, address in connection.execute(wanted.where(*self.findable).order_by(self.key).limit(MOST_LINKED)):
                found[key] = min(places.get(fold(str(address)), len(people)), found.get(key, len(people)))
        return found

    def _selects(self, folded: list[str]) -> list[sa.Select[Any]]:
        if self.rows is not None:
            rows = self.rows
            joined = rows.table.join(self.of, rows.parent == self.key)
            held = sa.select(self.key, rows.value).select_from(joined)
            return [held.where(sa.func.lower(rows.value).in_(folded), *rows.tests)]
        if self.shared is None:
            lowered = [(column, sa.func.lower(column)) for column in self.addresses]
            return [sa.select(self.key, column).where(low.in_(folded)) for column, low in lowered]
        shared, link = self.shared
        joined = link.table.join(shared.table, link.ref == shared.key).join(self.of, link.parent == self.key)
        wanted = sa.select(self.key, shared.found_by).select_from(joined)
        return [wanted.where(shared.found_by.in_(folded), *link.living(), *shared.living())]

    def columns(self, ref: Any) -> dict[str, Any]:
        """What the message's own row gets where this is the first one found."""
        return {
            name: ref if value == REF else value.replace(REF, str(ref)) if isinstance(value, str) else value
            for name, value in self.set.items()
        }

    def insert(self, connection: Connection, message: Any, refs: Sequence[Any], who: Principal, now: Now) -> None:
        """A row of the link table for each."""
        link = self.link
        if link is None or not refs:
            return
        made = [
            stated.columns(link.insert, link.table, who, now)
            | {**link.where, **link.alive, link.parent.name: message, link.ref.name: ref}
            for ref in refs
        ]
        connection.execute(sa.insert(link.table), made)


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a message belongs to: for each kind of record the keys, and the columns that the first fills."""

    keys: Sequence[tuple[Linked, Sequence[Any]]]
    columns: Mapping[str, Any]


def find(connection: Connection, links: Sequence[Linked], people: Sequence[tuple[str, str, str]]) -> Found:
    """Everybody with an address in a header."""
    keys: list[tuple[Linked, Sequence[Any]]] = []
    firsts: list[tuple[int, Linked, Any]] = []
    for linked in links:
        found = linked.find(connection, people)
        ordered = sorted(found, key=lambda key: (found[key], str(key)))
        keys.append((linked, ordered[:MOST_LINKED]))
        if linked.set and ordered:
            firsts.append((found[ordered[0]], linked, ordered[0]))
    columns: dict[str, Any] = {}
    for _, linked, ref in sorted(firsts, key=lambda one: one[0]):
        # Columns that say together which record it is are one's or another's, never of both.
        if columns.keys().isdisjoint(linked.set):
            columns |= linked.columns(ref)
    return Found(keys, columns)
