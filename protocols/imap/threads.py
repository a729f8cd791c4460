"""The two threading algorithms of RFC 5256 §3. Pure: from headings to trees, from trees to the response.

REFERENCES links messages by the ids they refer to, then draws threads of one base subject together. Nothing here
recurses, because whoever writes mails chooses how deep their references go; every step is linear but for sorting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

from gateway.core.searching import Heading


@dataclass(slots=True, eq=False)
class Node:
    """A message in a thread; a dummy (`place` None) stands for one that is not there."""

    place: int | None = None
    children: list[Node] = field(default_factory=list)
    parent: Node | None = None
    above: Node | None = None
    """A node on the way to the topmost one, not always the next."""

    def top(self) -> Node:
        """The topmost node; the way is made shorter for whoever asks next."""
        node = self
        while node.above is not None:
            if node.above.above is not None:
                node.above = node.above.above
            node = node.above
        return node

    def link(self, parent: Node) -> None:
        """Be the child of another node, unless there is a parent already or that would close a ring."""
        if self.parent is None and parent.top() is not self:
            self.parent = self.above = parent


Sent = Callable[[int], int]
"""When the message at a position was sent."""


def ordered_subject(places: Sequence[int], headings: Mapping[int, Heading], sent: Sent) -> list[Node]:
    """ORDEREDSUBJECT: messages of one base subject under the one that was sent first."""
    by_subject = sorted(places, key=lambda place: (headings[place].subject, sent(place), place))
    threads = []
    for _, group in groupby(by_subject, key=lambda place: headings[place].subject):
        first, *others = group
        threads.append(Node(first, [Node(place) for place in others]))
    return sorted(threads, key=lambda root: _moment(root, sent))


def references(places: Sequence[int], headings: Mapping[int, Heading], sent: Sent) -> list[Node]:
    """REFERENCES: the six steps of RFC 5256 §3."""
    root = Node()
    root.children = [node for node in _linked(places, headings) if node.parent is None]
    _prune(root)
    _sort_roots(root, sent)
    _gather_subjects(root, headings)
    _sort(root, sent)
    return root.children


ALGORITHMS: Final = {b"ORDEREDSUBJECT": ordered_subject, b"REFERENCES": references}


def written(threads: Sequence[Node], number: Callable[[int], int]) -> Iterator[bytes]:
    """RFC 5256 §4 `thread-list` for each thread, in pieces."""
    for thread in threads:
        # What is still to be written, last first: text, or a node whose line it begins.
        waiting: list[bytes | tuple[Node, bool]] = [b")", (thread, False), b"("]
        while waiting:
            item = waiting.pop()
            if isinstance(item, bytes):
                yield item
                continue
            node, is_within = item
            if node.place is not None:
                yield (b" %d" if is_within else b"%d") % number(node.place)
                if len(node.children) == 1:
                    waiting.append((node.children[0], True))
                    continue
                if node.children:
                    yield b" "
            for child in reversed(node.children):
                waiting += [b")", (child, False), b"("]


def _linked(places: Sequence[int], headings: Mapping[int, Heading]) -> Sequence[Node]:
    """Step 1: all nodes, children with their parents.

    Each message's own word about its parent comes first, (B), then what others say of those that have said nothing,
    (A): so no link is ever broken again.
    """
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    own: dict[int, Node] = {}
    for place in places:
        # No id, or one that another message has already: it is one of its own.
        node = own[place] = Node(place)
        nodes.append(node)
        if headings[place].message_id:
            by_id.setdefault(headings[place].message_id, node)

    def known(message_id: str) -> Node:
        node = by_id.get(message_id)
        if node is None:
            node = by_id[message_id] = Node()
            nodes.append(node)
        return node

    for place in places:
        if headings[place].references:
            own[place].link(known(headings[place].references[-1]))
    for place in places:
        for reference, following in pairwise(headings[place].references):
            known(following).link(known(reference))
    for node in nodes:
        if node.parent is not None:
            node.parent.children.append(node)
    return nodes


def _prune(root: Node) -> None:
    """Step 3: dummies go, their children in their place; one right under the root stays where it has several."""
    waiting = [root]
    order = []
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += node.children
    for node in reversed(order):
        kept: list[Node] = []
        for child in node.children:
            if child.place is None and (node is not root or len(child.children) < 2):
                kept += child.children
            else:
                kept.append(child)
        node.children = kept


def _sort_roots(root: Node, sent: Sent) -> None:
    """Step 4."""
    for thread in root.children:
        if thread.place is None:
            thread.children.sort(key=lambda node: _moment(node, sent))
    root.children.sort(key=lambda node: _moment(node, sent))


def _gather_subjects(root: Node, headings: Mapping[int, Heading]) -> None:
    """Step 5: threads of one base subject are one."""

    def about(thread: Node) -> Heading:
        place = thread.place if thread.place is not None else thread.children[0].place
        assert place is not None
        return headings[place]

    table: dict[str, Node] = {}
    for thread in root.children:
        subject = about(thread).subject
        standing = table.get(subject)
        if not subject:
            continue
        if standing is None or (
            standing.place is not None
            and (thread.place is None or (about(standing).is_reply and not about(thread).is_reply))
        ):
            table[subject] = thread
    kept: list[Node] = []
    places: dict[int, int] = {}
    for thread in root.children:
        subject = about(thread).subject
        standing = table.get(subject) if subject else None
        if standing is None or standing is thread:
            places[id(thread)] = len(kept)
            kept.append(thread)
        elif standing.place is None and thread.place is None:
            standing.children += thread.children
        elif standing.place is None or (about(thread).is_reply and not about(standing).is_reply):
            standing.children.append(thread)
        else:
            # Neither answers the other: a dummy over both, which stands for the subject from now on.
            both = table[subject] = Node(children=[standing, thread])
            kept[places[id(standing)]] = both
            places[id(both)] = places[id(standing)]
    root.children = kept


def _sort(root: Node, sent: Sent) -> None:
    """Step 6: all siblings by when they were sent, the innermost first because a dummy is as old as its first child."""
    waiting = [root]
    order = []
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += node.children
    for node in reversed(order):
        node.children.sort(key=lambda child: _moment(child, sent))


def _moment(node: Node, sent: Sent) -> tuple[int, int]:
    """When a node was sent, and its position for what was sent at the same time; of a dummy, that of its first child."""
    place = node.place
    while place is None:
        node = node.children[0]
        place = node.place
    return sent(place), place
