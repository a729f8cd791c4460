"""GETMETADATA and SETMETADATA (RFC 5464): notes on mailboxes and on the server, each user's own or shared.

What is shared is seen by everyone who sees the mailbox, and written by who may change its messages. On the server only
notes of one's own are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import OverQuota, TooLarge
from gateway.core.mail_more import ANNOTATION_LARGEST, PRIVATE, SHARED
from gateway.core.model import CollectionName
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import NIL, literal8, quoted
from protocols.imap.errors import Bad, No
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.session import Session

MAX_ENTRIES: Final = 100

_ENTRY: Final = re.compile(rb"(?:/[^/*%\x00-\x20\x7f-\xff]+){2,}")
_DEPTHS: Final = {b"0": 0, b"1": 1, b"INFINITY": 1_000}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a GETMETADATA asks. `depth`: how many levels below each entry as well; `largest`: of the values, in bytes."""

    mailbox: str
    entries: tuple[str, ...]
    depth: int = 0
    largest: int | None = None


class GetMetadata(Command[Wanted]):
    """GETMETADATA."""

    name = b"GETMETADATA"

    def parse(self, cursor: Cursor) -> Wanted:
        """RFC 5464 §5; options may also stand behind the mailbox, where older programs put them."""
        cursor.expect_space()
        options = dict(cursor.listed(lambda: _option(cursor), 10)) if cursor.peek() == b"(" else {}
        if options:
            cursor.expect_space()
        mailbox = cursor.expect_mailbox()
        cursor.expect_space()
        is_list = cursor.peek() == b"("
        entries = cursor.listed(lambda: _entry(cursor), MAX_ENTRIES) if is_list else [_entry(cursor)]
        cursor.expect_end()
        if not entries:
            raise Bad("Expected names of entries here.")
        return Wanted(mailbox, tuple(entries), options.get(b"DEPTH", 0), options.get(b"MAXSIZE"))

    async def run(self, session: Session, arguments: Wanted) -> Ok:
        """One METADATA with what there is; what is too long is left out and said so."""
        collection, shown = await _place(session, arguments.mailbox)
        held = await session.store.annotations(session.who, collection)
        chosen = _chosen(held, arguments)
        largest = arguments.largest
        longest = 0
        told: list[bytes] = []
        for name, content in chosen.items():
            if content is not None and largest is not None and len(content) > largest:
                longest = max(longest, len(content))
                continue
            told.append(name.encode("ascii") + b" " + (NIL if content is None else _value(content)))
        if told:
            session.out.add(b"* METADATA ", shown, b" (", b" ".join(told), b")")
        # RFC 5464 §4.2.1: how long the longest is that was left out.
        return Ok("Done.", f"METADATA LONGENTRIES {longest}" if longest else "")


class SetMetadata(Command[tuple[str, Mapping[str, bytes | None]]]):
    """SETMETADATA."""

    name = b"SETMETADATA"

    def parse(self, cursor: Cursor) -> tuple[str, Mapping[str, bytes | None]]:
        """A mailbox, and names with their values."""
        cursor.expect_space()
        mailbox = cursor.expect_mailbox()
        cursor.expect_space()
        changes = dict(cursor.listed(lambda: _change(cursor), MAX_ENTRIES))
        cursor.expect_end()
        if not changes:
            raise Bad("Expected entries and values here.")
        return mailbox, changes

    async def run(self, session: Session, arguments: tuple[str, Mapping[str, bytes | None]]) -> Ok:
        """All or nothing."""
        name, changes = arguments
        collection, _ = await _place(session, name)
        try:
            await session.edits.annotate(session.who, collection, changes)
        except OverQuota as many:
            raise No(str(many), "METADATA TOOMANY") from None
        except TooLarge as large:
            raise No(str(large), f"METADATA MAXSIZE {ANNOTATION_LARGEST}") from None
        return Ok("Noted.")


async def _place(session: Session, mailbox: str) -> tuple[CollectionName | None, bytes]:
    """What a mailbox name means, None for the server, and how it is told."""
    if not mailbox:
        return None, b'""'
    collection = await session.find(mailbox)
    return collection.name, session.mailbox(mailbox_name(collection))


def _option(cursor: Cursor) -> tuple[bytes, int]:
    word = cursor.expect_word("MAXSIZE or DEPTH")
    cursor.expect_space()
    if word == b"MAXSIZE":
        return word, cursor.expect_number()
    depth = _DEPTHS.get(cursor.expect_word("a depth"))
    if word != b"DEPTH" or depth is None:
        raise Bad("Expected MAXSIZE, or DEPTH 0, 1 or infinity here.")
    return word, depth


def _entry(cursor: Cursor) -> str:
    name = cursor.expect_astring("the name of an entry")
    # RFC 5464 §3.2: compared without regard to case.
    lowered = name.decode("latin-1").lower()
    if _ENTRY.fullmatch(name) is None or not lowered.startswith((PRIVATE, SHARED)):
        raise Bad("Names of entries begin with /private/ or /shared/.")
    return lowered


def _change(cursor: Cursor) -> tuple[str, bytes | None]:
    name = _entry(cursor)
    cursor.expect_space()
    return name, cursor.expect_nstring("a value or NIL")


def _chosen(held: Mapping[str, bytes], wanted: Wanted) -> dict[str, bytes | None]:
    """The entries that are asked for, and those below them as far as they are; None for one that has no value."""
    chosen: dict[str, bytes | None] = {}
    for entry in wanted.entries:
        if entry in held or not wanted.depth:
            chosen[entry] = held.get(entry)
        for name in sorted(held):
            if name.startswith(entry + "/") and name[len(entry) :].count("/") <= wanted.depth:
                chosen[name] = held[name]
    return chosen


def _value(content: bytes) -> bytes:
    return literal8(content) if b"\x00" in content else quoted(content)
