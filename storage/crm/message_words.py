"""The words of `[entity.NAME.message]` read against the database: out of them come `storage.crm.message_tables`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import ConfigErrors, near
from storage.crm import stated
from storage.crm.clocks import Clocks
from storage.crm.conditions import Scope, condition, constants, matches
from storage.crm.forms.times import Times
from storage.crm.message_files import ATTACHMENT_WORDS, MessageFiles
from storage.crm.message_links import LINK_WORDS, AddressRows, Linked, LinkTable
from storage.crm.message_tables import KINDS, AddressTable, Answered, Lists, MessageColumns, Readers, SharedAddress
from storage.crm.parts import Part
from storage.crm.shared import Link, Shared

MESSAGE_WORDS: Final = (
    "message_id", "subject", "from", "from_address", "from_name", "lists", "sent", "text", "html", "is_html",
    "in_reply_to", "references", "brackets", "addresses", "readers", "links", "attachments",
)  # fmt: skip
"""What `[entity.NAME.message]` takes: the column of each part, and the tables of recipients, readers, records and files."""
SENDER_WORDS: Final = ("shared", "ref")
"""What its `from_address` takes where it is no column."""
ANSWERED_WORDS: Final = ("ref", "column")
"""What its `in_reply_to` takes where it is no column."""
LIST_WORDS: Final = ("to", "cc", "bcc", "json")
"""What its `lists` takes."""
ADDRESS_WORDS: Final = ("table", "parent", "kind", "kinds", "address", "name", "shared", "ref", "alive", "insert")
"""What its `addresses` takes."""
READER_WORDS: Final = ("table", "parent", "user", "where", "alive", "insert", "flags")
"""What its `readers` takes."""
FLAG_OF: Final[Mapping[str, str]] = {"seen": "\\Seen", "flagged": "\\Flagged", "answered": "\\Answered"}
"""What the `flags` of its readers take, and which of IMAP's they are."""
HOLDER_WORDS: Final = ("shared", "where", "table", "parent", "column", "primary")
"""What the `address` of one of its `links` takes where it is no column."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a message is bound: the entity's table, the first of its tables, and how tables and
    columns are looked for and faults noted.

    What is looked for is told with the path of the word that asks for it, from `message` on.
    """

    base: sa.Table
    first: Part
    table: Callable[..., sa.Table]
    column: Callable[..., sa.Column[Any]]
    shared: Callable[..., Shared]
    files: Callable[[Mapping[str, Any]], MessageFiles]
    wrong: Callable[..., ConfigError]
    noting: Callable[[], AbstractContextManager[None]]
    clocks: Clocks

    def words(self, said: Any, known: Sequence[str], *path: str | int) -> dict[str, Any]:
        """A table of words, all of them known."""
        if not isinstance(said, dict):
            raise self.wrong("expected a table", *path)
        for name in said:
            if name not in known:
                with self.noting():
                    raise self.wrong(f"unknown word {name!r}{near(name, known)}", *path, name)
        return said

    def constants(self, words: Mapping[str, Any], word: str, table: sa.Table, *path: str | int) -> dict[str, Any]:
        """The columns and values a word lists."""
        said = words.get(word, {})
        if not isinstance(said, dict):
            raise self.wrong("expected a table", *path, word)
        for name in said:
            self.column(table, name, *path, word, name)
        return constants(table, said)

    def stated(self, words: Mapping[str, Any], table: sa.Table, *path: str | int) -> dict[str, Any]:
        """What `insert` gives a new row."""
        made = self.constants(words, "insert", table, *path)
        try:
            stated.check(made)
        except ConfigError as wrong:
            raise self.wrong(str(wrong), *path, "insert") from wrong
        return made

    def kinds(self, words: Mapping[str, Any], *path: str | int) -> tuple[str, ...]:
        """Which kinds of addresses are meant; all where nothing is said."""
        kinds = tuple(words.get("kinds", KINDS))
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise self.wrong(f"{unknown[0]!r} is none of {', '.join(KINDS)}", *path, "kinds")
        return kinds


