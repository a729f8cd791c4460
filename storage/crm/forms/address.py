"""A postal address in columns of the base row.

    addresses = { address = { street = "street", postal_code = "postal_code", city = "city", region = "region",
                              country = "country" }, types = ["work"] }

What a part may be stands in `storage.crm.forms.address_parts`. Further addresses are left over, and the document
keeps them; it keeps, too, what the columns cannot say of the one that they take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Address, Completed, Value
from gateway.formats.sameness import normal_address, same_types
from storage.crm.forms.address_parts import AddressParts
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing


class PostalAddress(Form):
    """One address."""

    WORDS = ("address", "types")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.parts = AddressParts(self, words["address"])
        self.types = tuple(str(kind) for kind in words.get("types", ()))
        self.is_looked_up = any(part.lookup is not None for part in self.parts.parts.values())

    def columns(self) -> Iterable[str]:
        return [column.name for column in self.parts.columns()]

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        if not self.is_looked_up:
            return {}
        key = self.place.key_column
        wanted = sa.select(key.label("the_key"), *self.parts.columns()).where(key.in_(keys))
        rows = connection.execute(wanted).mappings().all()
        dictionaries = self.parts.dictionaries(connection, rows)
        return {row["the_key"]: self.parts.read(row, dictionaries, self.types) for row in rows}

    def read(self, row: Row, side: Any) -> Value:
        held: Address = self.parts.read(row, {}, self.types) if side is None else side
        return (held,) if any(normal_address(held)) else ()

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        given = [item for item in value if isinstance(item, Address)] if isinstance(value, tuple) else []
        chosen = next((item for item in given if not self.types or set(self.types) & set(item.types)), None)
        if chosen is None and given:
            chosen = given[0]
        columns = self.parts.assign(writing.connection, chosen, row)
        left: list[Any] = [item for item in given if item is not chosen]
        if chosen is not None:
            written = {column.name: None for column in self.parts.columns()} | dict(row or {}) | columns
            part = self.parts.read(written, self.parts.dictionaries(writing.connection, [written]), self.types)
            if normal_address(part) != normal_address(chosen) or not same_types(part.types, chosen.types):
                left.append(Completed(part, chosen))
        return Assigned(columns, tuple(left) or None)
