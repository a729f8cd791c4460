"""Bytes from a client to a `Draft`, and the codec for a shape."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from gateway.core.errors import InvalidContent, InvalidObject, PictureTooLarge, UnsupportedContent
from gateway.core.ids import ObjectUid
from gateway.core.limits import PICTURE_LARGEST
from gateway.core.model import Shape
from gateway.core.store import Draft
from gateway.core.tree import Component, Line
from gateway.formats.card import CardCodec
from gateway.formats.checks import MAX_UID, check_calendar
from gateway.formats.codec import Codec
from gateway.formats.contentline import parse
from gateway.formats.escaping import unescape
from gateway.formats.event import EventCodec
from gateway.formats.journal import JournalCodec
from gateway.formats.task import TaskCodec
from gateway.formats.vcard21 import to_vcard30

_CODECS: Final[Mapping[Shape, Callable[[Mapping[str, str]], Codec]]] = {
    Shape.CARD: CardCodec,
    Shape.EVENT: EventCodec,
    Shape.TASK: TaskCodec,
    Shape.JOURNAL: JournalCodec,
}
LIST: Final = "VLIST"
"""A distribution list of SOGo and of programs made for it; a document of address books that is no vCard."""
_ROOTS: Final = {Shape.CARD: "VCARD", Shape.EVENT: "VCALENDAR", Shape.TASK: "VCALENDAR", Shape.JOURNAL: "VCALENDAR"}


def codec_for(shape: Shape, custom: Mapping[str, str]) -> Codec:
    """The codec of a shape; `custom` gives each property of the mapping's own the field it states.

    Raises UnsupportedContent for shapes that are no documents of fields.
    """
    made = _CODECS.get(shape)
    if made is None:
        raise UnsupportedContent(f"There is no document for {shape.value}.")
    return made(custom)


def read_draft(shape: Shape, content: bytes) -> Draft:
    """A client's document, checked for form.

    A card without a UID is given one made from its content, so the same card sent twice is one; a 2.1 card is made a
    3.0 one. `content` stays as it was sent. Raises InvalidContent for what is broken, forbidden or over a limit,
    PictureTooLarge, UnsupportedContent for a whole document of another kind.
    """
    root = _ROOTS.get(shape)
    if root is None:
        raise UnsupportedContent(f"{shape.value} is no kind of document.")
    documents = parse(content)
    if shape is Shape.CARD and documents[0].name.upper() == LIST:
        root = LIST
    if any(document.name.upper() != root for document in documents):
        raise UnsupportedContent(f"This collection holds {root}, not {documents[0].name[:40]}.")
    if len(documents) > 1:
        raise InvalidObject(f"One resource holds one {root}.")
    document = documents[0]
    if shape is not Shape.CARD:
        return Draft(shape, ObjectUid(check_calendar(document, shape)), document, content)
    stated = document.line("UID")
    is_named = stated is not None and bool(stated.value.strip())
    uid = _card_uid(document, content)
    return Draft(shape, ObjectUid(uid), document, content, is_named=is_named, is_group=is_group(document))


def _check_pictures(card: Component) -> None:
    for line in card.lines("PHOTO"):
        # Base64 has four characters for three bytes.
        if len(line.value) // 4 * 3 > PICTURE_LARGEST:
            raise PictureTooLarge(f"A photo has at most {PICTURE_LARGEST // 1024} kB.", PICTURE_LARGEST)


def is_group(document: Component) -> bool:
    """Whether a card is a group: KIND of 4.0, Apple's property for it in 3.0, or a list as SOGo has it."""
    if document.name.upper() == LIST:
        return True
    names = ("KIND", "X-ADDRESSBOOKSERVER-KIND") if document.name.upper() == "VCARD" else ()
    return any(line.value.strip().lower() == "group" for name in names for line in document.lines(name))


def _card_uid(card: Component, content: bytes) -> str:
    version = card.line("VERSION") if card.name.upper() != LIST else None
    if version is not None and version.value.strip()[:1] not in ("2", "3", "4"):
        raise UnsupportedContent(f"A vCard is of version 3.0 or 4.0, not {version.value.strip()[:20]}.")
    _check_pictures(card)
    to_vcard30(card)
    line = card.line("UID")
    uid = "" if line is None else unescape(line.value).strip()
    if len(uid) > MAX_UID:
        raise InvalidContent(f"A UID has at most {MAX_UID} characters.")
    if not uid:
        uid = str(uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=5))
        if line is None:
            card.items.append(Line("UID", uid))
        else:
            line.value = uid
    return uid
