"""SEARCH and UID SEARCH (RFC 3501 §6.4.4), with MODSEQ (RFC 7162 §3.1.5)."""

from __future__ import annotations

from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import read
from protocols.imap.cursor import Cursor
from protocols.imap.search_keys import Program, parse_program
from protocols.imap.searching import Search as Searched
from protocols.imap.session import ROWS, Session


class Search(Command[Program]):
    """SEARCH."""

    name = b"SEARCH"
    is_uid = False

    def parse(self, cursor: Cursor) -> Program:
        """RFC 3501 §9 `search`."""
        cursor.expect_space()
        return parse_program(cursor)

    async def run(self, session: Session, arguments: Program) -> Ok:
        """Columns first; then the words of the messages they leave in doubt."""
        view = session.selected.view
        if arguments.has_modseq:
            session.enabled.add("CONDSTORE")
        search = Searched(view, arguments)
        async for place, content in read(session, search.doubtful, search.need):
            search.judge(place, content)
        numbers = list(search.uids() if self.is_uid else (place + 1 for place in search.positions()))
        # RFC 3501 §7.2.5: the line is there even where nothing was found.
        await session.out.send(b"* SEARCH")
        for start in range(0, len(numbers), ROWS):
            await session.out.send(b" " + b" ".join([b"%d" % number for number in numbers[start : start + ROWS]]))
        if arguments.has_modseq and numbers:
            highest = max(view.modseqs[place] for place in search.positions())
            await session.out.send(b" (MODSEQ %d)" % highest)
        await session.out.send(b"\r\n")
        return Ok("Done.")


class UidSearch(Search):
    """UID SEARCH."""

    name = b"UID SEARCH"
    is_uid = True
