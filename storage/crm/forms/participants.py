"""Several link tables and a list of addresses read as one list of attendees.

    attendees = { participants = [
        { table = "meeting_contacts", parent = "meeting_id", entity = "contact", ref = "contact_id", of = "contacts",
          of_alive = { deleted = 0 }, address = ["email", "email2"], name = ["first_name", "last_name"],
          status = "status", alive = { deleted = 0 }, delete = { deleted = 1 } },
        { table = "meeting_attendees", parent = "meeting_id", address = "address", name = "name", status = "status" } ],
      values = { none = "NEEDS-ACTION", accepted = "ACCEPTED" } }

What one of the tables says is `participant_link`'s. A new attendee is looked for among the people of each table by
any of his addresses, in this order, and becomes an outsider where nobody has it; where there is no table for outsiders
either, the document keeps him, and it keeps the address by which a client knows somebody. Those without any address cannot be an ATTENDEE; they are not shown and their rows
stay, and so does a status as long as the client says the same of it. Attendees that a client leaves out are removed,
unless it left out all of them: then it does not speak of attendees at all. An owner who is alone is not shown: he
invited nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Attendee, Completed, Value
from storage.crm.forms.form import Form, Place, Row, Shown, Side, Words, Writing
from storage.crm.forms.participant_link import Link, Person

UNSAID = "NEEDS-ACTION"

_NO_ROLE: Final = ""
"""No table of participants tells in which role somebody takes part; a document does."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One who takes part: by which link, his key there as text, and how he is shown; `has_row` false for an owner."""

    link: int
    ref: Any
    attendee: Attendee
    is_owner: bool
    has_row: bool = True

    @property
    def place(self) -> tuple[int, str]:
        """Which row it is: a driver may give a key as another type than the table it leads to."""
        return self.link, str(self.ref)


