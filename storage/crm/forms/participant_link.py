"""One table of participants: a link table to people of another table, or a list of addresses.

    { table = "llx_actioncomm_resources", where = { element_type = "user" }, parent = "fk_actioncomm",
      entity = "user", ref = "fk_element", of = "llx_user", key = "rowid", of_alive = { statut = 1 },
      address = "email", name = ["firstname", "lastname"], status = "answer_status",
      owner = "fk_user_action", mirror = [{ table = "…", parent = "…", ref = "…", owner = true }] }

`where` tells the rows of a table that several kinds share; new rows get it. `owner` names the column of the base
table with the owner's key: he takes part too. Where the product gives him a row he always has one and has accepted;
`{ column = "…", row = false }` says that it gives him none. `mirror` are further tables of the same pairs that the
product keeps beside this one: nothing is read from them. A link row may be marked (`alive`, `delete`) in place of
being lost; a marked row that is wanted again is revived, not doubled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm import conditions, stated
from storage.crm.conditions import Scope, condition, matches
from storage.crm.forms.form import Place, Writing
from storage.crm.forms.participant_address import Addresses, addresses

LINK_WORDS: Final = (
    "table", "where", "parent", "entity", "ref", "of", "key", "of_alive", "address", "name", "status", "alive",
    "delete", "insert", "owner", "mirror",
)  # fmt: skip
"""What one of the `participants` takes."""
MIRROR_WORDS: Final = ("table", "parent", "ref", "where", "insert", "owner")
"""What one of its `mirror` takes."""
OWNER_WORDS: Final = ("column", "row", "table", "key", "ref")
"""What its `owner` takes."""

Words = Mapping[str, Any]


def known(place: Place, words: Words, among: Sequence[str], what: str) -> None:
    """Raises ConfigError for a word nobody takes."""
    for name in words:
        if name not in among:
            raise place.wrong(f"{what}: unknown word {name!r}{near(name, among)}")


def constants(place: Place, table: sa.Table, words: Words, name: str) -> dict[str, Any]:
    """Columns of a table with what they hold or get."""
    said = dict(words.get(name, {}))
    for column in said:
        place.column(column, table)
    return conditions.constants(table, said)


class Pairs:
    """Rows of a table that pair an entity with one who takes part, told from other rows by `where`."""

    def __init__(self, place: Place, words: Words, told_by: str) -> None:
        self.table = place.table(str(words.get("table", "")))
        self.parent = place.column(words.get("parent"), self.table)
        self.told_by = place.column(told_by, self.table)
        self.where = constants(place, self.table, words, "where")
        self.alive = constants(place, self.table, words, "alive")
        self.delete = constants(place, self.table, words, "delete")
        self.insert = constants(place, self.table, words, "insert")
        stated.check(self.insert)

    def own(self) -> list[sa.ColumnElement[bool]]:
        """That a row is one of these, whether it counts or not."""
        return [matches(self.table.c[name], value) for name, value in self.where.items()]

    def living(self) -> list[sa.ColumnElement[bool]]:
        """That a row counts."""
        return self.own() + [matches(self.table.c[name], value) for name, value in self.alive.items()]

    def of(self, key: Any, ref: Any) -> sa.ColumnElement[bool]:
        """That a row is the pair of these."""
        return sa.and_(self.parent == key, self.told_by == ref, *self.own())

    def add(self, writing: Writing, key: Any, ref: Any, columns: Mapping[str, Any]) -> None:
        """There is such a pair, and it counts."""
        row = {**columns, **self.where, **self.alive, self.parent.name: key, self.told_by.name: ref}
        again = sa.update(self.table).where(self.of(key, ref)).values(row)
        if self.delete and writing.connection.execute(again).rowcount:
            return
        row = stated.columns(self.insert, self.table, writing.who, writing.now) | row
        writing.connection.execute(sa.insert(self.table).values(row))

    def remove(self, connection: Connection, key: Any, ref: Any) -> None:
        """There is no such pair that counts."""
        gone = sa.update(self.table).values(self.delete) if self.delete else sa.delete(self.table)
        connection.execute(gone.where(self.of(key, ref), *self.living()))

    def has(self, connection: Connection, key: Any, ref: Any) -> bool:
        """Whether there is one that counts."""
        found = sa.select(self.parent).where(self.of(key, ref), *self.living()).limit(1)
        return connection.execute(found).first() is not None


class Mirror(Pairs):
    """A table of the same pairs, kept in step."""

    def __init__(self, place: Place, words: Words) -> None:
        known(place, words, MIRROR_WORDS, "mirror")
        if not words.get("ref"):
            raise place.wrong("mirror: ref is missing")
        super().__init__(place, words, words["ref"])
        self.has_owner = bool(words.get("owner", False))

    def hold(self, writing: Writing, key: Any, ref: Any) -> None:
        """There is such a pair."""
        if not self.has(writing.connection, key, ref):
            self.add(writing, key, ref, {})


class Owner:
    """The owner as one who takes part: what `ref` is for him."""

    def __init__(self, place: Place, words: object) -> None:
        said: Words = words if isinstance(words, dict) else {"column": words}
        known(place, said, OWNER_WORDS, "owner")
        self.key = place.key_column
        self._column = place.column(said.get("column"))
        self.has_row = bool(said.get("row", True))
        self.ref: sa.ColumnElement[Any] = self._column
        self.source: sa.FromClause = place.base
        if "table" in said:
            far = place.table(str(said["table"]))
            self.ref = place.column(said.get("ref"), far)
            self.source = place.base.join(far, self._column == place.column(said.get("key", "id"), far))

    def owned_by(self, refs: Sequence[Any]) -> sa.Select[Any]:
        """The keys of what these own."""
        return sa.select(self.key).select_from(self.source).where(self.ref.in_(refs))


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row is about: his key there (or his address), the status column's word, how he is shown."""

    parent: Any
    ref: Any
    word: Any
    address: str
    name: str


