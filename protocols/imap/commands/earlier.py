"""What went before: VANISHED (EARLIER), for SELECT (QRESYNC …) and UID FETCH (CHANGEDSINCE … VANISHED). RFC 7162 §3.2.10."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from gateway.core.errors import TokenExpired
from gateway.core.ids import ModSeq
from protocols.imap.resync import Spans, absent, after, within
from protocols.imap.session import ROWS, Session


async def say_earlier(session: Session, since: int, spans: Spans, agreed: int = 0) -> bool:
    """Tell which uids of the spans have gone since; whether all traces since then were still there.

    Where they are not, every uid that is not there is told, but those up to `agreed`, of which the client knows.
    """
    selected = session.selected
    view = selected.view
    try:
        gone = await session.store.vanished(session.who, selected.name, ModSeq(since))
    except TokenExpired:
        await _say(session, absent(view.uids, after(spans, agreed)))
        return False
    # What the client is still to be told the ordinary way is in the view, or has never been in it.
    past = (uid for uid in gone if uid < view.uid_next and view.position(uid) is None)
    await _say(session, _runs(within(past, spans)))
    return True


async def _say(session: Session, spans: Iterable[tuple[int, int]]) -> None:
    every = iter(spans)
    while some := list(islice(every, ROWS)):
        told = b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in some)
        await session.out.send(b"* VANISHED (EARLIER) " + told + b"\r\n")


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    low = high = 0
    for number in numbers:
        if number == high + 1 and low:
            high = number
            continue
        if low:
            yield low, high
        low = high = number
    if low:
        yield low, high
