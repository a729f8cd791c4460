"""The file area: a tree of folders and files for each principal, its quota, and the locks on it.

Every write holds the principal's tree, judges condition, locks, limits and names, and only then changes rows; so what
it judged stays true until it commits. Bytes are put away before, piece by piece (`storage.file_transfer`), and become
a file here. A copy costs rows only: content is held once however many files have it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from gateway.core.errors import (
    AlreadyExists,
    NoPermission,
    NoPlace,
    NoSpace,
    NotFound,
    PreconditionFailed,
    TooLarge,
)
from gateway.core.files import (
    DEEPEST,
    MOST_IN_FOLDER,
    MOST_IN_TREE,
    TOP,
    Carrying,
    FileLimits,
    FileNode,
    FilePath,
    FileWritten,
    Quota,
    check_path,
)
from gateway.core.ids import UID, ETag, PrincipalId
from gateway.core.keeping import LookChange, Spot
from gateway.core.locks import Lock, Lockable, LockMade, LockWish, Touch, blocking
from gateway.core.model import Condition, Principal
from storage.database import AnyRow, Unit
from storage.state.blobs import Blobs
from storage.state.contents import EMPTY, Contents, Piece
from storage.state.file_table import ROOT, FileTable, TreeSize
from storage.state.locks import Locks, of_tree
from storage.state.looks import HOME, Looks, changed_words, read_look
from storage.state.schema import ETAG_LENGTH, State

UNKNOWN: Final = "application/octet-stream"
_CHANGED: Final = "It has been changed meanwhile."
_NOTHING: Final = "There is no such folder or file."
_NO_FOLDER: Final = "There is no folder here to put this into."


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that are to become a file: put away already, but for the last piece."""

    content: str
    size: int
    pieces: Sequence[Piece]
    holds: Sequence[int]
    last: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """Where a file may be written: its folder, what is there, and the tree."""

    parent: int
    row: AnyRow | None
    tree: TreeSize

    @property
    def held(self) -> int:
        """Bytes that writing it gives back."""
        return 0 if self.row is None else int(self.row.size)


