"""A dictionary in a table of the CRM: a column holds the key of a row, people see its name.

    lookup = { table = "llx_c_country", key = "rowid", shows = "label", also = ["code"], where = { active = 1 } }
    lookup = { table = "res_country", key = "id", shows = "name", json = "en_US", also = ["code"] }
    lookup = { table = "civicrm_state_province", key = "id", shows = "abbreviation", also = ["name"],
               within = { country_id = "country" } }

A name is found, letter case apart, by `shows` or by any of `also`; a row without `shows` shows the first of `also`
that it has. With `json` the columns may hold an object of translations: the named one is shown, all are found.
`within` narrows the search to the rows that fit another part of the same address: a region is one of its country.
Where that part is not known, a name that several rows have is nobody's. The table itself is not watched: dictionaries
change with the CRM's version, and a new word shows with the next change of a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.conditions import Scope, condition, matches
from storage.crm.forms.form import Place, Words

LOOKUP_WORDS: Final = ("table", "key", "shows", "also", "where", "json", "within")
"""What `lookup` takes."""
MISSING: Final = ("refuse", "keep")
"""What may happen to a word the dictionary lacks."""


class Lookup:
    """One dictionary, for one column. `parts`: what `within` may name."""

    def __init__(self, place: Place, words: Words, column: sa.ColumnElement[Any], parts: Iterable[str] = ()) -> None:
        if not isinstance(words, Mapping):
            raise place.wrong("lookup: expected a table of words")
        for name in words:
            if name not in LOOKUP_WORDS:
                raise place.wrong(f"lookup: unknown word {name!r}{near(name, LOOKUP_WORDS)}")
        self.column = column
        self.table = place.table(str(words.get("table", "")))
        self.key = place.column(words.get("key", "id"), self.table)
        named = [words.get("shows"), *words.get("also", ())]
        self.named = [place.column(name, self.table) for name in named]
        self.language = str(words["json"]) if "json" in words else None
        self.where = self._where(place, words.get("where", {}))
        self.within = {
            place.column(name, self.table): str(part) for name, part in dict(words.get("within", {})).items()
        }
        for part in self.within.values():
            if part not in parts:
                raise place.wrong(f"lookup: within: there is no part {part!r} beside this one{near(part, parts)}")

    def _where(self, place: Place, words: Any) -> list[sa.ColumnElement[bool]]:
        """Which rows are meant: columns with what they hold, or a condition."""
        if not isinstance(words, str):
            return [matches(place.column(name, self.table), value) for name, value in dict(words).items()]
        try:
            return [condition(words, Scope(self.table, None, place.table))]
        except ConfigError as wrong:
            raise place.wrong(f"lookup: {wrong}") from wrong

    def shown(self, connection: Connection, held: Iterable[Any]) -> dict[Any, str]:
        """For what the column holds: what people see; without those that no row has."""
        wanted = {str(value): value for value in held if value is not None}
        if not wanted:
            return {}
        keys = [key for key in (_as(self.key, value) for value in wanted.values()) if key is not None]
        found = connection.execute(sa.select(self.key, *self.named).where(self.key.in_(keys), *self.where))
        return {wanted[str(row[0])]: self._shown(row[1:]) for row in found if str(row[0]) in wanted}

    def find(self, connection: Connection, name: str, parts: Mapping[str, Any]) -> Any:
        """What the column holds for this name; None where the dictionary lacks it."""
        narrow = {column: parts.get(part) for column, part in self.within.items()}
        known = [column == value for column, value in narrow.items() if value is not None]
        wanted = sa.select(self.key, *self.named).where(*self.where, *known).order_by(self.key)
        rows = [(row[0], [self._texts(held) for held in row[1:]]) for row in connection.execute(wanted)]
        for place in range(len(self.named)):
            found = [key for key, texts in rows if name.strip().casefold() in map(str.casefold, texts[place])]
            if found:
                return _as(self.column, found[0]) if len(found) == 1 or len(known) == len(narrow) else None
        return None

    def _texts(self, held: Any) -> list[str]:
        """Every text a column has for a row, the one in our language first."""
        if held is None:
            return []
        if self.language is not None:
            words = held if isinstance(held, Mapping) else _object(str(held))
            texts = [words.get(self.language), *words.values()]
            if words:
                return [str(text).strip() for text in texts if text]
        return [str(held).strip()] if str(held).strip() else []

    def _shown(self, row: Iterable[Any]) -> str:
        return next((texts[0] for texts in map(self._texts, row) if texts), "")


def missing(place: Place, words: Words) -> str:
    """What the word `missing` says."""
    said = str(words.get("missing", "keep"))
    if said not in MISSING:
        raise place.wrong(f"missing must be one of {', '.join(MISSING)}, not {said!r}")
    return said


def _as(column: sa.ColumnElement[Any], value: Any) -> Any:
    """A key as a column has it, for CRMs keep whole numbers in texts; None where it can have no such key."""
    try:
        return column.type.python_type(value)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _object(text: str) -> Mapping[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        made = json.loads(text)
    except ValueError:
        return {}
    return made if isinstance(made, dict) else {}
