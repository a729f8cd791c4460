"""Rows of the file area: folders and files by their parents and names, and one row for each tree that holds them all.

Whoever writes locks the tree's row first. So nobody makes a folder where another takes one away, no folder ends up
within itself, and what the tree takes up is always what its rows say.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.files import FilePath
from gateway.core.ids import PrincipalId
from storage.database import AnyRow
from storage.locking import locked
from storage.state.contents import EMPTY
from storage.state.schema import State

ROOT: Final = 0
"""What stands for the parent of what is at the top."""
_PAGE: Final = 500


@dataclass(slots=True)
class TreeSize:
    """What a tree takes up, while its row is locked."""

    used: int
    nodes: int


class FileTable:
    """Trees and what is in them."""

    def __init__(self, state: State) -> None:
        self.tree, self.file = state.tree, state.file

    def lock(self, connection: Connection, principal: PrincipalId) -> TreeSize:
        """Hold a tree until the transaction ends; makes its row the first time."""
        table = self.tree
        wanted = sa.select(table.c.used, table.c.nodes).where(table.c.principal == principal)
        row = connection.execute(locked(wanted, table)).first()
        if row is None:
            # Two at once: the second meets the unique key and starts afresh.
            connection.execute(sa.insert(table).values(principal=principal, used=0, nodes=0))
            return TreeSize(0, 0)
        return TreeSize(row.used, row.nodes)

    def size(self, connection: Connection, principal: PrincipalId) -> TreeSize:
        """What a tree takes up."""
        table = self.tree
        row = connection.execute(sa.select(table.c.used, table.c.nodes).where(table.c.principal == principal)).first()
        return TreeSize(0, 0) if row is None else TreeSize(row.used, row.nodes)

    def write_size(self, connection: Connection, principal: PrincipalId, size: TreeSize) -> None:
        """Put it back."""
        table = self.tree
        connection.execute(
            sa.update(table).where(table.c.principal == principal).values(used=size.used, nodes=size.nodes)
        )

    def find(self, connection: Connection, principal: PrincipalId, path: FilePath) -> AnyRow | None:
        """The row of a path that is not the top; None where there is nothing."""
        parent, row = ROOT, None
        for name in path:
            if row is not None and not row.is_folder:
                return None
            row = self.child(connection, principal, parent, name)
            if row is None:
                return None
            parent = row.id
        return row

    def folder_id(self, connection: Connection, principal: PrincipalId, path: FilePath) -> int | None:
        """The number of a folder, the top included; None where there is none."""
        if not path:
            return ROOT
        row = self.find(connection, principal, path)
        return row.id if row is not None and row.is_folder else None

    def child(self, connection: Connection, principal: PrincipalId, parent: int, name: str) -> AnyRow | None:
        """What is directly in a folder under a name."""
        table = self.file
        wanted = sa.select(table).where(table.c.principal == principal, table.c.parent == parent, table.c.name == name)
        row = connection.execute(wanted).first()
        # MariaDB does not see spaces at the end of a text.
        return row if row is not None and row.name == name else None

    def children(self, connection: Connection, principal: PrincipalId, parents: Sequence[int]) -> list[AnyRow]:
        """What is directly in these folders, by name."""
        table = self.file
        found: list[AnyRow] = []
        for page in _pages(parents):
            wanted = sa.select(table).where(table.c.principal == principal, table.c.parent.in_(page))
            found += connection.execute(wanted.order_by(table.c.parent, table.c.name)).all()
        return found

    def many_in(self, connection: Connection, principal: PrincipalId, parent: int) -> int:
        """How many are directly in a folder."""
        table = self.file
        wanted = sa.select(sa.func.count()).where(table.c.principal == principal, table.c.parent == parent)
        return int(connection.execute(wanted).scalar_one())

    def below(
        self, connection: Connection, principal: PrincipalId, top: AnyRow, path: FilePath
    ) -> Mapping[FilePath, AnyRow]:
        """A row and all that is below it, by path, each folder before what is in it."""
        found: dict[FilePath, AnyRow] = {path: top}
        level = {top.id: path} if top.is_folder else {}
        while level:
            rows = self.children(connection, principal, list(level))
            found |= {(*level[row.parent], row.name): row for row in rows}
            level = {row.id: (*level[row.parent], row.name) for row in rows if row.is_folder}
        return found

    def insert(self, connection: Connection, principal: PrincipalId, parent: int, name: str, **values: Any) -> int:
        """A new row, a folder unless `values` say otherwise; its number."""
        now = int(time.time())
        row = {
            "is_folder": 1, "content": EMPTY, "size": 0, "content_type": "", "etag": "", "created": now,
            "modified": now, "words": None, **values, "principal": principal, "parent": parent, "name": name,
        }  # fmt: skip
        key = connection.execute(sa.insert(self.file).values(row)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def copy(self, connection: Connection, principal: PrincipalId, rows: Sequence[tuple[int, str, AnyRow]]) -> None:
        """Files again elsewhere: parent, name and what they are copies of."""
        now = int(time.time())
        copies = [
            {
                "principal": principal, "parent": parent, "name": name, "is_folder": 0, "content": row.content,
                "size": row.size, "content_type": row.content_type, "etag": row.etag, "created": now,
                "modified": row.modified, "words": row.words,
            }
            for parent, name, row in rows
        ]  # fmt: skip
        for page in _pages(copies):
            connection.execute(sa.insert(self.file), page)

    def update(self, connection: Connection, number: int, **values: Any) -> None:
        """Change a row."""
        connection.execute(sa.update(self.file).where(self.file.c.id == number).values(**values))

    def touch(self, connection: Connection, folder: int) -> None:
        """Something in a folder came or went; the top has no row that would say so."""
        if folder != ROOT:
            self.update(connection, folder, modified=int(time.time()))

    def delete(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Take rows away."""
        for page in _pages(numbers):
            connection.execute(sa.delete(self.file).where(self.file.c.id.in_(page)))


def _pages(items: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(items[start : start + _PAGE]) for start in range(0, len(items), _PAGE))
