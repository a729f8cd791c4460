"""Which form of a resource's content a client is given: RFC 9110 §12.5.1 for GET, RFC 6352 §5.1.1 and §10.4 for cards.

What is stored is what a client sent. Every other form is made of it when it is asked for, and means the same; so it
has the stored form's entity tag as a weak one (RFC 9110 §8.8.1), never as a strong one, which would say that the
octets are the same. A client that states no form in a GET is given what is stored; in a report's CR:address-data
no version means 3.0, for that is the attribute's default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.model import Shape
from gateway.formats import json
from gateway.formats.contentline import parse, serialise
from gateway.formats.versions import VERSIONS, translated
from protocols.dav.partial import Part, cut

_LIST: Final = re.compile(rb"\s*BEGIN:VLIST\b", re.IGNORECASE)
"""A list of SOGo's is no vCard, and has one form."""
_VERSION: Final = re.compile(rb"^VERSION[^:\n]*:[ \t]*([0-9.]+)", re.IGNORECASE | re.MULTILINE)
_RANGES: Final = 64
_SAME: Final = {"text/x-vcard": "text/vcard", "text/directory": "text/vcard"}
"""Older names; who uses them knows 3.0."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a document down."""

    media_type: str
    version: str
    root: str
    """The outermost component, of which parts are wanted."""

    @property
    def content_type(self) -> str:
        """The header that says so."""
        # RFC 7095 §6, RFC 7265 §6: JSON is UTF-8, and the registrations know no charset.
        return f"{self.media_type}; version={self.version}" + ("" if self.is_json else "; charset=utf-8")

    @property
    def is_json(self) -> bool:
        """Whether it is content lines no longer."""
        return self.media_type.endswith("+json")

    def is_of(self, content: bytes) -> bool:
        """Whether this content is in this form as it stands."""
        if self.is_json or self.root != "VCARD" or _LIST.match(content):
            return not self.is_json
        found = _VERSION.search(content)
        return (found[1].decode() if found is not None else VERSIONS[0]) == self.version

    def of(self, content: bytes, part: Part | None = None) -> bytes:
        """The content in this form, or a part of it."""
        text = content
        if self.root == "VCARD" and not self.is_of(content):
            text = b"".join(serialise(translated(one, self.version)) for one in parse(content))
        text = text if part is None else cut(text, self.root, part)
        return json.told(text, self.media_type) if self.is_json else text


CARDS: Final = (*(Form("text/vcard", version, "VCARD") for version in VERSIONS), Form(json.JCARD, "4.0", "VCARD"))
CALENDARS: Final = (Form("text/calendar", "2.0", "VCALENDAR"), Form(json.JCAL, "2.0", "VCALENDAR"))
FORMS: Final = {
    Shape.CARD: CARDS,
    Shape.EVENT: CALENDARS,
    Shape.TASK: CALENDARS,
    Shape.JOURNAL: CALENDARS,
}
"""What the resources of each shape of collection can be given in, the one to prefer first."""


def form(forms: Sequence[Form], media_type: str, version: str) -> Form | None:
    """The form of this media type (any letter case) and version (empty: the first); None where there is none."""
    wanted = _SAME.get(media_type.strip().lower(), media_type.strip().lower())
    return next((one for one in forms if one.media_type == wanted and version in ("", one.version)), None)


def negotiated(accept: str, forms: Sequence[Form], content: bytes) -> Form | None:
    """The form an Accept header likes best; of those it likes alike the stored one, else the first. None for none.

    A header that speaks of other kinds of things altogether is passed over, as RFC 9110 §12.5.1 allows: some programs
    send that of their XML requests with everything.
    """
    ordered = sorted(forms, key=lambda one: not one.is_of(content))
    ranges = list(_ranges(accept))
    kinds = {one.media_type.partition("/")[2].partition("+")[0] for one in forms}
    if not any("*" in media or media.partition("/")[2].partition("+")[0] in kinds for media, *_ in ranges):
        return ordered[0]
    best = max(ordered, key=lambda one: _quality(one, ranges))
    return best if _quality(best, ranges) > 0 else None


def _quality(offered: Form, ranges: Sequence[tuple[str, str, float]]) -> float:
    """What the most specific range that covers a form says of it."""
    found = (0, 0.0)
    for media, version, quality in ranges:
        if media == offered.media_type and version in ("", offered.version):
            specific = 3 + bool(version)
        elif media == offered.media_type.partition("/")[0] + "/*":
            specific = 2
        elif media == "*/*":
            specific = 1
        else:
            continue
        found = max(found, (specific, quality))
    return found[1]


def _ranges(accept: str) -> Iterator[tuple[str, str, float]]:
    """Media type, version (empty for any) and quality of each range."""
    for text in accept.split(",")[:_RANGES]:
        media, *parameters = (piece.strip() for piece in text.split(";"))
        stated = {
            name.strip().lower(): value.strip().strip('"') for name, _, value in (p.partition("=") for p in parameters)
        }
        try:
            quality = min(max(float(stated.get("q", "1")), 0.0), 1.0)
        except ValueError:
            quality = 0.0
        named = media.lower()
        version = stated.get("version", "3.0" if named in _SAME else "")
        if "/" in named:
            yield _SAME.get(named, named), version, quality
