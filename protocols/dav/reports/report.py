"""What a report is, and the part most share: content read from the store in batches of bounded size."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.ids import Href
from gateway.core.model import Collection, Resource
from protocols.dav.exchange import Exchange
from protocols.dav.multistatus import BATCH
from protocols.dav.timezones import in_asked_form
from protocols.dav.tree import Area, Kind, Place
from protocols.dav.types import DavResponse
from protocols.dav.xml import Element

Run = Callable[[Exchange, Element], Awaitable[DavResponse]]

BATCH_BYTES: Final = 4 << 20
"""What a batch should hold at most, judged by the one before it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What runs, and at which places. `areas` None: anywhere."""

    run: Run
    kinds: frozenset[Kind]
    areas: frozenset[Area] | None = None

    def applies_to(self, place: Place) -> bool:
        """Whether the report makes sense there."""
        return place.kind in self.kinds and (self.areas is None or place.area in self.areas)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of the hrefs asked for, the collection as it was then, and those of its resources that were there."""

    collection: Collection
    hrefs: Sequence[Href]
    found: Mapping[Href, Resource]


async def contents(exchange: Exchange, hrefs: Sequence[Href], first: int = BATCH // 2) -> AsyncGenerator[Batch]:
    """The hrefs with their resources, batch by batch, in the form the request wants them; `first` in the first one."""
    async for batch in stored(exchange, hrefs, first):
        told = {href: in_asked_form(exchange.request, one) for href, one in batch.found.items()}
        yield Batch(batch.collection, batch.hrefs, told)


async def stored(exchange: Exchange, hrefs: Sequence[Href], first: int = BATCH // 2) -> AsyncGenerator[Batch]:
    """The same as they are kept, which is what filters are about."""
    size, start = min(first, BATCH // 2), 0
    while start < len(hrefs):
        batch = hrefs[start : start + size]
        collection, found = await exchange.store.resources(exchange.who, exchange.place.name, batch)
        yield Batch(collection, batch, {resource.entry.href: resource for resource in found})
        start += len(batch)
        weight = sum(resource.entry.size for resource in found)
        # Many small ones in one call, a few large ones in one call.
        size = max(1, min(BATCH, BATCH_BYTES * len(found) // weight)) if weight else BATCH
