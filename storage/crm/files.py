"""The CRM's files: bytes its rows point to, below one folder (`[crm] files` in gateway.toml), and nothing outside it.

A path comes from columns, which anybody who writes to the CRM can fill: it is taken only where it leads below the
folder, links followed. What is missing, too large or not to be read is nothing, and is logged. New bytes are written
beside their place and put there whole; where other bytes stood, they come back if the transaction does not commit.
Files are never deleted: a row that is taken away may come back, and the product has its own ways to sweep.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import event
from sqlalchemy.engine import Connection

from gateway.core.errors import Refused, Unavailable

_FILE_MODE: Final = 0o664
_FOLDER_MODE: Final = 0o775

log = logging.getLogger(__name__)


class Files:
    """The folder; None where the gateway has not been told of one."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def size(self, path: str) -> int | None:
        """How many bytes there are; None where there is no such file, or it is none of the CRM's."""
        place = self._place(path)
        if place is None:
            return None
        with suppress(OSError):
            found = place.stat()
            return found.st_size if stat.S_ISREG(found.st_mode) else None
        return None

    def read(self, path: str, most: int) -> bytes | None:
        """A file's bytes; None where there is none, or more than `most` of them."""
        size = self.size(path)
        place = self._place(path)
        if place is None or size is None:
            return None
        if size > most:
            log.warning("a file of the CRM is left out: %s has %d bytes, more than %d", path, size, most)
            return None
        try:
            with place.open("rb") as file:
                content = file.read(most + 1)
        except OSError as fault:
            log.warning("a file of the CRM cannot be read: %s: %s", path, fault.strerror)
            return None
        return content if len(content) <= most else None

    def write(self, connection: Connection, path: str, content: bytes) -> None:
        """Put bytes there, for good once the transaction commits. Raises Refused, Unavailable."""
        place = self._place(path)
        if place is None:
            raise Refused("The CRM has no place for this file.", "mapping")
        part = place.with_name(f".{secrets.token_hex(8)}.part")
        former = place.with_name(f".{secrets.token_hex(8)}.former")
        try:
            place.parent.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
            with part.open("xb") as file:
                os.fchmod(file.fileno(), _FILE_MODE)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            is_over = place.exists()
            if is_over:
                os.link(place, former)
            part.replace(place)
        except OSError as fault:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            log.warning("a file of the CRM cannot be written: %s: %s", path, fault)
            raise Unavailable("The CRM's folder of files does not take this file. Tell its administrator.") from fault
        _until_the_end(connection, place, former if is_over else None)

    def _place(self, path: str) -> Path | None:
        """Where a path leads to, if that is below the folder."""
        pieces = path.split("/")
        if self.root is None or not path or "\x00" in path or "\\" in path or path.startswith("/"):
            return None
        if any(piece in ("", ".", "..") for piece in pieces):
            return None
        try:
            root = self.root.resolve()
            place = root.joinpath(*pieces).resolve()
        except (OSError, RuntimeError):
            return None
        if place == root or not place.is_relative_to(root):
            log.warning("a path of the CRM leads out of its folder and is not followed: %r", path)
            return None
        return place


def _until_the_end(connection: Connection, place: Path, former: Path | None) -> None:
    """Take the new bytes back if the transaction is undone, and the former ones away if it is not."""
    is_over = False

    def kept(_: Connection) -> None:
        nonlocal is_over
        if not is_over and former is not None:
            former.unlink(missing_ok=True)
        is_over = True

    def undone(_: Connection) -> None:
        nonlocal is_over
        with suppress(OSError):
            if not is_over and former is not None:
                former.replace(place)
            elif not is_over:
                place.unlink(missing_ok=True)
        is_over = True

    event.listen(connection, "commit", kept)
    event.listen(connection, "rollback", undone)
