"""STATUS (RFC 3501 §6.3.10), with HIGHESTMODSEQ (RFC 7162), SIZE (RFC 8438) and APPENDLIMIT (RFC 7889)."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotFound
from gateway.core.model import Collection
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import mailbox, parenthesised
from protocols.imap.errors import NO_SUCH_MAILBOX, Bad
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.session import Session

Items = tuple[bytes, ...]

_KNOWN: Final = (
    b"MESSAGES", b"RECENT", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN", b"HIGHESTMODSEQ", b"SIZE", b"APPENDLIMIT",
)  # fmt: skip
_COUNTED: Final = frozenset({b"UNSEEN", b"SIZE"})


def parse_status_items(cursor: Cursor) -> Items:
    """The parenthesised items."""
    items = tuple(dict.fromkeys(cursor.listed(lambda: cursor.expect_word("a status item"))))
    if not items or not set(items) <= set(_KNOWN):
        raise Bad(f"Expected status items here: {', '.join(word.decode() for word in _KNOWN)}.")
    return items


def say_status(session: Session, collection: Collection, items: Items, counts: tuple[int, int]) -> None:
    """One STATUS response; `counts` are total size and unseen messages."""
    if b"HIGHESTMODSEQ" in items:
        # RFC 7162 §3.1: asking for it makes the client one that is told mod-sequences.
        session.enabled.add("CONDSTORE")
    size, unseen = counts
    values = {
        b"MESSAGES": collection.count,
        b"RECENT": 0,
        b"UIDNEXT": collection.uid_next,
        b"UIDVALIDITY": collection.epoch,
        b"UNSEEN": unseen,
        b"HIGHESTMODSEQ": collection.modseq,
        b"SIZE": size,
        # RFC 7889 §3: of every mailbox the same.
        b"APPENDLIMIT": session.limits.message,
    }
    told = parenthesised(b"%s %d" % (item, values[item]) for item in items)
    session.out.add(b"* STATUS ", mailbox(mailbox_name(collection)), b" ", told)


class Status(Command[tuple[str, Items]]):
    """STATUS."""

    name = b"STATUS"

    def parse(self, cursor: Cursor) -> tuple[str, Items]:
        """A mailbox and what is asked of it."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        cursor.expect_space()
        items = parse_status_items(cursor)
        cursor.expect_end()
        return name, items

    async def run(self, session: Session, arguments: tuple[str, Items]) -> Ok:
        """Without selecting it."""
        name, items = arguments
        collection = await session.find(name)
        counts = (0, 0)
        if _COUNTED & set(items):
            found = await session.store.counts(session.who, [collection.name])
            if collection.name not in found:
                raise NotFound(NO_SUCH_MAILBOX)
            counts = found[collection.name]
        say_status(session, collection, items, counts)
        return Ok("Done.")
