"""Places as what locks stand on, and back as URLs."""

from __future__ import annotations

from gateway.core.locks import Lockable
from gateway.core.model import Principal
from protocols.dav.tree import Area, Kind, Node, Place, collection_url, encode, file_url


def lockable(place: Place) -> Lockable | None:
    """What a lock of this place stands on; None where none can."""
    if place.area is Area.FILES and place.kind is not Kind.HOMES:
        return Lockable(place.path)
    if place.kind is Kind.COLLECTION:
        return Lockable.of(place.name)
    if place.kind is Kind.RESOURCE:
        return Lockable.of(place.name, place.href)
    return None


def lockable_node(node: Node) -> Lockable | None:
    """The same of what is there."""
    if node.file is not None:
        return Lockable(node.file.path)
    if node.collection is not None:
        return Lockable.of(node.collection.name, None if node.entry is None else node.entry.href)
    return None


def url_of(who: Principal, at: Lockable) -> str:
    """Where what a lock stands on is seen in the principal's home; that of another, where one acts for him."""
    if at.name is None:
        return file_url(who, at.path, is_folder=False)
    return collection_url(who, at.name) + "".join(map(encode, at.path))
