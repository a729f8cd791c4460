"""Rows that stand for bytes: a photo's row, an e-mail's attachments; and where the bytes are.

    { file = "upload/{source_id|id}", table = "attachment", parent = "parent_id", where = { parent_type = "Email" },
      new_key = "{clock}{hex4}", name = "name", type = "type", size = "size" }
    { file = "{path}{attachmentsid}_{storedname}", new_key = { counter = "vtiger_crmentity_seq.id" },
      tables = [ { table = "vtiger_crmentity", key = "crmid", set = { setype = "Emails Attachment" } },
                 { table = "vtiger_attachments", key = "attachmentsid" } ],
      link = { table = "vtiger_seattachmentsrel", parent = "crmid", ref = "attachmentsid" },
      made = { path = "storage/{year}/{month_name}/week{week}/", storedname = "{md5}{suffix}" } }
    { file = "{store_fname}", bytes = "db_datas", table = "ir_attachment", parent = "res_id", …,
      made = { store_fname = "{sha1:2}/{sha1}", checksum = "{sha1}" } }

`file` is a path below `[crm] files`, made of columns of the row (`{a|b}`: the first that is not empty); `bytes` is a
column that has them where there is no file. `made` columns are filled from the new bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import ConfigError
from gateway.core.model import Principal
from gateway.runtime.lines import near
from storage.crm import counters, stated
from storage.crm.clocks import Clocks
from storage.crm.conditions import matches
from storage.crm.file_names import FilePath, Made, NewFile, shortened
from storage.crm.files import Files
from storage.crm.forms.form import Side, Via
from storage.crm.parts import Body, bind_body

LINK_WORDS: Final = ("table", "parent", "ref", "where", "alive", "delete", "insert")
"""What `link` takes."""
ROW_WORDS: Final = ("name", "type", "size", "bytes", "made")
"""Columns of the file's row."""
STORED_WORDS: Final = (
    "file", "table", "tables", "key", "parent", "link", "where", "alive", "delete", "insert", "new_key", *ROW_WORDS,
)  # fmt: skip
"""All the words of rows that stand for bytes."""


@dataclass(frozen=True, slots=True)
class _Link:
    table: sa.Table
    parent: sa.Column[Any]
    ref: sa.Column[Any]
    where: Mapping[str, Any]
    alive: Mapping[str, Any]
    delete: Mapping[str, Any]
    insert: Mapping[str, Any]


