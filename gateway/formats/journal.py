"""Journal entries (VJOURNAL, RFC 5545 §3.6.3) and their fields: notes, calls, minutes.

An entry with a DTSTART is a journal's page for a day or a moment, one without is a note. A journal entry alone may have
several descriptions; they are read as one text, and written as one where the text changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.core.entities import Value
from gateway.core.model import Shape
from gateway.formats.bindings import Bare, Categories, Private, Text, Word
from gateway.formats.calendar import CalendarCodec, Recurrence
from gateway.formats.codec import Bindings
from gateway.formats.escaping import unescape
from gateway.formats.people import Attendees, Organizer
from gateway.formats.properties import Properties
from gateway.formats.times import Day


class Descriptions(Text):
    """DESCRIPTION, which may stand more than once here (RFC 5545 §3.8.1.5): its texts with an empty line between."""

    def __init__(self) -> None:
        super().__init__("DESCRIPTION", stale=("X-ALT-DESC",))

    def read(self, at: Properties) -> Value:
        """All of them, None where there is none."""
        texts = (unescape(line.value).strip() for line in at.all(self.name))
        return "\n\n".join(text for text in texts if text) or None

    def write(self, at: Properties, value: Value) -> None:
        """In the first line; the others go."""
        super().write(at, value)
        at.remove(at.all(self.name)[1:])


_BINDINGS: Final[Bindings] = {
    "start": Day("DTSTART"),
    "recurrence": Recurrence(),
    "summary": Text("SUMMARY"),
    "description": Descriptions(),
    "url": Bare("URL"),
    "categories": Categories(),
    "private": Private(),
    "status": Word("STATUS"),
    "organizer": Organizer(),
    "attendees": Attendees(),
}


class JournalCodec(CalendarCodec):
    """Fields of journal entries. `custom`: properties and the string fields they state."""

    shape: Final = Shape.JOURNAL
    kind = "VJOURNAL"

    def __init__(self, custom: Mapping[str, str] | None = None) -> None:
        super().__init__(_BINDINGS, custom)
