"""A field that shows another entity by its name.

    organisation = { entity = "company", table = "companies", column = "company_id", shows = "name", missing = "create" }

    organisation = { …, link = { table = "account_contact", parent = "contact_id", ref = "account_id",
                                 alive = { deleted = 0 }, delete = { deleted = 1 } } }

Where the CRM has a link table beside the column, `link` keeps it in step: a link is revived rather than doubled. Where
it has the link table alone, there is no `column`: the first living link is shown, and a write leaves one.
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
from storage.crm.forms.form import Assigned, Form, Place, Row, Shown, Side, Words, Writing
from storage.crm.forms.link import LinkTable
from storage.crm.forms.owner_link import bind_owner

_MISSING: Final = ("create", "refuse", "keep")


class Reference(Form):
    """A key in the base row, in a link table, or in both; a name to the user."""

    WORDS = ("entity", "table", "key", "column", "shows", "missing", "unlink", "link")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.entity = str(words["entity"])
        self.link = LinkTable(place, words["link"]) if "link" in words else None
        self.column = place.column(words.get("column")) if self.link is None or "column" in words else None
        table = place.table(str(words.get("table", "")))
        key, shows = place.column(words.get("key", "id"), table), place.column(words.get("shows"), table)
        # A row may refer to another of its own table.
        self.table: sa.FromClause = table.alias() if table is place.base else table
        self.key, self.shows = self.table.c[key.name], self.table.c[shows.name]
        self.missing = str(words.get("missing", "keep"))
        self.may_unlink = bool(words.get("unlink", False))
        if self.missing not in _MISSING:
            raise place.wrong(f"missing must be one of {', '.join(_MISSING)}, not {self.missing!r}")

    def columns(self) -> Iterable[str]:
        return () if self.column is None else (self.column.name,)

    def sides(self) -> Iterable[Side]:
        return () if self.link is None else (self.link.side(),)

    def shown(self) -> Iterable[Shown]:
        key, column, link = self.place.key_column, self.column, self.link
        if column is not None:
            yield Shown(self.entity, lambda keys: sa.select(key).where(column.in_(keys)))
        elif link is not None:
            yield Shown(self.entity, lambda keys: sa.select(link.parent).where(link.ref.in_(keys), *link.living()))

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        key, link = self.place.key_column, self.link
        if self.column is not None:
            joined = self.place.base.join(self.table, self.column == self.key)
            wanted = sa.select(key, self.shows).select_from(joined).where(key.in_(keys))
        elif link is not None:
            joined = link.table.join(self.table, link.ref == self.key)
            wanted = sa.select(link.parent, self.shows).select_from(joined)
            wanted = wanted.where(link.parent.in_(keys), *link.living()).order_by(link.parent, *link.order())
        found: dict[Any, Any] = {}
        for row in connection.execute(wanted):
            found.setdefault(row[0], row[1])
        return found

    def read(self, row: Row, side: Any) -> Value:
        return str(side) if side else None

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if self.column is None:
            return Assigned({})
        name = value.strip() if isinstance(value, str) else ""
        if not name and not self.may_unlink:
            return Assigned({})
        found = self._find(name, writing) if name else None
        former = None if row is None else row[self.column.name]
        if self.link is not None and self.link.moves and row is not None and former not in (None, found):
            self.link.drop(writing, row[self.place.key], ref=former)
        return Assigned({self.column.name: found}, name if found is None and name else None)

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        link, connection = self.link, writing.connection
        if link is None:
            return None
        if self.column is None:
            return self._store_link(link, value, key, writing)
        ref = connection.execute(sa.select(self.column).where(self.place.key_column == key)).scalar()
        if ref is not None:
            link.hold(writing, key, ref)
        elif self.may_unlink and not value and not link.moves:
            link.drop(writing, key)
        return None

    def _store_link(self, link: LinkTable, value: Value, key: Any, writing: Writing) -> Value:
        name = value.strip() if isinstance(value, str) else ""
        if not name:
            if self.may_unlink:
                link.drop(writing, key)
            return None
        if self.load(writing.connection, [key]).get(key) == name:
            return None  # of several with this name the one that is linked stays
        found = self._find(name, writing)
        link.drop(writing, key, but=found)
        if found is None:
            return name
        link.hold(writing, key, found)
        return None

    def _find(self, name: str, writing: Writing) -> Any:
        found = writing.find(self.entity, name, self.missing)
        if found is None and self.missing == "refuse":
            raise self.refuse(f"“{name}” is not known to the CRM.")
        return found


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
