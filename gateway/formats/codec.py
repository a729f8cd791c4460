"""Between documents and fields: what every codec can do, and the walk they share.

A codec is a table of *bindings*, one a field, each of which reads its field from a component's lines and states it
there. Reading answers for every bound field. Writing goes through the table in its own order, so the same fields
always give the same bytes, and leaves alone every field whose present lines already mean what is wanted: a client's
spelling, parameters, groups and order survive unless the meaning changes. Fields nothing is bound to are passed over.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from gateway.core.entities import Fields, Value
from gateway.core.ids import ObjectUid
from gateway.core.model import Shape
from gateway.core.tree import Component
from gateway.formats.properties import Properties
from gateway.formats.sameness import same

PRODID: Final = "-//crmgate//crmgate//EN"
"""Marks documents of our own making; their stamps are ours to set."""


class Codec(Protocol):
    """Reads and states the fields of one shape of document."""

    @property
    def shape(self) -> Shape:
        """What it reads and writes."""
        ...

    def read(self, document: Component) -> Fields:
        """Every bound field; None, () or False where the document states nothing."""
        ...

    def write(self, document: Component, fields: Fields) -> None:
        """State these fields in place; what already means the same, and everything else, stays as it is."""
        ...

    def blank(self, object_uid: ObjectUid) -> Component:
        """A new document that states nothing but its UID; valid as it is."""
        ...

    def stamp(self, document: Component, created: dt.datetime | None, modified: dt.datetime | None) -> None:
        """Set the times of making and changing (aware) in a document of our own; a client's document keeps its own."""
        ...


class Binding(ABC):
    """One field and the lines that state it. `properties` are the names of these lines."""

    properties: tuple[str, ...] = ()

    @abstractmethod
    def read(self, at: Properties) -> Value:
        """What the lines say; None, () or False for nothing."""

    @abstractmethod
    def write(self, at: Properties, value: Value) -> None:
        """Make the lines say this. Called only where they mean something else now."""

    def means(self, field: str, at: Properties, value: Value) -> bool:
        """Whether the lines mean this already."""
        return same(field, self.read(at), value)


Bindings = Mapping[str, Binding]


def with_custom(bindings: Bindings, custom: Iterable[tuple[str, Binding]]) -> dict[str, Binding]:
    """A table with the mapping's own bindings added; one that takes over a property unbinds the field that had it."""
    table = dict(bindings)
    for field, binding in custom:
        taken = set(binding.properties)
        table = {name: one for name, one in table.items() if not taken.intersection(one.properties)}
        table[field] = binding
    return table


def read_all(bindings: Bindings, at: Properties) -> dict[str, Value]:
    """Every field of the table."""
    return {field: binding.read(at) for field, binding in bindings.items()}


def write_all(bindings: Bindings, at: Properties, fields: Fields) -> frozenset[str]:
    """State those of `fields` that the table has; the names of those that had to be written."""
    written: list[str] = []
    for field, binding in bindings.items():
        if field in fields and not binding.means(field, at, fields[field]):
            binding.write(at, fields[field])
            written.append(field)
    return frozenset(written)
