"""POST to the outbox (RFC 6638 §5): when are these people free?

Only such questions are taken here; invitations and answers go out by themselves when an event is stored. Each of those
asked has an answer of his own: his busy times, or why there are none (RFC 6638 §7.3, RFC 5546 §3.6).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.core.errors import InvalidContent
from gateway.core.scheduling import UserTimes
from gateway.core.tree import Line
from gateway.formats.contentline import serialise
from gateway.scheduling.addresses import is_of, mail_of
from gateway.scheduling.busy_request import BusyRequest, NoSchedulingMessage, read_request, reply
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import caldav
from protocols.dav.types import DavResponse

_UNKNOWN: Final = "3.7;Invalid calendar user"
"""Nobody here can have this address."""
_ELSEWHERE: Final = "5.2;Times of people outside of this CRM are not known here"
_SUCCESS: Final = "2.0;Success"


async def post_outbox(exchange: Exchange) -> DavResponse:
    """200 with a C:schedule-response. Raises DavError with the preconditions of RFC 6638 §10.5 and §5."""
    request = exchange.request
    if request.media_type not in {"text/calendar", ""}:
        raise DavError(415, "Post text/calendar here.", caldav("supported-calendar-data"))
    try:
        asked = read_request(request.body)
    except NoSchedulingMessage as wrong:
        raise DavError(403, str(wrong), caldav("valid-scheduling-message")) from wrong
    except InvalidContent as wrong:
        raise DavError(403, str(wrong), caldav("valid-calendar-data")) from wrong
    if not is_of(asked.organizer.value, exchange.who):
        raise DavError(403, "You may only ask as yourself: ORGANIZER is another.", caldav("organizer-allowed"))
    found = await exchange.store.busy_times(
        exchange.who, [line.value for line in asked.attendees], asked.wanted, asked.but
    )
    made = dt.datetime.now(dt.UTC)
    answers = "".join(_answer(asked, line, one, made) for line, one in zip(asked.attendees, found, strict=True))
    body = f"{xml.HEAD}<C:schedule-response {xml.NAMESPACES}>\n{answers}</C:schedule-response>\n"
    return DavResponse(200, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())


def _answer(asked: BusyRequest, attendee: Line, found: UserTimes, made: dt.datetime) -> str:
    recipient = f"<C:recipient>{xml.href(attendee.value.strip())}</C:recipient>"
    if found.times is None:
        status = _ELSEWHERE if mail_of(attendee.value) else _UNKNOWN
        return f"<C:response>{recipient}<C:request-status>{status}</C:request-status></C:response>\n"
    content = xml.escape_content(serialise(reply(asked, attendee, found.times, made)))
    return (
        f"<C:response>{recipient}<C:request-status>{_SUCCESS}</C:request-status>"
        f"<C:calendar-data>{content}</C:calendar-data></C:response>\n"
    )
