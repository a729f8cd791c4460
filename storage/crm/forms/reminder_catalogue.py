"""Reminders chosen from a catalogue that all events share: a table of links to it.

The catalogue's row of the wanted length is linked; one that is lacking is made where `insert` says of what, else the
document keeps the client's time. Rows of the catalogue are never changed, because others point to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.conditions import matches
from storage.crm.forms.form import Place, Row, Side, Via, Words, Writing
from storage.crm.forms.offsets import OFFSET_WORDS, Offset, fitting
from storage.crm.forms.reminder_rows import Held

CATALOGUE_WORDS: Final = ("table", "key", "ref", "where", "insert", *OFFSET_WORDS)
"""What `catalogue` takes."""


class Catalogue:
    """Links and what they lead to."""

    def __init__(self, place: Place, words: Words) -> None:
        said = dict(words["catalogue"])
        for name in said:
            if name not in CATALOGUE_WORDS:
                raise place.wrong(f"catalogue: unknown word {name!r}{near(name, CATALOGUE_WORDS)}")
        self.links = place.table(str(words["reminder"]))
        self.parent = place.column(words.get("parent"), self.links)
        self.ref = place.column(said.get("ref"), self.links)
        self.table = table = place.table(str(said.get("table", "")))
        self.key = place.column(said.get("key", "id"), table)
        self.where, self.insert = dict(said.get("where", {})), said.get("insert")
        for name in (*self.where, *(self.insert or {})):
            place.column(name, table)
        stated.check(self.insert or {})
        try:
            self.offset = Offset.of(said, lambda name: place.column(name, table))
        except ValueError as wrong:
            raise place.wrong(f"catalogue: {wrong}") from wrong
        if not self.offset.columns():
            raise place.wrong("catalogue: say minutes, seconds, or amount, unit and units")

    def columns(self) -> Iterable[str]:
        """Of the base row."""
        return ()

    def sides(self) -> Iterable[Side]:
        """The links, and the catalogue by way of them."""
        parent = self.parent.name
        via = Via(self.links, self.ref.name, self.key.name)
        return (Side(self.links, parent), Side(self.table, parent, {}, via))

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Held]]:
        """All reminders of these."""
        joined = self.links.join(self.table, self.ref == self.key)
        wanted = sa.select(self.parent.label("of_parent"), self.key.label("of_key"), *self.offset.columns())
        wanted = wanted.select_from(joined).where(self.parent.in_(keys), *self._wanted())
        found: dict[Any, list[Held]] = defaultdict(list)
        for row in connection.execute(wanted.order_by(self.parent, self.key)).mappings():
            found[row["of_parent"]].append(Held(self.offset.read(row), key=row["of_key"]))
        return found

    def write(
        self, minutes: int, shown: int | None, held: Sequence[Held], row: Row, key: Any, writing: Writing
    ) -> bool:
        """See the form."""
        if any(one.minutes == minutes for one in held):
            self.remove([one for one in held if one.minutes == shown != minutes], key, writing)
            return True
        ref = self._find(minutes, writing)
        self.remove([one for one in held if one.minutes == shown], key, writing)
        if ref is None:
            return False
        writing.connection.execute(sa.insert(self.links).values({self.parent.name: key, self.ref.name: ref}))
        return True

    def remove(self, held: Sequence[Held], key: Any, writing: Writing) -> None:
        """See the form."""
        for one in held:
            writing.connection.execute(sa.delete(self.links).where(self.parent == key, self.ref == one.key))

    def move(self, *_: object) -> None:
        """Lengths move with their event by themselves."""

    def _find(self, minutes: int, writing: Writing) -> Any:
        rows = sa.select(self.key.label("of_key"), *self.offset.columns()).where(*self._wanted()).order_by(self.key)
        for row in writing.connection.execute(rows).mappings():
            if self.offset.read(row) == minutes:
                return row["of_key"]
        if self.insert is None:
            return None
        new = stated.columns(self.offset.fill(self.insert, minutes), self.table, writing.who, writing.now)
        new = {name: fitting(self.table.c[name], value) for name, value in new.items()}
        new |= self.where | self.offset.write(minutes)
        made = writing.connection.execute(sa.insert(self.table).values(new))
        return made.inserted_primary_key[0] if made.inserted_primary_key else None

    def _wanted(self) -> list[sa.ColumnElement[bool]]:
        return [matches(self.table.c[name], value) for name, value in self.where.items()]