def bind_message(ground: Ground, words: Mapping[str, Any]) -> MessageColumns:
    """Find the tables and columns; notes what is wrong, or raises ConfigError."""
    columns: dict[str, sa.Column[Any]] = {}
    sender, addresses, lists = None, None, Lists({}, is_json=False)
    readers: list[Readers] = []
    links: list[Linked] = []
    sent: Times | None = None
    files: MessageFiles | None = None
    answered: Answered | None = None
    for part, said in ground.words(dict(words), MESSAGE_WORDS).items():
        with ground.noting():
            if part == "addresses":
                addresses = _addresses(ground, said)
            elif part == "attachments":
                files = _files(ground, said)
            elif part == "lists":
                lists = _lists(ground, said)
            elif part == "readers":
                for path, one in _each(said, part):
                    readers.append(_readers(ground, one, *path))
            elif part == "links":
                for path, one in _each(said, part):
                    links.append(_linked(ground, one, *path))
            elif part == "sent":
                sent = _sent(ground, said)
            elif part == "brackets":
                if not isinstance(said, bool):
                    raise ground.wrong("expected true or false", part)
            elif part == "from_address" and isinstance(said, dict):
                ground.words(said, SENDER_WORDS, part)
                ref = ground.column(ground.base, said.get("ref"), part, "ref")
                sender = SharedAddress(ground.shared(said.get("shared"), part, "shared"), ref)
            elif part == "in_reply_to" and isinstance(said, dict):
                ground.words(said, ANSWERED_WORDS, part)
                ref = ground.column(ground.base, said.get("ref"), part, "ref")
                home, key = ground.first.table, ground.first.key
                message_id = ground.column(home, said.get("column"), part, "column")
                answered = Answered(ref, home.alias("answered"), key.name, message_id.name)
            elif part in MESSAGE_WORDS:
                columns[part] = ground.column(ground.base, said, part)
    has_brackets = bool(words.get("brackets", True))
    return MessageColumns(columns, sender, lists, addresses, readers, links, sent, files, answered, has_brackets)


def _sent(ground: Ground, said: Any) -> Times:
    names = said if isinstance(said, list) else [said]
    if not 1 <= len(names) <= 2:
        raise ground.wrong("expected a column, or two: the day's and the time's", "sent")
    columns = [ground.column(ground.base, name, "sent") for name in names]
    return Times(ground.clocks, *columns)


def _files(ground: Ground, said: Any) -> MessageFiles:
    path = "attachments"
    try:
        return ground.files(ground.words(said, ATTACHMENT_WORDS, path))
    except ConfigErrors:
        raise
    except (ConfigError, TypeError, ValueError, AttributeError) as wrong:
        raise ground.wrong(str(wrong), path) from wrong


def _each(said: Any, part: str) -> list[tuple[tuple[str | int, ...], Any]]:
    """A table by itself, or a list of them, with their paths."""
    if not isinstance(said, list):
        return [((part,), said)]
    return [((part, number), one) for number, one in enumerate(said)]


def _lists(ground: Ground, said: Any) -> Lists:
    path = "lists"
    words = ground.words(said, LIST_WORDS, path)
    is_json = words.get("json", False)
    if not isinstance(is_json, bool):
        raise ground.wrong("is true or false", path, "json")
    listed = [str(kind) for kind in KINDS if kind in words]
    columns = {kind: ground.column(ground.base, words[kind], path, kind) for kind in listed}
    return Lists(columns, is_json)


def _addresses(ground: Ground, said: Any) -> AddressTable:
    path = "addresses"
    words = ground.words(said, ADDRESS_WORDS, path)
    table = ground.table(str(words.get("table", "")), path, "table")
    shared = None
    if "shared" in words:
        ref = ground.column(table, words.get("ref"), path, "ref")
        shared = SharedAddress(ground.shared(words["shared"], path, "shared"), ref)
    return AddressTable(
        table=table,
        parent=ground.column(table, words.get("parent"), path, "parent"),
        kind=ground.column(table, words.get("kind"), path, "kind"),
        kinds=ground.kinds(words, path),
        address=ground.column(table, words.get("address"), path, "address") if shared is None else shared.shared.value,
        name=ground.column(table, words["name"], path, "name") if "name" in words else None,
        alive=ground.constants(words, "alive", table, path),
        insert=ground.stated(words, table, path),
        shared=shared,
    )


