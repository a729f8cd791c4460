"""C:free-busy-query (RFC 4791 §7.10): when a calendar, or all calendars of a home, leave no time.

The answer is no multistatus but a calendar object, made of batches read from the store and looked at on another
thread. Depth is ignored, for a calendar is always asked about what is in it. A series too costly to follow is not
told as free: it makes the whole window busy.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from gateway.core.errors import InvalidContent
from gateway.core.filter import TimeRange
from gateway.core.keeping import AVAILABILITY
from gateway.core.model import Collection, CollectionName, Resource, Section, Shape
from gateway.formats.availability import unavailable
from gateway.formats.contentline import parse, serialise
from gateway.formats.expansion import BudgetSpent
from gateway.formats.freebusy import Busy, busy, free_busy, merged
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.filters import window
from protocols.dav.floating import home_zone, stated_zone
from protocols.dav.names import caldav
from protocols.dav.reports.report import stored
from protocols.dav.tree import INBOX, Kind, collections_at
from protocols.dav.types import DavResponse


async def free_busy_query(exchange: Exchange, root: xml.Element) -> DavResponse:
    """200 with a VFREEBUSY for the time-range asked for."""
    stated = xml.child(root, caldav("time-range"))
    if stated is None:
        raise DavError(400, "A free-busy-query needs a C:time-range.")
    wanted = window(stated, "time-range")
    zone = stated_zone(root)
    times: list[Busy] = []
    async for collection, batch in _events(exchange, wanted):
        floating = zone or home_zone(exchange.who, collection)
        times += await asyncio.to_thread(_busy, batch, wanted, floating, (exchange.place.whose or exchange.who).address)
        times = merged(times)
    if exchange.place.kind is Kind.HOME and exchange.place.whose is None:
        # RFC 7953 §6.2: when somebody is not to be had belongs to what is told of him as a whole.
        inbox = await exchange.store.collection(exchange.who, CollectionName(Section.CALENDARS, INBOX))
        said = inbox.look.get(AVAILABILITY, "")
        floating = zone or home_zone(exchange.who)
        times = merged([*times, *await asyncio.to_thread(_not_to_be_had, said, wanted, floating)])
    made = free_busy(wanted, times, dt.datetime.now(dt.UTC))
    return DavResponse(200, {"Content-Type": "text/calendar; charset=utf-8"}, serialise(made))


def _not_to_be_had(text: str, wanted: TimeRange, floating: dt.tzinfo) -> list[Busy]:
    """What a calendar-availability says of the window; nothing where it cannot be read or followed."""
    try:
        return (
            [one for document in parse(text.encode()) for one in unavailable(document, wanted, floating)]
            if text
            else []
        )
    except (InvalidContent, BudgetSpent):
        return []


async def _events(exchange: Exchange, wanted: TimeRange) -> AsyncGenerator[tuple[Collection, Sequence[Resource]]]:
    """Every event that may be in the window, in batches."""
    names = [exchange.place.name] if exchange.place.kind is Kind.COLLECTION else []
    if not names:
        listed = await collections_at(exchange.place, exchange.store, exchange.who)
        names = [one.name for one in listed if _is_of_events(one)]
    for name in names:
        place = replace(exchange.place, kind=Kind.COLLECTION, slug=name.slug)
        collection, entries = await exchange.store.entries(exchange.who, name, within=wanted)
        if collection.shape is not Shape.EVENT:
            continue
        async for batch in stored(replace(exchange, place=place), [entry.href for entry in entries]):
            yield batch.collection, [*batch.found.values()]


def _is_of_events(collection: Collection) -> bool:
    # What others share with one is their time; in the home of one for whom he acts everything is that one's.
    is_his = collection.owner is None or bool(collection.name.of)
    return collection.shape is Shape.EVENT and not collection.is_schedule_inbox and is_his


def _busy(resources: Sequence[Resource], wanted: TimeRange, floating: dt.tzinfo, address: str) -> list[Busy]:
    found: list[Busy] = []
    for resource in resources:
        for document in parse(resource.content):
            try:
                found += busy(document, wanted, floating, address)
            except BudgetSpent:
                if wanted.start is not None and wanted.end is not None:
                    found.append((wanted.start, wanted.end, "BUSY"))
    return found
