"""SELECT, EXAMINE, CLOSE, CHECK (RFC 3501 §6.3.1, §6.3.2, §6.4.1, §6.4.2), UNSELECT (RFC 3691), CONDSTORE's parameter."""

from __future__ import annotations

import contextlib

from gateway.core.errors import NoPermission
from gateway.core.model import Right
from protocols.imap.commands.command import Command, Ok, Plain
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.session import Session
from protocols.imap.types import DELETED, SEEN


class Select(Command[tuple[str, bool]]):
    """SELECT."""

    name = b"SELECT"
    is_read_only = False

    def parse(self, cursor: Cursor) -> tuple[str, bool]:
        """A mailbox, and whether CONDSTORE is asked for."""
        cursor.expect_space()
        name = cursor.expect_mailbox()
        is_condstore = False
        if cursor.space() and not cursor.is_at_end():
            words = cursor.listed(lambda: cursor.expect_word("a parameter"))
            if set(words) - {b"CONDSTORE"}:
                raise Bad("That parameter is not known.")
            is_condstore = b"CONDSTORE" in words
        cursor.expect_end()
        return name, is_condstore

    async def run(self, session: Session, arguments: tuple[str, bool]) -> Ok:
        """RFC 3501 §6.3.1: whatever was selected is not any more, even where this fails."""
        name, is_condstore = arguments
        if session.unselect():
            # RFC 7162 §3.2.11: what is said after this is about the new mailbox.
            session.out.add(b"* OK [CLOSED] The former mailbox is closed.")
        if is_condstore:
            session.enabled.add("CONDSTORE")
        selected = await session.select(name, is_read_only=self.is_read_only)
        view = selected.view
        session.say_flags()
        session.out.add(b"* %d EXISTS" % len(view))
        session.out.add(b"* 0 RECENT")
        unseen = next((place for place, flags in enumerate(view.flags) if SEEN not in flags), None)
        if unseen is not None:
            session.out.add(b"* OK [UNSEEN %d] The first that is not seen." % (unseen + 1))
        session.out.add(b"* OK [UIDVALIDITY %d] UIDs are valid." % view.epoch)
        session.out.add(b"* OK [UIDNEXT %d] The next UID." % view.uid_next)
        session.out.add(b"* OK [HIGHESTMODSEQ %d] The highest." % view.modseq)
        return Ok("Selected.", "READ-ONLY" if selected.is_read_only else "READ-WRITE")


class Examine(Select):
    """EXAMINE."""

    name = b"EXAMINE"
    is_read_only = True


class Close(Plain):
    r"""CLOSE: takes away what is \Deleted, without a word."""

    name = b"CLOSE"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Where it cannot be taken away the mailbox stays open and the client hears why."""
        selected = session.selected
        may_remove = not selected.is_read_only and Right.REMOVE in selected.collection.rights
        if may_remove and (selected.moved.is_set() or any(DELETED in flags for flags in set(selected.view.flags))):
            # RFC 3501 §6.4.2: who may not remove is given no error.
            with contextlib.suppress(NoPermission):
                await session.edits.expunge(session.who, selected.name, None)
        session.unselect()
        return Ok("Closed.")


class Unselect(Plain):
    """UNSELECT."""

    name = b"UNSELECT"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Nothing is taken away."""
        session.unselect()
        return Ok("Closed.")


class Check(Plain):
    """CHECK."""

    name = b"CHECK"
    wants_news = True

    async def run(self, session: Session, arguments: None) -> Ok:
        """Everything answered OK is kept already."""
        return Ok("Done.")
