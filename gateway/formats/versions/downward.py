"""From 4.0 to 3.0, which more programs read.

What 3.0 has no name for (GENDER, LANG, RELATED with a URI, …) keeps the name it has in 4.0: RFC 2426 lets readers pass over
what they do not know, and a client that keeps what it does not know brings it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from gateway.core.tree import Component, Line
from gateway.formats.card_lines import words_of
from gateway.formats.escaping import escape
from gateway.formats.params import first_param, name_of, pieces_of, set_param, set_pieces
from gateway.formats.versions import dates, media, preference
from gateway.formats.versions.names import (
    ANNIVERSARIES,
    ANNIVERSARY_LABEL,
    APPLE_DATE,
    APPLE_LABEL,
    FORMER,
    LABELS,
    RELATED,
    SERVICES,
    SHARED,
    label_for,
)
from gateway.formats.versions.upward import UUID

_PLACE: Final = re.compile(r"geo:(-?[0-9]+(?:\.[0-9]+)?),(-?[0-9]+(?:\.[0-9]+)?)", re.ASCII | re.IGNORECASE)
_OFFSET: Final = re.compile(r"([+-][0-9]{2}):?([0-9]{2})?", re.ASCII)
_AGENT: Final = re.compile(r"data:text/vcard(?:;[^,]*)?,", re.ASCII | re.IGNORECASE)
_APPLE_KINDS: Final = frozenset({"group", "org"})


class Downward:
    """One card of 4.0 on its way to 3.0."""

    def __init__(self, card: Component) -> None:
        self._card = card
        self._lines = [
            Line(item.name, item.value, item.params, item.group) if isinstance(item, Line) else item
            for item in card.items
        ]
        lines = [item for item in self._lines if isinstance(item, Line)]
        self._names = {line.name.upper() for line in lines}
        self._labels = {line.group.upper(): line for line in lines if line.name.upper() == APPLE_LABEL and line.group}
        self._groups = {line.group.upper() for line in lines}
        self._preferred = preference.preferred(lines)

    def translated(self) -> Component:
        """The card; RFC 2426 §4 wants N, which 4.0 does not."""
        items: list[Line | Component] = [Line("VERSION", "3.0")]
        if "N" not in self._names:
            items.append(Line("N", ";;;;"))
        for item in self._lines:
            if isinstance(item, Component):
                items.append(item)
            elif item.name.upper() != "VERSION":
                items += self._line(item)
        return Component(self._card.name, items)

    def _line(self, line: Line) -> Iterator[Line]:
        name = line.name.upper()
        former = (first_param(line, FORMER) or "").upper()
        if name in SHARED:
            preference.downward(line, is_first=id(line) in self._preferred)
            set_param(line, FORMER, None)
        if name in media.NAMES:
            if media.downward(line):
                yield line
        elif name == "IMPP" and former in SERVICES:
            line.name, line.value = former, escape(unquote(line.value.partition(":")[2]))
            yield line
        elif name == "RELATED":
            yield from self._related(line, former)
        elif name == "ANNIVERSARY":
            dates.downward(line)
            label = self._labels.get(line.group.upper()) if line.group else None
            is_apple = label is not None and label.value == ANNIVERSARY_LABEL
            line.name = APPLE_DATE if is_apple else former if former in ANNIVERSARIES else ANNIVERSARIES[0]
            yield line
        elif name in self._EACH:
            yield from self._EACH[name](self, line)
        else:
            yield line

    def _related(self, line: Line, former: str) -> Iterator[Line]:
        words = [word.lower() for word in words_of(line)]
        kind = (first_param(line, "VALUE") or "uri").lower()
        if kind == "text" and former in RELATED:
            _without_words(line, RELATED[former])
            set_param(line, "VALUE", None)
            line.name = former
        elif kind == "text":
            label = self._labels.get(line.group.upper()) if line.group else None
            yield from self._labelled(line, label, words)
            return
        elif "agent" in words:
            _without_words(line, ("agent",))
            card = _AGENT.match(line.value)
            if card is not None:
                set_param(line, "VALUE", None)
                line.value = escape(unquote(line.value[card.end() :]))
            else:
                set_param(line, "VALUE", ["uri"])
            line.name = "AGENT"
        yield line

    def _labelled(self, line: Line, label: Line | None, words: list[str]) -> Iterator[Line]:
        """A name as Apple's programs have it: the relation is a label beside it."""
        meant = LABELS.get(label.value, ()) if label is not None else ()
        line.name = "X-ABRELATEDNAMES"
        set_param(line, "VALUE", None)
        if label is not None and all(word in words for word in meant):
            _without_words(line, meant)
            yield line
            return
        text = label_for(words)
        _without_words(line, LABELS.get(text, (text,)))
        if label is not None:
            label.value = text if text in LABELS else escape(text)
            yield line
            return
        line.group = line.group or self._free_group()
        yield line
        yield Line("X-ABLabel", text if text in LABELS else escape(text), "", line.group)

    def _free_group(self) -> str:
        number = 1
        while f"ITEM{number}" in self._groups:
            number += 1
        self._groups.add(f"ITEM{number}")
        return f"item{number}"

    def _text_number(self, line: Line) -> Iterator[Line]:
        """A number is text; RFC 2426 §3.3.1 knows no tel: URI."""
        if (first_param(line, "VALUE") or "").lower() == "uri":
            scheme, colon, rest = line.value.strip().partition(":")
            if colon and scheme.lower() == "tel":
                line.value = escape(rest)
                set_param(line, "VALUE", None)
        yield line

    def _date(self, line: Line) -> Iterator[Line]:
        dates.downward(line)
        yield line

    def _stamp(self, line: Line) -> Iterator[Line]:
        dates.stamp_downward(line)
        yield line

    def _uid(self, line: Line) -> Iterator[Line]:
        value = line.value.strip()
        if value[:9].lower() == "urn:uuid:" and UUID.fullmatch(value[9:]):
            line.value = value[9:]
        if (first_param(line, "VALUE") or "").lower() in ("uri", "text"):
            set_param(line, "VALUE", None)
        yield line

    def _place(self, line: Line) -> Iterator[Line]:
        found = _PLACE.fullmatch(line.value.strip())
        if found is not None:
            line.value = f"{found[1]};{found[2]}"
            set_param(line, "VALUE", None)
        elif line.value.lower().startswith("geo:"):
            set_param(line, "VALUE", ["uri"])
        yield line

    def _zone(self, line: Line) -> Iterator[Line]:
        found = _OFFSET.fullmatch(line.value.strip())
        kind = (first_param(line, "VALUE") or "text").lower()
        if kind == "text":
            set_param(line, "VALUE", ["text"])
        elif kind == "utc-offset" and found is not None:
            line.value = f"{found[1]}:{found[2] or '00'}"
            set_param(line, "VALUE", None)
        yield line

    def _class(self, line: Line) -> Iterator[Line]:
        if "CLASS" not in self._names:
            line.name = "CLASS"
        yield line

    def _kind(self, line: Line) -> Iterator[Line]:
        kind = line.value.strip().lower()
        if kind in _APPLE_KINDS and "X-ADDRESSBOOKSERVER-KIND" not in self._names:
            line.name = "X-ADDRESSBOOKSERVER-KIND"
            if kind == "org" and "X-ABSHOWAS" not in self._names:
                yield Line("X-ABShowAs", "COMPANY")
        yield line

    def _member(self, line: Line) -> Iterator[Line]:
        line.name = "X-ADDRESSBOOKSERVER-MEMBER"
        yield line

    def _name(self, line: Line) -> Iterator[Line]:
        by = None if "SORT-STRING" in self._names else first_param(line, "SORT-AS")
        self._names.add("SORT-STRING")
        if by is not None:
            set_param(line, "SORT-AS", None)
        yield line
        if by is not None:
            yield Line("SORT-STRING", escape(by))

    def _address(self, line: Line) -> Iterator[Line]:
        label = first_param(line, "LABEL")
        set_param(line, "LABEL", None)
        says_more = bool(line.value.replace(";", "").strip())
        if label is None or says_more:
            yield line
        if label is not None:
            made = Line("LABEL", escape(label), line.params, line.group)
            if says_more:
                set_pieces(made, [piece for piece in pieces_of(made) if name_of(piece) == "TYPE"])
                made.group = ""
            yield made

    _EACH: Final[Mapping[str, Callable[[Downward, Line], Iterator[Line]]]] = {
        "ADR": _address,
        "BDAY": _date,
        "GEO": _place,
        "KIND": _kind,
        "MEMBER": _member,
        "N": _name,
        "REV": _stamp,
        "TEL": _text_number,
        "TZ": _zone,
        "UID": _uid,
        "X-CLASS": _class,
    }


def _without_words(line: Line, gone: Sequence[str]) -> None:
    """Take these words out of the TYPEs of a line."""
    kept: list[str] = []
    for piece in pieces_of(line):
        if name_of(piece) != "TYPE":
            kept.append(piece)
            continue
        key, _, values = piece.partition("=")
        left = [word for word in values.replace('"', "").split(",") if word.strip().lower() not in gone]
        if left:
            kept.append(f"{key}={','.join(left)}")
    set_pieces(line, kept)
