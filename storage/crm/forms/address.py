"""A postal address in columns.

    addresses = { address = { street = "street", postal_code = "postal_code", city = "city", region = "region",
                              country = "country" }, types = ["work"] }

Further addresses are left over, and the document keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.core.entities import Address, Value
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits

_PARTS: Final = ("street", "postal_code", "city", "region", "country")


class PostalAddress(Form):
    """One address."""

    WORDS = ("address", "types")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        parts = words["address"]
        unknown = set(parts) - set(_PARTS)
        if unknown:
            raise place.wrong(f"unknown part {min(unknown)!r}; there are {', '.join(_PARTS)}")
        self.parts = {part: place.column(column) for part, column in parts.items()}
        self.types = tuple(str(kind) for kind in words.get("types", ()))

    def columns(self) -> Iterable[str]:
        return [column.name for column in self.parts.values()]

    def read(self, row: Row, side: Any) -> Value:
        held = {part: str(row[column.name] or "") for part, column in self.parts.items()}
        return (Address(**held, types=self.types),) if any(held.values()) else ()

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        given = [item for item in value if isinstance(item, Address)] if isinstance(value, tuple) else []
        chosen = next((item for item in given if not self.types or set(self.types) & set(item.types)), None)
        if chosen is None and given:
            chosen = given[0]
        columns: dict[str, Any] = {}
        for part, column in self.parts.items():
            text = getattr(chosen, part) if chosen is not None else ""
            columns[column.name] = text_fits(self, column, text) if text else None if column.nullable else ""
        return Assigned(columns, tuple(item for item in given if item is not chosen) or None)
