"""If-Match, If-None-Match (RFC 9110 §13) and If (RFC 4918 §10.4), read into the core's `Condition`.

Clients quote badly: no quotes, or the quotes escaped, or a tag that a proxy has made weak on the way. Our tags are
strong and hashes of the bytes served, so all of these are taken for the tag they hold.

Of an If header, what it says of locks and of other resources is judged here, before the write; what it says of the
entity tag of the resource itself goes along and is judged again where it is written, and so do all tokens in it: to
have named one is to have submitted it (§10.4.1), whatever the header says of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.core.errors import NotFound, PreconditionFailed
from gateway.core.ids import ETag
from gateway.core.locks import Lock
from gateway.core.model import Condition
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.if_header import TermList, read
from protocols.dav.lockable import lockable
from protocols.dav.tree import Kind, Place, find, path_of, resolve

_TAG = re.compile(r'\s*(?:W/)?(?:\\?"([^"\\]*)\\?"|([^\s,"\\]+))\s*(?:,|$)')
MAX_TAGS: Final = 1_000
MOST_RESOURCES: Final = 20
"""Resources that one If header may speak of."""


async def condition_of(exchange: Exchange) -> Condition:
    """What must hold of the request's resource for it to go ahead, and the lock tokens it brings.

    Raises DavError 400 for a header that cannot be read, PreconditionFailed where the If header does not hold.
    """
    headers = exchange.request.headers
    must_exist, any_of = _tags(headers.get("if-match"))
    must_be_new, none_of = _tags(headers.get("if-none-match"))
    stated = headers.get("if")
    if stated is None:
        return Condition(any_of, none_of, must_exist, must_be_new, _schedule_tag(headers), _is_silent(headers))
    lists = read(stated)
    required, forbidden = await _judged(exchange, lists)
    if required is not None:
        any_of = required if any_of is None else any_of & required
    if forbidden is not None:
        none_of = forbidden | (none_of or frozenset())
    tokens = frozenset(term.token for one in lists for term in one.terms if term.token)
    return Condition(any_of, none_of, must_exist, must_be_new, _schedule_tag(headers), _is_silent(headers), tokens)


def _schedule_tag(headers: Mapping[str, str]) -> str | None:
    """If-Schedule-Tag-Match (RFC 6638 §8.3); quoted as badly as other tags."""
    stated = headers.get("if-schedule-tag-match")
    if stated is None:
        return None
    found = _TAG.fullmatch(stated)
    if found is None:
        raise DavError(400, "The If-Schedule-Tag-Match header cannot be read.")
    return str(found[2] if found[1] is None else found[1])


def _is_silent(headers: Mapping[str, str]) -> bool:
    """Schedule-Reply: F (RFC 6638 §8.1)."""
    return headers.get("schedule-reply", "").strip().upper() == "F"


def _tags(header: str | None) -> tuple[bool, frozenset[ETag] | None]:
    """Whether the header says `*`, and else its tags; None where there is no header."""
    if header is None:
        return False, None
    if header.strip() == "*":
        return True, None
    tags: set[ETag] = set()
    position = 0
    while position < len(header):
        found = _TAG.match(header, position)
        if found is None or len(tags) == MAX_TAGS:
            raise DavError(400, "The If-Match or If-None-Match header cannot be read.")
        tags.add(ETag(found[2] if found[1] is None else found[1]))
        position = found.end()
    return False, frozenset(tags)


Tags = frozenset[ETag]


async def _judged(exchange: Exchange, lists: Sequence[TermList]) -> tuple[Tags | None, Tags | None]:
    """The tags of which the resource must have one, and those it must not have; None where the header does not care."""
    known = _Known(exchange)
    own: list[tuple[Tags, Tags]] = []
    for one in lists:
        place = await known.place(one.resource)
        is_own = place is not None and place.url == exchange.place.url
        required: set[ETag] = set()
        forbidden: set[ETag] = set()
        for term in one.terms:
            if is_own and not term.token:
                (forbidden if term.is_negated else required).add(term.etag)
            elif await known.holds(place, term.token, term.etag) is term.is_negated:
                break
        else:
            if not is_own:
                return None, None  # true of another resource, and so true as a whole
            own.append((frozenset(required), frozenset(forbidden)))
    if not own:
        raise PreconditionFailed("The If header does not hold.")
    return _folded(own)


def _folded(lists: Sequence[tuple[Tags, Tags]]) -> tuple[Tags | None, Tags | None]:
    """Lists about one resource's tags, of which any is enough, as one condition."""
    open_ones = [forbidden for required, forbidden in lists if not required]
    if any(not forbidden for forbidden in open_ones):
        return None, None
    any_of = frozenset(
        tag for required, forbidden in lists if len(required) == 1 for tag in required if tag not in forbidden
    )
    if not open_ones:
        return any_of, None
    return None, frozenset.intersection(*open_ones) - any_of


class _Known:
    """What is at the places an If header speaks of; each is looked at once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._places: dict[str, Place | None] = {}
        self._etags: dict[str, ETag | None] = {}
        self._locks: dict[str, list[Lock]] = {}

    async def place(self, reference: str | None) -> Place | None:
        """The place a tag names; None where it is nobody's we know."""
        if reference is None:
            return self._exchange.place
        if reference not in self._places:
            if len(self._places) >= MOST_RESOURCES:
                raise DavError(400, f"The If header speaks of more than {MOST_RESOURCES} resources.")
            try:
                self._places[reference] = await find(path_of(reference), self._exchange.store, self._exchange.who)
            except NotFound:
                self._places[reference] = None
        return self._places[reference]

    async def holds(self, place: Place | None, token: str, etag: ETag) -> bool:
        """Whether a lock of this token covers the place, or (no token) whether it has this entity tag."""
        if place is None:
            return False
        if token:
            return any(lock.token == token for lock in await self._covering(place))
        return await self._etag(place) == etag

    async def _etag(self, place: Place) -> ETag | None:
        if place.url not in self._etags:
            try:
                node = await resolve(place, self._exchange.store, self._exchange.who)
            except NotFound:
                self._etags[place.url] = None
            else:
                has_etag = node.kind is Kind.FILE and node.file is not None
                entry = None if node.entry is None else node.entry.etag
                self._etags[place.url] = node.file.etag if has_etag and node.file is not None else entry
        return self._etags[place.url]

    async def _covering(self, place: Place) -> list[Lock]:
        if place.url not in self._locks:
            at = lockable(place)
            try:
                found = [] if at is None else await self._exchange.store.locks(self._exchange.who, at)
            except NotFound:
                found = []
            self._locks[place.url] = [lock for lock in found if at is not None and lock.covers(at.path)]
        return self._locks[place.url]