class StoredFiles:
    """The rows of one kind of entity. Raises ConfigError."""

    def __init__(
        self, words: Mapping[str, Any], table: Callable[[str], sa.Table], files: Files, clocks: Clocks
    ) -> None:
        self.files, self.clocks = files, clocks
        listed = words.get("tables") or [{"table": words.get("table"), "key": words.get("key", "id")}]
        self.body: Body = bind_body("file", listed, table, lambda number, word, what: ConfigError(f"{word}: {what}"))
        self.new_key = counters.bind_key(words.get("new_key", "autoincrement"), table)
        self.where, self.alive, self.delete, self.insert = (
            self._known(dict(words.get(name, {}))) for name in ("where", "alive", "delete", "insert")
        )
        stated.check(self.insert)
        self.link = _link(dict(words["link"]), table) if "link" in words else None
        self.parent = None if self.link is not None else self._column(words.get("parent"))
        self.name, self.type, self.size, self.bytes = (
            self._column(words[name]) if name in words else None for name in ("name", "type", "size", "bytes")
        )
        self.path = FilePath(str(words["file"]), self.body.homes) if words.get("file") else None
        self.made = Made(self._known(dict(words.get("made", {}))))
        if self.path is None and self.bytes is None:
            raise ConfigError("say file, or the column with the bytes")

    def _known(self, words: dict[str, Any]) -> dict[str, Any]:
        for name in words:
            self._column(name)
        return words

    def _column(self, name: object) -> str:
        if not isinstance(name, str) or name not in self.body.homes:
            raise ConfigError(f"the file's row has no column {name!r}{near(str(name), self.body.homes)}")
        return name

    def sides(self) -> list[Side]:
        """The tables whose rows say which files an entity has."""
        if self.link is None:
            home = self.body.home(str(self.parent))
            return [Side(home.table, str(self.parent), {n: v for n, v in self.where.items() if n in home.table.c})]
        link = self.link
        return [
            Side(link.table, link.parent.name, link.where),
            *(
                Side(part.table, link.parent.name, link.where, Via(link.table, link.ref.name, part.key.name))
                for part in self.body.parts
            ),
        ]

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Mapping[Any, Any]]]:
        """For each of these entities the living rows of its files, by their key, without the bytes in columns."""
        table = self.body.table
        columns = [column for column in table.c if column.name != self.bytes]
        source: sa.FromClause = table
        parent: sa.ColumnElement[Any]
        tests = [matches(table.c[name], value) for name, value in (self.where | self.alive).items()]
        tests += self._part_tests()
        if self.link is None:
            parent = table.c[str(self.parent)]
        else:
            link = self.link
            source, parent = link.table.join(table, link.ref == self.body.key), link.parent
            tests += [matches(link.table.c[name], value) for name, value in {**link.where, **link.alive}.items()]
        wanted = sa.select(parent.label("the_parent"), self.body.key.label("the_key"), *columns).select_from(source)
        wanted = wanted.where(parent.in_(keys), *tests).order_by(parent, self.body.key)
        found: dict[Any, list[Mapping[Any, Any]]] = defaultdict(list)
        for row in connection.execute(wanted).mappings():
            found[row["the_parent"]].append(row)
        return found

    def _part_tests(self) -> list[sa.ColumnElement[bool]]:
        """That the rows of its tables are of this kind."""
        labels = {(part.table.name, column.name): label for label, (part, column) in self.body.homes.items()}
        return [
            matches(self.body.table.c[labels[part.table.name, name]], value)
            for part in self.body.parts
            for name, value in part.set.items()
        ]

    def content(self, connection: Connection, row: Mapping[Any, Any], most: int) -> bytes | None:
        """The bytes of a row; None where they are missing, or more than `most`."""
        path = None if self.path is None else self.path.of(row)
        found = self.files.read(path, most) if path else None
        if found is None and self.bytes is not None:
            column = self.body.table.c[self.bytes]
            held = connection.execute(sa.select(column).where(self.body.key == row["the_key"])).scalar()
            found = None if held is None or len(held) > most else bytes(held)
        return found or None

    def there(self, row: Mapping[Any, Any]) -> int | None:
        """How many bytes a row has, as far as can be told without reading them; None for none."""
        path = None if self.path is None else self.path.of(row)
        size = self.files.size(path) if path else None
        if size is None and self.bytes is not None:
            return int(row[self.size] or 0) if self.size is not None else 0
        return size

    def can_write(self) -> bool:
        """Whether there is a place for new bytes."""
        return self.bytes is not None or (self.path is not None and self.files.root is not None)

    def add(self, connection: Connection, parent: Any, new: NewFile, who: Principal) -> Any:
        """A row for new bytes, and the bytes; returns its key."""
        moment = self.clocks.now()
        columns = self.body.stated(self.insert, who, moment) | self.where | self.alive | self._filled(new)
        made = counters.make(self.new_key, connection)
        if made is not None:
            columns[self.body.parts[0].key.name] = made
        if self.parent is not None:
            columns[self.parent] = self.body.table.c[self.parent].type.python_type(parent)
        key = self.body.insert(connection, columns)
        if self.link is not None:
            link = self.link
            row = stated.columns(link.insert, link.table, who, moment) | dict(link.where) | dict(link.alive)
            row |= {link.parent.name: link.parent.type.python_type(parent), link.ref.name: key}
            connection.execute(sa.insert(link.table).values(row))
        self._put(connection, key, new)
        return key

    def change(self, connection: Connection, key: Any, new: NewFile) -> None:
        """Other bytes for a row that is there."""
        self.body.update(connection, key, self._filled(new))
        self._put(connection, key, new)

    def remove(self, connection: Connection, parent: Any, key: Any) -> None:
        """Take a row away, as the mapping says that is done."""
        if self.link is not None:
            link = self.link
            mine = sa.and_(link.parent == parent, link.ref == key)
            gone = sa.update(link.table).values(dict(link.delete)) if link.delete else sa.delete(link.table)
            connection.execute(gone.where(mine))
        if self.delete:
            self.body.mark(connection, [key], self.delete)
        else:
            self.body.remove(connection, [key])

    def _filled(self, new: NewFile) -> dict[str, Any]:
        known = ((self.name, new.name), (self.type, new.media_type), (self.size, len(new.content)))
        columns: dict[str, Any] = {name: value for name, value in known if name is not None}
        columns |= self.made.of(new)
        for name, value in columns.items():
            length = getattr(self.body.homes[name][1].type, "length", None)
            columns[name] = shortened(value, length) if isinstance(value, str) else value
        if self.bytes is not None:
            is_file = self.path is not None and self.files.root is not None
            columns[self.bytes] = None if is_file else new.content
        return columns

    def _put(self, connection: Connection, key: Any, new: NewFile) -> None:
        if self.path is None or self.files.root is None:
            return
        columns = [column for column in self.body.table.c if column.name != self.bytes]
        row = connection.execute(sa.select(*columns).where(self.body.key == key)).mappings().one()
        self.files.write(connection, self.path.of(row) or "", new.content)


def _link(words: Mapping[str, Any], tables: Callable[[str], sa.Table]) -> _Link:
    for name in words:
        if name not in LINK_WORDS:
            raise ConfigError(f"link: unknown word {name!r}{near(name, LINK_WORDS)}")
    table = tables(str(words.get("table", "")))

    def column(name: object) -> sa.Column[Any]:
        if not isinstance(name, str) or name not in table.c:
            raise ConfigError(f"link: table {table.name!r} has no column {name!r}{near(str(name), table.c.keys())}")
        return table.c[name]

    where, alive, delete, insert = (dict(words.get(name, {})) for name in ("where", "alive", "delete", "insert"))
    for name in (*where, *alive, *delete, *insert):
        column(name)
    stated.check(insert)
    return _Link(table, column(words.get("parent")), column(words.get("ref")), where, alive, delete, insert)
