"""A photo whose bytes are no column of the row: a file, or the bytes of a row elsewhere.

    photo = { file = "upload/{id}_photo", made = { photo = "photo{suffix}" } }
    photo = { file = "{store_fname}", table = "ir_attachment", parent = "res_id", new_key = "autoincrement",
              where = { res_model = "res.partner", res_field = "image_1920" }, made = { store_fname = "{sha1:2}/{sha1}" },
              copies = { res_field = ["image_1024", "image_128"] } }

Without `table` the path is made of the row's own columns, and where one of `made` is empty there is no photo. With
it a row of its own stands for the photo (`storage.crm.stored_files`), and `copies` says which others are kept like
it. What is missing or too large is no photo; where there is no place for a new one, the document keeps it.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Photo, Value
from gateway.core.errors import ConfigError
from storage.crm.file_names import FilePath, Made, NewFile, new_file, shortened
from storage.crm.forms.column import picture
from storage.crm.forms.form import Assigned, Form, Place, Row, Side, Words, Writing
from storage.crm.stored_files import STORED_WORDS, StoredFiles

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a photo that is shown: a card has it in full, in every answer."""


class FilePhoto(Form):
    """One picture."""

    WORDS = (*STORED_WORDS, "copies")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.rows: list[StoredFiles] = []
        self.own: tuple[FilePath, Made] | None = None
        try:
            if "table" in words or "tables" in words:
                self.rows = list(self._stored(dict(words)))
            else:
                names = place.base.c.keys()
                made = Made(dict(words.get("made", {})))
                for name in made.words:
                    place.column(name)
                self.own = FilePath(str(words["file"]), names), made
        except ConfigError as wrong:
            text = str(wrong)
            raise wrong if text.startswith(place.file) else place.wrong(text) from wrong

    def _stored(self, words: dict[str, Any]) -> Iterable[StoredFiles]:
        copies = dict(words.pop("copies", {}))
        yield StoredFiles(words, self.place.table, self.place.files, self.place.clocks)
        for column, values in copies.items():
            for value in values:
                where = {**words.get("where", {}), column: value}
                yield StoredFiles({**words, "where": where}, self.place.table, self.place.files, self.place.clocks)

    def columns(self) -> Iterable[str]:
        return () if self.own is None else (*self.own[0].columns, *self.own[1].words)

    def sides(self) -> Iterable[Side]:
        return self.rows[0].sides() if self.rows else ()

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Callable[[], bytes | None]]:
        if not self.rows:
            return {}
        # Of several the newest.
        found = self.rows[0].load(connection, keys)
        return {key: partial(self.rows[0].content, connection, rows[-1], LARGEST) for key, rows in found.items()}

    def read(self, row: Row, side: Any) -> Value:
        if self.own is None:
            return picture((side() if side else None) or b"")
        path = None if self._is_none(row) else self.own[0].of(row)
        return picture((self.place.files.read(path, LARGEST) if path else None) or b"")

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if self.own is None:
            return Assigned({})
        if not isinstance(value, Photo):
            return Assigned(dict.fromkeys(self.own[1].words))
        if self.place.files.root is None:
            return Assigned({}, value)
        columns = self.own[1].of(_new(value))
        for name, made in columns.items():
            length = getattr(self.place.column(name).type, "length", None)
            columns[name] = shortened(made, length) if isinstance(made, str) else made
        return Assigned(columns)

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        photo = value if isinstance(value, Photo) else None
        if self.own is not None:
            if photo is not None and self.place.files.root is not None:
                names = dict.fromkeys((self.place.key, *self.own[0].columns))
                wanted = sa.select(*(self.place.base.c[name] for name in names))
                row = writing.connection.execute(wanted.where(self.place.key_column == key)).mappings().one()
                path = self.own[0].of(row)
                if not path:
                    return photo  # only the CRM knows how to name it
                self.place.files.write(writing.connection, path, photo.content)
            return None
        if photo is not None and not self.rows[0].can_write():
            return photo
        for one in self.rows:
            self._keep(one, photo, key, writing)
        return None

    def _keep(self, stored: StoredFiles, photo: Photo | None, key: Any, writing: Writing) -> None:
        held = stored.load(writing.connection, [key]).get(key, ())
        if photo is None:
            for row in held:
                stored.remove(writing.connection, key, row["the_key"])
        elif held:
            stored.change(writing.connection, held[-1]["the_key"], _new(photo))
        else:
            stored.add(writing.connection, key, _new(photo), writing.who)

    def _is_none(self, row: Row) -> bool:
        return self.own is not None and any(row[name] in (None, "") for name in self.own[1].words)


def _new(photo: Photo) -> NewFile:
    return new_file(f"photo{mimetypes.guess_extension(photo.media_type) or '.jpg'}", photo.media_type, photo.content)
