"""Several link tables and a list of addresses read as one list of attendees.

    attendees = { participants = [
        { table = "meeting_contacts", parent = "meeting_id", entity = "contact", ref = "contact_id", of = "contacts",
          of_alive = { deleted = 0 }, address = ["email", "email2"], name = ["first_name", "last_name"],
          status = "status", alive = { deleted = 0 }, delete = { deleted = 1 } },
        { table = "meeting_attendees", parent = "meeting_id", address = "address", name = "name", status = "status" } ],
      values = { none = "NEEDS-ACTION", accepted = "ACCEPTED" } }

`address = { shared = "email", where = { entity_type = "Contact" } }` takes it from a table of shared values.
A link table may mark its rows (`alive`, `delete`) in place of losing them; a marked row that is wanted again is
revived, not doubled; `insert` says what else a new row gets (`storage.crm.stated`). A new attendee is looked for among the referenced entities by address, in this order, and becomes an outsider where
nobody has it. Those without any address cannot be an ATTENDEE; they are not shown and their rows stay. Attendees
that a client leaves out are removed, unless it left out all of them: then it does not speak of attendees at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Attendee, Value
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.conditions import constants, matches
from storage.crm.forms.form import Assigned, Form, Place, Row, Shown, Side, Words, Writing

if TYPE_CHECKING:
    from storage.crm.shared import Link, Shared

LINK_WORDS: Final = (
    "table", "parent", "entity", "ref", "of", "key", "of_alive", "address", "name", "status", "alive", "delete",
    "insert",
)  # fmt: skip
"""What one of the `participants` takes."""


@dataclass(frozen=True, slots=True)
class _Link:
    """One table of participants: `of` is the referenced table, None where the row itself holds the address."""

    table: sa.Table
    parent: sa.Column[Any]
    status: sa.Column[Any] | None
    entity: str
    of: sa.Table | None
    of_key: sa.Column[Any] | None
    ref: sa.Column[Any] | None
    addresses: tuple[sa.Column[Any], ...]
    names: tuple[sa.Column[Any], ...]
    shared: tuple[Shared, Link] | None
    of_alive: Mapping[str, Any]
    alive: Mapping[str, Any]
    delete: Mapping[str, Any]
    insert: Mapping[str, Any]

    @property
    def told_by(self) -> sa.Column[Any]:
        """The column that tells whose row it is."""
        return self.ref if self.ref is not None else self.addresses[0]

    def shown_address(self) -> tuple[sa.ColumnElement[Any], ...]:
        """The columns an address is taken from; the first that holds one."""
        if self.shared is not None and self.of_key is not None:
            return (self.shared[0].first(self.shared[1], self.of_key),)
        return self.addresses

    def is_alive(self) -> list[sa.ColumnElement[bool]]:
        """That a row of the link counts."""
        return [matches(self.table.c[column], value) for column, value in self.alive.items()]


@dataclass(frozen=True, slots=True)
class _Found:
    """A participant's row: which link, the key of the referenced row (or the address), and how it is shown."""

    link: int
    ref: Any
    attendee: Attendee


