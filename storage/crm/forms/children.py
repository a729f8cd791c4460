"""A table of values, one row each: a list of phones, e-mails, addresses of the web, or postal addresses.

    phones = { children = "civicrm_phone", parent = "contact_id", value = "phone", primary = "is_primary",
               types = [ { set = { location_type_id = 2 }, types = ["work"] },
                         { set = { location_type_id = 4 }, types = [] },
                         { set = { phone_type_id = 2 }, types = ["cell"] } ],
               insert = { is_billing = 0 }, also = { phone_numeric = "digits" } }
    addresses = { children = "civicrm_address", parent = "contact_id", address = { street = "street", city = "city" } }
    notes = { children = "civicrm_note", parent = "entity_id", where = { entity_table = "civicrm_contact" },
              value = "note", one = true }

What a row's types are stands in its columns. Entries of `types` that set the same columns are one question: of
those that fit a row the first answers it when reading; when writing, the one with the most words that the value
has. A row that nothing fits, or an answer that is right already, stays as it is.

A row keeps its identity: what a client sends is matched with the rows by value and type, by value, and then by type,
so that a changed number is an update. Of the living rows of a parent exactly one is primary: the one that is and
stays, else the first of the client's. What rows cannot say (a type without a row of its own, a region the CRM does
not know) is handed back, and the document keeps it for as long as the row says what it said. With `one` the field is
one text: that of the first row, and the other rows are not its.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Address, Completed, Typed, Value
from gateway.formats.sameness import normal_address, normal_types, normal_value
from storage.crm import stated
from storage.crm.conditions import constant, constants, matches
from storage.crm.folds import FOLDS
from storage.crm.forms.address_parts import AddressParts
from storage.crm.forms.form import Form, Place, Row, Side, Words, Writing, text_fits
from storage.crm.forms.type_columns import TypeColumns

NO_TYPE: Final = ("other",)
"""The types of a row that has none: a word that says nothing, so that a document's own types do not come back."""


@dataclass(frozen=True, slots=True)
class _Held:
    """One row, and the value that it shows."""

    row: Row
    value: Typed | Address