def _readers(ground: Ground, said: Any, *path: str | int) -> Readers:
    words = ground.words(said, READER_WORDS, *path)
    table = ground.table(str(words.get("table", "")), *path, "table")
    return Readers(
        table=table,
        parent=ground.column(table, words.get("parent"), *path, "parent"),
        user=ground.column(table, words.get("user"), *path, "user"),
        where=ground.constants(words, "where", table, *path),
        alive=ground.constants(words, "alive", table, *path),
        insert=ground.stated(words, table, *path),
        flags=_flags(ground, words.get("flags", {}), table, *path, "flags"),
    )


def _flags(ground: Ground, said: Any, table: sa.Table, *path: str | int) -> dict[str, sa.Column[Any]]:
    words = ground.words(said, tuple(FLAG_OF), *path)
    return {FLAG_OF[name]: ground.column(table, column, *path, name) for name, column in words.items()}


def _linked(ground: Ground, said: Any, *path: str | int) -> Linked:
    words = ground.words(said, LINK_WORDS, *path)
    of = ground.table(str(words.get("of", "")), *path, "of")
    address: Any = words.get("address")
    shared: tuple[Shared, Link] | None = None
    addresses: tuple[sa.Column[Any], ...] = ()
    rows = None
    if isinstance(address, dict) and "table" in address:
        rows = _address_rows(ground, address, *path, "address")
    elif isinstance(address, dict):
        ground.words(address, HOLDER_WORDS, *path, "address")
        pool = ground.shared(address.get("shared"), *path, "address", "shared")
        try:
            shared = pool, pool.link(dict(address.get("where", {})))
        except ConfigErrors:
            raise
        except ConfigError as wrong:
            raise ground.wrong(str(wrong), *path, "address") from wrong
    else:
        addresses = tuple(ground.column(of, name, *path, "address") for name in _listed(address))
    link = None
    if "table" in words:
        table = ground.table(str(words["table"]), *path, "table")
        link = LinkTable(
            table=table,
            parent=ground.column(table, words.get("parent"), *path, "parent"),
            ref=ground.column(table, words.get("ref"), *path, "ref"),
            where=ground.constants(words, "where", table, *path),
            alive=ground.constants(words, "alive", table, *path),
            insert=ground.stated(words, table, *path),
        )
    elif "set" not in words:
        raise ground.wrong("say the table of links, or what is set in the message's row", *path)
    return Linked(
        link=link,
        of=of,
        key=ground.column(of, words.get("key", "id"), *path, "key"),
        findable=_findable(ground, words, of, *path),
        addresses=addresses,
        shared=shared,
        rows=rows,
        names=tuple(ground.column(of, name, *path, "name") for name in _listed(words.get("name", []))),
        kinds=ground.kinds(words, *path),
        shown_as=_shown_as(ground, words, *path),
        set=ground.constants(words, "set", ground.base, *path),
    )


def _findable(ground: Ground, words: Mapping[str, Any], of: sa.Table, *path: str | int) -> list[sa.ColumnElement[bool]]:
    said = words.get("of_alive", {})
    if not isinstance(said, str):
        return [matches(of.c[name], value) for name, value in ground.constants(words, "of_alive", of, *path).items()]
    try:
        return [condition(said, Scope(of, None, lambda name: ground.table(name, *path, "of_alive")))]
    except ConfigErrors:
        raise
    except ConfigError as wrong:
        raise ground.wrong(str(wrong), *path, "of_alive") from wrong


def _shown_as(ground: Ground, words: Mapping[str, Any], *path: str | int) -> str:
    said = str(words.get("as", ""))
    if said and (said not in KINDS or "table" not in words):
        raise ground.wrong(f"is one of {', '.join(KINDS)}, beside a table of links", *path, "as")
    return said


def _address_rows(ground: Ground, said: Any, *path: str | int) -> AddressRows:
    words = ground.words(said, HOLDER_WORDS, *path)
    table = ground.table(str(words["table"]), *path, "table")
    where = ground.constants(words, "where", table, *path)
    return AddressRows(
        table=table,
        parent=ground.column(table, words.get("parent"), *path, "parent"),
        value=ground.column(table, words.get("column"), *path, "column"),
        primary=ground.column(table, words["primary"], *path, "primary") if "primary" in words else None,
        tests=[matches(table.c[name], value) for name, value in where.items()],
    )


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]
