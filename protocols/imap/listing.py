"""Which names a LIST, LSUB or XLIST means, and how each is told. Pure.

A listing is made of a tree and of what the user is subscribed to. A name is told where a pattern means it and it is
selected itself, or where something below it is and no pattern means that (RFC 5258 §3.5). Special-use attributes are
always told: Outlook makes folders of its own where they are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocols.imap.encoder import parenthesised
from protocols.imap.mailboxes import INBOX, Node, Tree, matches
from protocols.imap.subscriptions import Subscriptions

_OF_XLIST: Final = {b"\\Junk": b"\\Spam", b"\\Archive": b"\\AllMail"}
"""What old programs call them."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for."""

    patterns: tuple[str, ...]
    select: frozenset[bytes] = frozenset()
    wanted: frozenset[bytes] = frozenset()
    status: tuple[bytes, ...] = ()
    is_extended: bool = False
    is_root: bool = False
    """`LIST "" ""`: only the separator is asked for."""

    @property
    def needs_subscriptions(self) -> bool:
        """Whether it has to be known what is subscribed."""
        return b"SUBSCRIBED" in self.select | self.wanted

    def means(self, name: str) -> bool:
        """Whether a pattern means this name."""
        return any(matches(pattern, name) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Listed:
    """A name that is told. `below`: only what stands below it is selected, or that as well."""

    node: Node
    is_selected: bool
    is_subscribed: bool
    below: bool


def listed(tree: Tree, subscriptions: Subscriptions, listing: Listing) -> Iterator[Listed]:
    """The names a listing means, in order."""
    for node in tree.nodes:
        if not listing.means(node.name):
            continue
        below = b"RECURSIVEMATCH" in listing.select and any(
            _is_selected(other, subscriptions, listing) and not listing.means(other.name)
            for other in tree.descendants(node)
        )
        is_selected = _is_selected(node, subscriptions, listing)
        if below or is_selected:
            yield Listed(node, is_selected, _is_subscribed(node, subscriptions), below)


def subscribed(tree: Tree, subscriptions: Subscriptions, listing: Listing) -> Iterator[Listed]:
    """The names that LSUB means (RFC 3501 §6.3.9): the subscribed ones, and levels above them that `%` stops at."""
    for node in tree.nodes:
        if not listing.means(node.name):
            continue
        is_subscribed = _is_subscribed(node, subscriptions)
        below = any(
            _is_subscribed(other, subscriptions) and not listing.means(other.name) for other in tree.descendants(node)
        )
        if is_subscribed or below:
            yield Listed(node, is_subscribed, is_subscribed, below)


def list_line(one: Listed, listing: Listing, name: bytes) -> bytes:
    """The LIST response of a name, as `name` has it on the wire."""
    node = one.node
    attributes = []
    if node.collection is None:
        # RFC 5258 §3: \NonExistent implies \Noselect; clients that do not know the first need the second.
        attributes += [b"\\NonExistent", b"\\Noselect"] if listing.is_extended else [b"\\Noselect"]
    attributes += _attributes(node)
    if one.is_subscribed and listing.needs_subscriptions:
        attributes.append(b"\\Subscribed")
    line = b"* LIST " + parenthesised(attributes) + b' "/" ' + name
    if one.below:
        kinds = [b'"' + option + b'"' for option in (b"SUBSCRIBED", b"SPECIAL-USE") if option in listing.select]
        line += b' ("CHILDINFO" (' + b" ".join(kinds) + b"))"
    return line


def lsub_line(one: Listed, name: bytes) -> bytes:
    """The LSUB response of a name."""
    node = one.node
    # RFC 3501 §6.3.9: a level above a subscribed name is \Noselect here, whatever it is.
    noselect = [b"\\Noselect"] if node.collection is None or not one.is_selected else []
    return b"* LSUB " + parenthesised([*noselect, *_attributes(node)]) + b' "/" ' + name


def xlist_line(one: Listed, name: bytes) -> bytes:
    """The XLIST response of a name: of no RFC, asked for by Outlook 2013, old iOS and old Android."""
    node = one.node
    attributes = [_OF_XLIST.get(attribute, attribute) for attribute in _attributes(node)]
    if node.collection is None:
        attributes.insert(0, b"\\Noselect")
    if node.name == INBOX:
        attributes.append(b"\\Inbox")
    return b"* XLIST " + parenthesised(attributes) + b' "/" ' + name


def _attributes(node: Node) -> list[bytes]:
    children = b"\\HasChildren" if node.has_children else b"\\HasNoChildren"
    return [children, node.special_use] if node.special_use else [children]


def _is_subscribed(node: Node, subscriptions: Subscriptions) -> bool:
    return subscriptions.has(node.name, exists=node.collection is not None)


def _is_selected(node: Node, subscriptions: Subscriptions, listing: Listing) -> bool:
    if b"SUBSCRIBED" in listing.select and not _is_subscribed(node, subscriptions):
        return False
    return b"SPECIAL-USE" not in listing.select or bool(node.special_use)
