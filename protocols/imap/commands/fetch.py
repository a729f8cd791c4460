r"""FETCH and UID FETCH (RFC 3501 §6.4.5), CHANGEDSINCE, MODSEQ and VANISHED (RFC 7162 §3.1.4, §3.2.6), PARTIAL (RFC 9394 §3.3).

What the columns hold is written straight from them, hundreds of messages at a time. Content is read for as many
messages as fit a megabyte, and each message is given on before the next is read, so memory stays flat whatever is
asked for. \Seen is set for a batch when its content has been read and before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.core.errors import NoPermission
from gateway.core.ids import UID
from gateway.core.mail import FlagMode
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.earlier import say_earlier
from protocols.imap.commands.messages import batches, chosen, require_known
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.fetching import Column, Item, message_line, needs, parse_items, sets_seen
from protocols.imap.partial import Window, parse_window
from protocols.imap.resync import Spans
from protocols.imap.session import Session
from protocols.imap.types import SEEN, NumberSet
from protocols.imap.view import View, runs

MAX_MODIFIERS: Final = 10


@dataclass(frozen=True, slots=True)
class Request:
    """What a FETCH asks."""

    numbers: NumberSet
    items: tuple[Item, ...]
    changed_since: int | None = None
    is_vanished: bool = False
    """Whether to tell what has gone since, as well."""
    window: Window | None = None


class Fetch(Command[Request]):
    """FETCH."""

    name = b"FETCH"
    is_uid = False

    def parse(self, cursor: Cursor) -> Request:
        """RFC 3501 §9 `fetch`, RFC 7162 §7 `fetch-modifier`."""
        cursor.expect_space()
        numbers = cursor.expect_set(is_uid=self.is_uid)
        cursor.expect_space()
        items = parse_items(cursor)
        request = Request(numbers, items)
        if cursor.space() and not cursor.is_at_end():
            for change in cursor.listed(lambda: self._modifier(cursor), MAX_MODIFIERS):
                request = replace(request, **change)
        cursor.expect_end()
        if request.is_vanished and not (self.is_uid and request.changed_since is not None):
            raise Bad("VANISHED goes with UID FETCH and CHANGEDSINCE.")
        return request

    def _modifier(self, cursor: Cursor) -> dict[str, Any]:
        word = cursor.expect_word("CHANGEDSINCE, VANISHED or PARTIAL")
        if word == b"VANISHED":
            return {"is_vanished": True}
        cursor.expect_space()
        if word == b"CHANGEDSINCE":
            return {"changed_since": cursor.expect_modseq()}
        if word == b"PARTIAL" and self.is_uid:
            return {"window": parse_window(cursor)}
        raise Bad("There is no such modifier here.")

    async def run(self, session: Session, arguments: Request) -> Ok:
        """All messages in order."""
        view = session.selected.view
        if arguments.is_vanished and not session.is_qresync:
            # RFC 7162 §3.2.6: not before it has been enabled.
            raise Bad("QRESYNC must be enabled first.")
        items = self._items(session, arguments)
        places: Sequence[range] = chosen(view, arguments.numbers)
        if arguments.window is not None:
            places = runs(arguments.window.cut([place for run in places for place in run]))
        if arguments.changed_since is not None:
            if arguments.is_vanished:
                await say_earlier(session, arguments.changed_since, _spans(view, arguments.numbers))
            places = _changed_since(view, places, arguments.changed_since)
        if all(isinstance(item, Column) for item in items):
            await session.say_columns(view, places, [item.name for item in items if isinstance(item, Column)])
            return Ok("Done.")
        is_whole = await tell_contents(session, places, items)
        if not is_whole and not self.is_uid:
            require_known(session)
        return Ok("Done.")

    def _items(self, session: Session, request: Request) -> tuple[Item, ...]:
        items = request.items
        if request.changed_since is not None:
            # RFC 7162 §3.1.4.1: MODSEQ is then told without being asked for.
            items = (*items, Column(b"MODSEQ"))
        if Column(b"MODSEQ") in items:
            session.enabled.add("CONDSTORE")
        if self.is_uid:
            # RFC 3501 §6.4.8: UID FETCH always tells the UID.
            items = (Column(b"UID"), *items)
        return tuple(dict.fromkeys(items))


async def tell_contents(
    session: Session, places: Sequence[range], items: tuple[Item, ...], *, may_mark: bool = True
) -> bool:
    """Tell what needs content, with the flags that this changes; whether every message was still there."""
    selected = session.selected
    view = selected.view
    need = needs(items)
    marks_seen = may_mark and sets_seen(items) and not selected.is_read_only
    is_whole = True
    for batch in batches(view, (place for run in places for place in run), need):
        uids = [UID(view.uids[place]) for place in batch]
        contents = {found.uid: found for found in await session.store.contents(session.who, selected.name, uids, need)}
        is_whole = is_whole and len(contents) == len(batch)
        there = [place for place in batch if view.uids[place] in contents]
        newly = await _mark_seen(session, there) if marks_seen else frozenset()
        for place in there:
            shown = items
            if place in newly:
                shown = tuple(dict.fromkeys((*items, Column(b"FLAGS"))))
                if session.is_condstore:
                    shown = tuple(dict.fromkeys((*shown, Column(b"MODSEQ"))))
            content = contents.pop(UID(view.uids[place]))
            for piece in message_line(view, place, shown, content, session.flag_text):
                await session.out.send(piece)
    return is_whole


async def show(session: Session, places: Sequence[range], items: tuple[Item, ...]) -> None:
    """Tell some items of some messages by itself."""
    if all(isinstance(item, Column) for item in items):
        await session.say_columns(
            session.selected.view, places, [item.name for item in items if isinstance(item, Column)]
        )
        return
    await tell_contents(session, places, items, may_mark=False)


class UidFetch(Fetch):
    """UID FETCH."""

    name = b"UID FETCH"
    is_uid = True


async def _mark_seen(session: Session, places: Sequence[int]) -> frozenset[int]:
    r"""Set \Seen where it is not; the positions where it is new."""
    selected = session.selected
    view = selected.view
    unseen = [place for place in places if SEEN not in view.flags[place]]
    if not unseen:
        return frozenset()
    try:
        outcome = await session.edits.flag(
            session.who, selected.name, [UID(view.uids[place]) for place in unseen], FlagMode.ADD, frozenset({SEEN})
        )
    except NoPermission:
        return frozenset()
    return frozenset(view.learn(outcome.rows).changed)


def _spans(view: View, numbers: NumberSet) -> Spans:
    """The uids a set means, of messages that have gone too."""
    last = view.uid_next - 1
    return [(low, min(high, last)) for low, high in numbers.spans(last) if low <= last]


def _changed_since(view: View, places: Sequence[range], modseq: int) -> list[range]:
    return [range(place, place + 1) for run in places for place in run if view.modseqs[place] > modseq]
