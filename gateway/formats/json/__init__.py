"""jCard (RFC 7095) and jCal (RFC 7265): content lines as JSON, and back.

A codec over the content-line tree, without a meaning of its own: names, parameters and values change their clothes by
the type of each value, which is the property's default or its VALUE parameter. What has no known type goes as
"unknown", raw, and so comes back as it was. JSON knows no letter case of names and no quoting of parameters; all else
survives. JSON from a client is read within the limits that documents have.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component
from gateway.formats.contentline import MAX_BYTES, MAX_DEPTH, MAX_LINES, parse, serialise
from gateway.formats.json.lines import Dialect, read_line, write_line
from gateway.formats.json.types import CALENDAR, CARD

JCARD: Final = "application/vcard+json"
JCAL: Final = "application/calendar+json"
_DIALECTS: Final = {JCARD: CARD, JCAL: CALENDAR}


def written(document: Component, media_type: str) -> bytes:
    """A vCard 4.0 or an iCalendar object as JSON."""
    return msgspec.json.encode(_component(document, _DIALECTS[media_type]))


def read(content: bytes, media_type: str) -> bytes:
    """The document that JSON means, as text. Raises InvalidContent."""
    if len(content) > MAX_BYTES:
        raise InvalidContent(f"The document is larger than {MAX_BYTES} bytes.")
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise InvalidContent("This is no JSON.") from wrong
    return serialise(_read(data, _DIALECTS[media_type], 0))


def told(content: bytes, media_type: str) -> bytes:
    """The first document of a text as JSON."""
    return written(parse(content)[0], media_type)


def _component(document: Component, dialect: Dialect) -> list[Any]:
    made: list[Any] = [document.name.lower(), [], []]
    for item in document.items:
        if isinstance(item, Component):
            made[2].append(_component(item, dialect))
        else:
            made[1].append(write_line(item, dialect))
    # RFC 7095 §3.2: a jCard has no components in it.
    return made if dialect.is_nested else made[:2]


def _read(data: Any, dialect: Dialect, depth: int) -> Component:
    size = 3 if dialect.is_nested else 2
    if not isinstance(data, list) or len(data) != size or not isinstance(data[0], str):
        raise InvalidContent("A component is an array of its name, its properties and what stands in it.")
    if not all(isinstance(part, list) for part in data[1:]):
        raise InvalidContent("The properties of a component, and what stands in it, are arrays.")
    if depth == MAX_DEPTH or sum(map(len, data[1:])) > MAX_LINES:
        raise InvalidContent(f"Components are nested more than {MAX_DEPTH} deep, or have more than {MAX_LINES} lines.")
    name = data[0].upper()
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise InvalidContent(f"This is no name of a component: {name[:40]!r}.")
    made = Component(name, [read_line(one, dialect) for one in data[1]])
    for part in data[2:]:
        made.items.extend(_read(one, dialect, depth + 1) for one in part)
    return made
