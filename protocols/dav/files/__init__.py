"""The file area: `FILE_METHODS`, every method by its name, and where in the area it may be used.

Of a path in it nobody knows before looking whether it is a folder, a file or nothing, so all of these are one kind of
place. What does not differ from calendars and address books (PROPFIND, PROPPATCH, REPORT, LOCK) is the same there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocols.dav.exchange import Exchange
from protocols.dav.files.carry import copy, move
from protocols.dav.files.delete import delete
from protocols.dav.files.get import get
from protocols.dav.files.mkcol import mkcol
from protocols.dav.files.put import put
from protocols.dav.methods import Method, allowed
from protocols.dav.methods.lock import lock
from protocols.dav.methods.options import options
from protocols.dav.methods.propfind import propfind
from protocols.dav.methods.proppatch import proppatch
from protocols.dav.methods.report import report
from protocols.dav.methods.unlock import unlock
from protocols.dav.tree import Kind
from protocols.dav.types import DavResponse

_PATH: Final = frozenset({Kind.FILE})
_TREE: Final = frozenset({Kind.HOME, Kind.FILE})


async def _options(exchange: Exchange) -> DavResponse:
    return await options(exchange, allowed(exchange.place.kind, FILE_METHODS))


FILE_METHODS: Final[Mapping[str, Method]] = {
    "OPTIONS": Method(_options),
    "GET": Method(get),
    "HEAD": Method(get),
    "PUT": Method(put, _PATH),
    "DELETE": Method(delete, _PATH),
    "MKCOL": Method(mkcol, _TREE),
    "COPY": Method(copy, _PATH),
    "MOVE": Method(move, _PATH),
    "PROPFIND": Method(propfind),
    "PROPPATCH": Method(proppatch),
    "REPORT": Method(report),
    "LOCK": Method(lock, _TREE),
    "UNLOCK": Method(unlock, _TREE),
}