class Participants(Form):
    """All of an entity's links, as attendees."""

    WORDS = ("participants", "values")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.values = {str(word): str(meaning) for word, meaning in dict(words.get("values", {})).items()}
        self.links = [Link(place, link) for link in words["participants"]]
        if not self.values and any(link.status is not None for link in self.links):
            raise place.wrong("a status needs values: what the words in its column mean")
        self.is_stored_at_birth = any(link.owner is not None for link in self.links)

    def sides(self) -> Iterable[Side]:
        return [Side(link.table, link.parent.name, link.where) for link in self.links]

    def shown(self) -> Iterable[Shown]:
        for link in self.links:
            if link.people is None:
                continue
            yield Shown(link.entity, lambda keys, link=link: _pairs_of(link, keys))  # type: ignore[misc]
            if link.owner is not None:
                yield Shown(link.entity, link.owner.owned_by)

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[_Found]]:
        found: dict[Any, list[_Found]] = defaultdict(list)
        for number, link in enumerate(self.links):
            owners = {one.parent: one for one in link.owners(connection, keys)}
            missing = dict(owners)
            for row in link.rows(connection, keys):
                owner = owners.get(row.parent)
                is_owner = owner is not None and str(owner.ref) == str(row.ref)
                if is_owner:
                    missing.pop(row.parent, None)
                found[row.parent].append(_Found(number, row.ref, self._attendee(link, row), is_owner))
            for key, owner in missing.items():
                shown = Attendee(owner.address, owner.name, "ACCEPTED", _NO_ROLE)
                found[key].append(_Found(number, owner.ref, shown, True, has_row=False))
        return found

    def _attendee(self, link: Link, row: Person) -> Attendee:
        # Without a column for it nobody knows the status, and the document keeps the one it says.
        status = "" if link.status is None else self.values.get("" if row.word is None else str(row.word), UNSAID)
        return Attendee(row.address, row.name, status, _NO_ROLE)

    def read(self, row: Row, side: Any) -> Value:
        found: list[_Found] = [one for one in side or () if one.attendee.address]
        if all(one.is_owner for one in found):
            return ()
        shown: dict[str, Attendee] = {}
        for one in found:
            shown.setdefault(one.attendee.address.casefold(), one.attendee)
        return tuple(shown.values())

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        given = {
            item.address.strip().casefold(): item
            for item in (value if isinstance(value, tuple) else ())
            if isinstance(item, Attendee) and item.address.strip()
        }
        held = self.load(writing.connection, [key]).get(key, [])
        wanted, left = self._wanted(given, held, writing.connection)
        standing = {one.place: one for one in held}
        if given:
            for one in held:
                if one.has_row and one.attendee.address and one.place not in wanted:
                    self._remove(one, key, writing)
        for place, (ref, attendee) in wanted.items():
            if place not in standing:
                self._add(place[0], ref, key, attendee, writing)
            elif standing[place].has_row and attendee.status != standing[place].attendee.status:
                self._answer(standing[place], key, attendee.status, writing)
        self._keep_owners([one for one in held if one.is_owner], key, given, writing)
        rest: list[Any] = [*left, *self._called_otherwise(wanted, key, writing)]
        return tuple(rest) or None

    def _called_otherwise(
        self, wanted: Mapping[tuple[int, str], tuple[Any, Attendee]], key: Any, writing: Writing
    ) -> Iterable[Completed]:
        """Those whom a client knows by another of their addresses than the one that is shown."""
        now = {one.place: one.attendee for one in self.load(writing.connection, [key]).get(key, ())}
        for place, (_, attendee) in wanted.items():
            shown = now.get(place)
            if shown and shown.address and shown.address.casefold() != attendee.address.strip().casefold():
                yield Completed(shown, attendee)

    def _wanted(
        self, given: Mapping[str, Attendee], held: Sequence[_Found], connection: Connection
    ) -> tuple[dict[tuple[int, str], tuple[Any, Attendee]], list[Attendee]]:
        """Which rows the attendees are, and those for whom there is no table."""
        shown: dict[str, list[_Found]] = defaultdict(list)
        for one in held:
            shown[one.attendee.address.casefold()].append(one)
        wanted: dict[tuple[int, str], tuple[Any, Attendee]] = {}
        left: list[Attendee] = []
        others: list[Attendee] = []
        for address, attendee in given.items():
            for one in shown.get(address, ()):
                wanted[one.place] = one.ref, attendee
            if address not in shown:
                others.append(attendee)
        for attendee in others:
            found = self._find(attendee.address.strip(), connection)
            if found is None:
                left.append(attendee)
            else:
                wanted.setdefault((found[0], str(found[1])), (found[1], attendee))
        return wanted, left

    def _find(self, address: str, connection: Connection) -> tuple[int, Any] | None:
        """The link an address belongs to, and whom it means there."""
        for number, link in enumerate(self.links):
            ref = link.find(connection, address)
            if ref is not None:
                return number, ref
        return None

    def _remove(self, one: _Found, key: Any, writing: Writing) -> None:
        link = self.links[one.link]
        if one.is_owner and link.owner is not None and link.owner.has_row:
            return
        link.remove(writing.connection, key, one.ref)
        for mirror in link.mirrors:
            if not (one.is_owner and mirror.has_owner):
                mirror.remove(writing.connection, key, one.ref)

    def _answer(self, one: _Found, key: Any, status: str, writing: Writing) -> None:
        link = self.links[one.link]
        word = self._word(link, status)
        if link.status is None or word is None:
            return
        mine = sa.and_(link.of(key, one.ref), *link.living())
        writing.connection.execute(sa.update(link.table).where(mine).values({link.status.name: word}))

    def _add(self, number: int, ref: Any, key: Any, attendee: Attendee, writing: Writing) -> None:
        link = self.links[number]
        columns: dict[str, Any] = {}
        if link.status is not None:
            word = self._word(link, attendee.status)
            columns[link.status.name] = self._word(link, next(iter(self.values.values()))) if word is None else word
        if link.people is None:
            columns |= {column.name: attendee.name or None for column in link.names[:1]}
        link.add(writing, key, ref, columns)
        for mirror in link.mirrors:
            mirror.hold(writing, key, ref)

    def _keep_owners(self, owners: Sequence[_Found], key: Any, given: Mapping[str, Attendee], writing: Writing) -> None:
        """The rows the product gives an owner, whatever a client says."""
        for one in owners:
            link = self.links[one.link]
            if link.owner is not None and link.owner.has_row and not one.has_row:
                said = given.get(one.attendee.address.casefold(), one.attendee)
                self._add(one.link, one.ref, key, said, writing)
            for mirror in link.mirrors:
                if mirror.has_owner:
                    mirror.hold(writing, key, one.ref)

    def _word(self, link: Link, status: str) -> Any:
        """The CRM's word for a PARTSTAT, as its column takes it; None where it has none."""
        word = next((word for word, meaning in self.values.items() if meaning == status), None)
        if word is not None and link.status is not None and isinstance(link.status.type, sa.Integer):
            return int(word)
        return word


def _pairs_of(link: Link, refs: Sequence[Any]) -> sa.Select[Any]:
    return sa.select(link.parent).where(link.told_by.in_(refs), *link.own())
