"""POST of CS:invite-reply to one's home (Calendar Server's caldav-sharing §5.2): keep what another shares, or have it go."""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import calendarserver
from protocols.dav.tree import collection_url
from protocols.dav.types import DavResponse

_SUMMARY_LONGEST: Final = 255


async def invite_reply(exchange: Exchange) -> DavResponse:
    """200 with CS:shared-as where it is accepted, empty where not. Raises NotFound for an invitation that is not his."""
    root = xml.parse(exchange.request.body)
    if xml.name_of(root) != calendarserver("invite-reply"):
        raise DavError(415, "The body must be a CS:invite-reply element.")
    accepts = xml.child(root, calendarserver("invite-accepted")) is not None
    if accepts == (xml.child(root, calendarserver("invite-declined")) is not None):
        raise DavError(400, "A reply says one of CS:invite-accepted and CS:invite-declined.")
    token = xml.text_of(xml.child(root, calendarserver("in-reply-to")))
    summary = xml.text_of(xml.child(root, calendarserver("summary")))[:_SUMMARY_LONGEST]
    name = await exchange.edits.reply(exchange.who, token, accepts=accepts, summary=summary)
    if not accepts:
        return DavResponse(200)
    url = xml.href(collection_url(exchange.who, name))
    body = f"{xml.HEAD}<CS:shared-as {xml.NAMESPACES}>{url}</CS:shared-as>"
    return DavResponse(200, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())
