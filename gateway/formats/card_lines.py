"""The many-valued properties of a card: phones, e-mails, addresses of the web, postal addresses.

Types are read in lower case, one word for each meaning and without those that say nothing (`pref`, `voice`,
`internet`); such words in a line stay there when its types change.
"""

from __future__ import annotations

from collections.abc import Hashable

from gateway.core.entities import Address, Typed
from gateway.core.tree import Line
from gateway.formats.bindings import replace_value
from gateway.formats.escaping import bare, escape, split, unescape
from gateway.formats.multivalued import MultiValued, T
from gateway.formats.params import first_param, params_of, set_param
from gateway.formats.properties import Properties
from gateway.formats.sameness import normal_address, normal_types, normal_value

_LEAST_PREFERRED = 101
_ADR_SIZE = 7


def is_version4(at: Properties) -> bool:
    """Whether a card is of version 4.0."""
    return at.value("VERSION").strip().startswith("4")


def words_of(line: Line) -> list[str]:
    """The words of all TYPE parameters as they stand; a quoted list of them counts as a list."""
    return [word for name, values in params_of(line) if name == "TYPE" for value in values for word in value.split(",")]


def types_of(line: Line) -> tuple[str, ...]:
    """The types that say something."""
    return normal_types(words_of(line))


class TypedLines(MultiValued[T]):
    """What these properties share: types and preference."""

    def preference(self, line: Line) -> int:
        """PREF of 4.0 (1 is first), TYPE=pref of 3.0."""
        if not line.params:
            return _LEAST_PREFERRED
        stated = first_param(line, "PREF")
        if stated is not None and stated.isascii() and stated.isdecimal() and len(stated) < 4:
            return int(stated)
        return 1 if "pref" in (word.lower() for word in words_of(line)) else _LEAST_PREFERRED

    def set_types(self, at: Properties, line: Line, types: tuple[str, ...]) -> None:
        """Set the types that say something, keep the words that do not."""
        silent = [word for word in words_of(line) if not normal_types([word])]
        set_param(line, "TYPE", None)
        line.params += self.type_params(at, types)
        for word in silent:
            line.params += f";TYPE={word}"

    def type_params(self, at: Properties, types: tuple[str, ...]) -> str:
        """One TYPE for each word: every program reads that, quoted lists not (3.0 in capitals, as phones write it)."""
        words = [bare(word) for word in normal_types(types)]
        clean = [word for word in words if word and word.replace("-", "").isalnum()]
        return "".join(f";TYPE={word if is_version4(at) else word.upper()}" for word in clean)


class Values(TypedLines[Typed]):
    """A field of `Typed` values: phones, emails or urls by `field`."""

    def __init__(self, field: str, name: str) -> None:
        super().__init__(name)
        self.field = field

    def accept(self, item: object) -> Typed | None:
        """A value with text in it."""
        return item if isinstance(item, Typed) and self.value_key(item) else None

    def read_line(self, at: Properties, line: Line) -> Typed | None:
        """The value without its scheme."""
        text = unescape(line.value).strip()
        scheme, colon, rest = text.partition(":")
        if colon and scheme.lower() in ("tel", "mailto"):
            text = rest
        return Typed(text, types_of(line)) if text else None

    def value_key(self, item: Typed) -> Hashable:
        """The value's normal form."""
        return normal_value(self.field, item.value)

    def type_key(self, item: Typed) -> Hashable:
        """The types, in any order."""
        return frozenset(normal_types(item.types))

    def update(self, at: Properties, line: Line, old: Typed, new: Typed) -> None:
        """Value or types, whichever differ."""
        if self.value_key(old) != self.value_key(new):
            replace_value(line, self._raw(new))
        if self.type_key(old) != self.type_key(new):
            self.set_types(at, line, new.types)

    def create(self, at: Properties, item: Typed) -> None:
        """A plain line."""
        at.add(self.name, self._raw(item), self.type_params(at, item.types))

    def _raw(self, item: Typed) -> str:
        return bare(item.value) if self.field == "urls" else escape(bare(item.value))


class Addresses(TypedLines[Address]):
    """Postal addresses. Post-office box and extension have no field and stay as they are."""

    def accept(self, item: object) -> Address | None:
        """An address with something in it."""
        return item if isinstance(item, Address) and any(normal_address(item)) else None

    def read_line(self, at: Properties, line: Line) -> Address | None:
        """The five parts, None where all are empty."""
        parts = _parts(line)
        # RFC 6350 §6.3.1: a list within a component; but many write plain commas, and these have a blank after them.
        street = "\n".join(unescape(piece).strip() for piece in _pieces(parts[2]))
        city, region, code, country = (unescape(part).strip() for part in parts[3:7])
        address = Address(street.strip(), code, city, region, country, types_of(line))
        return address if any(normal_address(address)) else None

    def value_key(self, item: Address) -> Hashable:
        """The five parts as normal text."""
        return normal_address(item)

    def type_key(self, item: Address) -> Hashable:
        """The types, in any order."""
        return frozenset(normal_types(item.types))

    def update(self, at: Properties, line: Line, old: Address, new: Address) -> None:
        """The parts that differ; a label that spelt the old address out goes with it."""
        if self.value_key(old) != self.value_key(new):
            parts = _parts(line)
            written = zip(range(2, _ADR_SIZE), _written(new), _written(old), strict=True)
            for place, text, before in written:
                if text != before:
                    parts[place] = text
            line.value = ";".join(parts)
            set_param(line, "LABEL", None)
            labels = [label for label in at.all("LABEL") if frozenset(types_of(label)) == self.type_key(old)]
            at.remove(labels)
        if self.type_key(old) != self.type_key(new):
            self.set_types(at, line, new.types)

    def create(self, at: Properties, item: Address) -> None:
        """A plain line."""
        at.add(self.name, ";".join(["", "", *_written(item)]), self.type_params(at, item.types))


def _parts(line: Line) -> list[str]:
    parts = split(line.value, ";")
    return parts + [""] * (_ADR_SIZE - len(parts))


def _pieces(raw: str) -> list[str]:
    if "," not in raw:
        return [raw]
    pieces: list[str] = []
    for piece in split(raw, ","):
        if pieces and piece.startswith(" "):
            pieces[-1] += "," + piece
        else:
            pieces.append(piece)
    return pieces


def _written(address: Address) -> list[str]:
    parts = (address.street, address.city, address.region, address.postal_code, address.country)
    return [escape(part.strip()) for part in parts]
