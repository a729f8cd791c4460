"""Row over residue: the only place a CRM row becomes bytes.

What is served is the client's own document, kept as it was sent, with the mapped properties set from the row: lines
that already mean what the row says stay as they are, the others are set. A row that no client has written yet
starts from a blank document. The same row and residue always give the same bytes, so an echo is nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any, Final

from gateway.core.entities import Address, Attendee, Completed, Entity, Fields, Photo, Typed, Value
from gateway.core.ids import EntityKey, ETag, ObjectUid
from gateway.core.tree import Component
from gateway.formats.codec import Codec
from gateway.formats.contentline import parse, serialise
from gateway.formats.pictures import served
from gateway.formats.sameness import same
from gateway.formats.searching import texts_of
from gateway.formats.timing import Timing, When, when
from gateway.formats.zone_form import supply
from storage.crm.forms import Form
from storage.state.index import Rendered

_NAMESPACE: Final = uuid.UUID("6c1d5c1e-3f0f-5b9e-9b0a-4f0a9d2b7c11")


def object_uid(crm: str, entity: str, key: EntityKey) -> ObjectUid:
    """The UID of what no client has named: the same for the same row, even if our state is lost."""
    return ObjectUid(str(uuid.uuid5(_NAMESPACE, f"{crm}/{entity}/{key}")))


def etag_of(content: bytes) -> ETag:
    """A strong entity tag: equal exactly when the bytes are."""
    return ETag(hashlib.sha256(content).hexdigest()[:32])


def render(
    codec: Codec,
    entity: Entity,
    uid: ObjectUid,
    residue: bytes | None,
    overflow: bytes | None,
    derived: Mapping[str, frozenset[str]] = MappingProxyType({}),
    joint: Mapping[str, Form] = MappingProxyType({}),
) -> Rendered:
    """One entity as the document that is served.

    `derived` names the fields that are made of others: those others; `joint` has those that a
    client may say otherwise and mean the same.
    """
    photo = entity.fields.get("photo")
    told = {**entity.fields, "photo": served(photo)} if isinstance(photo, Photo) else entity.fields
    if residue is None:
        document = codec.blank(uid)
        codec.write(document, told)
        codec.stamp(document, entity.created, entity.modified)
    else:
        document = without_empty_pictures(parse(residue)[0])
        stated = codec.read(document)
        fields = _over(told, read_overflow(overflow), stated)
        fields |= {field: stated.get(field) for field, form in joint.items() if form.means_same(stated, fields)}
        codec.write(document, _without_derived(fields, stated, derived))
        if document.name.upper() == "VCALENDAR":
            # RFC 7809 §3.1.3: a client may leave out what a zone's name says; others are to be given it.
            supply(document)
    content = serialise(document)
    known = times_of(document)
    texts = texts_of(document) if document.name.upper() == "VCARD" else ()
    return Rendered(
        uid,
        etag_of(content),
        len(content),
        content,
        residue,
        overflow,
        known.first,
        known.last,
        known.timing,
        texts=texts,
    )


def without_empty_pictures(card: Component) -> Component:
    """Some programs say that there is no photo by an empty one, and others cannot read a card with such a line."""
    empty = [line for line in card.lines("PHOTO") if not line.value.strip()]
    return card if not empty else Component(card.name, [item for item in card.items if item not in empty])


def times_of(document: Component) -> When:
    """When an event, task or journal entry happens, as far as the index keeps it; nothing of a card."""
    return when(document) if document.name.upper() == "VCALENDAR" else When(None, None, Timing.OPEN)


def _over(fields: Fields, overflow: Mapping[str, Value], stated: Fields) -> dict[str, Value]:
    """The row's fields, with what no column could take, and with types where the columns know none."""
    whole: dict[str, Value] = dict(fields)
    for field, rest in overflow.items():
        held = whole.get(field)
        if isinstance(rest, tuple) and isinstance(held, tuple):
            people = {item.address.casefold() for item in held if isinstance(item, Attendee)}
            wholes: defaultdict[Any, list[Any]] = defaultdict(list)
            rest_of: list[Any] = []
            for item in rest:
                if isinstance(item, Completed):
                    wholes[item.part].append(item.whole)
                elif item not in held and not (isinstance(item, Attendee) and item.address.casefold() in people):
                    rest_of.append(item)
            whole[field] = (*(wholes[item].pop(0) if wholes.get(item) else item for item in held), *rest_of)
        elif held is None:
            whole[field] = stated.get(field) if isinstance(rest, Photo) else rest
    for field, held in whole.items():
        said = stated.get(field)
        if isinstance(held, tuple) and isinstance(said, tuple) and any(isinstance(item, Typed) for item in held):
            whole[field] = tuple(_with_types(item, said) for item in held if isinstance(item, Typed))
    return whole


def _without_derived(
    fields: dict[str, Value], stated: Fields, derived: Mapping[str, frozenset[str]]
) -> dict[str, Value]:
    """A client's own words for what is made of other fields stay until the CRM changes one of these."""
    kept = {
        field
        for field, parts in derived.items()
        if stated.get(field) and all(same(part, stated.get(part), fields.get(part)) for part in parts)
    }
    return {field: value for field, value in fields.items() if field not in kept}


def _with_types(item: Typed, said: tuple[Any, ...]) -> Typed:
    if item.types:
        return item
    for other in said:
        if isinstance(other, Typed) and other.value.strip().casefold() == item.value.strip().casefold():
            return Typed(item.value, other.types)
    return item


def write_overflow(left: Mapping[str, Value]) -> bytes | None:
    """What no column could take, to be kept beside the residue, where a picture's bytes are already."""
    held: dict[str, Any] = {}
    for field, value in left.items():
        if isinstance(value, str | int):
            held[field] = value
        elif isinstance(value, Photo):
            held[field] = {"photo": "stated"}
        elif isinstance(value, tuple):
            held[field] = [_written(item) for item in value]
    return json.dumps(held, sort_keys=True).encode() if held else None


def _written(item: object) -> list[Any]:
    if isinstance(item, Completed):
        return ["completed", _written(item.part), _written(item.whole)]
    if isinstance(item, Typed):
        return ["typed", item.value, list(item.types)]
    if isinstance(item, Attendee):
        return ["attendee", asdict(item)]
    return ["address", asdict(item)] if isinstance(item, Address) else ["text", str(item)]


def read_overflow(held: bytes | None) -> dict[str, Value]:
    """The inverse of `write_overflow`."""
    if not held:
        return {}
    return {field: _value(value) for field, value in json.loads(held).items()}


def _value(value: Any) -> Value:
    if isinstance(value, str | int):
        return value
    return Photo("", b"") if isinstance(value, dict) else tuple(map(_read, value))


def _read(item: list[Any]) -> Any:
    if item[0] == "completed":
        part = _read(item[1])
        # What was kept before roles were left to documents is about the same person.
        return Completed(replace(part, role="") if isinstance(part, Attendee) else part, _read(item[2]))
    if item[0] == "typed":
        return Typed(item[1], tuple(item[2]))
    if item[0] == "attendee":
        return Attendee(**item[1])
    return Address(**{**item[1], "types": tuple(item[1]["types"])}) if item[0] == "address" else item[1]
