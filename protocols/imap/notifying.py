"""What a NOTIFY asks for (RFC 5465): events, and of which mailboxes. Pure.

Several groups may mean one mailbox; their events add up. The selected mailbox is meant by SELECTED and SELECTED-DELAYED
alone, whatever else would mean it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad, No
from protocols.imap.fetching import Column, Item, parse_items
from protocols.imap.mailboxes import INBOX, SEPARATOR

MAX_GROUPS: Final = 50
MAX_NAMES: Final = 1_000


class Event(enum.Enum):
    """What can happen, by its name on the wire."""

    NEW = "MessageNew"
    EXPUNGE = "MessageExpunge"
    FLAGS = "FlagChange"
    NAME = "MailboxName"
    SUBSCRIPTION = "SubscriptionChange"


MESSAGES: Final = frozenset({Event.NEW, Event.EXPUNGE, Event.FLAGS})

_EVENTS: Final = {event.value.upper().encode("ascii"): event for event in Event}
_OTHERS: Final = frozenset({b"ANNOTATIONCHANGE", b"MAILBOXMETADATACHANGE", b"SERVERMETADATACHANGE"})
"""Events of the RFC that are not told here."""
_SELECTED: Final = frozenset({b"SELECTED", b"SELECTED-DELAYED"})
_KINDS: Final = frozenset({b"INBOXES", b"PERSONAL", b"SUBSCRIBED"})
_NAMED: Final = frozenset({b"SUBTREE", b"MAILBOXES"})


@dataclass(frozen=True, slots=True)
class Group:
    """One event group. `items`: what is told of a new message (RFC 5465 §5.2)."""

    kind: bytes
    names: tuple[str, ...]
    events: frozenset[Event]
    items: tuple[Item, ...] = ()

    def means(self, name: str, *, is_subscribed: bool) -> bool:
        """Whether it is about this mailbox, where that is not selected."""
        if self.kind == b"INBOXES":
            return name == INBOX
        if self.kind == b"SUBSCRIBED":
            return is_subscribed
        if self.kind == b"MAILBOXES":
            return name in self.names
        if self.kind == b"SUBTREE":
            return any(name == top or name.startswith(top + SEPARATOR) for top in self.names)
        return self.kind == b"PERSONAL"


@dataclass(frozen=True, slots=True)
class Request:
    """A NOTIFY SET."""

    groups: tuple[Group, ...]
    with_status: bool = False

    @property
    def selected(self) -> Group | None:
        """What is wanted of the selected mailbox; None: nothing."""
        return next((group for group in self.groups if group.kind in _SELECTED), None)

    @property
    def is_delayed(self) -> bool:
        """Whether EXPUNGE of the selected mailbox waits for the end of a command (RFC 5465 §6.2)."""
        return self.selected is not None and self.selected.kind == b"SELECTED-DELAYED"

    def events(self, name: str, *, is_subscribed: bool) -> frozenset[Event]:
        """What is wanted of a mailbox that is not selected."""
        meant: Iterable[Group] = (group for group in self.groups if group.means(name, is_subscribed=is_subscribed))
        return frozenset().union(*(group.events for group in meant))


def parse_request(cursor: Cursor) -> Request | None:
    """The arguments of NOTIFY; None for NONE. Raises Bad, and No [BADEVENT] for events that are not told here."""
    word = cursor.expect_word("SET or NONE")
    if word == b"NONE":
        cursor.expect_end()
        return None
    if word != b"SET":
        raise Bad("Expected SET or NONE here.")
    cursor.expect_space()
    with_status = cursor.take(b"STATUS ")
    groups = [_group(cursor)]
    while cursor.space() and not cursor.is_at_end():
        if len(groups) >= MAX_GROUPS:
            raise Bad(f"At most {MAX_GROUPS} groups of events may be asked for.")
        groups.append(_group(cursor))
    cursor.expect_end()
    if sum(group.kind in _SELECTED for group in groups) > 1:
        # RFC 5465 §6.1: one of the two, once.
        raise Bad("The selected mailbox may be meant once.")
    return Request(tuple(groups), with_status)


def _group(cursor: Cursor) -> Group:
    cursor.expect(b"(")
    kind = cursor.expect_word("which mailboxes")
    names: list[str] = []
    if kind in _NAMED:
        cursor.expect_space()
        is_list = cursor.peek() == b"("
        names = cursor.listed(cursor.expect_mailbox, MAX_NAMES) if is_list else [cursor.expect_mailbox()]
    elif kind not in _SELECTED | _KINDS:
        raise Bad("Expected SELECTED, SELECTED-DELAYED, INBOXES, PERSONAL, SUBSCRIBED, SUBTREE or MAILBOXES here.")
    cursor.expect_space()
    events: dict[Event, tuple[Item, ...]] = {}
    if not cursor.take(b"NONE"):
        events = dict(cursor.listed(lambda: _event(cursor), 20))
    cursor.expect(b")")
    _check(kind, events)
    return Group(kind, tuple(names), frozenset(events), events.get(Event.NEW, ()))


def _event(cursor: Cursor) -> tuple[Event, tuple[Item, ...]]:
    word = cursor.expect_word("an event")
    if word in _OTHERS:
        # RFC 5465 §8: the code lists the events there are.
        raise No("That event is not told here.", f"BADEVENT ({' '.join(event.value for event in Event)})")
    event = _EVENTS.get(word)
    if event is None:
        raise Bad("There is no such event.")
    if event is Event.NEW and cursor.follows(b" ("):
        cursor.expect_space()
        items = parse_items(cursor)
        # RFC 5465 §5.2: the UID is always told with them.
        return event, tuple(dict.fromkeys((Column(b"UID"), *items)))
    return event, ()


def _check(kind: bytes, events: dict[Event, tuple[Item, ...]]) -> None:
    """RFC 5465 §5: which events go together, and which with the selected mailbox. Raises Bad."""
    asked = MESSAGES & events.keys()
    if asked and not {Event.NEW, Event.EXPUNGE} <= asked:
        raise Bad("MessageNew and MessageExpunge are asked for together, and FlagChange with both.")
    if kind in _SELECTED and events.keys() - MESSAGES:
        raise Bad("Of the selected mailbox only messages are told.")
    if kind not in _SELECTED and events.get(Event.NEW):
        raise Bad("What new messages say is told of the selected mailbox only.")
