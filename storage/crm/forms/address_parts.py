"""The parts of a postal address as columns of one row, of the base table or of a table of addresses.

    { street = "street", postal_code = "postal_code", city = "city", region = "region", country = "country" }
    { street = ["street_address", "supplemental_address_1"], city = "city",
      country = { column = "country_id", lookup = { table = "civicrm_country", shows = "name", also = ["iso_code"] },
                  missing = "refuse" } }

Several columns take a part's lines, one each, and the last one what is left, joined by commas. A part with `lookup`
is a key of a dictionary (`storage.crm.forms.lookup`). A part that means what its columns show already is not written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Address
from gateway.formats.sameness import normal_text
from gateway.runtime.lines import near
from storage.crm.forms.form import Form, Place, Row, text_fits
from storage.crm.forms.lookup import Lookup, missing

PARTS: Final = ("street", "postal_code", "city", "region", "country")
PART_WORDS: Final = ("column", "lookup", "missing")
"""What a part takes where it is no column's name and no list of them."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The columns of one part, or one column and its dictionary."""

    columns: Sequence[sa.Column[Any]]
    lookup: Lookup | None
    missing: str


class AddressParts:
    """All parts that a row of `table` has; `form` is whose refusals are told."""

    def __init__(self, form: Form, words: Mapping[str, Any], table: sa.Table | None = None) -> None:
        self.form = form
        place = form.place
        if not isinstance(words, Mapping):
            raise place.wrong("address: expected a table of parts")
        if unknown := [name for name in words if name not in PARTS]:
            raise place.wrong(f"unknown part {unknown[0]!r}{near(unknown[0], PARTS)}; there are {', '.join(PARTS)}")
        self.parts = {name: self._part(place, said, table, words) for name, said in words.items()}

    def _part(self, place: Place, said: Any, table: sa.Table | None, beside: Mapping[str, Any]) -> _Part:
        if not isinstance(said, Mapping):
            listed = said if isinstance(said, list) and said else [said]
            return _Part([place.column(name, table) for name in listed], None, "keep")
        for name in said:
            if name not in PART_WORDS:
                raise place.wrong(f"address: unknown word {name!r}{near(name, PART_WORDS)}")
        column = place.column(said.get("column"), table)
        lookup = Lookup(place, said["lookup"], column, beside) if "lookup" in said else None
        return _Part([column], lookup, missing(place, said))

    def columns(self) -> list[sa.Column[Any]]:
        """Every column of every part."""
        return [column for part in self.parts.values() for column in part.columns]

    def dictionaries(self, connection: Connection, rows: Sequence[Row]) -> dict[str, dict[Any, str]]:
        """What the keys in these rows show, by part: one statement for each dictionary."""
        return {
            name: part.lookup.shown(connection, {row[part.columns[0].name] for row in rows})
            for name, part in self.parts.items()
            if part.lookup is not None
        }

    def read(self, row: Row, dictionaries: Mapping[str, Mapping[Any, str]], types: tuple[str, ...]) -> Address:
        """The address that a row holds."""
        held: dict[str, str] = {}
        for name, part in self.parts.items():
            if part.lookup is not None:
                held[name] = dictionaries[name].get(row[part.columns[0].name], "")
            else:
                held[name] = "\n".join(text for text in (str(row[one.name] or "") for one in part.columns) if text)
        return Address(**held, types=types)

    def assign(self, connection: Connection, value: Address | None, row: Row | None) -> dict[str, Any]:
        """The columns of a new value, as far as they mean something else than what is in the row. Raises Refused."""
        now = Address() if row is None else self.read(row, self.dictionaries(connection, [row]), ())
        columns: dict[str, Any] = {}
        keys = {name: row[part.columns[0].name] for name, part in self.parts.items() if row is not None and part.lookup}
        for name, part in sorted(self.parts.items(), key=lambda named: _comes_late(named[1])):
            text = getattr(value, name).strip() if value is not None else ""
            if row is not None and normal_text(text) == normal_text(getattr(now, name)):
                continue
            if part.lookup is None:
                columns |= self._lines(part, text)
                continue
            keys[name] = self._key(connection, part, text, keys, value)
            columns[part.columns[0].name] = keys[name]
        return columns

    def _lines(self, part: _Part, text: str) -> dict[str, Any]:
        *first, last = part.columns
        lines = [line for line in text.split("\n") if line.strip()] if first else [text]
        taken: dict[str, Any] = {}
        for column in first:
            taken[column.name] = lines.pop(0) if lines else ""
        taken[last.name] = ", ".join(lines)
        return {
            column.name: text_fits(self.form, column, taken[column.name])
            if taken[column.name]
            else None
            if column.nullable
            else ""
            for column in part.columns
        }

    def _key(
        self, connection: Connection, part: _Part, text: str, keys: Mapping[str, Any], value: Address | None
    ) -> Any:
        if part.lookup is None or not text:
            return None
        # A region of a country that the dictionary lacks is not looked for elsewhere.
        strange = [name for name in part.lookup.within.values() if getattr(value, name, "") and keys.get(name) is None]
        found = None if strange else part.lookup.find(connection, text, keys)
        if found is None and part.missing == "refuse":
            raise self.form.refuse(f"cannot have “{text}”: the CRM does not know it.")
        return found


def _comes_late(part: _Part) -> bool:
    return part.lookup is not None and bool(part.lookup.within)
