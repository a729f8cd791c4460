"""What the commands on messages share: which positions a set means, reading their content in lots, and what is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final

from gateway.core.ids import UID
from gateway.core.mail import MessageContent, Need
from protocols.imap.errors import Bad, No
from protocols.imap.session import Session
from protocols.imap.types import NumberSet, SeqSet
from protocols.imap.view import View

BATCH_BYTES: Final = 1024 * 1024
BATCH_MESSAGES: Final = 200


def chosen(view: View, numbers: NumberSet) -> list[range]:
    """The positions a set means. Raises Bad for a sequence number beyond the last message (RFC 3501 §9 `seq-number`)."""
    if isinstance(numbers, SeqSet) and numbers.largest > len(view) and not (numbers.has_star and not len(view)):
        raise Bad("There are not so many messages here.")
    return view.positions(numbers)


def batches(view: View, places: Iterable[int], need: Need) -> Iterator[list[int]]:
    """Positions in lots that are small to hold: by size where whole messages are read, else by number."""
    batch: list[int] = []
    held = 0
    for place in places:
        size = view.sizes[place] if Need.RAW in need else 0
        if batch and (len(batch) >= BATCH_MESSAGES or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(place)
        held += size
    if batch:
        yield batch


async def read(session: Session, places: Iterable[int], need: Need) -> AsyncIterator[tuple[int, MessageContent]]:
    """The content of messages, lot by lot; those that have gone are left out."""
    view = session.selected.view
    for batch in batches(view, places, need):
        uids = [UID(view.uids[place]) for place in batch]
        for content in await session.store.contents(session.who, session.selected.name, uids, need):
            place = view.position(content.uid)
            if place is not None:
                yield place, content


def require_known(session: Session) -> None:
    """Some messages the client knows are gone: it is told as soon as that may be said (RFC 2180 §4.1)."""
    session.selected.moved.set()
    raise No("Some of these messages are not there any more.", "EXPUNGEISSUED")
