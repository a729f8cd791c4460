"""What a form is: one field of an entity seen as columns, child rows or references.

A form is made once from its words in the mapping, checked against the live tables, and then used for whole
batches: `load` fetches what lies outside the base row for many keys in one statement, `read` makes one value,
`assign` says which columns of the base row a new value fills, `store` writes what lies outside it. Whatever a form
cannot hold it hands back from `assign` or `store` as left over, and the document keeps it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Fields, Value
from gateway.core.errors import ConfigError, Refused
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm.clocks import Clocks, Now
from storage.crm.files import Files

if TYPE_CHECKING:
    from storage.crm.shared import Shared

_NO_FILES: Final = Files(None)
Row = Mapping[Any, Any]
Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stands: for its messages (`file` has the line behind it) and to find its tables."""

    file: str
    entity: str
    field: str
    base: sa.Table
    key: str
    table: Callable[[str], sa.Table]
    shared: Callable[[str], Shared]
    clocks: Clocks
    """The CRM's own zones: of its plain date-times, and the one in which its days begin."""
    fields: Words = dataclasses.field(default_factory=dict)
    """All fields of the entity, in the mapping's words."""
    files: Files = _NO_FILES
    """The CRM's files."""

    def wrong(self, what: str) -> ConfigError:
        """A complaint about this form that names file, line and key."""
        return ConfigError(f"{self.file}: [entity.{self.entity}.fields] {self.field}: {what}")

    def column(self, name: object, table: sa.Table | None = None) -> sa.Column[Any]:
        """A column of the base table, or of `table`."""
        within = self.base if table is None else table
        if not isinstance(name, str):
            raise self.wrong("a column's name is missing" if name is None else f"{name!r} is no column's name")
        if name not in within.c:
            raise self.wrong(f"table {within.name!r} has no column {name!r}{near(name, within.c.keys())}")
        return within.c[name]

    @property
    def key_column(self) -> sa.Column[Any]:
        """The base table's key."""
        return self.base.c[self.key]


@dataclass(frozen=True, slots=True)
class Via:
    """The way from a shared row back to the entities: rows of `table` whose `ref` is the shared row's `key`."""

    table: sa.Table
    ref: str
    key: str


@dataclass(frozen=True, slots=True)
class Side:
    """A table outside the base row whose change changes the entity.

    `parent` holds the entity's key, in the table itself or in that of `via`; so do the columns of `where`, which
    tell rows of this entity from those of others.
    """

    table: sa.Table
    parent: str
    where: Mapping[str, Any] = field(default_factory=dict)
    via: Via | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """That an entity shows something of another: `dependants` selects the keys that show one of the given others."""

    entity: str
    dependants: Callable[[Sequence[Any]], sa.Select[Any]]


@dataclass(frozen=True, slots=True)
class Writing:
    """What a write may need to know. `find` looks an entity up by its natural key and makes it where the mapping says so."""

    connection: Connection
    who: Principal
    now: Now
    find: Callable[[str, str, str], Any]
    fields: Fields = field(default_factory=dict)
    """Everything this write states."""
    columns: dict[str, Any] = field(default_factory=dict)
    """What the fields before this one have put into the base row."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Columns of the base row to set, and what the columns could not take."""

    columns: Mapping[str, Any]
    left: Value = None


class Form:
    """The base of all forms: a field that holds nothing."""

    WORDS: ClassVar[tuple[str, ...]] = ()
    """Every word the form takes; others are refused before it is made. A form that declares none looks for itself."""

    is_required = False
    """Whether an entity without it is refused."""
    default: Any = None
    """What a new row gets where the client says nothing; None: nothing."""

    is_stored_at_birth = False
    """Whether `store` has something to do for a new row of which the client says nothing."""

    is_derived = False
    """Whether the value is made of columns that have fields of their own."""
    is_joint = False
    """Whether a client may say otherwise what means the same (`means_same`)."""
    together: frozenset[str] = frozenset()
    """Fields that are one in the CRM: a write of one states them all."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def columns(self) -> Iterable[str]:
        """Columns of the base table that `read` wants to see."""
        return ()

    def sides(self) -> Iterable[Side]:
        """Tables outside the base row."""
        return ()

    def shown(self) -> Iterable[Shown]:
        """Other entities whose change shows here."""
        return ()

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        """For a batch of keys, what lies outside their base rows."""
        return {}

    def read(self, row: Row, side: Any) -> Value:
        """The field's value. `side` is what `load` gave for this row's key, None where it gave nothing."""
        raise NotImplementedError

    def means_same(self, stated: Fields, fields: Fields) -> bool:
        """Whether what a client `stated` says, together, what the row's `fields` say, though each by itself differs."""
        return False

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        """What a new value puts into the base row (`row`: as it is, None for a new one). Raises Refused."""
        return Assigned({})

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        """Write what lies outside the base row; returns what is left over."""
        return None

    def follows(self) -> Iterable[str]:
        """Columns of the base row that what lies outside is made of; `follow` is called where they were written."""
        return ()

    def follow(self, before: Row, key: Any, writing: Writing) -> None:
        """Bring what lies outside in line with the base row, where the field itself was not written.

        `before`: what the columns of `follows` held.
        """

    def refuse(self, why: str) -> Refused:
        """A no that the user can read."""
        return Refused(f"{self.place.field.replace('_', ' ').capitalize()} {why}", "mapping")


def text_fits(form: Form, column: sa.Column[Any], value: str) -> str:
    """The text, if its column can take it: nothing is ever cut off silently. Raises Refused."""
    length = getattr(column.type, "length", None)
    if length is not None and len(value) > length:
        raise form.refuse(f"is too long for the CRM: {len(value)} characters, {length} at the most.")
    if "\x00" in value:
        raise form.refuse("holds a NUL character, which the CRM cannot store.")
    return value
