"""SORT and UID SORT (RFC 5256 §3), with RETURN (ESORT, RFC 5267 §3); THREAD and UID THREAD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.core.mail import Need
from gateway.core.searching import Heading
from gateway.formats.headings import heading
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import read
from protocols.imap.commands.search import READ_AT_ONCE, Question, Search, find
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.progress import Progress
from protocols.imap.search_keys import All, Program, parse_charset, parse_keys
from protocols.imap.search_return import parse_return
from protocols.imap.session import ROWS, Session
from protocols.imap.sorting import SortKey, ordered, parse_sort_keys, sent
from protocols.imap.threads import ALGORITHMS, written


@dataclass(frozen=True, slots=True)
class SortQuestion(Question):
    """What a SORT asks."""

    keys: tuple[SortKey, ...] = ()


class Sort(Search):
    """SORT."""

    name = b"SORT"
    word = b"SORT"

    def parse(self, cursor: Cursor) -> SortQuestion:
        """RFC 5256 §4 `sort`, RFC 5267 §4.3 with return options."""
        cursor.expect_space()
        wanted = parse_return(cursor)
        keys = parse_sort_keys(cursor)
        return SortQuestion(_parse_program(cursor), wanted, keys)

    async def found(self, session: Session, arguments: Question) -> Sequence[int]:
        """What matches, in order."""
        assert isinstance(arguments, SortQuestion)
        places = await find(session, arguments.program)
        headings: Mapping[int, Heading] = {}
        if any(key.needs_heading for key in arguments.keys):
            headings = await read_headings(session, places)
            places = [place for place in places if place in headings]
        return ordered(session.selected.view, places, arguments.keys, headings)


class UidSort(Sort):
    """UID SORT."""

    name = b"UID SORT"
    is_uid = True


class Thread(Command[tuple[bytes, Program]]):
    """THREAD."""

    name = b"THREAD"
    is_uid = False

    def parse(self, cursor: Cursor) -> tuple[bytes, Program]:
        """RFC 5256 §4 `thread`."""
        cursor.expect_space()
        algorithm = cursor.expect_word("a threading algorithm")
        if algorithm not in ALGORITHMS:
            raise Bad("There is no such threading algorithm.")
        return algorithm, _parse_program(cursor)

    async def run(self, session: Session, arguments: tuple[bytes, Program]) -> Ok:
        """One response, a tree for each thread."""
        algorithm, program = arguments
        view = session.selected.view
        headings = await read_headings(session, await find(session, program))
        moments = {place: sent(view, place, one) for place, one in headings.items()}
        threads = ALGORITHMS[algorithm](sorted(headings), headings, moments.__getitem__)
        await session.out.send(b"* THREAD")
        for start in range(0, len(threads), ROWS):
            gap = b"" if start else b" "
            pieces = written(threads[start : start + ROWS], partial(self._number, session))
            await session.out.send(gap + b"".join(pieces))
        await session.out.send(b"\r\n")
        return Ok("Done.")

    def _number(self, session: Session, place: int) -> int:
        return session.selected.view.uids[place] if self.is_uid else place + 1


class UidThread(Thread):
    """UID THREAD."""

    name = b"UID THREAD"
    is_uid = True


async def read_headings(session: Session, places: Sequence[int]) -> dict[int, Heading]:
    """The headings of messages by position: what is kept of them, and of the others what they say themselves."""
    selected = session.selected
    uids = selected.view.uids
    progress = Progress(session, len(places))
    found: dict[int, Heading] = {}
    if len(places) > READ_AT_ONCE:
        kept = dict(await progress.during(session.store.headings(session.who, selected.name)))
        found = {place: known for place in places if (known := kept.get(uids[place])) is not None}  # type: ignore[call-overload]
    missing = [place for place in places if place not in found]
    async for place, content in read(session, missing, Need.HEADER):
        found[place] = heading(content.header or b"")
        await progress.passed(len(found))
    return found


def _parse_program(cursor: Cursor) -> Program:
    """A charset, which may not be left out here, and search keys."""
    program = Program(All(()))
    cursor.expect_space()
    parse_charset(cursor, program)
    cursor.expect_space()
    parse_keys(cursor, program)
    return program
