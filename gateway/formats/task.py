"""Tasks (VTODO, RFC 5545 §3.6.2) and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.core.entities import Fields
from gateway.core.model import Shape
from gateway.core.tree import Component
from gateway.formats.alarms import Reminder
from gateway.formats.bindings import Bare, Categories, Number, Private, Text, Word
from gateway.formats.calendar import CalendarCodec, Recurrence
from gateway.formats.codec import Bindings
from gateway.formats.times import Day, Instant

_BINDINGS: Final[Bindings] = {
    "start": Day("DTSTART"),
    "due": Day("DUE"),
    "recurrence": Recurrence(),
    "summary": Text("SUMMARY"),
    "description": Text("DESCRIPTION", stale=("X-ALT-DESC",)),
    "url": Bare("URL"),
    "categories": Categories(),
    "private": Private(),
    "priority": Number("PRIORITY", 0, 9),
    "status": Word("STATUS"),
    "percent": Number("PERCENT-COMPLETE", 0, 100),
    "completed": Instant("COMPLETED"),
    "reminder": Reminder(),
}


class TaskCodec(CalendarCodec):
    """Fields of tasks. `custom`: properties and the string fields they state."""

    shape: Final = Shape.TASK
    kind = "VTODO"

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        super().__init__(_BINDINGS, custom)

    def write(self, document: Component, fields: Fields) -> None:
        """State these fields in place. A task that is no longer done is not left with the marks of one."""
        at, written = self._written(document, fields)
        if "status" in written and fields["status"] != "COMPLETED":
            if "completed" not in fields:
                at.drop("COMPLETED")
            if "percent" not in fields and at.value("PERCENT-COMPLETE").strip() == "100":
                at.drop("PERCENT-COMPLETE")
