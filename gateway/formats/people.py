"""ORGANIZER and ATTENDEE (RFC 5545 §3.8.4.1, §3.8.4.3): matched by address, other parameters left alone."""

from __future__ import annotations

from collections.abc import Hashable

from gateway.core.entities import Attendee, Value
from gateway.core.tree import Line
from gateway.formats.codec import Binding
from gateway.formats.escaping import bare
from gateway.formats.multivalued import MultiValued
from gateway.formats.params import first_param, set_param
from gateway.formats.properties import Properties
from gateway.formats.sameness import normal_text, normal_value


class Attendees(MultiValued[Attendee]):
    """Everybody who takes part, in the document's order."""

    def __init__(self) -> None:
        super().__init__("ATTENDEE")

    def accept(self, item: object) -> Attendee | None:
        """Somebody with an address."""
        return item if isinstance(item, Attendee) and self.value_key(item) else None

    def read_line(self, at: Properties, line: Line) -> Attendee | None:
        """Who the line names."""
        return read_person(line)

    def value_key(self, item: Attendee) -> Hashable:
        """The address."""
        return normal_value("emails", item.address)

    def type_key(self, item: Attendee) -> Hashable:
        """Nobody takes another's line."""
        return normal_value("emails", item.address)

    def update(self, at: Properties, line: Line, old: Attendee, new: Attendee) -> None:
        """Name, status and role, whichever differ."""
        update_person(line, old, new)

    def create(self, at: Properties, item: Attendee) -> None:
        """A new line; what is the default is not said."""
        line = at.add("ATTENDEE", f"mailto:{_address(item)}")
        update_person(line, Attendee(item.address), item)


class Organizer(Binding):
    """Who called the meeting, None where nobody did."""

    properties = ("ORGANIZER",)

    def read(self, at: Properties) -> Value:
        """The person."""
        line = at.first("ORGANIZER")
        return None if line is None else read_person(line)

    def write(self, at: Properties, value: Value) -> None:
        """In the line that is there, when it is the same person; else in a new one."""
        line = at.first("ORGANIZER")
        old = None if line is None else read_person(line)
        if not isinstance(value, Attendee) or not normal_value("emails", value.address):
            at.drop("ORGANIZER")
            return
        if line is None or old is None or normal_value("emails", old.address) != normal_value("emails", value.address):
            line = at.put("ORGANIZER", f"mailto:{_address(value)}")
            old = Attendee(value.address)
        update_person(line, old, Attendee(value.address, value.name, old.status, old.role))


def read_person(line: Line) -> Attendee | None:
    """Who a line names: by mailto:, else by the EMAIL parameter, else by whatever address it has."""
    scheme, colon, address = line.value.strip().partition(":")
    if not colon or scheme.lower() != "mailto":
        address = first_param(line, "EMAIL") or line.value.strip()
    address = address.strip().removeprefix("mailto:")
    if not address:
        return None
    return Attendee(
        address,
        (first_param(line, "CN") or "").strip(),
        (first_param(line, "PARTSTAT") or "NEEDS-ACTION").upper(),
        (first_param(line, "ROLE") or "REQ-PARTICIPANT").upper(),
    )


def update_person(line: Line, old: Attendee, new: Attendee) -> None:
    """Set what differs. A name, a role or a status that is not known takes none away."""
    if new.name.strip() and normal_text(new.name) != normal_text(old.name):
        set_param(line, "CN", [bare(new.name)])
    if new.role and new.role.upper() != old.role.upper():
        set_param(line, "ROLE", [_word(new.role) or "REQ-PARTICIPANT"])
    if new.status and new.status.upper() != old.status.upper():
        set_param(line, "PARTSTAT", [_word(new.status) or "NEEDS-ACTION"])


def _word(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum() or letter == "-")


def _address(person: Attendee) -> str:
    return "".join(bare(person.address).removeprefix("mailto:").split())