class FilesArea:
    """All trees; synchronous, within the transactions of others."""

    def __init__(self, state: State, blobs: Blobs, limits: FileLimits) -> None:
        self.table, self.contents, self.limits = FileTable(state), Contents(state, blobs), limits
        self.locks_table, self.looks = Locks(state), Looks(state)

    # --- reading ---------------------------------------------------------------------------------------------------

    def node(self, connection: Connection, who: Principal, path: FilePath) -> FileNode:
        """See `KeepsFiles.file`."""
        if path == TOP:
            return self._top(connection, who)
        return seen(path, self.row(connection, who, path))

    def folder(self, connection: Connection, who: Principal, path: FilePath) -> tuple[FileNode, Sequence[FileNode]]:
        """See `KeepsFiles.folder`."""
        top, number = self._top(connection, who) if path == TOP else None, ROOT
        if top is None:
            row = self.row(connection, who, path)
            top, number = seen(path, row), row.id
        if not top.is_folder:
            return top, ()
        return top, [seen((*path, row.name), row) for row in self.table.children(connection, who.id, [number])]

    def quota(self, connection: Connection, who: Principal) -> Quota:
        """See `KeepsFiles.quota`."""
        used = self.table.size(connection, who.id).used
        return Quota(used, max(0, self.limits.quota - used))

    def row(self, connection: Connection, who: Principal, path: FilePath) -> AnyRow:
        """What is at a path that is not the top. Raises NotFound."""
        row = self.table.find(connection, who.id, path)
        if row is None:
            raise NotFound(_NOTHING)
        return row

    def _top(self, connection: Connection, who: Principal) -> FileNode:
        return FileNode(TOP, True, ETag(""), 0, "", 0, 0, look=self.looks.spot(connection, who.id, Spot.FILES))

    # --- writing ---------------------------------------------------------------------------------------------------

    def judge(self, connection: Connection, who: Principal, path: FilePath, size: int, when: Condition) -> Judged:
        """Whether a file of so many bytes may be written at a path. Raises what `KeepsFiles.write_file` raises."""
        check_path(path)
        if size > self.limits.largest:
            raise TooLarge(f"A file has at most {self.limits.largest} bytes.", self.limits.largest)
        row = self.table.find(connection, who.id, path)
        if path == TOP or (row is not None and row.is_folder):
            raise AlreadyExists("A folder is here.")
        parent = self._parent(connection, who, path)
        self._hold_to(when, row)
        self._check(connection, who, path, when, Touch(path, is_member=row is None))
        judged = Judged(parent, row, self.table.size(connection, who.id))
        self._room(connection, who.id, parent, judged.tree, size - judged.held, int(row is None))
        return judged

    def write(
        self, unit: Unit, who: Principal, path: FilePath, content_type: str, upload: Upload, when: Condition
    ) -> FileWritten:
        """Make a file of what has been put away."""
        connection = unit.connection
        self.table.lock(connection, who.id)
        judged = self.judge(connection, who, path, upload.size, when)
        row = judged.row
        self.contents.finish(connection, upload.content, upload.pieces, upload.holds, upload.last)
        etag = _etag(upload.content, content_type)
        values = {"content": upload.content, "size": upload.size, "content_type": content_type, "etag": etag}
        if row is None:
            self.table.insert(connection, who.id, judged.parent, path[-1], is_folder=0, **values)
            self.table.touch(connection, judged.parent)
        else:
            self.table.update(connection, row.id, modified=int(time.time()), **values)
            if row.content != upload.content:
                self.contents.release(connection, [row.content])
        self._count(connection, who.id, judged.tree, upload.size - judged.held, int(row is None))
        return FileWritten(etag, row is None)

    def make_folder(self, unit: Unit, who: Principal, path: FilePath, when: Condition) -> None:
        """See `KeepsFiles.make_folder`."""
        connection = unit.connection
        check_path(path)
        tree = self.table.lock(connection, who.id)
        if path == TOP or self.table.find(connection, who.id, path) is not None:
            raise AlreadyExists("Something of this name is here already.")
        parent = self._parent(connection, who, path)
        self._hold_to(when, None)
        self._check(connection, who, path, when, Touch(path, is_member=True))
        self._room(connection, who.id, parent, tree, 0, 1)
        self.table.insert(connection, who.id, parent, path[-1])
        self.table.touch(connection, parent)
        self._count(connection, who.id, tree, 0, 1)

    def delete(self, unit: Unit, who: Principal, path: FilePath, when: Condition) -> Sequence[FilePath]:
        """See `KeepsFiles.delete_tree`."""
        connection = unit.connection
        if path == TOP:
            raise NoPermission("Your files as a whole are not deleted.")
        tree = self.table.lock(connection, who.id)
        row = self.row(connection, who, path)
        self._hold_to(when, row)
        self._check(connection, who, path, when, Touch(path, is_member=True))
        live = self.locks_table.live(connection, of_tree(who.id))
        kept = list(
            dict.fromkeys(
                one.path for one in blocking(live, Touch(path, is_deep=True), who.id, when.tokens) if one.path != path
            )
        )
        below = self.table.below(connection, who.id, row, path)
        # RFC 4918 §9.6.1: what cannot be deleted keeps the folders above it; all the rest goes.
        gone = {one: held for one, held in below.items() if not any(_concerns(one, stays) for stays in kept)}
        self._remove(connection, who.id, tree, gone)
        for one in [path] if not kept else list(gone):
            self.locks_table.forget(connection, of_tree(who.id), one)
        self.table.touch(connection, row.parent)
        return [one for one in kept if one in below]

    def carry(self, unit: Unit, who: Principal, how: Carrying) -> bool:
        """See `KeepsFiles.carry_file`."""
        connection, source, target = unit.connection, how.source, how.target
        if TOP in {source, target}:
            raise NoPermission("Your files as a whole are neither copied nor moved nor replaced.")
        tree = self.table.lock(connection, who.id)
        row = self.row(connection, who, source)
        self._hold_to(how.when, row)
        check_path(target)
        if target[: len(source)] == source or source[: len(target)] == target:
            # RFC 4918 §9.8.5: 403 where source and destination are the same; within one another is no better.
            raise NoPermission("A folder or file cannot be put into itself or in place of what it is in.")
        there = self.table.find(connection, who.id, target)
        parent = self._parent(connection, who, target)
        if there is not None and not how.may_replace:
            raise PreconditionFailed("Something of that name is there already.")
        touches = [Touch(target, is_member=there is None, is_deep=True)]
        if how.is_move:
            touches.append(Touch(source, is_member=True, is_deep=True))
        self._check(connection, who, source, how.when, *touches)
        whole = self.table.below(connection, who.id, row, source) if how.is_deep or how.is_move else {source: row}
        if len(target) + max(len(one) for one in whole) - len(source) > DEEPEST:
            raise TooLarge(f"Folders stand at most {DEEPEST} deep.", DEEPEST)
        if there is not None:
            self._remove(connection, who.id, tree, self.table.below(connection, who.id, there, target))
            self.locks_table.forget(connection, of_tree(who.id), target, but_itself=True)
        if how.is_move:
            self._room(connection, who.id, parent, TreeSize(0, 0), 0, 1)
            self.table.update(connection, row.id, parent=parent, name=target[-1])
            self.locks_table.forget(connection, of_tree(who.id), source)
            self.table.touch(connection, row.parent)
        else:
            size = sum(one.size for one in whole.values())
            self._room(connection, who.id, parent, tree, size, len(whole))
            self._copy(connection, who.id, whole, source, parent, target[-1])
            self._count(connection, who.id, tree, size, len(whole))
        self.table.touch(connection, parent)
        return there is None

    def _copy(
        self,
        connection: Connection,
        principal: PrincipalId,
        whole: Mapping[FilePath, AnyRow],
        source: FilePath,
        parent: int,
        name: str,
    ) -> None:
        numbers: dict[FilePath, int] = {source[:-1]: parent}
        files: list[tuple[int, str, AnyRow]] = []
        for path, row in whole.items():
            called = name if path == source else path[-1]
            if row.is_folder:
                numbers[path] = self.table.insert(connection, principal, numbers[path[:-1]], called, words=row.words)
            else:
                files.append((numbers[path[:-1]], called, row))
        self.table.copy(connection, principal, files)

    def change_look(self, unit: Unit, who: Principal, path: FilePath, change: LookChange, when: Condition) -> None:
        """See `KeepsFiles.change_file_look`."""
        connection = unit.connection
        self.table.lock(connection, who.id)
        self._check(connection, who, path, when, Touch(path))
        if path == TOP:
            self.looks.change(connection, HOME, who.id, UID(Spot.FILES.value), change)
            return
        row = self.row(connection, who, path)
        self._hold_to(when, row)
        self.table.update(connection, row.id, words=changed_words(row.words, change))

    # --- locks -----------------------------------------------------------------------------------------------------

    def locks(self, connection: Connection, who: Principal) -> Sequence[Lock]:
        """See `KeepsLocks.locks`."""
        return self.locks_table.live(connection, of_tree(who.id))

    def lock(self, unit: Unit, who: Principal, path: FilePath, wish: LockWish, when: Condition) -> LockMade:
        """See `KeepsLocks.lock`."""
        connection = unit.connection
        tree = self.table.lock(connection, who.id)
        row = self.table.find(connection, who.id, path)
        if path != TOP:
            self._hold_to(when, row)
        is_new = row is None and path != TOP
        if is_new:
            check_path(path)
            parent = self._parent(connection, who, path)
            self._check(connection, who, path, when, Touch(path, is_member=True))
            self._room(connection, who.id, parent, tree, 0, 1)
            # RFC 4918 §7.3: an empty resource, so that the name is taken.
            etag = _etag(EMPTY, UNKNOWN)
            self.table.insert(connection, who.id, parent, path[-1], is_folder=0, content_type=UNKNOWN, etag=etag)
            self._count(connection, who.id, tree, 0, 1)
        return LockMade(self.locks_table.grant(connection, of_tree(who.id), Lockable(path), who, wish), is_new)

    def refresh(self, unit: Unit, who: Principal, path: FilePath, timeout: int, when: Condition) -> Lock:
        """See `KeepsLocks.refresh_lock`."""
        self.table.lock(unit.connection, who.id)
        return self.locks_table.refresh(unit.connection, of_tree(who.id), Lockable(path), who, timeout, when)

    def unlock(self, unit: Unit, who: Principal, path: FilePath, token: str) -> None:
        """See `KeepsLocks.unlock`."""
        self.table.lock(unit.connection, who.id)
        self.locks_table.take_away(unit.connection, of_tree(who.id), Lockable(path), who, token)

    # --- what writes have in common --------------------------------------------------------------------------------

    def _parent(self, connection: Connection, who: Principal, path: FilePath) -> int:
        number = self.table.folder_id(connection, who.id, path[:-1])
        if number is None:
            raise NoPlace(_NO_FOLDER)
        return number

    def _hold_to(self, when: Condition, row: AnyRow | None) -> None:
        if not when.holds(None if row is None else ETag(row.etag)):
            raise PreconditionFailed(_CHANGED)

    def _check(self, connection: Connection, who: Principal, path: FilePath, when: Condition, *touches: Touch) -> None:
        self.locks_table.check(connection, of_tree(who.id), Lockable(path), who, when, *touches)

    def _room(
        self, connection: Connection, principal: PrincipalId, parent: int, tree: TreeSize, size: int, nodes: int
    ) -> None:
        """Raises NoSpace where so many bytes and nodes more are too many."""
        if size > 0 and tree.used + size > self.limits.quota:
            raise NoSpace(f"Your files may take up {self.limits.quota} bytes in all; there is no room for this.")
        if nodes and tree.nodes + nodes > MOST_IN_TREE:
            raise NoSpace(f"At most {MOST_IN_TREE} folders and files are kept.")
        if nodes and self.table.many_in(connection, principal, parent) >= MOST_IN_FOLDER:
            raise NoSpace(f"A folder has room for {MOST_IN_FOLDER} folders and files.")

    def _count(self, connection: Connection, principal: PrincipalId, tree: TreeSize, size: int, nodes: int) -> None:
        tree.used, tree.nodes = tree.used + size, tree.nodes + nodes
        self.table.write_size(connection, principal, tree)

    def _remove(
        self, connection: Connection, principal: PrincipalId, tree: TreeSize, gone: Mapping[FilePath, AnyRow]
    ) -> None:
        self.table.delete(connection, [row.id for row in gone.values()])
        self.contents.release(connection, [row.content for row in gone.values() if not row.is_folder])
        self._count(connection, principal, tree, -sum(row.size for row in gone.values()), -len(gone))


def seen(path: FilePath, row: AnyRow) -> FileNode:
    """A row as protocols know a folder or file."""
    return FileNode(
        path,
        bool(row.is_folder),
        ETag(row.etag),
        row.size,
        row.content_type,
        row.created,
        row.modified,
        look=read_look(row.words),
    )


def _concerns(path: FilePath, stays: FilePath) -> bool:
    """Whether what is at `path` has to stay because `stays` does: it is that, above it, or in it."""
    return path[: len(stays)] == stays or stays[: len(path)] == path


def _etag(content: str, content_type: str) -> ETag:
    """Of the bytes, and of what they are said to be: another type is another representation."""
    return ETag(hashlib.sha256(f"{content} {content_type}".encode()).hexdigest()[:ETAG_LENGTH])