class Participants(Form):
    """All of an entity's links, as attendees."""

    WORDS = ("participants", "values")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.values = {str(word): str(meaning) for word, meaning in dict(words.get("values", {})).items()}
        self.links = [self._link(link) for link in words["participants"]]

    def _link(self, words: Mapping[str, Any]) -> _Link:
        place = self.place
        for name in words:
            if name not in LINK_WORDS:
                raise place.wrong(f"participants: unknown word {name!r}{near(name, LINK_WORDS)}")
        table = place.table(str(words.get("table", "")))
        is_reference = "ref" in words
        of = place.table(str(words.get("of", ""))) if is_reference else None
        within = table if of is None else of

        def columns(names: object) -> tuple[sa.Column[Any], ...]:
            listed = names if isinstance(names, list) else [names]
            return tuple(place.column(name, within) for name in listed if name is not None)

        insert = dict(words.get("insert", {}))
        for name in (*words.get("alive", {}), *words.get("delete", {}), *insert):
            place.column(name, table)
        for name in words.get("of_alive", {}):
            place.column(name, of)
        stated.check(insert)
        address: Any = words.get("address")
        shared: tuple[Shared, Link] | None = None
        if isinstance(address, dict):
            if of is None:
                raise place.wrong("a shared address needs of and ref: the row that has it")
            pool = place.shared(str(address.get("shared", "")))
            address, shared = None, (pool, pool.link(dict(address.get("where", {}))))
        return _Link(
            shared=shared,
            table=table,
            parent=place.column(words.get("parent"), table),
            status=place.column(words["status"], table) if "status" in words else None,
            entity=str(words.get("entity", "")),
            of=of,
            of_key=place.column(words.get("key", "id"), of) if of is not None else None,
            ref=place.column(words["ref"], table) if is_reference else None,
            addresses=columns(address),
            names=columns(words.get("name")),
            of_alive=dict(words.get("of_alive", {})),
            alive=constants(table, words.get("alive", {})),
            delete=constants(table, words.get("delete", {})),
            insert=insert,
        )

    def sides(self) -> Iterable[Side]:
        return [Side(link.table, link.parent.name) for link in self.links]

    def shown(self) -> Iterable[Shown]:
        for link in self.links:
            if link.ref is not None:
                parent, ref = link.parent, link.ref
                yield Shown(link.entity, lambda keys, p=parent, r=ref: sa.select(p).where(r.in_(keys)))  # type: ignore[misc]

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[_Found]]:
        found: dict[Any, list[_Found]] = defaultdict(list)
        for number, link in enumerate(self.links):
            status = link.status if link.status is not None else sa.null()
            source: sa.FromClause = link.table
            shown_address = link.shown_address()
            ref: sa.ColumnElement[Any] = link.told_by
            if link.of is not None and link.of_key is not None and link.ref is not None:
                source, ref = link.table.join(link.of, link.ref == link.of_key), link.ref
            wanted = sa.select(link.parent, ref, status, *shown_address, *link.names).select_from(source)
            rows = connection.execute(wanted.where(link.parent.in_(keys), *link.is_alive()).order_by(link.parent, ref))
            split = 3 + len(shown_address)
            for row in rows:
                address = next((str(text).strip() for text in row[3:split] if text and str(text).strip()), "")
                name = " ".join(str(text).strip() for text in row[split:] if text)
                shown = Attendee(address, name, self.values.get(str(row[2]), "NEEDS-ACTION"))
                found[row[0]].append(_Found(number, row[1], shown))
        return found

    def read(self, row: Row, side: Any) -> Value:
        shown: dict[str, Attendee] = {}
        for found in side or ():
            if found.attendee.address:
                shown.setdefault(found.attendee.address.casefold(), found.attendee)
        return tuple(shown.values())

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        return Assigned({})

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        given = {
            item.address.strip().casefold(): item
            for item in (value if isinstance(value, tuple) else ())
            if isinstance(item, Attendee) and item.address.strip()
        }
        if not given:
            return None
        held: dict[str, list[_Found]] = defaultdict(list)
        for found in self.load(writing.connection, [key]).get(key, ()):
            held[found.attendee.address.casefold()].append(found)
        for address, rows in held.items():
            if not address:
                continue
            for found in rows:
                if address not in given:
                    self._remove(found, key, writing)
                elif given[address].status != found.attendee.status:
                    self._answer(found, key, given[address].status, writing)
        for address, attendee in given.items():
            if address not in held:
                self._add(attendee, key, writing)
        return None

    def _where(self, found: _Found, key: Any) -> sa.ColumnElement[bool]:
        link = self.links[found.link]
        return sa.and_(link.parent == key, link.told_by == found.ref, *link.is_alive())

    def _remove(self, found: _Found, key: Any, writing: Writing) -> None:
        link = self.links[found.link]
        gone = sa.update(link.table).values(dict(link.delete)) if link.delete else sa.delete(link.table)
        writing.connection.execute(gone.where(self._where(found, key)))

    def _answer(self, found: _Found, key: Any, status: str, writing: Writing) -> None:
        link = self.links[found.link]
        if link.status is not None:
            change = sa.update(link.table).where(self._where(found, key)).values({link.status.name: self._word(status)})
            writing.connection.execute(change)

    def _add(self, attendee: Attendee, key: Any, writing: Writing) -> None:
        for link in self.links:
            row: dict[str, Any] = {link.parent.name: key}
            if link.status is not None:
                row[link.status.name] = self._word(attendee.status)
            if link.of is not None and link.of_key is not None and link.ref is not None:
                known = self._known(link, attendee.address.strip(), writing.connection)
                if known is None:
                    continue
                row[link.ref.name] = known
            else:
                row[link.addresses[0].name] = attendee.address.strip()
                for column in link.names[:1]:
                    row[column.name] = attendee.name or None
            row |= link.alive
            again = sa.and_(link.parent == key, link.told_by == row[link.told_by.name])
            revived = (
                writing.connection.execute(sa.update(link.table).where(again).values(row)) if link.delete else None
            )
            if revived is None or revived.rowcount == 0:
                row = stated.columns(link.insert, link.table, writing.who, writing.now) | row
                writing.connection.execute(sa.insert(link.table).values(row))
            return

    def _known(self, link: _Link, address: str, connection: Connection) -> Any:
        if link.of is None or link.of_key is None:
            return None
        wanted: list[sa.ColumnElement[bool]] = [column.in_([address, address.lower()]) for column in link.addresses]
        if link.shared is not None:
            wanted = [link.shared[0].is_of(link.shared[1], link.of_key, address)]
        alive = [matches(link.of.c[column], value) for column, value in link.of_alive.items()]
        found = sa.select(link.of_key).where(sa.or_(*wanted), *alive).order_by(link.of_key).limit(1)
        return connection.execute(found).scalar()

    def _word(self, status: str) -> str:
        """The CRM's word for a PARTSTAT; the first word of the dictionary where it has none."""
        words = (word for word, meaning in self.values.items() if meaning == status)
        return next(words, next(iter(self.values), status.lower()))
