"""Making a collection: what MKCOL (RFC 4918 §9.3, RFC 5689) and MKCALENDAR (RFC 4791 §5.3.1) have in common.

Collections are made directly in a home, of the kind that the home holds, and with all the properties of the request or
not at all. A calendar holds the one kind of component that is said, or all three where all or none are (RFC 4791
§5.2.3): two of three would be told apart by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.core.errors import AlreadyExists, InvalidContent, NotFound, TooLarge
from gateway.core.ids import UID, CollectionId, Epoch, ModSeq
from gateway.core.model import Collection, CollectionName, Right, Role, Shape
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import caldav, carddav, dav
from protocols.dav.properties.caldav import COMPONENT
from protocols.dav.tree import Area, Kind, Node, Place
from protocols.dav.types import DavResponse, QName
from protocols.dav.updates import Instruction, Update, instructions_in, judged

_COMPONENTS: Final = caldav("supported-calendar-component-set")
_TYPE: Final = dav("resourcetype")
_OURS: Final = {
    Area.CALENDARS: frozenset({dav("collection"), caldav("calendar")}),
    Area.ADDRESS_BOOKS: frozenset({dav("collection"), carddav("addressbook")}),
}
_ELSEWHERE: Final = {
    _OURS[Area.CALENDARS]: caldav("calendar-collection-location-ok"),
    _OURS[Area.ADDRESS_BOOKS]: carddav("addressbook-collection-location-ok"),
}


async def check_free(exchange: Exchange) -> None:
    """Raises AlreadyExists where something stands at the place, DavError where nothing may."""
    place = exchange.place
    if place.kind is Kind.RESOURCE:
        await exchange.store.collection(exchange.who, place.name)
        # RFC 4791 §4.2: there are no collections in calendars, nor (RFC 6352 §5.2) in address books.
        raise DavError(403, "Collections are made directly in your home.", location_ok(place))
    try:
        await exchange.store.collection(exchange.who, place.name)
    except NotFound:
        return
    raise AlreadyExists("There is such a collection already.")


def location_ok(place: Place) -> QName:
    """The precondition that such a collection does not hold to at a place."""
    return _ELSEWHERE[_OURS[Area.ADDRESS_BOOKS if place.is_among_cards else Area.CALENDARS]]


def instructions_of(root: xml.Element) -> list[Instruction]:
    """What is to be set, in the order of the request. Raises Malformed for anything but DAV:set."""
    found = [one for instruction in root for one in instructions_in(instruction)]
    if any(element is None for _, element in found):
        raise xml.Malformed(400, "What is made has no properties to remove.")
    return found


async def make(
    exchange: Exchange, instructions: Sequence[Instruction], answer: QName, *, type_wanted: frozenset[QName] | None
) -> DavResponse:
    """201, or the status of what is refused with an `answer` element of propstats. Raises AlreadyExists.

    `type_wanted`: the resource type where the request need not say it.
    """
    area, name = exchange.place.area, exchange.place.name
    assert area is not None
    stated = {name: element for name, element in instructions if name in {_TYPE, _COMPONENTS} and element is not None}
    refused: dict[QName, DavError] = {}
    wanted = _type(stated.get(_TYPE)) or type_wanted
    if wanted != _OURS[area]:
        precondition = _ELSEWHERE.get(wanted or frozenset(), dav("valid-resourcetype"))
        refused[_TYPE] = DavError(403, "Such a collection is not made here.", precondition)
    shape = Shape.CARD if area is Area.ADDRESS_BOOKS else None
    if _COMPONENTS in stated:
        names = {comp.get("name", "").upper() for comp in xml.children(stated[_COMPONENTS], caldav("comp"))}
        shape = next((one for one, component in COMPONENT.items() if names == {component}), None)
        if area is Area.ADDRESS_BOOKS or (shape is None and names != {*COMPONENT.values()}):
            refused[_COMPONENTS] = DavError(
                403, "A calendar holds VEVENT, VTODO or VJOURNAL, or all three.", caldav("supported-calendar-component")
            )
    node = Node(Kind.COLLECTION, exchange.place.url, exchange.who, area, _to_be(name, shape or Shape.EVENT))
    update = judged(node, [one for one in instructions if one[0] not in stated], is_open=True)
    update.names = dict.fromkeys([*stated, *refused, *update.names])
    update.refused = refused | update.refused
    if not update.refused:
        await _create(exchange, name, shape, update)
    if update.refused:
        return _response(answer, update)
    # RFC 4791 §5.3.1, RFC 5689 §3: what it is like to make a collection is not to be remembered.
    return DavResponse(201, {"Cache-Control": "no-cache"})


async def _create(exchange: Exchange, name: CollectionName, shape: Shape | None, update: Update) -> None:
    look = {word: text for word, text in update.change.items() if text is not None}
    try:
        await exchange.edits.create_collection(exchange.who, name, shape, look)
    except TooLarge as full:
        if not update.names:
            raise DavError(507, str(full)) from full
        update.refuse_all(DavError(507, str(full)))
    except InvalidContent as wrong:
        raise DavError(403, str(wrong), location_ok(exchange.place)) from wrong


def _type(element: xml.Element | None) -> frozenset[QName] | None:
    return None if element is None else frozenset(map(xml.name_of, element))


def _to_be(name: CollectionName, shape: Shape) -> Collection:
    return Collection(
        id=CollectionId(0),
        name=name,
        shape=shape,
        display_name=name.slug,
        role=Role.NONE,
        is_shared=False,
        rights=Right.WRITER,
        epoch=Epoch(0),
        modseq=ModSeq(0),
        uid_next=UID(1),
        count=0,
        is_own=True,
    )


def _response(answer: QName, update: Update) -> DavResponse:
    start, end = xml.tag(answer)
    first = next(iter(update.refused.values()))
    body = f"{xml.HEAD}{start[:-1]} {xml.NAMESPACES}>{update.propstats()}{end}\n"
    headers = {"Content-Type": "application/xml; charset=utf-8", "Cache-Control": "no-cache"}
    return DavResponse(first.status, headers, body.encode())


CALENDAR: Final = _OURS[Area.CALENDARS]
