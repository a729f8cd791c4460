"""NOTIFY (RFC 5465): the client says what it wants to hear of by itself, in the selected mailbox and in others."""

from __future__ import annotations

from gateway.core.model import Collection
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.fetch import show
from protocols.imap.commands.status import counted, say_status
from protocols.imap.cursor import Cursor
from protocols.imap.notifying import Event, Request, parse_request
from protocols.imap.session import Session
from protocols.imap.watching import Watching


class Notify(Command[Request | None]):
    """NOTIFY."""

    name = b"NOTIFY"

    def parse(self, cursor: Cursor) -> Request | None:
        """RFC 5465 §8."""
        cursor.expect_space()
        return parse_request(cursor)

    async def run(self, session: Session, arguments: Request | None) -> Ok:
        """RFC 5465 §3: each NOTIFY takes the place of the one before it."""
        if arguments is None:
            session.notify(None)
            return Ok("You will hear of nothing by itself.")
        watching = Watching(session, arguments, _say)
        try:
            await watching.begin()
        except BaseException:
            watching.close()
            raise
        session.notify(watching)
        selected = arguments.selected
        if selected is not None and selected.items:

            async def tell_new(places: range) -> None:
                await show(session, [places], selected.items)

            session.tell_new = tell_new
        session.tells_flags = selected is not None and Event.FLAGS in selected.events
        return Ok("You will hear of it.")


async def _say(session: Session, collection: Collection, items: tuple[bytes, ...]) -> None:
    counts = await counted(session, [collection.name], items)
    if collection.name in counts:
        say_status(session, collection, items, counts[collection.name])
