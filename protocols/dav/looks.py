"""What a principal has said of places: read along where a question needs it, changed where he says more.

A collection's look comes with the collection; those of homes, of the principal and of resources are read only for
names that no live property has, in one question for all resources of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.core.ids import Href
from gateway.core.keeping import Look, LookChange, Spot
from gateway.core.model import Condition, Section
from protocols.dav.exchange import Exchange
from protocols.dav.furnish import furnished
from protocols.dav.selection import Selection
from protocols.dav.tree import Area, Kind, Node, Place, collection_url

_SPOTS: Final = {Kind.PRINCIPAL: Spot.PRINCIPAL, Kind.OUTBOX: Spot.OUTBOX}
_HOMES: Final = {
    Area.CALENDARS: Spot.CALENDARS,
    Area.ADDRESS_BOOKS: Spot.ADDRESS_BOOKS,
    Area.FILES: Spot.FILES,
}
_NOTHING: Final[Look] = {}


def spot_of(place: Place | Node) -> Spot | None:
    """The fixed spot of one's own home that a place is; None for all others."""
    if place.whose is not None:
        return None
    if place.kind in _SPOTS:
        return _SPOTS[place.kind]
    if place.kind is Kind.HOME and place.area is not None:
        return _HOMES.get(place.area)
    return None


def has_look(node: Node) -> bool:
    """Whether anything can be said of what is here."""
    return node.kind in {Kind.COLLECTION, Kind.RESOURCE} or node.file is not None or spot_of(node) is not None


async def looked_at(exchange: Exchange, selection: Selection, node: Node) -> Node:
    """What is at the place of the request, with its look and its directories where these are asked for."""
    if selection.needs_directories and node.kind is Kind.PRINCIPAL:
        books = await exchange.store.collections(exchange.who, Section.ADDRESS_BOOKS)
        node.directories = [collection_url(exchange.who, one.name) for one in books if one.is_directory]
    if node.file is not None or not selection.needs_look(node.kind):
        return node
    spot = spot_of(node)
    if spot is not None:
        node.said = await exchange.store.spot(exchange.who, spot)
    elif node.kind is Kind.RESOURCE:
        await resources_looked_at(exchange, selection, [node])
    return node


async def below_looked_at(exchange: Exchange, selection: Selection, nodes: Iterable[Node]) -> Iterable[Node]:
    """All that is directly in the place of the request, with looks where they are asked for."""
    if exchange.place.kind is not Kind.COLLECTION:
        return [await looked_at(exchange, selection, node) for node in nodes]
    if not selection.needs_look(Kind.RESOURCE):
        return nodes
    return _with(await exchange.store.looks(exchange.who, exchange.place.name), nodes)


async def resources_looked_at(exchange: Exchange, selection: Selection, nodes: Sequence[Node]) -> Sequence[Node]:
    """Some resources of the request's collection, with looks, and what else is needed, where they are asked for."""
    nodes = list(await furnished(nodes, selection.needs, exchange.store, exchange.who))
    hrefs = [node.entry.href for node in nodes if node.entry is not None]
    if not hrefs or not selection.needs_look(Kind.RESOURCE):
        return nodes
    return list(_with(await exchange.store.looks(exchange.who, exchange.place.name, hrefs), nodes))


def _with(looks: Mapping[Href, Look], nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if node.entry is not None and looks:
            node.said = looks.get(node.entry.href, _NOTHING)
        yield node


async def say(exchange: Exchange, change: LookChange, when: Condition) -> None:
    """Say it of the request's place. Raises NotFound, TooLarge, Locked."""
    place = exchange.place
    if place.area is Area.FILES and place.kind is not Kind.HOMES:
        await exchange.edits.change_file_look(exchange.who, place.path, change, when)
        return
    spot = spot_of(place)
    if spot is not None:
        await exchange.edits.change_spot(exchange.who, spot, change)
    else:
        href = place.href if place.kind is Kind.RESOURCE else None
        await exchange.edits.change_look(exchange.who, place.name, href, change, when)
