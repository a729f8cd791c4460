"""Several postal addresses in columns of the base row.

    addresses = { addresses = [
      { address = { street = "mailingstreet", city = "mailingcity" }, types = ["work"] },
      { address = { street = "otherstreet", city = "othercity" }, types = ["home"] } ] }

Each is a place as the form `address` has one. An address stays where it is, or goes where its type is; one of no type
goes where such a one was, else to the first place that is free, and so does one of a type that has no place or none
left. What finds none is left over, and the document keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.core.entities import Address, Value
from gateway.formats.sameness import normal_address
from gateway.runtime.lines import near
from storage.crm.forms.address import PostalAddress
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing


class PostalAddresses(Form):
    """A fixed number of addresses."""

    WORDS = ("addresses",)

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        said = words["addresses"]
        if not isinstance(said, list) or not said:
            raise place.wrong("addresses must be a list of tables with address and types")
        for one in said:
            for name in one:
                if name not in PostalAddress.WORDS:
                    raise place.wrong(f"addresses: unknown word {name!r}{near(name, PostalAddress.WORDS)}")
            if "address" not in one:
                raise place.wrong("addresses: one of them has no address")
        self.places = [PostalAddress(place, one) for one in said]

    def columns(self) -> Iterable[str]:
        return [name for one in self.places for name in one.columns()]

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Any]]:
        sides = [one.load(connection, keys) for one in self.places]
        return {key: [side.get(key) for side in sides] for key in {key for side in sides for key in side}}

    def read(self, row: Row, side: Any) -> Value:
        sides = side or [None] * len(self.places)
        held: list[Address] = []
        for one, beside in zip(self.places, sides, strict=True):
            value = one.read(row, beside)
            held += [item for item in value if isinstance(item, Address)] if isinstance(value, tuple) else []
        return tuple(held)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        waiting = [item for item in value if isinstance(item, Address)] if isinstance(value, tuple) else []
        held = [self._held(one, row, writing) for one in self.places]
        chosen: dict[int, Address] = {}

        def seat(fits: Callable[[int, Address], bool]) -> None:
            for item in tuple(waiting):
                free = (number for number in range(len(self.places)) if number not in chosen and fits(number, item))
                number = next(free, None)
                if number is not None:
                    chosen[number] = item
                    waiting.remove(item)

        seat(lambda number, item: held[number] == normal_address(item))
        seat(lambda number, item: bool(set(self.places[number].types) & set(item.types)))
        seat(lambda number, item: not (item.types or self.places[number].types) and held[number] is not None)
        seat(lambda number, item: True)
        columns: dict[str, Any] = {}
        left: list[Any] = list(waiting)
        for number, one in enumerate(self.places):
            assigned = one.assign((chosen[number],) if number in chosen else (), row, writing)
            columns |= assigned.columns
            left += assigned.left if isinstance(assigned.left, tuple) else ()
        return Assigned(columns, tuple(left) or None)

    def _held(self, one: PostalAddress, row: Row | None, writing: Writing) -> tuple[str, ...] | None:
        """What a place holds, as it is compared; None for nothing."""
        if row is None:
            return None
        key = row[self.place.key]
        value = one.read(row, one.load(writing.connection, [key]).get(key))
        return (
            next((normal_address(item) for item in value if isinstance(item, Address)), None)
            if isinstance(value, tuple)
            else None
        )
