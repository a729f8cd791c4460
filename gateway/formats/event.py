"""Events (VEVENT, RFC 5545 §3.6.1) and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.core.entities import Value
from gateway.core.model import Shape
from gateway.formats.alarms import Reminder
from gateway.formats.bindings import Bare, Categories, Private, Text, Word
from gateway.formats.calendar import CalendarCodec, Recurrence
from gateway.formats.codec import Binding, Bindings
from gateway.formats.people import Attendees, Organizer
from gateway.formats.properties import Properties
from gateway.formats.times import When


class Transparent(Binding):
    """TRANSP: whether the time stays free."""

    properties = ("TRANSP",)

    def read(self, at: Properties) -> Value:
        """True for TRANSPARENT."""
        return at.value("TRANSP").strip().upper() == "TRANSPARENT"

    def write(self, at: Properties, value: Value) -> None:
        """In TRANSP; Outlook's finer word for it is dropped, because it would say the old thing."""
        at.put("TRANSP", "TRANSPARENT" if value else "OPAQUE")
        at.drop("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS")


_BINDINGS: Final[Bindings] = {
    "period": When(),
    "recurrence": Recurrence(),
    "summary": Text("SUMMARY"),
    "location": Text("LOCATION", stale=("X-APPLE-STRUCTURED-LOCATION", "GEO")),
    "description": Text("DESCRIPTION", stale=("X-ALT-DESC",)),
    "url": Bare("URL"),
    "categories": Categories(),
    "private": Private(),
    "transparent": Transparent(),
    "status": Word("STATUS"),
    "organizer": Organizer(),
    "attendees": Attendees(),
    "reminder": Reminder(),
}


class EventCodec(CalendarCodec):
    """Fields of events. `custom`: properties and the string fields they state."""

    shape: Final = Shape.EVENT
    kind = "VEVENT"

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        super().__init__(_BINDINGS, custom)
