"""Folders and files that the gateway keeps for a principal: a tree of his own, beside mail, calendars and cards.

A file is named by its path, the names from the top of the tree; the empty path is the top. Names differ by letter
case. Content goes in and out in pieces, so that a large file needs no more memory than a small one. Whatever a call
writes happens whole or not at all, but for `delete_tree`, which says what it had to leave.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from gateway.core.errors import InvalidContent, TooLarge
from gateway.core.ids import ETag
from gateway.core.model import Condition, Principal, Right

if TYPE_CHECKING:
    from gateway.core.keeping import LookChange

FilePath = tuple[str, ...]
"""Names from the top of a principal's tree."""

TOP: Final[FilePath] = ()
NAME_LONGEST: Final = 255
"""Characters of a name."""
DEEPEST: Final = 32
"""Names in a path."""
MOST_IN_FOLDER: Final = 10_000
MOST_IN_TREE: Final = 50_000
"""Folders and files."""
FILE_LARGEST: Final = 100 * 1024 * 1024
"""Bytes of a file, unless the configuration says otherwise."""
QUOTA: Final = 1024 * 1024 * 1024
"""Bytes of all files of one principal, unless the configuration says otherwise."""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What the configuration allows, in bytes."""

    largest: int = FILE_LARGEST
    quota: int = QUOTA


@dataclass(frozen=True, slots=True)
class FileNode:
    """A folder or file as its principal sees it. Times are seconds since 1970; a folder has no etag and no size."""

    path: FilePath
    is_folder: bool
    etag: ETag
    size: int
    content_type: str
    created: int
    modified: int
    rights: Right = Right.WRITER
    look: Mapping[str, str] = field(default_factory=dict)
    """What the principal has said of it (`gateway.core.keeping`)."""

    @property
    def name(self) -> str:
        """The last name of the path; nothing for the top."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class Quota:
    """Bytes of a principal's files, and how many more there may be (RFC 4331)."""

    used: int
    available: int


@dataclass(frozen=True, slots=True)
class Carrying:
    """A folder or file on its way to another path (RFC 4918 §9.8, §9.9).

    `when` is judged against the source. `is_deep`: a folder with all that is in it, else the bare folder.
    `may_replace`: what stands at the target already is deleted first.
    """

    source: FilePath
    target: FilePath
    when: Condition
    is_move: bool
    is_deep: bool
    may_replace: bool


@dataclass(frozen=True, slots=True)
class FileWritten:
    """What came of a write."""

    etag: ETag
    is_new: bool


class KeepsFiles(Protocol):
    """What the file area can do. Paths are checked by `check_path` where something new is made."""

    async def file(self, who: Principal, path: FilePath) -> FileNode:
        """What is at a path. Raises NotFound."""
        ...

    async def folder(self, who: Principal, path: FilePath) -> tuple[FileNode, Sequence[FileNode]]:
        """The same with what is directly in it, by name; nothing is in a file. Raises NotFound."""
        ...

    async def read_file(
        self, who: Principal, path: FilePath, start: int = 0, length: int | None = None
    ) -> tuple[FileNode, AsyncGenerator[bytes]]:
        """A file, and its bytes from `start` on, at most `length` of them. Raises NotFound, also for a folder."""
        ...

    async def quota(self, who: Principal) -> Quota:
        """How much room is taken and left."""
        ...

    async def write_file(
        self,
        who: Principal,
        path: FilePath,
        content_type: str,
        chunks: AsyncIterator[bytes],
        size: int | None,
        when: Condition,
    ) -> FileWritten:
        """Create or replace a file; `size` is what is announced, if anything is. Nothing is read before all else was good.

        Raises NotFound (no folder there to put it into), AlreadyExists (a folder is there), PreconditionFailed, Locked,
        NoPermission, TooLarge, NoSpace, InvalidContent.
        """
        ...

    async def make_folder(self, who: Principal, path: FilePath, when: Condition) -> None:
        """A new folder. Raises NotFound (no folder to make it in), AlreadyExists, PreconditionFailed, Locked, NoSpace."""
        ...

    async def delete_tree(self, who: Principal, path: FilePath, when: Condition) -> Sequence[FilePath]:
        """Remove what is at a path with all that is in it; which locked ones had to stay, with the folders they are in.

        Raises NotFound, PreconditionFailed, NoPermission; Locked where the path itself may not be removed.
        """
        ...

    async def carry_file(self, who: Principal, how: Carrying) -> bool:
        """Copy or move; whether the target is new. Raises NotFound (source), NoPlace, PreconditionFailed (also where the
        target is taken), NoPermission, Locked, NoSpace, InvalidContent.
        """
        ...

    async def change_file_look(self, who: Principal, path: FilePath, change: LookChange, when: Condition) -> None:
        """Say something of a folder or file. Raises NotFound, TooLarge, InvalidContent, Locked, PreconditionFailed."""
        ...


def check_path(path: FilePath) -> None:
    """Raises InvalidContent for a name that is none, TooLarge for names too long or too many."""
    if len(path) > DEEPEST:
        raise TooLarge(f"Folders stand at most {DEEPEST} deep.", DEEPEST)
    for name in path:
        if len(name) > NAME_LONGEST:
            raise TooLarge(f"A name has at most {NAME_LONGEST} characters.", NAME_LONGEST)
        if not name or name in {".", ".."} or "/" in name or any(is_unfit(character) for character in name):
            raise InvalidContent("This is no name for a folder or file.")


def is_unfit(character: str) -> bool:
    """Whether no name may have it: controls, and half characters that are no Unicode text."""
    return character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff"
