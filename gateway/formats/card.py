"""vCards (RFC 2426, RFC 6350) and their fields.

New cards are 3.0, which every program reads; a client's card keeps its version, and what is written into it speaks
that version. 2.1 is read, and made 3.0 when it is written to. FN, which no card may lack, follows the name's parts
as long as it was made of them.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping
from typing import Final

from gateway.core.entities import Fields
from gateway.core.ids import ObjectUid
from gateway.core.model import Shape
from gateway.core.tree import Component, Line
from gateway.formats.bindings import Categories, Text
from gateway.formats.card_lines import Addresses, Values, is_version4
from gateway.formats.card_values import Birthday, CardPrivate, Kind, Nickname, Part, Picture
from gateway.formats.codec import PRODID, Bindings, read_all, with_custom, write_all
from gateway.formats.escaping import bare, escape, unescape
from gateway.formats.moments import write_utc
from gateway.formats.properties import Properties
from gateway.formats.sameness import normal_text
from gateway.formats.vcard21 import is_old, to_vcard30

_NAMELESS: Final = "Unnamed"
_NAME_PARTS: Final = frozenset({"first_name", "middle_name", "last_name"})
_BINDINGS: Final[Bindings] = {
    "kind": Kind(),
    "last_name": Part("N", 0, 5),
    "first_name": Part("N", 1, 5),
    "middle_name": Part("N", 2, 5),
    "prefix": Part("N", 3, 5),
    "suffix": Part("N", 4, 5),
    "full_name": Text("FN"),
    "nickname": Nickname(),
    "organisation": Part("ORG", 0, 1),
    "department": Part("ORG", 1, 1, rest=True),
    "title": Text("TITLE"),
    "emails": Values("emails", "EMAIL"),
    "phones": Values("phones", "TEL"),
    "addresses": Addresses("ADR"),
    "urls": Values("urls", "URL"),
    "birthday": Birthday(),
    "notes": Text("NOTE"),
    "categories": Categories(),
    "private": CardPrivate(),
    "photo": Picture(),
}


class CardCodec:
    """Fields of cards. `custom`: properties (`X-CRM-SOURCE`) and the string fields they state."""

    shape: Final = Shape.CARD

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        extra = [(field, Text(name.upper())) for name, field in (custom or {}).items()]
        self._bindings = with_custom(_BINDINGS, extra)

    def read(self, document: Component) -> Fields:
        """Every field of the card."""
        if is_old(document):
            document = copy.deepcopy(document)
            to_vcard30(document)
        return read_all(self._bindings, Properties(document, document))

    def write(self, document: Component, fields: Fields) -> None:
        """State these fields in place."""
        to_vcard30(document)
        at = Properties(document, document)
        was_composed = _full_name(at) in ("", _NAMELESS, _composed(at))
        if "full_name" in fields and not fields["full_name"]:
            fields = {field: value for field, value in fields.items() if field != "full_name"}
            was_composed = True
        written = write_all(self._bindings, at, fields)
        # A name that was changed elsewhere must not go on being shown as it was.
        was_composed = was_composed or not written.isdisjoint(_NAME_PARTS)
        if fields.get("kind") == "org" and at.first("ORG") is None and "organisation" not in fields:
            at.add("ORG", escape(_full_name(at)))
        if "full_name" not in fields and was_composed and _full_name(at) != _composed(at):
            # RFC 6350 §6.2.1: FN must be there and say something.
            at.put("FN", escape(_composed(at)))

    def blank(self, object_uid: ObjectUid) -> Component:
        """A 3.0 card (RFC 2426 §4 wants VERSION, FN and N)."""
        lines = (
            Line("VERSION", "3.0"),
            Line("PRODID", PRODID),
            Line("UID", bare(object_uid)),
            Line("FN", _NAMELESS),
            Line("N", ";;;;"),
        )
        return Component("VCARD", list(lines))

    def stamp(self, document: Component, created: dt.datetime | None, modified: dt.datetime | None) -> None:
        """Set REV in a card of our own; cards have no time of making."""
        at = Properties(document, document)
        moment = modified or created
        if moment is None or at.value("PRODID") != PRODID:
            return
        utc = moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None)
        at.put("REV", write_utc(moment) if is_version4(at) else f"{utc.isoformat()}Z")


def _full_name(at: Properties) -> str:
    return normal_text(unescape(at.value("FN")))


def _composed(at: Properties) -> str:
    """The name a card goes by: its parts, else organisation, e-mail address or number."""
    parts = (_BINDINGS[field].read(at) for field in ("first_name", "middle_name", "last_name"))
    name = normal_text(" ".join(part for part in parts if isinstance(part, str)))
    if name:
        return name
    for candidate in (at.value("ORG").partition(";")[0], at.value("NICKNAME"), at.value("EMAIL"), at.value("TEL")):
        text = normal_text(unescape(candidate))
        if text:
            return text
    return _NAMELESS
