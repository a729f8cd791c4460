"""The mailboxes of records among the collections: found by name, brought to life, renamed with their records.

Each is one collection for everybody who sees it, `VIEW/KEY` in place of its view's name, under a title that no other
of the view has. Titles are kept here and not made anew at each look: clients ask by them, and two records may be
called alike (the second has its key behind the name). One comes to life when somebody who sees it lists his mailboxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import CollectionId, EntityKey
from gateway.core.model import Principal
from storage.crm.bound import BoundEntity, BoundView
from storage.crm.membership import folder_record, folder_view
from storage.crm.record_folders import RecordFolders
from storage.database import AnyRow
from storage.state.schema import State


class Folders:
    """Those of all views that are a mailbox for each record."""

    def __init__(self, state: State, views: Mapping[str, BoundView]) -> None:
        self.state = state
        self.views = {name: bound for name, bound in views.items() if bound.folders is not None}

    def view(self, slug: str) -> BoundView | None:
        """The view whose mailboxes have such names, with the name in it; None where no view has."""
        for bound in self.views.values():
            if bound.folders is not None and slug.startswith(bound.folders.prefix):
                return replace(bound, view=replace(bound.view, display_name=slug))
        return None

    def bound(self, view: str) -> BoundView | None:
        """The view of one mailbox by what stands for its view's name."""
        bound = self.views.get(view.partition("/")[0])
        return None if bound is None else replace(bound, view=replace(bound.view, name=view))

    def row(self, connection: Connection, wanted: sa.Select[Any], bound: BoundView, who: Principal) -> AnyRow | None:
        """The row of the mailbox a `view` with a name in it means, for who may see it."""
        table, folders = self.state.collection, bound.folders
        if folders is None:
            return None
        family = bound.view.name.partition("/")[0]
        is_it = table.c.view == bound.view.name if "/" in bound.view.name else table.c.title == bound.view.display_name
        row = connection.execute(wanted.where(is_it, table.c.principal == "")).first()
        if row is None or row.view.partition("/")[0] != family:
            return None
        return row if folders.may_see(connection, who, folder_record(row.view)) else None

    def rows(self, connection: Connection, wanted: sa.Select[Any], who: Principal) -> tuple[list[AnyRow], bool]:
        """The rows of the mailboxes a user is shown, and whether some have not come to life yet."""
        table = self.state.collection
        found: list[AnyRow] = []
        is_whole = True
        for bound in self.views.values():
            names = [folder_view(bound, key) for key in self._shown(connection, bound, who)]
            many = len(found)
            for start in range(0, len(names), 500):
                page = wanted.where(table.c.view.in_(names[start : start + 500]), table.c.principal == "")
                found.extend(connection.execute(page))
            is_whole = is_whole and len(found) - many == len(names)
        return found, is_whole

    @staticmethod
    def _shown(connection: Connection, bound: BoundView, who: Principal) -> list[Any]:
        return [] if bound.folders is None else bound.folders.shown(connection, who)

    def missing(self, connection: Connection, who: Principal) -> list[tuple[BoundView, str]]:
        """The mailboxes a user is to be shown that have not come to life, each with its title."""
        table = self.state.collection
        made: list[tuple[BoundView, str]] = []
        for bound in self.views.values():
            keys = {folder_view(bound, key): key for key in self._shown(connection, bound, who)}
            if bound.folders is None or not keys:
                continue
            living = sa.select(table.c.view).where(table.c.view.in_(list(keys)), table.c.principal == "")
            for row in connection.execute(living):
                del keys[row[0]]
            titles = bound.folders.names(connection, list(keys.values()))
            taken = self._taken(connection, titles.values())
            for name, key in keys.items():
                wanted = titles.get(EntityKey(str(key)))
                if wanted is None:
                    continue
                title = _free(taken, wanted, str(key))
                made.append((replace(bound, view=replace(bound.view, name=name)), title))
        return made

    def rename(self, connection: Connection, record: BoundEntity, keys: Sequence[Any]) -> None:
        """Records have changed: their mailboxes are called as they are."""
        table = self.state.collection
        for bound in self.views.values():
            if bound.folders is None or bound.view.each != record.name:
                continue
            names = {folder_view(bound, key): key for key in keys}
            living = sa.select(table.c.id, table.c.view, table.c.title)
            rows = connection.execute(living.where(table.c.view.in_(list(names)), table.c.principal == "")).all()
            if not rows:
                continue
            titles = bound.folders.names(connection, [names[row.view] for row in rows])
            for row in rows:
                key = folder_record(row.view)
                wanted = titles.get(key)
                if wanted is None or row.title in (wanted, _keyed(wanted, key)):
                    continue
                title = _free(self._taken(connection, [wanted]), wanted, key)
                connection.execute(sa.update(table).where(table.c.id == row.id).values(title=title))

    def of(self, connection: Connection, collection: CollectionId) -> tuple[RecordFolders, EntityKey] | None:
        """The record whose mailbox a collection is; None where it is none's."""
        if not self.views:
            return None
        table = self.state.collection
        view = connection.execute(sa.select(table.c.view).where(table.c.id == collection)).scalar()
        bound = self.bound(str(view)) if view is not None and "/" in view else None
        if bound is None or bound.folders is None:
            return None
        return bound.folders, folder_record(bound.view.name)

    def _taken(self, connection: Connection, titles: Iterable[str]) -> set[str]:
        table = self.state.collection
        wanted = sorted(set(titles))
        taken: set[str] = set()
        for start in range(0, len(wanted), 500):
            page = sa.select(table.c.title).where(table.c.title.in_(wanted[start : start + 500]))
            taken |= {row[0] for row in connection.execute(page)}
        return taken


def _free(taken: set[str], title: str, key: str) -> str:
    """The title, or where another has it with the key behind it."""
    made = title if title not in taken else _keyed(title, key)
    taken.add(made)
    return made


def _keyed(title: str, key: str) -> str:
    return f"{title} ({key})"
