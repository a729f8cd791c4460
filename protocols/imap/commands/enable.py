"""ENABLE (RFC 5161)."""

from __future__ import annotations

from typing import Final

from protocols.imap.capabilities import ENABLABLE
from protocols.imap.commands.command import Command, Ok
from protocols.imap.cursor import Cursor
from protocols.imap.session import Session

_SPELT: Final = {"IMAP4REV2": "IMAP4rev2"}


class Enable(Command[list[str]]):
    """ENABLE: what is not known is passed over (RFC 5161 §3.1)."""

    name = b"ENABLE"

    def parse(self, cursor: Cursor) -> list[str]:
        """One or more words."""
        words: list[str] = []
        cursor.expect_space()
        words.append(cursor.expect_atom("a capability").decode("ascii").upper())
        while cursor.space() and not cursor.is_at_end():
            words.append(cursor.expect_atom("a capability").decode("ascii").upper())
        cursor.expect_end()
        return words

    async def run(self, session: Session, arguments: list[str]) -> Ok:
        """Says which of them are on now."""
        offered = ENABLABLE - session.withheld()
        wanted = [word for word in dict.fromkeys(arguments) if word in offered]
        session.enabled.update(wanted)
        if "QRESYNC" in wanted:
            # RFC 7162 §3.2.3: whoever enables QRESYNC is told mod-sequences, too.
            session.enabled.add("CONDSTORE")
        session.out.add(b"* ENABLED", *(b" " + _SPELT.get(word, word).encode("ascii") for word in wanted))
        return Ok("Done.")
