"""STATUS (RFC 3501 §6.3.10), with HIGHESTMODSEQ (RFC 7162), SIZE (RFC 8438), APPENDLIMIT (RFC 7889),
MAILBOXID (RFC 8474) and DELETED (RFC 9051).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.core.errors import NotFound
from gateway.core.model import Collection, CollectionName
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import parenthesised
from protocols.imap.errors import NO_SUCH_MAILBOX, Bad
from protocols.imap.facts import mailbox_id
from protocols.imap.mailboxes import mailbox_name
from protocols.imap.session import Session

Items = tuple[bytes, ...]
Counts = tuple[int, int, int]
"""Total size, messages not seen, messages marked as deleted."""

_KNOWN: Final = (
    b"MESSAGES", b"RECENT", b"UIDNEXT", b"UIDVALIDITY", b"UNSEEN", b"HIGHESTMODSEQ", b"SIZE", b"APPENDLIMIT",
    b"DELETED", b"MAILBOXID",
)  # fmt: skip
_COUNTED: Final = frozenset({b"UNSEEN", b"SIZE"})


def parse_status_items(cursor: Cursor) -> Items:
    """The parenthesised items."""
    items = tuple(dict.fromkeys(cursor.listed(lambda: cursor.expect_word("a status item"))))
    if not items or not set(items) <= set(_KNOWN):
        raise Bad(f"Expected status items here: {', '.join(word.decode() for word in _KNOWN)}.")
    return items


async def counted(session: Session, names: Sequence[CollectionName], items: Items) -> dict[CollectionName, Counts]:
    """What has to be counted of these mailboxes for these items; those that are not there are left out."""
    counts: Mapping[CollectionName, tuple[int, int]] = dict.fromkeys(names, (0, 0))
    if _COUNTED & set(items):
        counts = await session.store.counts(session.who, names)
    marked: Mapping[CollectionName, int] = {}
    if b"DELETED" in items:
        marked = await session.store.marked(session.who, names)
    return {name: (*found, marked.get(name, 0)) for name, found in counts.items()}


def say_status(session: Session, collection: Collection, items: Items, counts: Counts) -> None:
    """One STATUS response."""
    if b"HIGHESTMODSEQ" in items:
        # RFC 7162 §3.1: asking for it makes the client one that is told mod-sequences.
        session.enabled.add("CONDSTORE")
    size, unseen, marked = counts
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
        b"DELETED": marked,
    }
    told = {item: b"%d" % value for item, value in values.items()}
    told[b"MAILBOXID"] = b"(" + mailbox_id(collection.id).encode("ascii") + b")"
    listed = parenthesised(item + b" " + told[item] for item in items)
    session.out.add(b"* STATUS ", session.mailbox(mailbox_name(collection)), b" ", listed)


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
        found = await counted(session, [collection.name], items)
        if collection.name not in found:
            raise NotFound(NO_SUCH_MAILBOX)
        say_status(session, collection, items, found[collection.name])
        return Ok("Done.")