class Link(Pairs):
    """One of the `participants`."""

    def __init__(self, place: Place, words: Words) -> None:
        known(place, words, LINK_WORDS, "participants")
        address = words.get("address")
        if "ref" not in words and not isinstance(address, str | list):
            raise place.wrong("participants: say ref and of, whom a row is about, or address, the column that says it")
        if isinstance(address, list) and not address:
            raise place.wrong("participants: address names no column")
        first = words.get("ref") or (address[0] if isinstance(address, list) else address)
        super().__init__(place, words, str(first))
        self.entity = str(words.get("entity", ""))
        self.people = place.table(str(words.get("of", ""))) if "ref" in words else None
        self.key = place.column(words.get("key", "id"), self.people) if self.people is not None else None
        within = self.table if self.people is None else self.people
        self.addresses: Addresses = addresses(place, address, within, self.key)
        name = words.get("name", [])
        self.names = [place.column(one, within) for one in (name if isinstance(name, list) else [name])]
        self.status = place.column(words["status"], self.table) if "status" in words else None
        self.findable = self._findable(place, words.get("of_alive", {}))
        if "owner" in words and self.people is None:
            raise place.wrong("owner: a list of addresses has none; say it where ref and of are said")
        self.owner = Owner(place, words["owner"]) if "owner" in words else None
        self.mirrors = [Mirror(place, one) for one in words.get("mirror", ())]
        if self.owner is None and any(mirror.has_owner for mirror in self.mirrors):
            raise place.wrong("mirror: owner = true needs an owner beside it: the column that says who it is")

    def _findable(self, place: Place, words: object) -> list[sa.ColumnElement[bool]]:
        """Who of the table linked to may be found: columns with values, or a condition of which he is the row."""
        if not words or self.people is None:
            return []
        if isinstance(words, str):
            try:
                return [condition(words, Scope(self.people, None, place.table))]
            except ConfigError as wrong:
                raise place.wrong(f"of_alive: {wrong}") from wrong
        held = constants(place, self.people, {"of_alive": words}, "of_alive")
        return [matches(self.people.c[name], value) for name, value in held.items()]

    def rows(self, connection: Connection, keys: Sequence[Any]) -> Iterable[Person]:
        """Who takes part by a row that counts."""
        source: sa.FromClause = self.table
        if self.people is not None and self.key is not None:
            source = self.table.join(self.people, self.told_by == self.key)
        status = self.status if self.status is not None else sa.null()
        wanted = sa.select(self.parent, self.told_by, status, *self._shown()).select_from(source)
        wanted = wanted.where(self.parent.in_(keys), *self.living())
        return self._persons(connection, wanted.order_by(self.parent, self.told_by))

    def owners(self, connection: Connection, keys: Sequence[Any]) -> Iterable[Person]:
        """The owners as those who take part, row or not."""
        if self.owner is None or self.people is None or self.key is None:
            return ()
        key = self.owner.key
        joined = self.owner.source.join(self.people, self.owner.ref == self.key)
        wanted: sa.Select[Any] = sa.select(key, self.key, sa.null(), *self._shown()).select_from(joined)
        return self._persons(connection, wanted.where(key.in_(keys)).order_by(key))

    def find(self, connection: Connection, address: str) -> Any:
        """The `ref` of whoever has this address; of an address that stands for itself, the address."""
        if self.people is None or self.key is None:
            return address
        for test in self.addresses.tests(address):
            wanted = sa.select(self.key).where(test, *self.findable).order_by(self.key).limit(1)
            if (found := connection.execute(wanted).scalar()) is not None:
                return found
        return None

    def _shown(self) -> list[sa.ColumnElement[Any]]:
        return [*self.addresses.shown, *self.names]

    def _persons(self, connection: Connection, wanted: sa.Select[Any]) -> Iterable[Person]:
        split = 3 + len(self.addresses.shown)
        for row in connection.execute(wanted).all():
            address = next((text for text in (str(one or "").strip() for one in row[3:split]) if text), "")
            name = " ".join(str(text).strip() for text in row[split:] if text)
            yield Person(row[0], row[1], row[2], address, name)
