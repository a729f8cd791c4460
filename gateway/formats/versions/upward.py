"""From 3.0 to 4.0 (RFC 6350 appendix A says what is new and what went)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from gateway.core.tree import Component, Line
from gateway.formats.card_lines import types_of
from gateway.formats.escaping import unescape
from gateway.formats.params import first_param, name_of, pieces_of, set_param, set_pieces, written
from gateway.formats.versions import dates, media, preference
from gateway.formats.versions.names import (
    ANNIVERSARIES,
    ANNIVERSARY_LABEL,
    APPLE_DATE,
    APPLE_LABEL,
    APPLE_RELATED,
    FORMER,
    LABELS,
    RELATED,
    SERVICES,
    SHARED,
)

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.ASCII | re.IGNORECASE)
_PLACE: Final = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[;,]\s*(-?[0-9]+(?:\.[0-9]+)?)\s*", re.ASCII)
_OFFSET: Final = re.compile(r"([+-][0-9]{2}):?([0-9]{2})", re.ASCII)


class Upward:
    """One card of 3.0 on its way to 4.0."""

    def __init__(self, card: Component) -> None:
        self._card = card
        self._lines = [Line(*_parts(item)) if isinstance(item, Line) else item for item in card.items]
        lines = [item for item in self._lines if isinstance(item, Line)]
        self._names = {line.name.upper() for line in lines}
        self._labels = {line.group.upper(): line.value for line in lines if line.name.upper() == APPLE_LABEL}
        self._spelt = list(self._matched(lines))
        self._name_line = next((line for line in lines if line.name.upper() == "N"), None)
        is_sorted = self._name_line is None or first_param(self._name_line, "SORT-AS") is not None
        self._sorted = None if is_sorted else next((one for one in lines if one.name.upper() == "SORT-STRING"), None)

    def translated(self) -> Component:
        """The card; VERSION stands first (RFC 6350 §3.3), everything else in its place."""
        items: list[Line | Component] = [Line("VERSION", "4.0")]
        for item in self._lines:
            if isinstance(item, Component):
                items.append(item)
            elif item.name.upper() != "VERSION":
                items += self._line(item)
        return Component(self._card.name, items)

    def _line(self, line: Line) -> Iterator[Line]:
        name = line.name.upper()
        if name in SHARED:
            preference.upward(line)
        if name in media.NAMES:
            if media.upward(line):
                yield line
        elif name in SERVICES:
            yield self._renamed(line, "IMPP", f"{SERVICES[name]}:{quote(unescape(line.value).strip(), safe=_LEFT)}")
        elif name in RELATED:
            made = self._renamed(line, "RELATED", line.value)
            _add(made, "VALUE=text", *(written("TYPE", [word]) for word in RELATED[name]))
            yield made
        elif name in ANNIVERSARIES:
            dates.upward(line)
            yield self._renamed(line, "ANNIVERSARY", line.value)
        elif name in self._EACH:
            yield from self._EACH[name](self, line)
        else:
            yield line

    @staticmethod
    def _renamed(line: Line, name: str, value: str) -> Line:
        preference.upward(line)
        former = line.name.upper()
        line.name, line.value = name, value
        if former != ANNIVERSARIES[0]:
            _add(line, written(FORMER, [former]))
        return line

    def _apple_related(self, line: Line) -> Iterator[Line]:
        preference.upward(line)
        line.name = "RELATED"
        words = LABELS.get(self._labels.get(line.group.upper(), "") if line.group else "", ())
        _add(line, "VALUE=text", *(written("TYPE", [word]) for word in words))
        yield line

    def _apple_date(self, line: Line) -> Iterator[Line]:
        if line.group and self._labels.get(line.group.upper()) == ANNIVERSARY_LABEL:
            preference.upward(line)
            dates.upward(line)
            line.name = "ANNIVERSARY"
        yield line

    def _agent(self, line: Line) -> Iterator[Line]:
        preference.upward(line)
        is_uri = (first_param(line, "VALUE") or "").lower() == "uri"
        if not is_uri:
            text = unescape(line.value)
            line.value = f"data:text/vcard;charset=utf-8,{quote(text)}"
        set_param(line, "VALUE", ["uri"])
        _add(line, "TYPE=agent")
        line.name = "RELATED"
        yield line

    def _date(self, line: Line) -> Iterator[Line]:
        dates.upward(line)
        yield line

    def _stamp(self, line: Line) -> Iterator[Line]:
        dates.stamp_upward(line)
        yield line

    def _uid(self, line: Line) -> Iterator[Line]:
        """RFC 6350 §6.7.6: a URI, and text only where that is said."""
        value = line.value.strip()
        if UUID.fullmatch(value):
            line.value = f"urn:uuid:{value}"
        elif not _URI.fullmatch(value) and first_param(line, "VALUE") is None:
            set_param(line, "VALUE", ["text"])
        yield line

    def _place(self, line: Line) -> Iterator[Line]:
        found = _PLACE.fullmatch(line.value)
        if found is not None:
            line.value = f"geo:{found[1]},{found[2]}"
        elif line.value.lower().startswith("geo:"):
            set_param(line, "VALUE", None)
        yield line

    def _zone(self, line: Line) -> Iterator[Line]:
        found = _OFFSET.fullmatch(line.value.strip())
        kind = (first_param(line, "VALUE") or "utc-offset").lower()
        if kind == "text":
            set_param(line, "VALUE", None)
        elif found is not None:
            line.value = found[1] + found[2]
            set_param(line, "VALUE", ["utc-offset"])
        yield line

    def _class(self, line: Line) -> Iterator[Line]:
        line.name = "X-CLASS"
        yield line

    def _kind(self, line: Line) -> Iterator[Line]:
        if "KIND" not in self._names:
            line.name = "KIND"
        yield line

    def _member(self, line: Line) -> Iterator[Line]:
        line.name = "MEMBER"
        yield line

    def _shown_as(self, line: Line) -> Iterator[Line]:
        """What Apple's programs show as a company is one."""
        if line.value.strip().upper() == "COMPANY" and not self._names & {"KIND", "X-ADDRESSBOOKSERVER-KIND"}:
            yield Line("KIND", "org")
        yield line

    def _name(self, line: Line) -> Iterator[Line]:
        if self._sorted is not None and line is self._name_line:
            _add(line, written("SORT-AS", [unescape(self._sorted.value)]))
        yield line

    def _sort_string(self, line: Line) -> Iterator[Line]:
        if line is not self._sorted:
            yield line

    def _address(self, line: Line) -> Iterator[Line]:
        for label, address in self._spelt:
            if address is line:
                _add(line, written("LABEL", [unescape(label.value)]))
        yield line

    def _label(self, line: Line) -> Iterator[Line]:
        """LABEL went; what it says is a parameter of the address it spells out, else of an address of its own."""
        if not any(label is line for label, _ in self._spelt):
            line.name, line.value = "ADR", _own_address(line)
            yield line

    @staticmethod
    def _matched(lines: list[Line]) -> Iterator[tuple[Line, Line]]:
        """Labels with the addresses of the same types."""
        addresses = [line for line in lines if line.name.upper() == "ADR" and first_param(line, "LABEL") is None]
        for label in lines:
            if label.name.upper() != "LABEL":
                continue
            mate = next((one for one in addresses if _mates(one, label)), None)
            if mate is not None:
                addresses.remove(mate)
                yield label, mate

    _EACH: Final[Mapping[str, Callable[[Upward, Line], Iterator[Line]]]] = {
        APPLE_RELATED: _apple_related,
        APPLE_DATE: _apple_date,
        "ADR": _address,
        "AGENT": _agent,
        "ANNIVERSARY": _date,
        "BDAY": _date,
        "CLASS": _class,
        "GEO": _place,
        "LABEL": _label,
        "N": _name,
        "REV": _stamp,
        "SORT-STRING": _sort_string,
        "TZ": _zone,
        "UID": _uid,
        "X-ABSHOWAS": _shown_as,
        "X-ADDRESSBOOKSERVER-KIND": _kind,
        "X-ADDRESSBOOKSERVER-MEMBER": _member,
    }


_LEFT: Final = "!#$&'()*+,/:;=?@[]~"


def _parts(line: Line) -> tuple[str, str, str, str]:
    return line.name, line.value, line.params, line.group


def _add(line: Line, *pieces: str) -> None:
    set_pieces(line, [*pieces_of(line), *pieces])


def _mates(address: Line, label: Line) -> bool:
    is_plain = all(name_of(piece) in ("TYPE", "CHARSET") for piece in pieces_of(label))
    return (
        is_plain
        and label.group.upper() in ("", address.group.upper())
        and frozenset(types_of(address)) == frozenset(types_of(label))
    )


def _own_address(line: Line) -> str:
    _add(line, written("LABEL", [unescape(line.value)]))
    return ";;;;;;"
