"""A field that shows another entity by its name.

    organisation = { entity = "company", table = "companies", column = "company_id", shows = "name", missing = "create" }

    organisation = { …, link = { table = "account_contact", parent = "contact_id", ref = "account_id",
                                 alive = { deleted = 0 }, delete = { deleted = 1 } } }

Where the CRM has a link table beside the column, `link` keeps it in step: a link is revived rather than doubled.
`shows` is the column of the other table that is shown and looked up. When a client writes a name nobody has,
`missing` says what happens: `create` makes the other entity, `refuse` says no, `keep` leaves the name to the
document. An emptied name ends the reference only where `unlink = true`: a property that is missing from a client's
document is not a gesture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from gateway.runtime.lines import near
from storage.crm import stated
from storage.crm.conditions import constants, matches
from storage.crm.forms.form import Assigned, Form, Place, Row, Shown, Side, Words, Writing
from storage.crm.forms.owner_link import bind_owner

LINK_WORDS: Final = ("table", "parent", "ref", "alive", "delete", "insert")
"""What `link` takes."""
_MISSING: Final = ("create", "refuse", "keep")


class Reference(Form):
    """A key in the base row, a name to the user."""

    WORDS = ("entity", "table", "key", "column", "shows", "missing", "unlink", "link")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.entity = str(words["entity"])
        self.column = place.column(words.get("column"))
        self.table = place.table(str(words.get("table", "")))
        self.key = place.column(words.get("key", "id"), self.table)
        self.shows = place.column(words.get("shows"), self.table)
        self.missing = str(words.get("missing", "keep"))
        self.may_unlink = bool(words.get("unlink", False))
        self.link = _Link(place, words["link"]) if "link" in words else None
        if self.missing not in _MISSING:
            raise place.wrong(f"missing must be one of {', '.join(_MISSING)}, not {self.missing!r}")

    def columns(self) -> Iterable[str]:
        return (self.column.name,)

    def sides(self) -> Iterable[Side]:
        return () if self.link is None else (Side(self.link.table, self.link.parent.name),)

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        if self.link is None:
            return None
        connection = writing.connection
        ref = connection.execute(sa.select(self.column).where(self.place.key_column == key)).scalar()
        if ref is not None:
            self.link.hold(writing, key, ref)
        elif self.may_unlink and not value:
            self.link.drop(connection, key)
        return None

    def shown(self) -> Iterable[Shown]:
        key = self.place.key_column
        return (Shown(self.entity, lambda keys: sa.select(key).where(self.column.in_(keys))),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        key = self.place.key_column
        joined = self.place.base.join(self.table, self.column == self.key)
        found = connection.execute(sa.select(key, self.shows).select_from(joined).where(key.in_(keys)))
        return {row[0]: row[1] for row in found}

    def read(self, row: Row, side: Any) -> Value:
        return str(side) if side else None

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        name = value.strip() if isinstance(value, str) else ""
        if not name:
            return Assigned({self.column.name: None}) if self.may_unlink else Assigned({})
        found = writing.find(self.entity, name, self.missing)
        if found is not None:
            return Assigned({self.column.name: found})
        if self.missing == "refuse":
            raise self.refuse(f"“{name}” is not known to the CRM.")
        return Assigned({self.column.name: None}, name)


class _Link:
    """The link table beside a reference."""

    def __init__(self, place: Place, words: Words) -> None:
        for name in words:
            if name not in LINK_WORDS:
                raise place.wrong(f"link: unknown word {name!r}{near(name, LINK_WORDS)}")
        self.table = place.table(str(words.get("table", "")))
        self.parent = place.column(words.get("parent"), self.table)
        self.ref = place.column(words.get("ref"), self.table)
        self.alive, self.delete = dict(words.get("alive", {})), dict(words.get("delete", {}))
        self.insert = dict(words.get("insert", {}))
        for name in (*self.alive, *self.delete, *self.insert):
            place.column(name, self.table)
        self.alive, self.delete = constants(self.table, self.alive), constants(self.table, self.delete)
        stated.check(self.insert)

    def hold(self, writing: Writing, parent: Any, ref: Any) -> None:
        """There is one link, and it is alive."""
        connection = writing.connection
        mine = sa.and_(self.parent == parent, self.ref == ref)
        alive = [matches(self.table.c[name], value) for name, value in self.alive.items()]
        if connection.execute(sa.select(self.ref).where(mine, *alive)).first() is not None:
            return
        if self.alive and connection.execute(sa.update(self.table).where(mine).values(self.alive)).rowcount:
            return
        row = stated.columns(self.insert, self.table, writing.who, writing.now)
        row |= self.alive | {self.parent.name: parent, self.ref.name: ref}
        connection.execute(sa.insert(self.table).values(row))

    def drop(self, connection: Connection, parent: Any) -> None:
        """There is no link any more."""
        gone = sa.update(self.table).values(self.delete) if self.delete else sa.delete(self.table)
        connection.execute(gone.where(self.parent == parent))


class Owner(Form):
    """The owning user as organizer: read only, for who owns what is not a client's to change.

    organizer = { owner = "owner_id" }
    organizer = { owner = { table = "event_owners", parent = "event_id", user = "user_id" } }
    """

    WORDS = ("owner",)

    def __init__(self, place: Place, words: Words, users: Users) -> None:
        super().__init__(place)
        said = words["owner"]
        self.link = bind_owner(said, place.table, place.wrong) if isinstance(said, Mapping) else None
        self.column = place.column(said) if self.link is None else self.link.user
        self.key = place.key_column if self.link is None else self.link.parent
        self.own = [] if self.link is None else self.link.own()
        self.users = users

    def columns(self) -> Iterable[str]:
        return (self.column.name,) if self.link is None else ()

    def sides(self) -> Iterable[Side]:
        return () if self.link is None else (self.link.side(),)

    def shown(self) -> Iterable[Shown]:
        return (Shown("user", lambda keys: sa.select(self.key).where(self.column.in_(keys), *self.own)),)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        users = self.users
        joined = self.column.table.join(users.table, self.column == users.key)
        wanted = sa.select(self.key, users.address, users.name).select_from(joined).where(self.key.in_(keys), *self.own)
        found: dict[Any, Any] = {}
        for row in connection.execute(wanted.order_by(self.key, self.column)):
            found.setdefault(row[0], (row[1], row[2]))
        return found

    def read(self, row: Row, side: Any) -> Value:
        from gateway.core.entities import Attendee

        if not side or not side[0]:
            return None
        return Attendee(str(side[0]), str(side[1] or ""), "ACCEPTED", "CHAIR")


class Users:
    """The users' columns that forms show."""

    def __init__(
        self,
        key: sa.ColumnElement[Any],
        address: sa.ColumnElement[Any],
        name: sa.ColumnElement[Any],
        table: sa.FromClause,
    ) -> None:
        self.key, self.address, self.name, self.table = key, address, name, table
