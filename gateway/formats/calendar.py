"""What the codecs of events, tasks and journal entries share: the walk over a calendar document, new ones, stamps.

Only the master is bound; overridden instances, time zones and whatever else a document holds stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from gateway.core.entities import Fields, Value
from gateway.core.errors import InvalidContent
from gateway.core.ids import ObjectUid
from gateway.core.tree import Component, Line
from gateway.formats.bindings import Bare, Text
from gateway.formats.codec import PRODID, Binding, Bindings, read_all, with_custom, write_all
from gateway.formats.escaping import bare
from gateway.formats.moments import write_utc
from gateway.formats.properties import Properties
from gateway.formats.rules import read_rule
from gateway.formats.spans import master

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CalendarCodec:
    """Fields of the master component of one kind."""

    kind: str
    """VEVENT, VTODO or VJOURNAL."""

    def __init__(self, bindings: Bindings, custom: Mapping[str, str] | None) -> None:
        extra: list[tuple[str, Binding]] = [(field, Text(name.upper())) for name, field in (custom or {}).items()]
        self._bindings = with_custom(bindings, extra)

    def read(self, document: Component) -> Fields:
        """Every field of the master. A document without any component of the kind says nothing."""
        component = master(document, self.kind) or Component(self.kind)
        return read_all(self._bindings, Properties(component, document))

    def write(self, document: Component, fields: Fields) -> None:
        """State these fields in place. Raises InvalidContent for a document without any component of the kind."""
        self._written(document, fields)

    def _written(self, document: Component, fields: Fields) -> tuple[Properties, frozenset[str]]:
        component = master(document, self.kind)
        if component is None:
            raise InvalidContent(f"The document holds no {self.kind}.")
        at = Properties(component, document)
        return at, write_all(self._bindings, at, fields)

    def blank(self, object_uid: ObjectUid) -> Component:
        """A calendar with one component that has its UID and the DTSTAMP it may not lack."""
        lines = (Line("UID", bare(object_uid)), Line("DTSTAMP", write_utc(_EPOCH)))
        return Component(
            "VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", PRODID), Component(self.kind, list(lines))]
        )

    def stamp(self, document: Component, created: dt.datetime | None, modified: dt.datetime | None) -> None:
        """Set CREATED, LAST-MODIFIED and DTSTAMP in a document of our own."""
        component = master(document, self.kind)
        product = document.line("PRODID")
        if component is None or product is None or product.value != PRODID:
            return
        at = Properties(component, document)
        if created is not None:
            at.put("CREATED", write_utc(created))
        if (moment := modified or created) is not None:
            # RFC 5545 §3.8.7.2: without METHOD, DTSTAMP is when the information was last revised.
            at.put("LAST-MODIFIED", write_utc(moment))
            at.put("DTSTAMP", write_utc(moment))


class Recurrence(Bare):
    """The first RRULE's text. A text that is no rule, or too costly a one, is not written."""

    def __init__(self) -> None:
        super().__init__("RRULE")

    def write(self, at: Properties, value: Value) -> None:
        """Set, or remove for None."""
        text = "".join(value.split()).upper().removeprefix("RRULE:") if isinstance(value, str) else ""
        if text:
            try:
                read_rule(text)
            except InvalidContent:
                return
        super().write(at, text)
