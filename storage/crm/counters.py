"""Numbers that the CRM counts itself.

    new_key = { counter = "vtiger_crmentity_seq.id" }        # a table of one row: the last key given out
    number = { column = "contact_no", table = "vtiger_modentity_num", next = "cur_id", prefix = "prefix",
               where = { semodule = "Contacts" } }           # what people call the record: CON17

    number = { column = "ref", highest = "PJ{yy}{mm}-", digits = 4, where = { entity = 1 } }       # PJ2603-0012

The first two hold the counter's row until the transaction ends, as the product does, so that nobody gets the same
number; a transaction that fails gives its number back. The third is for products that look for the highest number
given out, whatever its month; a unique key, which such products have, tells who was first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError, Refused
from gateway.runtime.lines import near
from storage.crm import keys
from storage.crm.clocks import Now, reading_in
from storage.crm.conditions import matches
from storage.locking import locked

NUMBER_WORDS: Final = ("column", "table", "next", "prefix", "highest", "digits", "where")
"""What `number` takes."""
_HOLES: Final = re.compile(r"(\{yyyy\}|\{yy\}|\{mm\})")
_MOST_ODD: Final = 50
"""Of the longest numbers so many may be none; products allow it where people type them."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A table of one row that holds the last number given out."""

    column: sa.Column[Any]

    def next(self, connection: Connection) -> int:
        """A number nobody has. Its row is held until the transaction ends. Raises Refused where there is no row."""
        connection.execute(sa.update(self.column.table).values({self.column.name: self.column + 1}))
        made = connection.execute(sa.select(self.column)).scalar()
        if made is None:
            raise Refused(
                f"The CRM's counter {self.column.table.name} is empty; its administrator must fill it.", "crm"
            )
        return int(made)


@dataclass(frozen=True, slots=True)
class Number:
    """A number for people (`CON17`): a prefix, and what a row of the CRM's table of numbers says comes next."""

    column: str
    next: sa.Column[Any]
    prefix: sa.Column[Any] | None
    where: Mapping[str, Any]

    def made(self, connection: Connection, now: Now) -> str | None:
        """The number, which is given to nobody else; None where the CRM counts no such things."""
        mine = [matches(self.next.table.c[name], value) for name, value in self.where.items()]
        prefix = self.prefix if self.prefix is not None else sa.literal("")
        row = connection.execute(locked(sa.select(self.next, prefix).where(*mine), self.next.table)).first()
        if row is None or row[0] is None:
            return None
        held = str(row[0])
        after = str(int(held) + 1).zfill(len(held))
        kind = self.next.type.python_type
        connection.execute(sa.update(self.next.table).where(*mine).values({self.next.name: kind(after)}))
        return f"{row[1] or ''}{held}"


@dataclass(frozen=True, slots=True)
class Highest:
    """One more than the highest number there is, behind a text that may name the year and the month."""

    column: str
    held: sa.ColumnElement[Any]
    text: str
    digits: int
    where: Sequence[sa.ColumnElement[bool]]

    def made(self, connection: Connection, now: Now) -> str:
        """The number. Who takes it at the same moment meets the CRM's unique key, and tries again."""
        today = reading_in(now.instant, now.clocks.days)
        text = self.text.replace("{yy}", f"{today:%y}").replace("{yyyy}", f"{today:%Y}").replace("{mm}", f"{today:%m}")
        rest = sa.func.substr(self.held, len(text) + 1)
        alike = "".join(_any(part) for part in _HOLES.split(self.text))
        wanted = sa.select(rest).where(self.held.like(f"{alike}%", escape="!"), *self.where)
        found = connection.scalars(wanted.order_by(sa.func.length(rest).desc(), rest.desc()).limit(_MOST_ODD)).all()
        last = next((int(number) for number in found if str(number).isdecimal()), 0)
        return f"{text}{last + 1:0{self.digits}}"


def _any(part: str) -> str:
    """A piece of the text in a pattern: of a year or a month any."""
    if part in ("{yy}", "{mm}", "{yyyy}"):
        return "_" * (len(part) - 2)
    return re.sub(r"([!%_])", r"!\1", part)


def make(how: str | Counter, connection: Connection) -> Any:
    """A key nobody has; None where the database makes it."""
    return how.next(connection) if isinstance(how, Counter) else keys.new_key(how)


def bind_key(words: object, table: Callable[[str], sa.Table]) -> str | Counter:
    """`new_key`. Raises ConfigError."""
    if isinstance(words, str):
        keys.check(words)
        return words
    return bind_counter(words, table)


def bind_counter(words: Any, table: Callable[[str], sa.Table]) -> Counter:
    """`{ counter = "TABLE.COLUMN" }`. Raises ConfigError."""
    name = words.get("counter") if isinstance(words, Mapping) and len(words) == 1 else None
    where, _, column = str(name or "").rpartition(".")
    if not where:
        raise ConfigError('expected a text, or { counter = "TABLE.COLUMN" }')
    return Counter(_column(table(where), column))


def bind_number(words: Mapping[str, Any], table: Callable[[str], sa.Table], base: sa.FromClause) -> Number | Highest:
    """`number`, of an entity that is read from `base`. Raises ConfigError."""
    for name in words:
        if name not in NUMBER_WORDS:
            raise ConfigError(f"unknown word {name!r}{near(name, NUMBER_WORDS)}")
    if "highest" in words:
        if set(words) & {"table", "next", "prefix"}:
            raise ConfigError("highest stands alone: without table, next and prefix")
        held, digits = _column(base, words.get("column")), words.get("digits", 1)
        if not isinstance(digits, int) or digits < 1:
            raise ConfigError("digits is a number")
        mine = [matches(_column(base, name), value) for name, value in dict(words.get("where", {})).items()]
        return Highest(str(words["column"]), held, str(words["highest"]), digits, mine)
    counters = table(str(words.get("table", "")))
    where = dict(words.get("where", {}))
    for name in where:
        _column(counters, name)
    prefix = _column(counters, words["prefix"]) if "prefix" in words else None
    return Number(str(words.get("column", "")), _column(counters, words.get("next")), prefix, where)


def _column(table: sa.FromClause, name: object) -> Any:
    if not isinstance(name, str) or name not in table.c:
        raise ConfigError(f"table {getattr(table, 'name', '')!r} has no column {name!r}{near(name, table.c.keys())}")
    return table.c[name]
