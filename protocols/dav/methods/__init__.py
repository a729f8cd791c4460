"""`METHODS`: every method by its name, and where it may be used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from protocols.dav.exchange import Exchange
from protocols.dav.methods.acl import acl
from protocols.dav.methods.copy import copy
from protocols.dav.methods.delete import delete
from protocols.dav.methods.delete_notification import delete_notification
from protocols.dav.methods.get import get
from protocols.dav.methods.lock import lock
from protocols.dav.methods.mkcalendar import mkcalendar
from protocols.dav.methods.mkcol import mkcol
from protocols.dav.methods.move import move
from protocols.dav.methods.options import options
from protocols.dav.methods.post import POSTED_TO, post
from protocols.dav.methods.propfind import propfind
from protocols.dav.methods.proppatch import proppatch
from protocols.dav.methods.proppatch_group import proppatch_group
from protocols.dav.methods.put import put
from protocols.dav.methods.report import report
from protocols.dav.methods.unlock import unlock
from protocols.dav.tree import Kind
from protocols.dav.types import DavResponse

_ANYWHERE: Final = frozenset(Kind)
_EVERYWHERE: Final = _ANYWHERE - {Kind.REGISTRATION, Kind.ATTACHMENT}
_TO_READ: Final = _EVERYWHERE | {Kind.ATTACHMENT}
_IN_HOME: Final = frozenset({Kind.COLLECTION, Kind.RESOURCE})
_RESOURCE: Final = frozenset({Kind.RESOURCE})
LOCKABLE: Final = frozenset({Kind.COLLECTION, Kind.RESOURCE})


@dataclass(frozen=True, slots=True)
class Method:
    """What runs, and at which kinds of place."""

    run: Callable[[Exchange], Awaitable[DavResponse]]
    kinds: frozenset[Kind] = _EVERYWHERE


async def _options(exchange: Exchange) -> DavResponse:
    return await options(exchange, allowed(exchange.place.kind))


async def _delete(exchange: Exchange) -> DavResponse:
    return await (delete_notification if exchange.place.kind is Kind.NOTIFICATION else delete)(exchange)


async def _proppatch(exchange: Exchange) -> DavResponse:
    return await (proppatch_group if exchange.place.kind is Kind.GROUP else proppatch)(exchange)


METHODS: Final[Mapping[str, Method]] = {
    "OPTIONS": Method(_options, _ANYWHERE),
    "GET": Method(get, _TO_READ),
    "HEAD": Method(get, _TO_READ),
    "PUT": Method(put, _RESOURCE),
    "POST": Method(post, POSTED_TO),
    "DELETE": Method(_delete, _IN_HOME | {Kind.NOTIFICATION, Kind.REGISTRATION}),
    "COPY": Method(copy, _IN_HOME),
    "MOVE": Method(move, _IN_HOME),
    "MKCOL": Method(mkcol, _IN_HOME),
    "MKCALENDAR": Method(mkcalendar, _IN_HOME),
    "PROPFIND": Method(propfind),
    "PROPPATCH": Method(_proppatch, _EVERYWHERE - {Kind.COLLEAGUE}),
    "REPORT": Method(report),
    "ACL": Method(acl, _EVERYWHERE - {Kind.ROOT, Kind.COLLEAGUE}),
    "LOCK": Method(lock, LOCKABLE),
    "UNLOCK": Method(unlock, LOCKABLE),
}


def allowed(kind: Kind, methods: Mapping[str, Method] = METHODS) -> str:
    """The value of the Allow header at such a place."""
    return ", ".join(name for name, method in methods.items() if kind in method.kinds)
