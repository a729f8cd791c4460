"""C:calendar-query (RFC 4791 §7.8) and CR:addressbook-query (RFC 6352 §8.6): the resources a filter lets through.

What the filter says of the collection as a whole is settled without reading content: all of a calendar of events are
VCALENDARs with a VEVENT. Else content is read in batches and matched on another thread, so that a large collection
holds nobody else up. Depth is ignored: some clients say 0 and mean what is in the collection.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Final

from gateway.core.filter import CardFilter, CompFilter, Filter, TimeRange
from gateway.core.model import Collection, Resource
from gateway.formats.contentline import parse
from gateway.formats.matching import matches
from protocols.dav import xml
from protocols.dav.errors import DavError, precondition
from protocols.dav.exchange import Exchange
from protocols.dav.filters import calendar_filter, card_filter
from protocols.dav.floating import home_zone, stated_zone
from protocols.dav.looks import resources_looked_at
from protocols.dav.multistatus import BATCH, multistatus
from protocols.dav.names import caldav, carddav, dav
from protocols.dav.properties.caldav import COMPONENT
from protocols.dav.reports.narrowing import Narrowing
from protocols.dav.reports.report import stored
from protocols.dav.selection import Selection, from_report, status_response
from protocols.dav.timezones import in_asked_form
from protocols.dav.tree import Kind, Node, member, resolve
from protocols.dav.types import DavResponse

FEW: Final = 16
"""So many documents are read faster than another thread is asked to."""


async def calendar_query(exchange: Exchange, root: xml.Element) -> DavResponse:
    """A multistatus of the events, tasks or journals that match."""
    stated = xml.child(root, caldav("filter"))
    if stated is None:
        raise DavError(403, "A calendar-query needs a C:filter.", caldav("valid-filter"))
    return await _query(exchange, root, calendar_filter(stated), None)


async def addressbook_query(exchange: Exchange, root: xml.Element) -> DavResponse:
    """A multistatus of the cards that match, cut at the client's limit."""
    stated = xml.child(root, carddav("filter"))
    wanted = CardFilter() if stated is None else card_filter(stated)
    return await _query(exchange, root, wanted, _limit(root))


async def _query(exchange: Exchange, root: xml.Element, wanted: Filter, limit: int | None) -> DavResponse:
    selection = from_report(root, is_minimal=exchange.preferences.is_minimal)
    match = _Match(wanted, stated_zone(root))
    return await multistatus(_answer(exchange, selection, match, limit), exchange.preferences.applied)


async def _answer(exchange: Exchange, selection: Selection, match: _Match, limit: int | None) -> AsyncGenerator[str]:
    left = limit
    async for nodes in _found(exchange, match, limit, needs_content=selection.needs_content):
        listed = await resources_looked_at(exchange, selection, nodes if left is None else nodes[:left])
        yield "".join(map(selection.response, listed))
        if left is not None:
            left -= len(nodes)
            if left < 0:
                # RFC 6352 §8.6.2: what was cut is said for the request URI.
                error = f"<D:error>{precondition(dav('number-of-matches-within-limits'))}</D:error>"
                yield status_response(exchange.place.url, "507 Insufficient Storage", error)
                return


async def _found(
    exchange: Exchange, match: _Match, limit: int | None, *, needs_content: bool
) -> AsyncGenerator[Sequence[Node]]:
    """The resources that match, in batches; somebody who wants few is not read many."""
    place, within = exchange.place, _window(match.wanted)
    # RFC 4791 §7.1: a report may be asked of one calendar object, too.
    hrefs = [place.href] if place.kind is Kind.RESOURCE else None
    like = match.wanted if isinstance(match.wanted, CardFilter) else None
    collection, entries = await exchange.store.entries(exchange.who, place.name, hrefs, within=within, like=like)
    if hrefs and not entries:
        await resolve(place, exchange.store, exchange.who)
    top = Node(Kind.COLLECTION, place.collection_url, exchange.who, place.area, collection, whose=place.whose)
    settled = _settled(match.wanted, collection)
    if settled is False:
        return
    floating = match.stated or home_zone(exchange.who, collection)
    # What the index is certain of needs no look, where nothing but its time was asked.
    sure = within is not None and _settled(_timeless(match.wanted), collection) is True
    known = {entry.href for entry in entries if settled or (sure and entry.is_within)}
    if not needs_content:
        certain = [entry for entry in entries if entry.href in known]
        for start in range(0, len(certain), BATCH):
            yield [member(top, entry) for entry in certain[start : start + BATCH]]
        entries = [entry for entry in entries if entry.href not in known]
    first = BATCH if limit is None else limit + 1
    async for batch in stored(exchange, [entry.href for entry in entries], first):
        there = [batch.found[href] for href in batch.hrefs if href in batch.found]
        open_ones = [one for one in there if one.entry.href not in known]
        many = len(open_ones) > FEW
        kept = await asyncio.to_thread(match.among, open_ones, floating) if many else match.among(open_ones, floating)
        kept_hrefs = known.union(one.entry.href for one in kept)
        told = [in_asked_form(exchange.request, one) for one in there if one.entry.href in kept_hrefs]
        yield [member(top, one.entry, one.content) for one in told]


class _Match:
    def __init__(self, wanted: Filter, stated: dt.tzinfo | None) -> None:
        self.wanted, self.stated = wanted, stated
        self._narrowing = Narrowing(wanted)

    def among(self, resources: Sequence[Resource], floating: dt.tzinfo) -> Sequence[Resource]:
        return [one for one in resources if self._narrowing.may_match(one.content) and self._holds(one, floating)]

    def _holds(self, resource: Resource, floating: dt.tzinfo) -> bool:
        return any(matches(document, self.wanted, floating) for document in parse(resource.content))


def _window(wanted: Filter) -> TimeRange | None:
    """The time in which everything that matches happens; the index knows who may, and the rest is not read."""
    if isinstance(wanted, CardFilter) or wanted.is_not_defined:
        return None
    # RFC 4791 §9.7.1: all of the component filters have to match.
    windows = (one.time_range for one in wanted.components if one.name.upper() in COMPONENT.values())
    return next((window for window in windows if window is not None), None)


def _timeless(wanted: Filter) -> Filter:
    """The same filter without the window of its one component; itself where it has another shape."""
    if isinstance(wanted, CardFilter) or len(wanted.components) != 1:
        return wanted
    return replace(wanted, components=(replace(wanted.components[0], time_range=None),))


def _settled(wanted: Filter, collection: Collection) -> bool | None:
    """Whether all of a collection matches, or nothing of it; None where the content has to be looked at."""
    if isinstance(wanted, CardFilter):
        return None if wanted.properties else True
    if wanted.is_not_defined:
        return False
    if wanted.properties or wanted.time_range is not None:
        return None
    if collection.is_mixed and wanted.components:
        return None
    component = COMPONENT.get(collection.shape)
    verdicts = [_settled_within(one, component) for one in wanted.components]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _settled_within(wanted: CompFilter, component: str | None) -> bool | None:
    name = wanted.name.upper()
    if name not in COMPONENT.values():
        return None
    if name != component:
        return wanted.is_not_defined
    if wanted.is_not_defined:
        return False
    return None if wanted.properties or wanted.components or wanted.time_range is not None else True


def _limit(root: xml.Element) -> int | None:
    limit = xml.child(root, carddav("limit"))
    if limit is None:
        return None
    text = xml.text_of(xml.child(limit, carddav("nresults")))
    if not text.isascii() or not text.isdecimal() or len(text) > 18 or int(text) == 0:
        raise DavError(400, "CR:nresults must be a positive whole number.")
    return int(text)
