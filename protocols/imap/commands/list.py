r"""LIST and LSUB (RFC 3501 §6.3.8, §6.3.9), LIST-EXTENDED (RFC 5258), SPECIAL-USE (RFC 6154), LIST-STATUS (RFC 5819).

Special-use attributes are always told: Outlook makes folders of its own where they are missing. Every mailbox of the
home counts as subscribed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.core.model import Collection
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.status import Items, parse_status_items, say_status
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import mailbox, parenthesised
from protocols.imap.errors import Bad
from protocols.imap.mailboxes import Node, Tree, matches
from protocols.imap.session import Session

MAX_PATTERNS: Final = 50

_SELECT: Final = frozenset({b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"})
_RETURN: Final = frozenset({b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What a LIST asks."""

    patterns: tuple[str, ...]
    select: frozenset[bytes] = frozenset()
    wanted: frozenset[bytes] = frozenset()
    status: Items = ()
    is_extended: bool = False
    is_root: bool = field(default=False)
    """`LIST "" ""`: only the separator is asked for."""


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
        tree = await session.tree()
        counted: list[Collection] = []
        lines: list[tuple[bytes, Collection | None]] = []
        for node, below in _chosen(tree, arguments):
            lines.append((_line(b"LIST", node, arguments, below), node.collection))
            if node.collection is not None:
                counted.append(node.collection)
        counts = {}
        if arguments.status:
            counts = dict(await session.store.counts(session.who, [collection.name for collection in counted]))
        for line, collection in lines:
            await session.out.send(line + b"\r\n")
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
        """As LIST has it."""
        for node, below in _chosen(await session.tree(), arguments):
            await session.out.send(_line(b"LSUB", node, arguments, below) + b"\r\n")
        return Ok("Done.")


def _chosen(tree: Tree, listing: Listing) -> Iterator[tuple[Node, bool]]:
    """The nodes a listing means, in order, and whether something below each is meant and not shown itself."""
    for node in tree.nodes:
        if not any(matches(pattern, node.name) for pattern in listing.patterns):
            continue
        below = b"RECURSIVEMATCH" in listing.select and any(
            _is_selected(other, listing) and not any(matches(pattern, other.name) for pattern in listing.patterns)
            for other in tree.descendants(node)
        )
        if below or _is_selected(node, listing):
            yield node, below


def _is_selected(node: Node, listing: Listing) -> bool:
    if b"SUBSCRIBED" in listing.select and node.collection is None:
        return False
    return b"SPECIAL-USE" not in listing.select or bool(node.special_use)


def _line(kind: bytes, node: Node, listing: Listing, below: bool) -> bytes:
    attributes = []
    if node.collection is None:
        # RFC 5258 §3: \NonExistent implies \Noselect; clients that do not know the first need the second.
        attributes += [b"\\NonExistent", b"\\Noselect"] if listing.is_extended else [b"\\Noselect"]
    attributes.append(b"\\HasChildren" if node.has_children else b"\\HasNoChildren")
    if node.special_use:
        attributes.append(node.special_use)
    if node.collection is not None and b"SUBSCRIBED" in listing.wanted | listing.select:
        attributes.append(b"\\Subscribed")
    line = b"* " + kind + b" " + parenthesised(attributes) + b' "/" ' + mailbox(node.name)
    if below:
        kinds = [b'"' + option + b'"' for option in (b"SUBSCRIBED", b"SPECIAL-USE") if option in listing.select]
        line += b' ("CHILDINFO" (' + b" ".join(kinds) + b"))"
    return line


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
