"""Filters of CalDAV (RFC 4791 §9.7) and CardDAV (RFC 6352 §10.5), read into the core's neutral filter.

The two languages differ in little: CalDAV nests components and asks for all of everything, CardDAV has `test` (any or
all), several texts for a property and four ways to match. One reader takes both: what a language does not have, its
documents do not say.

What the core's filter cannot say does not exist in the RFCs; what a client says that is not in them is refused with
the precondition for it (`valid-filter`, `supported-filter`, `supported-collation`), never ignored: a filter half
understood would hide resources, and clients delete what they no longer see.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.filter import (
    CardFilter,
    Collation,
    CompFilter,
    Junction,
    MatchType,
    ParamFilter,
    PropFilter,
    TextMatch,
    TimeRange,
)
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import CALDAV, CARDDAV
from protocols.dav.types import QName
from protocols.dav.xml import Element

MAX_FILTERS: Final = 200
"""Comp-, prop-, param-filters and text-matches in one request."""
MAX_TEXT: Final = 1_024

_UTC_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_COLLATIONS: Final = {"default": Collation.ASCII_CASEMAP} | {one.value: one for one in Collation}
_TESTS: Final = {one.value: one for one in Junction}
_MATCH_TYPES: Final = {one.value: one for one in MatchType}


def calendar_filter(element: Element) -> CompFilter:
    """A C:filter. Raises DavError 403 with the precondition it fails."""
    read = _Reader(CALDAV, Collation.ASCII_CASEMAP)
    top = element.findall(f"{{{CALDAV}}}comp-filter")
    # RFC 4791 §9.7: exactly one, and it is about the iCalendar object.
    if len(top) != 1 or len(element) != 1 or top[0].get("name", "").upper() != "VCALENDAR":
        raise read.invalid("A C:filter holds one C:comp-filter, for VCALENDAR.")
    return read.comp_filter(top[0])


def card_filter(element: Element) -> CardFilter:
    """A CR:filter. Raises DavError 403 with the precondition it fails."""
    # RFC 6352 §8.3: without a collation, i;unicode-casemap.
    read = _Reader(CARDDAV, Collation.UNICODE_CASEMAP)
    read.only(element, "prop-filter")
    props = tuple(read.prop_filter(one) for one in element)
    return CardFilter(props, read.test(element))


def window(element: Element, name: str) -> TimeRange:
    """The start and the end, both of them, of C:expand and its like (RFC 4791 §9.6.5). Raises DavError."""
    times = []
    for attribute in ("start", "end"):
        found = _UTC_TIME.fullmatch(element.get(attribute, "").strip())
        try:
            if found is None:
                raise ValueError
            times.append(_moment(found))
        except ValueError:
            raise DavError(400, f"C:{name} has a start and an end in UTC, as 20270131T120000Z.") from None
    if times[1] <= times[0]:
        raise DavError(400, f"The end of C:{name} is after its start.")
    return TimeRange(times[0], times[1])


def _moment(found: re.Match[str]) -> dt.datetime:
    year, month, day, hour, minute, second = map(int, found.groups())
    return dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)


@dataclass
class _Reader:
    namespace: str
    collation: Collation
    count: int = 0

    def comp_filter(self, element: Element) -> CompFilter:
        self.only(element, "comp-filter", "prop-filter", "is-not-defined", "time-range")
        return CompFilter(
            name=self.name(element),
            is_not_defined=self.is_not_defined(element),
            time_range=self.time_range(element),
            properties=tuple(self.prop_filter(one) for one in self.children(element, "prop-filter")),
            components=tuple(self.comp_filter(one) for one in self.children(element, "comp-filter")),
        )

    def prop_filter(self, element: Element) -> PropFilter:
        self.only(element, "param-filter", "text-match", "is-not-defined", "time-range")
        texts = self.children(element, "text-match")
        if self.namespace == CALDAV and len(texts) > 1:
            raise self.invalid("A C:prop-filter has one C:text-match.")
        return PropFilter(
            name=self.name(element),
            is_not_defined=self.is_not_defined(element),
            time_range=self.time_range(element),
            texts=tuple(self.text_match(one) for one in texts),
            params=tuple(self.param_filter(one) for one in self.children(element, "param-filter")),
            test=self.test(element),
        )

    def param_filter(self, element: Element) -> ParamFilter:
        self.only(element, "text-match", "is-not-defined")
        texts = self.children(element, "text-match")
        if len(texts) > 1:
            raise self.invalid("A param-filter has one text-match.")
        text = self.text_match(texts[0]) if texts else None
        return ParamFilter(self.name(element), is_not_defined=self.is_not_defined(element), text=text)

    def text_match(self, element: Element) -> TextMatch:
        self.only(element)
        text = "".join(map(str, element.itertext()))
        if len(text) > MAX_TEXT:
            raise self.unsupported(f"A text to match has at most {MAX_TEXT} characters.")
        stated = element.get("collation")
        collation = self.collation if stated is None else _COLLATIONS.get(stated.lower())
        if collation is None:
            # RFC 4791 §7.5.1, RFC 6352 §8.3.1
            raise DavError(403, "This collation is not known.", self.named("supported-collation"))
        match_type = _MATCH_TYPES.get(element.get("match-type", "contains"))
        negated = element.get("negate-condition", "no")
        if match_type is None or negated not in {"yes", "no"}:
            raise self.invalid("A text-match is contains, equals, starts-with or ends-with; negated, yes or no.")
        return TextMatch(text, collation, match_type, negate=negated == "yes")

    def time_range(self, element: Element) -> TimeRange | None:
        found = self.children(element, "time-range")
        if not found:
            return None
        start, end = self.time(found[0], "start"), self.time(found[0], "end")
        # RFC 4791 §9.9: at least one of them, and the end after the start.
        if len(found) > 1 or (start is None and end is None) or (start and end and end <= start):
            raise self.invalid("A C:time-range has a start, an end, or both in that order.")
        return TimeRange(start, end)

    def time(self, element: Element, attribute: str) -> dt.datetime | None:
        text = element.get(attribute)
        if text is None:
            return None
        found = _UTC_TIME.fullmatch(text.strip())
        try:
            if found is not None:
                return _moment(found)
        except ValueError:
            pass
        raise self.invalid("Times are in UTC, as 20270131T120000Z.")

    def is_not_defined(self, element: Element) -> bool:
        is_stated = bool(self.children(element, "is-not-defined"))
        if is_stated and len(element) > 1:
            raise self.invalid("Nothing else can be asked of what is not defined.")
        return is_stated

    def test(self, element: Element) -> Junction:
        # RFC 6352 §10.5: anyof unless it says otherwise. CalDAV knows no test, and means all.
        stated = element.get("test")
        if stated is None:
            return Junction.ANYOF if self.namespace == CARDDAV else Junction.ALLOF
        if stated not in _TESTS:
            raise self.invalid("A test is anyof or allof.")
        return _TESTS[stated]

    def name(self, element: Element) -> str:
        name = element.get("name", "").strip()
        if not name or len(name) > 100:
            raise self.invalid("A filter needs the name of what it looks at.")
        return name

    def children(self, element: Element, local: str) -> list[Element]:
        return element.findall(self.named(local))

    def only(self, element: Element, *locals_: str) -> None:
        """Refuses children that are none of these, and more filters than there may be."""
        self.count += 1
        if self.count > MAX_FILTERS:
            raise self.unsupported(f"A filter has at most {MAX_FILTERS} parts.")
        known = {self.named(local) for local in locals_}
        for one in element:
            if xml.name_of(one) not in known:
                raise self.unsupported(f"This filter has a part that is not known: {xml.name_of(one)}.")

    def named(self, local: str) -> QName:
        return QName(f"{{{self.namespace}}}{local}")

    def invalid(self, message: str) -> DavError:
        # RFC 4791 §7.8: valid-filter. RFC 6352 §8.6 has supported-filter alone.
        return DavError(403, message, self.named("valid-filter" if self.namespace == CALDAV else "supported-filter"))

    def unsupported(self, message: str) -> DavError:
        return DavError(403, message, self.named("supported-filter"))