class Children(Form):
    """A list of values in rows of their own."""

    WORDS = (
        "children", "key", "parent", "value", "address", "where", "alive", "delete", "types", "primary", "insert",
        "update", "also", "one",
    )  # fmt: skip

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.table = place.table(str(words["children"]))
        self.key = self._column(words.get("key", "id"))
        self.parent = self._column(words.get("parent"))
        if ("value" in words) == ("address" in words):
            raise place.wrong("children: say either value or address")
        self.value = self._column(words["value"]) if "value" in words else None
        self.address = AddressParts(self, words["address"], self.table) if "address" in words else None
        self.where, self.alive, self.delete, self.insert, self.update = (
            self._columns(words, name) for name in ("where", "alive", "delete", "insert", "update")
        )
        self.primary = self._column(words["primary"]) if "primary" in words else None
        self.types = TypeColumns(place, words.get("types", ()), self.table)
        self.is_one = bool(words.get("one", False))
        if self.is_one and self.value is None:
            raise place.wrong("children: one is for a value, not for addresses")
        self.also: dict[str, Callable[[str], str]] = {}
        for name, fold in dict(words.get("also", {})).items():
            if fold not in FOLDS:
                raise place.wrong(f"also: {fold!r} is none of {', '.join(sorted(FOLDS))}")
            self.also[self._column(name).name] = FOLDS[fold]
        for said in (self.insert, self.update):
            stated.check(said)

    def _column(self, name: object) -> sa.Column[Any]:
        return self.place.column(name, self.table)

    def _columns(self, words: Words, name: str) -> dict[str, Any]:
        said = dict(words.get(name, {}))
        for column in said:
            self._column(column)
        return constants(self.table, said)

    def sides(self) -> Iterable[Side]:
        return (Side(self.table, self.parent.name, self.where),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[_Held]]:
        wanted = [self.key, self.parent, *self.types.columns()]
        wanted += [self.value] if self.value is not None else []
        wanted += [self.primary] if self.primary is not None else []
        wanted += self.address.columns() if self.address is not None else []
        first = [] if self.primary is None else [sa.case((matches(self.primary, 1), 0), else_=1)]
        select = sa.select(*dict.fromkeys(wanted)).where(self.parent.in_(keys), *self._living())
        rows = connection.execute(select.order_by(self.parent, *first, self.key)).mappings().all()
        dictionaries = {} if self.address is None else self.address.dictionaries(connection, rows)
        found: dict[Any, list[_Held]] = defaultdict(list)
        for row in rows:
            types = self.types.read(row) or NO_TYPE
            if self.address is not None:
                address = self.address.read(row, dictionaries, types)
                if any(normal_address(address)):
                    found[row[self.parent.name]].append(_Held(row, address))
            elif self.value is not None and str(row[self.value.name] or "").strip():
                found[row[self.parent.name]].append(_Held(row, Typed(str(row[self.value.name]), types)))
        return found

    def read(self, row: Row, side: Any) -> Value:
        held: list[Any] = [one.value for one in side or ()]
        if self.is_one:
            return held[0].value if held else None
        return tuple(held)

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        connection = writing.connection
        given = self._given(value)
        held = self.load(connection, [key]).get(key, [])[: 1 if self.is_one else None]
        chosen = dict(enumerate(held[: len(given)])) if self.is_one else self._matched(given, held)
        kept = {one.row[self.key.name] for one in chosen.values()}
        for one in held:
            if one.row[self.key.name] not in kept:
                self._remove(one, writing)
        keys: list[Any] = []
        for place, item in enumerate(given):
            if place in chosen:
                self._change(chosen[place], item, writing)
                keys.append(chosen[place].row[self.key.name])
            else:
                keys.append(self._add(item, key, writing))
        if self.primary is not None:
            self._one_primary(key, keys, connection)
        return None if self.is_one else self._left(given, keys, key, connection)

    def _given(self, value: Value) -> list[Typed | Address]:
        """What has something in it, each once."""
        found: dict[Any, Typed | Address] = {}
        for item in value if isinstance(value, tuple) else (value,):
            one: object = Typed(item) if isinstance(item, str) else item
            if isinstance(one, Typed if self.address is None else Address):
                same = self._same(one)
                if any(same[0]):
                    found.setdefault((same, frozenset(normal_types(one.types))), one)
        return list(found.values())

    def _same(self, item: Any) -> tuple[tuple[str, ...], Any]:
        """What the value means, and which of the types that rows can have are his."""
        meaning = normal_address(item) if isinstance(item, Address) else (normal_value(self.place.field, item.value),)
        return meaning, frozenset(self.types.told(item.types))

    def _matched(self, given: Sequence[Typed | Address], held: Sequence[_Held]) -> dict[int, _Held]:
        """Which row each value is, by its place; those in none are new."""
        chosen: dict[int, _Held] = {}
        free = list(held)
        ways: tuple[Callable[[Any], Any], ...] = (
            self._same, lambda item: self._same(item)[0], lambda item: self._same(item)[1],
        )  # fmt: skip
        for way in ways:
            for place, item in enumerate(given):
                fitting = [one for one in free if way(one.value) == way(item)]
                if place in chosen or not fitting:
                    continue
                chosen[place] = max(fitting, key=lambda one: self._likeness(one.value, item))
                free.remove(chosen[place])
        return chosen

    def _likeness(self, one: Any, other: Any) -> int:
        """How many parts of two values agree."""
        return sum(bool(a) and a == b for a, b in zip(self._same(one)[0], self._same(other)[0], strict=True))

    def _values(self, item: Typed | Address, row: Row | None, connection: Connection) -> dict[str, Any]:
        """The columns of a value, as far as they mean something else than what is in the row."""
        columns: dict[str, Any] = self.types.assign(item.types, row)
        if isinstance(item, Address):
            return columns | (self.address.assign(connection, item, row) if self.address is not None else {})
        if self.value is not None:
            text, field = item.value.strip(), self.place.field
            if row is None or normal_value(field, str(row[self.value.name] or "")) != normal_value(field, text):
                columns[self.value.name] = text_fits(self, self.value, text)
                columns |= {name: fold(text) for name, fold in self.also.items()}
        return columns

    def _change(self, one: _Held, item: Typed | Address, writing: Writing) -> None:
        columns = self._values(item, one.row, writing.connection)
        if columns:
            columns |= stated.columns(self.update, self.table, writing.who, writing.now)
            change = sa.update(self.table).where(self.key == one.row[self.key.name]).values(columns)
            writing.connection.execute(change)

    def _add(self, item: Typed | Address, parent: Any, writing: Writing) -> Any:
        row = stated.columns(self.insert, self.table, writing.who, writing.now)
        row |= self._values(item, None, writing.connection)
        row |= self.alive | self.where | {self.parent.name: parent}
        if self.primary is not None:
            row[self.primary.name] = constant(self.primary, 0)
        done = writing.connection.execute(sa.insert(self.table).values(row))
        return row.get(self.key.name) or (done.inserted_primary_key[0] if done.inserted_primary_key else None)

    def _remove(self, one: _Held, writing: Writing) -> None:
        gone: Any = sa.delete(self.table)
        if self.delete:
            columns = self.delete | stated.columns(self.update, self.table, writing.who, writing.now)
            gone = sa.update(self.table).values(columns)
        writing.connection.execute(gone.where(self.key == one.row[self.key.name]))

    def _one_primary(self, parent: Any, keys: Sequence[Any], connection: Connection) -> None:
        if self.primary is None:
            return
        wanted = sa.select(self.key, self.primary).where(self.parent == parent, *self._living()).order_by(self.key)
        rows = connection.execute(wanted).all()
        primary = next((row[0] for row in rows if row[1] and row[0] in keys), None)
        if primary is None:
            primary = keys[0] if keys else next((row[0] for row in rows if row[1]), rows[0][0] if rows else None)
        # Those that cease to be it go first: the CRM may see to it that there are never two.
        for row in sorted(rows, key=lambda row: bool(row[0] == primary)):
            if bool(row[1]) != (row[0] == primary):
                is_it = constant(self.primary, int(row[0] == primary))
                connection.execute(sa.update(self.table).where(self.key == row[0]).values({self.primary.name: is_it}))

    def _left(self, given: Sequence[Typed | Address], keys: Sequence[Any], key: Any, connection: Connection) -> Value:
        """What the rows do not say of the values, as they read now."""
        rows = {one.row[self.key.name]: one.value for one in self.load(connection, [key]).get(key, ())}
        left: list[Any] = []
        for item, place in zip(given, keys, strict=True):
            part = rows.get(place)
            if part is None:
                left.append(item)
            elif self._same(part)[0] != self._same(item)[0] or set(normal_types(part.types)) != set(
                normal_types(item.types)
            ):
                left.append(Completed(part, item))
        return tuple(left) or None

    def _living(self) -> list[sa.ColumnElement[bool]]:
        return [matches(self.table.c[name], value) for name, value in (self.where | self.alive).items()]
