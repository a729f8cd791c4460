"""A list of values in shared rows behind a link table.

    emails = { shared = "email", where = { entity_type = "Contact" } }
    phones = { shared = "phone", where = { entity_type = "Contact" } }

What the shared rows are stands in `[crm.shared.NAME]` (`storage.crm.shared`). One value is the primary one: the one
that is and stays in the list, else the first. A value that differs from a held one in its fold alone is that one,
and a shared row keeps the type it has, because others may show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Typed, Value
from storage.crm import stated
from storage.crm.conditions import matches
from storage.crm.forms.form import Form, Place, Row, Side, Words, Writing, text_fits


class SharedValues(Form):
    """Values, their types, and the links to them."""

    WORDS = ("shared", "where")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.shared = place.shared(str(words["shared"]))
        self.link = self.shared.link(dict(words.get("where", {})))

    def sides(self) -> Iterable[Side]:
        return self.shared.sides(self.link)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[tuple[Any, str, Any]]]:
        shared, link = self.shared, self.link
        kind = shared.type if shared.type is not None else sa.null()
        wanted = sa.select(link.parent, shared.key, shared.value, kind)
        wanted = wanted.select_from(link.table.join(shared.table, link.ref == shared.key))
        wanted = wanted.where(link.parent.in_(keys), *link.living(), *shared.living())
        found: dict[Any, list[tuple[Any, str, Any]]] = defaultdict(list)
        for parent, key, value, word in connection.execute(wanted.order_by(link.parent, *link.order())):
            if value:
                found[parent].append((key, str(value), word))
        return found

    def read(self, row: Row, side: Any) -> Value:
        return tuple(Typed(value, self.shared.kinds(word)) for _, value, word in side or ())

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        given: dict[str, Typed] = {}
        for item in value if isinstance(value, tuple) else ():
            typed = item if isinstance(item, Typed) else Typed(str(item))
            if typed.value.strip() and self.shared.fold(typed.value):
                given.setdefault(self.shared.fold(typed.value), typed)
        connection, link = writing.connection, self.link
        held = {self.shared.fold(text): ref for ref, text, _ in self.load(connection, [key]).get(key, ())}
        primary = next((fold for fold in held if fold in given), next(iter(given), None))
        for fold, ref in held.items():
            if fold not in given:
                self._unlink(writing, key, ref)
        for fold, item in given.items():
            if fold not in held:
                text_fits(self, self.shared.value, self.shared.form(item.value))
                held[fold] = self.shared.key_of(connection, item.value, writing.who, writing.now, item.types)
                self._relink(writing, key, held[fold], is_primary=fold == primary)
            elif link.primary is not None:
                is_primary = fold == primary
                mine = sa.and_(
                    link.parent == key,
                    link.ref == held[fold],
                    sa.not_(matches(link.primary, int(is_primary))),
                    *link.living(),
                )
                connection.execute(sa.update(link.table).where(mine).values({link.primary.name: int(is_primary)}))
        return None

    def _unlink(self, writing: Writing, key: Any, ref: Any) -> None:
        link = self.link
        gone: sa.Update | sa.Delete = sa.delete(link.table)
        if link.delete:
            gone = sa.update(link.table).values(stated.columns(link.delete, link.table, writing.who, writing.now))
        writing.connection.execute(gone.where(link.parent == key, link.ref == ref, *link.living()))

    def _relink(self, writing: Writing, key: Any, ref: Any, *, is_primary: bool) -> None:
        link, connection = self.link, writing.connection
        row: dict[str, Any] = dict(link.alive)
        if link.primary is not None:
            row[link.primary.name] = int(is_primary)
        again = sa.update(link.table).where(link.parent == key, link.ref == ref, *link.own())
        if link.delete and connection.execute(again.values(row)).rowcount:
            return
        row |= {link.parent.name: key, link.ref.name: ref} | dict(link.where)
        row = stated.columns(link.insert, link.table, writing.who, writing.now) | row
        connection.execute(sa.insert(link.table).values(row))
