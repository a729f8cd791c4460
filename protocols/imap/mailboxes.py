r"""A collection as IMAP sees it: its name, its attributes, and which names a LIST pattern means.

A mailbox's name is its slug with levels parted by `/`; the one whose role is the inbox is INBOX whatever its slug
says. Levels that are no mailbox themselves exist only as names (`\NonExistent`). Patterns are matched by bits, all
positions at once, so no pattern takes longer than its length times the name's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.model import Collection, CollectionName, Role, Section

SEPARATOR: Final = "/"
INBOX: Final = "INBOX"

SPECIAL_USE: Final = {
    Role.SENT: b"\\Sent",
    Role.DRAFTS: b"\\Drafts",
    Role.TRASH: b"\\Trash",
    Role.ARCHIVE: b"\\Archive",
    Role.JUNK: b"\\Junk",
}
"""RFC 6154 §2."""


@dataclass(frozen=True, slots=True)
class Node:
    """A name in the tree; `collection` is None for a level that is only a name."""

    name: str
    collection: Collection | None
    has_children: bool

    @property
    def special_use(self) -> bytes:
        r"""The RFC 6154 attribute, empty where there is none."""
        return b"" if self.collection is None else SPECIAL_USE.get(self.collection.role, b"")


class Tree:
    """The mailboxes of one home, by name, and names that only stand for themselves (`others`)."""

    def __init__(self, collections: Iterable[Collection], others: Iterable[str] = ()) -> None:
        self.collections: Sequence[Collection] = [one for one in collections if one.name.section is Section.MAILBOXES]
        found = {mailbox_name(collection): collection for collection in self.collections}
        parents = {parent for name in found for parent in _ancestors(name)}
        ordered = [*found, *sorted(set(others) - found.keys())]
        placed = set(ordered)
        for name in list(ordered):
            for parent in _ancestors(name):
                if parent not in placed:
                    placed.add(parent)
                    ordered.insert(ordered.index(name), parent)
        self.nodes: Sequence[Node] = [Node(name, found.get(name), name in parents) for name in ordered]
        self._by_name = {node.name: node for node in self.nodes}

    def __getitem__(self, name: str) -> Node | None:
        return self._by_name.get(name)

    def with_names(self, others: Iterable[str]) -> Tree:
        """The same with these names as well."""
        return Tree(self.collections, others)

    def inbox(self) -> Collection | None:
        """The collection whose role is the inbox."""
        node = self._by_name.get(INBOX)
        return None if node is None else node.collection

    def descendants(self, node: Node) -> Iterator[Node]:
        """Whatever is below a node."""
        start = node.name + SEPARATOR
        return (other for other in self.nodes if other.name.startswith(start))


def mailbox_name(collection: Collection) -> str:
    """The name a collection has on the wire, not yet encoded."""
    return INBOX if collection.role is Role.INBOX else collection.name.slug


def collection_name(name: str) -> CollectionName:
    """The collection a mailbox name means, INBOX apart."""
    return CollectionName(Section.MAILBOXES, name)


def matches(pattern: str, name: str) -> bool:
    """Whether a LIST pattern (RFC 3501 §6.3.8) means a name; INBOX in any letter case."""
    return _matches(pattern, name) or (name == INBOX and _matches(pattern.upper(), name))


def _matches(pattern: str, name: str) -> bool:
    steps: list[str] = []
    for char in pattern:
        if char in "*%" and steps and steps[-1] in "*%":
            # Neighbouring wildcards mean what the stronger one means.
            steps[-1] = "*" if "*" in (char, steps[-1]) else "%"
        else:
            steps.append(char)
    places: dict[str, int] = {}
    for number, char in enumerate(steps):
        places[char] = places.get(char, 0) | 1 << number
    star, percent = places.pop("*", 0), places.pop("%", 0)
    wild = star | percent
    reached = 1
    reached |= (reached & wild) << 1
    for char in name:
        stay = reached & (star if char == SEPARATOR else wild)
        reached = (reached & places.get(char, 0)) << 1 | stay
        reached |= (reached & wild) << 1
        if not reached:
            return False
    return bool(reached >> len(steps) & 1)


def _ancestors(name: str) -> Iterator[str]:
    pieces = name.split(SEPARATOR)
    for count in range(1, len(pieces)):
        yield SEPARATOR.join(pieces[:count])
