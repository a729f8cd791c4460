"""A row as it stands inside a write, for texts and statements that are made of it.

    "{first_name} {last_name}"       fields of the entity, as text
    "{column:smownerid} {key}"       columns of the row, and its key
    "{each:name}"                    in a statement that is run for each row of something: a column of that row

Fields and columns are read when something asks for them, and again after something was written. What is empty drops
out of a text with the space beside it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Address, Attendee, Fields, Period, Typed
from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm.clocks import Now

_HOLE: Final = re.compile(r"\{(column:|each:)?([\w.]+)\}")


class Present:
    """One row. `look` reads its fields; `columns` are what its tables hold."""

    def __init__(
        self,
        connection: Connection,
        source: sa.FromClause,
        key: tuple[sa.ColumnElement[Any], Any],
        look: Callable[[], Fields],
        who: Principal,
        now: Now,
    ) -> None:
        self.connection, self.who, self.now = connection, who, now
        self.key = key[1]
        self._source, self._is_mine, self._look = source, key[0] == key[1], look
        self._fields: Fields | None = None
        self._row: Mapping[str, Any] | None = None

    @property
    def fields(self) -> Fields:
        """What the row means; nothing where it does not count (any more)."""
        if self._fields is None:
            self._fields = self._look()
        return self._fields

    @property
    def row(self) -> Mapping[str, Any]:
        """What its tables hold; nothing where there is no row."""
        if self._row is None:
            found = self.connection.execute(sa.select(self._source).where(self._is_mine)).mappings().first()
            self._row = {} if found is None else {str(name): value for name, value in found.items()}
        return self._row

    def holds(self, condition: sa.ColumnElement[bool]) -> bool:
        """Whether a condition on the row is true."""
        found = sa.select(sa.literal(1)).select_from(self._source).where(self._is_mine, condition)
        return self.connection.execute(found).first() is not None

    def forget(self) -> None:
        """Something was written: look again."""
        self._fields, self._row = None, None


class Text:
    """A text with holes. Raises ConfigError for a hole that nothing fits."""

    def __init__(
        self, template: str, fields: Iterable[str], columns: Iterable[str], each: Iterable[str] | None = None
    ) -> None:
        self.template = template
        known = {
            "": ("field", [*fields, "key"]),
            "column:": ("column", [*columns]),
            "each:": ("column", [*(each or ())]),
        }
        for kind, name in _HOLE.findall(template):
            what, names = known[kind]
            if kind == "each:" and each is None:
                raise ConfigError(f"{template!r}: each stands in a statement that has each")
            if name not in names:
                raise ConfigError(f"{template!r}: there is no {what} {name!r}{near(name, names)}")
        if set(_HOLE.sub("", template)) & set("{}"):
            raise ConfigError(f"{template!r}: braces hold the name of a field, column:NAME or each:NAME")

    def of(self, present: Present, each: Mapping[str, Any] | None = None) -> str:
        """The text for a row; `each`: the row that a statement is run for."""

        def fill(found: re.Match[str]) -> str:
            if found[1] == "column:":
                return text_of(present.row.get(found[2]))
            if found[1] == "each:":
                return text_of((each or {}).get(found[2]))
            return text_of(present.key if found[2] == "key" else present.fields.get(found[2]))

        return " ".join(_HOLE.sub(fill, self.template).split())


def text_of(value: Any) -> str:
    """A value as it stands in a text; of several the first."""
    while isinstance(value, tuple):
        value = value[0] if value else None
    if value is None:
        return ""
    if isinstance(value, Typed):
        return value.value
    if isinstance(value, Attendee):
        return value.name or value.address
    if isinstance(value, Period):
        return value.start.isoformat()
    if isinstance(value, Address):
        parts = (value.street, value.postal_code, value.city, value.region, value.country)
        return ", ".join(part for part in parts if part)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
