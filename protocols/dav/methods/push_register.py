"""POST of a push-register to a collection, and DELETE of what came of it (draft-bitfire-webdav-push).

Clients differ in what they call the public key, and one that names no trigger wants to hear of content. Where the
address leads that a client gives is judged by who writes to it, each time.
"""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from gateway.core.errors import InvalidContent, TooLarge
from gateway.core.pushing import PushTarget
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import push
from protocols.dav.tree import registration_url
from protocols.dav.types import DavResponse

REGISTER: Final = push("push-register")
_KEYS: Final = (push("client-public-key"), push("subscription-public-key"))
"""The draft's name of it, and the one it had before."""


async def push_register(exchange: Exchange) -> DavResponse:
    """204 with Location and Expires. Raises NotFound, DavError 403 with the draft's preconditions."""
    root = xml.parse(exchange.request.body)
    if xml.name_of(root) != REGISTER:
        raise DavError(415, "Nothing of this kind can be posted here.")
    collection = await exchange.store.collection(exchange.who, exchange.place.name)
    if collection.push is None:
        raise _refused("There are no pushes here.", "push-not-available")
    target = _target(root)
    trigger = xml.child(root, push("trigger"))
    if trigger is not None and len(trigger) and xml.child(trigger, push("content-update")) is None:
        raise _refused("Pushes can be had of content-update only.", "no-supported-trigger")
    try:
        made = await exchange.edits.register_push(exchange.who, exchange.place.name, target, _expires(root))
    except InvalidContent as wrong:
        raise _invalid(str(wrong)) from wrong
    except TooLarge as wrong:
        raise _refused(str(wrong), "push-not-available") from wrong
    expires = format_datetime(dt.datetime.fromtimestamp(made.expires, dt.UTC), usegmt=True)
    return DavResponse(204, {"Location": registration_url(made.name), "Expires": expires})


async def push_unregister(exchange: Exchange) -> DavResponse:
    """204. Raises NotFound."""
    await exchange.edits.unregister_push(exchange.who, exchange.place.href)
    return DavResponse(204)


def _target(root: xml.Element) -> PushTarget:
    subscription = xml.child(root, push("subscription"))
    one = None if subscription is None else xml.child(subscription, push("web-push-subscription"))
    if one is None:
        raise _invalid("A web-push-subscription is needed.")
    encoding = xml.child(one, push("content-encoding"))
    if encoding is not None and xml.text_of(encoding) != "aes128gcm":
        raise _invalid("Pushes are encoded as aes128gcm (RFC 8291).")
    key = next((found for name in _KEYS if (found := xml.child(one, name)) is not None), None)
    if key is None or key.get("type", "p256dh") != "p256dh":
        raise _invalid("A client-public-key of the type p256dh is needed: pushes are encrypted.")
    return PushTarget(
        xml.text_of(xml.child(one, push("push-resource"))),
        xml.text_of(key),
        xml.text_of(xml.child(one, push("auth-secret"))),
    )


def _expires(root: xml.Element) -> int | None:
    text = xml.text_of(xml.child(root, push("expires")))
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        raise DavError(400, "expires is no date of HTTP.") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    if moment <= dt.datetime.now(dt.UTC):
        raise DavError(400, "expires is in the past.")
    return int(moment.timestamp())


def _invalid(text: str) -> DavError:
    return _refused(text, "invalid-subscription")


def _refused(text: str, precondition: str) -> DavError:
    return DavError(403, text, push(precondition))
