"""A request in, a response out: the one place where a method is chosen and where errors are caught.

The order is fixed. The place is looked up first: what is not this principal's is not there, before anybody asks which
method it would have known or reads a body. Then the method, then the body.
"""

from __future__ import annotations

import contextlib
from typing import Final

from gateway.core.errors import NoPermission, NotFound
from gateway.core.keeping import FullStore
from gateway.core.limits import DOCUMENT_LARGEST
from gateway.edits import Edits
from protocols.dav.errors import DavError, Scene, answer
from protocols.dav.exchange import Exchange
from protocols.dav.files import FILE_METHODS
from protocols.dav.hush import hushed
from protocols.dav.lockable import url_of
from protocols.dav.methods import METHODS, allowed
from protocols.dav.tree import Area, Kind, Place, encode, find, home_url, locate, path_of, sibling_url
from protocols.dav.types import DavRequest, DavResponse, Preferences
from protocols.dav.xml import MAX_BODY

_CREATES: Final = frozenset({"PUT", "MKCOL", "MKCALENDAR"})


_READING: Final = frozenset({"OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT"})
_WITHIN: Final = frozenset({Kind.COLLECTION, Kind.RESOURCE})
"""Places of another where the store itself says what may be done; all else of another's is only read."""


def body_limit(method: str) -> int:
    """Bytes of body that are read for a method; more is refused unread."""
    return DOCUMENT_LARGEST if method in {"PUT", "POST"} else MAX_BODY


class Service:
    """DAV over one store, without sockets."""

    def __init__(self, store: FullStore, edits: Edits) -> None:
        self._store = store
        self._edits = edits

    async def answer(self, request: DavRequest) -> DavResponse:
        """The response to a request, errors included. Never raises but for cancellation."""
        place = None
        try:
            place = await find(request.path, self._store, request.who)
            return await self._answer(request, place)
        except Exception as error:
            return answer(error, scene(request, place))

    async def _answer(self, request: DavRequest, place: Place) -> DavResponse:
        methods = FILE_METHODS if place.area is Area.FILES else METHODS
        method = methods.get(request.method)
        if method is None or place.kind not in method.kinds:
            raise DavError(405, "This method is not for this place.", headers={"Allow": allowed(place.kind, methods)})
        if place.whose is not None and place.kind not in _WITHIN and request.method not in _READING:
            raise NoPermission("This is another's; only he may change it.")
        preferences = Preferences.parse(request.headers)
        return await hushed(Exchange(request, place, self._store, self._edits, preferences), method.run)


def is_streamed(request: DavRequest) -> bool:
    """Whether the body of a request is read as it arrives, by its method; anything else is read whole before."""
    if request.method != "PUT":
        return False
    try:
        return locate(request.path, request.who).area is Area.FILES
    except NotFound:
        return False


def scene(request: DavRequest, place: Place | None = None) -> Scene:
    """What an error's answer may say about where it happened."""
    if place is None:
        with contextlib.suppress(NotFound):
            place = locate(request.path, request.who)
    whose = request.who if place is None or place.whose is None else place.whose
    return Scene(
        path=request.path,
        is_cards=place is not None and place.is_among_cards,
        creates=request.method in _CREATES,
        sibling=lambda href: sibling_url(place, href),
        is_files=place is not None and place.area is Area.FILES,
        locked=lambda at: url_of(whose, at),
        method=request.method,
        destination=_destination(request),
        elsewhere=lambda slug, href: f"{home_url(request.who, Area.CALENDARS)}{encode(slug)}/{encode(href)}",
    )


def _destination(request: DavRequest) -> str:
    try:
        return path_of(request.header("destination"))
    except NotFound:
        return ""
