"""The files of e-mails: rows that stand for them, read as attachments, and written when a message is filed.

    attachments = { file = "upload/{source_id|id}", table = "attachment", parent = "parent_id",
                    where = { parent_type = "Email" }, new_key = "{clock}{hex4}", name = "name", type = "type",
                    size = "size", flag = "has_attachment" }

The words are those of `storage.crm.stored_files`. `flag` is a column of the e-mail that says whether it has any,
`first` one that holds the key of the first; `most` says how many it may have. A message that is filed keeps its own bytes whatever happens here: where
the CRM has no place for its files, or one is too large, the row simply has none.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Attachment
from gateway.core.errors import ConfigError
from gateway.core.limits import MESSAGE_LARGEST
from gateway.core.model import Principal
from gateway.formats.mime_files import MOST, MessageFile
from storage.crm.clocks import Clocks
from storage.crm.file_names import new_file
from storage.crm.files import Files
from storage.crm.forms.form import Side
from storage.crm.parts import Body
from storage.crm.stored_files import STORED_WORDS, StoredFiles

ATTACHMENT_WORDS: Final = (*STORED_WORDS, "flag", "first", "most")
"""What `attachments` takes."""


class MessageFiles:
    """The files of one entity of messages. `body` are the e-mail's own tables. Raises ConfigError."""

    def __init__(
        self, words: Mapping[str, Any], body: Body, table: Callable[[str], sa.Table], files: Files, clocks: Clocks
    ) -> None:
        said = dict(words)
        self.body = body
        self.flag, self.first = (str(said.pop(name, "")) for name in ("flag", "first"))
        self.most = int(said.pop("most", MOST))
        for name in filter(None, (self.flag, self.first)):
            if name not in body.homes:
                raise ConfigError(f"the e-mail has no column {name!r}")
        self.stored = StoredFiles(said, table, files, clocks)

    def sides(self) -> list[Side]:
        """The tables that say which files there are."""
        return self.stored.sides()

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, tuple[Attachment, ...]]:
        """The attachments of these e-mails; their bytes when they are asked for."""
        found = self.stored.load(connection, keys)
        return {key: tuple(self._attachment(connection, row) for row in rows) for key, rows in found.items()}

    def _attachment(self, connection: Connection, row: Mapping[Any, Any]) -> Attachment:
        stored = self.stored
        name = str(row[stored.name] or "") if stored.name is not None else ""
        kind = str(row[stored.type] or "") if stored.type is not None else ""
        return Attachment(
            name=name or "file",
            media_type=kind or mimetypes.guess_type(name)[0] or "application/octet-stream",
            size=stored.there(row),
            load=partial(stored.content, connection, row, MESSAGE_LARGEST),
        )

    def add(self, connection: Connection, key: Any, files: Iterable[MessageFile], who: Principal) -> None:
        """Rows and bytes for the files of a message that has just got its row."""
        if not self.stored.can_write():
            return
        made = [
            self.stored.add(connection, key, new_file(one.name, one.media_type, one.content), who)
            for one in [file for file in files if file.content][: self.most]
        ]
        columns: dict[str, Any] = {self.flag: 1} if made and self.flag else {}
        if made and self.first:
            columns[self.first] = made[0]
        if columns:
            self.body.update(connection, key, columns)
