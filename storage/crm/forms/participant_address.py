"""Where the addresses of those who take part are, and how one of them is found by his.

    address = "email"                                                       # a column, or several: ["email", "email2"]
    address = { shared = "email", where = { entity_type = "Contact" } }     # a table of shared values
    address = { table = "civicrm_email", parent = "contact_id", column = "email", primary = "is_primary" }

The first address that is not empty is the one that is shown. All are looked at when somebody is looked for, as they
are written and then without regard to letter case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from gateway.runtime.lines import near
from storage.crm.conditions import matches
from storage.crm.forms.form import Place

if TYPE_CHECKING:
    from storage.crm.shared import Link, Shared

ADDRESS_WORDS: Final = ("shared", "where", "table", "parent", "column", "primary")
"""What `address` takes where it is no column."""

Test = sa.ColumnElement[bool]


class Addresses:
    """Columns of the table itself."""

    def __init__(self, columns: Sequence[sa.ColumnElement[Any]]) -> None:
        self.shown: Sequence[sa.ColumnElement[Any]] = columns
        """What an address is taken from; the first that holds one."""

    def tests(self, address: str) -> Iterable[Test]:
        """That somebody has this address, in the order in which it is to be tried."""
        yield sa.or_(*(column.in_([address, address.lower()]) for column in self.shown))
        yield sa.or_(*(sa.func.lower(column) == address.lower() for column in self.shown))


class _Shared(Addresses):
    """Values that several share."""

    def __init__(self, pool: Shared, link: Link, key: sa.Column[Any]) -> None:
        super().__init__([pool.first(link, key)])
        self._pool, self._link, self._key = pool, link, key

    def tests(self, address: str) -> Iterable[Test]:
        yield self._pool.is_of(self._link, self._key, address)


class _Children(Addresses):
    """Rows of a table of addresses."""

    def __init__(self, place: Place, words: Mapping[str, Any], key: sa.Column[Any]) -> None:
        self._table = place.table(str(words["table"]))
        self._value = place.column(words.get("column"), self._table)
        self._own = [place.column(words.get("parent"), self._table) == key]
        for name, value in dict(words.get("where", {})).items():
            self._own.append(matches(place.column(name, self._table), value))
        order: list[sa.ColumnElement[Any]] = [*self._table.primary_key, self._value]
        if "primary" in words:
            first = matches(place.column(words["primary"], self._table), 1)
            order.insert(0, sa.case((first, 0), else_=1))
        held = sa.select(self._value).where(*self._own, self._value != "").order_by(*order).limit(1)
        super().__init__([held.correlate_except(self._table).scalar_subquery()])

    def tests(self, address: str) -> Iterable[Test]:
        exact = self._value.in_([address, address.lower()])
        for test in (exact, sa.func.lower(self._value) == address.lower()):
            found = sa.select(sa.literal(1)).select_from(self._table).where(*self._own, test)
            yield sa.exists(found.correlate_except(self._table))


def addresses(place: Place, words: object, within: sa.Table, key: sa.Column[Any] | None) -> Addresses:
    """What `address` says of the people of `within`, whose key is `key`. Raises ConfigError."""
    if not isinstance(words, dict):
        named = words if isinstance(words, list) else [words]
        return Addresses([place.column(name, within) for name in named])
    for name in words:
        if name not in ADDRESS_WORDS:
            raise place.wrong(f"address: unknown word {name!r}{near(name, ADDRESS_WORDS)}")
    if key is None:
        raise place.wrong("an address in another table needs of and ref: the row that has it")
    if "table" in words:
        return _Children(place, words, key)
    pool = place.shared(str(words.get("shared", "")))
    return _Shared(pool, pool.link(dict(words.get("where", {}))), key)
