"""Questions about words, answered from what is kept of them.

Two steps, so that no single unit of work is long: `plan` lets the index say which messages may have a phrase, and
`settle` looks at the kept text of some of those. Where a phrase is one gram the index is sure already. What has not
been taken yet is handed back as unknown, so an answer is never wrong, only sometimes slow.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import UID, CollectionId
from gateway.core.searching import Asked, Heading, Phrase, Sent
from gateway.formats.words import in_body, in_header
from storage.paging import PAGE, pages
from storage.state.schema import LOOSE, UNHELD, UNREAD, State
from storage.words.grams import FIELDS, Place, bits, bucket, members, read_bucket, read_members, wanted
from storage.words.kept import read_heading, unpack

_MANY: Final = 8 * PAGE
"""Of more messages than this the mailbox's whole list is read, which is quicker than asking for each."""
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What the index says: messages that have it, those whose text decides (by resource), those nobody has read yet."""

    found: Sequence[UID]
    doubtful: Sequence[tuple[int, UID]]
    unknown: Sequence[UID]


class Sifting:
    """What is kept of words, as it is asked."""

    def __init__(self, state: State) -> None:
        self.state = state

    def plan(
        self, connection: Connection, collection: CollectionId, asked: Sequence[Asked], among: Sequence[UID] | None
    ) -> list[Plan]:
        """What can be said of each question without looking at texts; `among`: only of these messages, if they are few."""
        standing = _Standing(self.state, connection, collection, among)
        return [
            self._sent(connection, standing, one) if isinstance(one, Sent) else self._phrase(connection, standing, one)
            for one in asked
        ]

    def settle(
        self, connection: Connection, phrase: Phrase, doubtful: Sequence[tuple[int, UID]]
    ) -> tuple[list[UID], list[UID]]:
        """Look at the kept texts of at most a page of messages: those that have the phrase, and those not held."""
        if phrase.is_field and phrase.where in FIELDS:
            found, doubtful = self._by_fields(connection, phrase, doubtful)
            has, unknown = self._by_words(connection, phrase, doubtful) if doubtful else ([], [])
            return found + has, unknown
        return self._by_words(connection, phrase, doubtful)

    def _by_fields(
        self, connection: Connection, phrase: Phrase, doubtful: Sequence[tuple[int, UID]]
    ) -> tuple[list[UID], list[tuple[int, UID]]]:
        """The same by the few fields that are kept apart; and those of which these are not held."""
        heading = self.state.heading
        rows = sa.select(heading.c.resource_id, heading.c.fields).where(
            heading.c.resource_id.in_([resource for resource, _ in doubtful]), heading.c.fields.is_not(None)
        )
        held = {row[0]: bytes(row[1]).decode("utf-8") for row in connection.execute(rows).all()}
        found = [uid for resource, uid in doubtful if resource in held and in_header(held[resource], phrase)]
        return found, [pair for pair in doubtful if pair[0] not in held]

    def _by_words(
        self, connection: Connection, phrase: Phrase, doubtful: Sequence[tuple[int, UID]]
    ) -> tuple[list[UID], list[UID]]:
        """The same by all words of header and body."""
        words = self.state.words
        needs_body = phrase.where in {"body", "text"} and not phrase.is_field
        needs_header = phrase.where != "body" or phrase.is_field
        rows = sa.select(
            words.c.resource_id,
            words.c.header if needs_header else sa.null(),
            words.c.body if needs_body else sa.null(),
        ).where(words.c.resource_id.in_([resource for resource, _ in doubtful]))
        uid_of = dict(doubtful)
        found: list[UID] = []
        unknown: list[UID] = []
        for resource, header, body in connection.execute(rows).all():
            if (body is not None and in_body(unpack(bytes(body)), phrase)) or (
                header is not None and in_header(unpack(bytes(header)), phrase)
            ):
                found.append(uid_of.pop(resource))
            elif (body is None and needs_body) or (header is None and needs_header):
                unknown.append(uid_of.pop(resource))
            else:
                del uid_of[resource]
        # What has no row of words has been replaced since; under that uid it is no more.
        return found, unknown

    def headings(self, connection: Connection, collection: CollectionId) -> list[tuple[UID, Heading]]:
        """What messages of a mailbox are sorted by, as far as it is known, in uid order."""
        entry, heading = self.state.entry, self.state.heading
        rows = (
            sa.select(entry.c.uid, heading.c.content)
            .select_from(entry.join(heading, heading.c.resource_id == entry.c.resource_id))
            .where(entry.c.collection_id == collection)
            .order_by(entry.c.uid)
        )
        return [(UID(uid), read_heading(bytes(held))) for uid, held in connection.execute(rows).all()]

    def _sent(self, connection: Connection, standing: _Standing, sent: Sent) -> Plan:
        entry, heading = self.state.entry, self.state.heading
        rows = (
            sa.select(entry.c.uid)
            .select_from(entry.join(heading, heading.c.resource_id == entry.c.resource_id))
            .where(entry.c.collection_id == standing.collection, heading.c.sent_day.between(sent.low, sent.high))
        )
        found = [UID(row[0]) for row in connection.execute(rows).all()]
        return Plan(found, (), list(standing.uids(self._in(connection, UNREAD)).values()))

    def _phrase(self, connection: Connection, standing: _Standing, phrase: Phrase) -> Plan:
        # First what is not indexed: what is taken meanwhile is then asked for twice, and never left out.
        unread = standing.uids(self._in(connection, UNREAD))
        waiting = standing.uids([*self._in(connection, LOOSE), *self._in(connection, UNHELD)])
        indexed = self._indexed(connection, phrase)
        if indexed is None:
            everything = {id_: uid for id_, uid in standing.all().items() if id_ not in unread}
            return Plan((), list(everything.items()), list(unread.values()))
        candidates = {
            id_: uid for id_, uid in standing.uids(indexed).items() if id_ not in unread and id_ not in waiting
        }
        if _is_exact(phrase):
            return Plan(list(candidates.values()), list(waiting.items()), list(unread.values()))
        return Plan((), [*candidates.items(), *waiting.items()], list(unread.values()))

    def _in(self, connection: Connection, segment: int) -> list[int]:
        words = self.state.words
        rows = sa.select(words.c.resource_id).where(words.c.segment_id == segment)
        return [row[0] for row in connection.execute(rows).all()]

    def _indexed(self, connection: Connection, phrase: Phrase) -> set[int] | None:
        """The messages in segments that may have a phrase; None where the index cannot say."""
        term = phrase.term.encode("utf-8")
        alternatives = [wanted(place, term) for place in _places(phrase)]
        if phrase.is_field and phrase.where not in FIELDS:
            # A field with no place of its own: its name must be there too.
            named = wanted(Place.HEADER, f"\n{phrase.where}: ".encode())
            alternatives = [named + (alternatives[0] if len(term) >= 3 else [])]
        if not all(alternatives):
            return None
        keys = {key for alternative in alternatives for key in alternative}
        for _ in range(_TRIES):
            found = self._read_segments(connection, keys, alternatives)
            if found is not None:
                return found
        return None

    def _read_segments(
        self, connection: Connection, keys: Container[int], alternatives: Sequence[Sequence[int]]
    ) -> set[int] | None:
        """The messages whose keys are all of one alternative; None where segments were made one between two reads."""
        segment, posting = self.state.segment, self.state.posting
        rows = sa.select(posting.c.segment_id, posting.c.bucket, posting.c.content).where(
            posting.c.bucket.in_(sorted({bucket(key) for key in keys}))
        )
        held: dict[int, dict[int, int]] = {}
        for segment_id, number, content in connection.execute(rows):
            there = read_bucket(bytes(content))
            of_segment = held.setdefault(segment_id, {})
            for key in keys:
                if bucket(key) == number:
                    of_segment[key] = members(there.get(key))
        hits: dict[int, int] = {}
        for id_, of_segment in held.items():
            hit = reduce(or_, (_all(of_segment, alternative) for alternative in alternatives))
            if hit:
                hits[id_] = hit
        found: set[int] = set()
        for page in pages(list(hits)):
            listed = connection.execute(sa.select(segment.c.id, segment.c.members).where(segment.c.id.in_(page))).all()
            if len(listed) < len(page):
                return None
            for id_, packed in listed:
                resources = read_members(bytes(packed))
                found.update(resources[number] for number in bits(hits[id_]))
        return found


class _Standing:
    """Which message stands in a mailbox under which uid."""

    def __init__(
        self, state: State, connection: Connection, collection: CollectionId, among: Sequence[UID] | None
    ) -> None:
        self._connection, self.collection = connection, collection
        entry = state.entry
        self._entry = entry
        self._select = sa.select(entry.c.resource_id, entry.c.uid).where(entry.c.collection_id == collection)
        self._all: Mapping[int, UID] | None = None
        if among is not None:
            self._all = {}
            for page in pages(among):
                self._all |= self._rows(self._select.where(entry.c.uid.in_(page)))

    def all(self) -> Mapping[int, UID]:
        """Everything in the mailbox, or among what was named."""
        if self._all is None:
            self._all = self._rows(self._select)
        return self._all

    def uids(self, resources: Container[int]) -> Mapping[int, UID]:
        """Those of the messages that stand in the mailbox."""
        if self._all is None and len(resources) <= _MANY:
            out: dict[int, UID] = {}
            for page in pages(list(resources)):
                out |= self._rows(self._select.where(self._entry.c.resource_id.in_(page)))
            return out
        standing = self.all()
        return {id_: standing[id_] for id_ in resources if id_ in standing}

    def _rows(self, wanted: sa.Select[int, int]) -> dict[int, UID]:
        return {row[0]: UID(row[1]) for row in self._connection.execute(wanted).all()}


def _places(phrase: Phrase) -> Iterable[Place]:
    if phrase.is_field:
        return (FIELDS.get(phrase.where, Place.HEADER),)
    return (Place.BODY, Place.HEADER) if phrase.where == "text" else (Place.BODY,)


def _is_exact(phrase: Phrase) -> bool:
    """Whether a message the index names has the phrase for sure: it is one gram, and in no place that mixes fields."""
    has_place = not phrase.is_field or phrase.where in FIELDS
    return has_place and len(phrase.term.encode("utf-8")) == 3 and "\n" not in phrase.term


def _all(held: Mapping[int, int], keys: Sequence[int]) -> int:
    return reduce(and_, (held.get(key, 0) for key in keys))
