"""SEARCH and UID SEARCH (RFC 3501 §6.4.4), with MODSEQ (RFC 7162 §3.1.5) and RETURN (`search_return`)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import GatewayError
from gateway.core.ids import UID
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import read
from protocols.imap.cursor import Cursor
from protocols.imap.errors import No
from protocols.imap.progress import Progress
from protocols.imap.search_keys import Program, check_charset, parse_program
from protocols.imap.search_return import Wanted, parse_return
from protocols.imap.searching import Search as Searched
from protocols.imap.session import ROWS, Session

READ_AT_ONCE: Final = 20
"""So few messages in doubt are read without asking what is kept of their words."""
NAMED: Final = 2_000
"""So many are named when it is asked; of more the whole mailbox is meant."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a SEARCH asks, and how it wants to be told; `wanted` is None for the response of old."""

    program: Program
    wanted: Wanted | None


async def find(session: Session, program: Program) -> Sequence[int]:
    """The positions that match, in order: columns first, then the words of those they leave in doubt. Raises No."""
    check_charset(program)
    if program.has_modseq:
        session.enabled.add("CONDSTORE")
    selected = session.selected
    search = Searched(selected.view, program)
    doubtful = search.doubtful
    if len(doubtful) > READ_AT_ONCE:
        among = [UID(selected.view.uids[place]) for place in doubtful] if len(doubtful) <= NAMED else None
        progress = Progress(session, len(doubtful))
        search.learn(await progress.during(session.store.sift(session.who, selected.name, search.asked, among)))
        doubtful = search.doubtful
    progress = Progress(session, len(doubtful))
    done = 0
    async for place, content in read(session, doubtful, search.need):
        search.judge(place, content)
        done += 1
        await progress.passed(done)
    return list(search.positions())


class Search(Command[Question]):
    """SEARCH."""

    name = b"SEARCH"
    is_uid = False
    word = b"SEARCH"
    """How the untagged response of old is called."""

    def parse(self, cursor: Cursor) -> Question:
        """RFC 3501 §9 `search`, RFC 4466 §2.6.1 `search-return-opts`."""
        cursor.expect_space()
        wanted = parse_return(cursor)
        return Question(parse_program(cursor), wanted)

    async def run(self, session: Session, arguments: Question) -> Ok:
        """What was found is told as it was asked for, and kept where that was asked for."""
        try:
            found = await self.found(session, arguments)
        except (No, GatewayError):
            if arguments.wanted is not None and arguments.wanted.is_saved:
                # RFC 5182 §2.1: a SEARCH that is answered NO leaves nothing saved.
                session.selected.view.saved = array("I")
            raise
        await tell(session, found, arguments, self.word, is_uid=self.is_uid)
        return Ok("Done.")

    async def found(self, session: Session, arguments: Question) -> Sequence[int]:
        """The positions in the order in which they are told."""
        return await find(session, arguments.program)


class UidSearch(Search):
    """UID SEARCH."""

    name = b"UID SEARCH"
    is_uid = True


async def tell(session: Session, found: Sequence[int], question: Question, word: bytes, *, is_uid: bool) -> None:
    """The untagged response, and what `$` means from now on."""
    view = session.selected.view
    modseqs = view.modseqs if question.program.has_modseq else None

    number: Callable[[int], int] = view.uids.__getitem__ if is_uid else (1).__add__
    wanted = question.wanted
    if wanted is None and session.is_rev2 and word == b"SEARCH":
        # RFC 9051 §7.3.4: there is no response of old any more.
        wanted = Wanted(frozenset({b"ALL"}))
    if wanted is not None:
        if wanted.is_told:
            await session.out.send(wanted.line(session.tag, found, number, modseqs, is_uid=is_uid))
        if wanted.is_saved:
            view.saved = array("I", sorted(view.uids[place] for place in wanted.kept(found)))
        return
    # RFC 3501 §7.2.5: the line is there even where nothing was found.
    await session.out.send(b"* " + word)
    for start in range(0, len(found), ROWS):
        await session.out.send((" " + " ".join(map(str, map(number, found[start : start + ROWS])))).encode("ascii"))
    if modseqs is not None and found:
        await session.out.send(b" (MODSEQ %d)" % max(modseqs[place] for place in found))
    await session.out.send(b"\r\n")
