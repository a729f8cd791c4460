"""LIST, LSUB (RFC 3501 §6.3.8, §6.3.9) with LIST-EXTENDED (RFC 5258), SPECIAL-USE (RFC 6154), LIST-STATUS (RFC 5819),
LIST-MYRIGHTS (RFC 8440); XLIST.
"""

from __future__ import annotations

from typing import Final

from gateway.core.model import Collection
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.status import Items, counted, parse_status_items, say_status
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.listing import Listing, list_line, listed, lsub_line, subscribed, xlist_line
from protocols.imap.mailboxes import Tree, mailbox_name
from protocols.imap.rights import letters
from protocols.imap.session import Session
from protocols.imap.subscriptions import Subscriptions

MAX_PATTERNS: Final = 50

_SELECT: Final = frozenset({b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"})
_RETURN: Final = frozenset({b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE", b"MYRIGHTS"})


class List(Command[Listing]):
    """LIST."""

    name = b"LIST"

    def parse(self, cursor: Cursor) -> Listing:
        """RFC 5258 §6."""
        cursor.expect_space()
        is_extended = cursor.peek() == b"("
        select: frozenset[bytes] = frozenset()
        if is_extended:
            select = frozenset(cursor.listed(lambda: _option(cursor, _SELECT)))
            # RFC 5258 §3.1: RECURSIVEMATCH says nothing alone.
            if b"RECURSIVEMATCH" in select and not select & {b"SUBSCRIBED", b"SPECIAL-USE"}:
                raise Bad("RECURSIVEMATCH needs another selection option.")
            cursor.expect_space()
        reference = cursor.expect_mailbox()
        cursor.expect_space()
        if cursor.peek() == b"(":
            is_extended = True
            patterns = cursor.listed(cursor.expect_pattern, MAX_PATTERNS)
        else:
            patterns = [cursor.expect_pattern()]
        wanted: set[bytes] = set()
        status: Items = ()
        if cursor.space() and not cursor.is_at_end():
            is_extended = True
            cursor.expect(b"RETURN ")
            for option, items in cursor.listed(lambda: _return_option(cursor)):
                wanted.add(option)
                status = items or status
        cursor.expect_end()
        is_root = not is_extended and patterns == [""]
        joined = tuple(_joined(reference, pattern) for pattern in patterns)
        return Listing(joined, select, frozenset(wanted), status, is_extended, is_root)

    async def run(self, session: Session, arguments: Listing) -> Ok:
        """One LIST for each name, each followed by its STATUS where that was asked for."""
        if arguments.is_root:
            # RFC 3501 §6.3.8: an empty pattern asks for the separator and the root.
            session.out.add(b'* LIST (\\Noselect) "/" ""')
            return Ok("Done.")
        tree, subscriptions = await session.tree(), Subscriptions({})
        if arguments.needs_subscriptions:
            subscriptions = await session.subscriptions()
        if b"SUBSCRIBED" in arguments.select:
            # RFC 5258 §3.1: names that no mailbox has any more are subscribed all the same.
            tree = tree.with_names(subscriptions.names())
        there: list[Collection] = []
        lines: list[tuple[bytes, Collection | None]] = []
        for one in listed(tree, subscriptions, arguments):
            collection = one.node.collection
            lines.append((list_line(one, arguments, session.mailbox(one.node.name)), collection))
            if collection is not None:
                there.append(collection)
        counts = {}
        if arguments.status:
            counts = await counted(session, [collection.name for collection in there], arguments.status)
        for line, collection in lines:
            await session.out.send(line + b"\r\n")
            if b"MYRIGHTS" in arguments.wanted and collection is not None:
                # RFC 8440 §3: of what is a mailbox, each right after its LIST.
                rights = letters(collection).encode("ascii")
                session.out.add(b"* MYRIGHTS ", session.mailbox(mailbox_name(collection)), b" ", rights)
            if arguments.status and collection is not None and collection.name in counts:
                say_status(session, collection, arguments.status, counts[collection.name])
        return Ok("Done.")


class Lsub(Command[Listing]):
    """LSUB."""

    name = b"LSUB"

    def parse(self, cursor: Cursor) -> Listing:
        """RFC 3501 §6.3.9."""
        cursor.expect_space()
        reference = cursor.expect_mailbox()
        cursor.expect_space()
        pattern = cursor.expect_pattern()
        cursor.expect_end()
        return Listing((_joined(reference, pattern),))

    async def run(self, session: Session, arguments: Listing) -> Ok:
        """What the user has subscribed to."""
        subscriptions = await session.subscriptions()
        tree = (await session.tree()).with_names(subscriptions.names())
        for one in subscribed(tree, subscriptions, arguments):
            await session.out.send(lsub_line(one, session.mailbox(one.node.name)) + b"\r\n")
        return Ok("Done.")


class Xlist(Lsub):
    """XLIST."""

    name = b"XLIST"

    async def run(self, session: Session, arguments: Listing) -> Ok:
        """As LIST has it, with the attributes of its time."""
        tree: Tree = await session.tree()
        for one in listed(tree, Subscriptions({}), arguments):
            await session.out.send(xlist_line(one, session.mailbox(one.node.name)) + b"\r\n")
        return Ok("Done.")


def _option(cursor: Cursor, known: frozenset[bytes]) -> bytes:
    word = cursor.expect_word("an option")
    if word not in known:
        raise Bad("That option of LIST is not known.")
    return word


def _return_option(cursor: Cursor) -> tuple[bytes, Items]:
    if cursor.take(b"STATUS "):
        return b"STATUS", parse_status_items(cursor)
    return _option(cursor, _RETURN), ()


def _joined(reference: str, pattern: str) -> str:
    # RFC 3501 §6.3.8: a reference is put before the pattern; a separator at its end is the client's to send.
    pattern = reference + pattern
    return "INBOX" if pattern.upper() == "INBOX" else pattern
