"""What one client believes, and what it is told so that it believes the truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocols.imap.types import SeqSet, UIDSet
from protocols.imap.view import Broken, Updates, View
from tests.imap.builders import a_row, a_view, some_changes


def spans(ranges: list[range]) -> list[tuple[int, int]]:
    return [(found.start, found.stop) for found in ranges]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"1", [(0, 1)]),
        (b"2:*", [(1, 3)]),
        (b"*", [(2, 3)]),
        (b"*:1", [(0, 3)]),
        (b"3,1", [(0, 1), (2, 3)]),
        (b"9", []),
        (b"2:9", [(1, 3)]),
        (b"1:4294967295", [(0, 3)]),
    ],
)
def test_sequence_numbers_are_places(text: bytes, expected: list[tuple[int, int]]) -> None:
    numbers = SeqSet.parse(text)
    assert numbers is not None
    assert spans(a_view(a_row(10), a_row(20), a_row(30)).positions(numbers)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"10", [(0, 1)]),
        (b"11", []),
        (b"11:29", [(1, 2)]),
        (b"15:*", [(1, 3)]),
        # RFC 3501 §6.4.8: a range to * always holds the last message, even from beyond it.
        (b"99:*", [(2, 3)]),
        (b"30,10", [(0, 1), (2, 3)]),
    ],
)
def test_uids_are_places(text: bytes, expected: list[tuple[int, int]]) -> None:
    numbers = UIDSet.parse(text)
    assert numbers is not None
    assert spans(a_view(a_row(10), a_row(20), a_row(30)).positions(numbers)) == expected


def test_nothing_is_meant_in_an_empty_mailbox() -> None:
    assert a_view().positions(SeqSet(((1, 0),))) == []
    assert a_view().positions(UIDSet(((1, 0),))) == []


def test_new_messages_are_told_by_number() -> None:
    updates = a_view(a_row(1)).absorb(
        some_changes([a_row(2, modseq=5), a_row(3, modseq=6)], modseq=6), may_expunge=True
    )
    assert (updates.exists, list(updates.changed), list(updates.expunged)) == (3, [], [])


def test_expunges_are_said_from_the_last_to_the_first() -> None:
    view = a_view(a_row(1), a_row(2), a_row(3), a_row(4))
    updates = view.absorb(some_changes(vanished=[1, 3], modseq=2), may_expunge=True)
    assert list(updates.expunged) == [3, 1]
    assert updates.exists is None
    assert list(view.uids) == [2, 4]


def test_expunge_waits_while_numbers_are_in_use() -> None:
    view = a_view(a_row(1), a_row(2), a_row(3))
    updates = view.absorb(some_changes([a_row(4, modseq=3)], vanished=[2], modseq=3), may_expunge=False)
    assert (updates.exists, list(updates.expunged)) == (4, [])
    assert view.has_news()
    assert view.position(3) == 2
    updates = view.absorb(some_changes(modseq=3), may_expunge=True)
    assert list(updates.expunged) == [2]
    assert not view.has_news()
    assert view.position(3) == 1


def test_what_was_told_by_the_command_itself_is_not_told_again() -> None:
    view = a_view(a_row(1), a_row(2))
    assert list(view.learn([a_row(2, "\\Seen", modseq=4)]).changed) == [1]
    assert not view.absorb(some_changes([a_row(2, "\\Seen", modseq=4)], modseq=4), may_expunge=True)


def test_flags_behind_an_expunged_message_are_told_at_their_new_place() -> None:
    view = a_view(a_row(1), a_row(2), a_row(3))
    updates = view.absorb(some_changes([a_row(3, "x", modseq=4)], vanished=[1], modseq=4), may_expunge=True)
    assert (list(updates.expunged), list(updates.changed), updates.has_new_keywords) == ([1], [1], True)


def test_a_message_that_came_and_went_unseen_is_not_spoken_of() -> None:
    assert not a_view(a_row(1)).absorb(some_changes(vanished=[5], modseq=9), may_expunge=True)


def test_another_life_of_the_mailbox_breaks_the_view() -> None:
    with pytest.raises(Broken):
        a_view(a_row(1)).absorb(some_changes(epoch=8), may_expunge=True)


def test_a_uid_that_was_passed_already_breaks_the_view() -> None:
    with pytest.raises(Broken):
        a_view(a_row(1), a_row(5)).absorb(some_changes([a_row(3)]), may_expunge=True)


def test_the_first_spelling_of_a_keyword_is_kept() -> None:
    view = a_view(a_row(1, "Work"), a_row(2, "work"))
    assert list(view.keywords.values()) in (["Work"], ["work"])
    assert len(view.keywords) == 1


@dataclass
class Client:
    """A mail program that believes what it is told and nothing else."""

    flags: list[frozenset[str]] = field(default_factory=list)
    uids: list[int | None] = field(default_factory=list)

    def hear(self, updates: Updates, view: View) -> None:
        for number in updates.expunged:
            del self.flags[number - 1], self.uids[number - 1]
        if updates.exists is not None:
            assert updates.exists >= len(self.uids)
            # It asks for what is new at once.
            for place in range(len(self.uids), updates.exists):
                self.uids.append(view.uids[place])
                self.flags.append(view.flags[place])
        for place in updates.changed:
            self.flags[place] = view.flags[place]


class Conversation(RuleBasedStateMachine):
    """A mailbox that changes, a view that hears of it now and then, a client that hears of it from the view."""

    @initialize()
    def begin(self) -> None:
        self.messages: dict[int, tuple[frozenset[str], int]] = {}
        self.tombstones: dict[int, int] = {}
        self.modseq, self.uid = 1, 0
        self.view = a_view()
        self.client = Client()

    @rule(count=st.integers(1, 3))
    def arrive(self, count: int) -> None:
        for _ in range(count):
            self.uid, self.modseq = self.uid + 1, self.modseq + 1
            self.messages[self.uid] = (frozenset(), self.modseq)

    @rule(choice=st.integers(0, 30), flag=st.sampled_from(["\\Seen", "x", "y"]))
    def mark(self, choice: int, flag: str) -> None:
        if self.messages:
            uid = sorted(self.messages)[choice % len(self.messages)]
            self.modseq += 1
            self.messages[uid] = (self.messages[uid][0] ^ {flag}, self.modseq)

    @rule(choice=st.integers(0, 30))
    def vanish(self, choice: int) -> None:
        if self.messages:
            uid = sorted(self.messages)[choice % len(self.messages)]
            self.modseq += 1
            del self.messages[uid]
            self.tombstones[uid] = self.modseq

    @rule(may_expunge=st.booleans())
    def hear(self, may_expunge: bool) -> None:
        since = self.view.modseq
        changes = some_changes(
            [a_row(uid, *flags, modseq=modseq) for uid, (flags, modseq) in self.messages.items() if modseq > since],
            [uid for uid, modseq in self.tombstones.items() if modseq > since],
            modseq=self.modseq,
        )
        self.client.hear(self.view.absorb(changes, may_expunge=may_expunge), self.view)
        if may_expunge:
            assert self.client.uids == sorted(self.messages)
            assert self.client.flags == [self.messages[uid][0] for uid in sorted(self.messages)]

    @invariant()
    def the_view_is_what_the_client_believes(self) -> None:
        assert self.client.uids == list(self.view.uids)
        assert self.client.flags == self.view.flags


TestConversation = Conversation.TestCase


@given(st.sets(st.integers(1, 200)), st.sets(st.integers(1, 200)))
def test_expunge_numbers_lead_from_the_old_mailbox_to_the_new(present: set[int], gone: set[int]) -> None:
    view = a_view(*(a_row(uid) for uid in sorted(present)))
    believed = sorted(present)
    for number in view.forget(gone):
        del believed[number - 1]
    assert believed == list(view.uids) == sorted(present - gone)
