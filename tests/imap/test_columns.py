"""Sessions share columns, and none of them sees what another has done to its own."""

from __future__ import annotations

from gateway.core.ids import CollectionId, PrincipalId
from gateway.core.model import Principal
from protocols.imap.columns import Columns, Key, Shelf, shelf_key
from protocols.imap.view import View
from tests.imap.builders import a_collection, a_row, a_view, some_changes

KEY: Key = ("", "anna", CollectionId(1))


def opened(shelf: Shelf, modseq: int = 5) -> View:
    """A session's view, by what lies on the shelf."""
    snapshot = shelf.find(KEY)
    assert snapshot is not None
    view = View.of(snapshot, a_collection(modseq=modseq))
    view.settle(shelf, KEY)
    return view


def a_shelf() -> tuple[Shelf, View]:
    shelf = Shelf()
    first = a_view(a_row(1), a_row(2, "\\Seen"), a_row(3, "Work"), modseq=5)
    first.settle(shelf, KEY)
    return shelf, first


def test_a_second_session_has_the_columns_of_the_first() -> None:
    shelf, first = a_shelf()
    second = opened(shelf)
    assert second.uids is first.uids
    assert second.flags is first.flags
    assert (second.modseq, second.keywords) == (5, {"work": "Work"})


def test_what_one_session_changes_the_other_does_not_see() -> None:
    shelf, first = a_shelf()
    second = opened(shelf)
    second.learn([a_row(1, "\\Seen", modseq=6)])
    second.absorb(some_changes([a_row(4, modseq=7)], modseq=7), may_expunge=False)
    second.forget([2])
    assert (list(first.uids), list(second.uids)) == ([1, 2, 3], [1, 3, 4])
    assert (first.flags[0], second.flags[0]) == (frozenset(), frozenset({"\\Seen"}))


def test_sessions_that_have_heard_the_same_share_again() -> None:
    shelf, first = a_shelf()
    second = opened(shelf)
    for view in (first, second):
        view.absorb(some_changes([a_row(2, modseq=6), a_row(4, modseq=7)], [1], modseq=8), may_expunge=True)
        view.settle(shelf, KEY)
    assert second.uids is first.uids
    assert list(second.uids) == [2, 3, 4]
    third = opened(shelf, modseq=8)
    assert third.uids is first.uids


def test_a_session_that_may_not_yet_say_expunge_keeps_its_own() -> None:
    shelf, first = a_shelf()
    second = opened(shelf)
    gone = some_changes([], [1], modseq=6)
    first.absorb(gone, may_expunge=True)
    first.settle(shelf, KEY)
    second.absorb(gone, may_expunge=False)
    second.settle(shelf, KEY)
    assert (list(first.uids), list(second.uids)) == ([2, 3], [1, 2, 3])
    second.absorb(some_changes(modseq=6), may_expunge=True)
    second.settle(shelf, KEY)
    assert second.uids is first.uids


def test_what_is_held_back_is_not_laid_on_the_shelf() -> None:
    shelf, first = a_shelf()
    first.absorb(some_changes([], [1], modseq=6), may_expunge=False)
    first.settle(shelf, KEY)
    snapshot = shelf.find(KEY)
    assert snapshot is not None
    assert snapshot.modseq == 5


def test_another_life_of_a_mailbox_replaces_what_lies_there() -> None:
    shelf, _ = a_shelf()
    other = View(some_changes([a_row(1)], modseq=2, epoch=8))
    other.settle(shelf, KEY)
    snapshot = shelf.find(KEY)
    assert snapshot is not None
    assert (snapshot.epoch, snapshot.modseq) == (8, 2)


def test_the_shelf_keeps_what_was_asked_for_last() -> None:
    shelf = Shelf(most_messages=5)
    keys = [shelf_key(Principal(PrincipalId(name), name, name, ""), CollectionId(1)) for name in "abc"]
    for key in keys[:2]:
        a_view(a_row(1), a_row(2)).settle(shelf, key)
    assert shelf.find(keys[0]) is not None
    a_view(a_row(1), a_row(2)).settle(shelf, keys[2])
    assert [shelf.find(key) is not None for key in keys] == [True, False, True]


def test_columns_without_some_are_the_others_in_order() -> None:
    columns = Columns()
    for uid in range(1, 8):
        columns.append(a_row(uid, size=uid), frozenset({str(uid)}))
    kept = columns.without([0, 3, 6])
    assert (list(kept.uids), list(kept.sizes)) == ([2, 3, 5, 6], [2, 3, 5, 6])
    assert kept.flags == [frozenset({str(uid)}) for uid in (2, 3, 5, 6)]
