"""Takes the text of messages and indexes it, behind everybody's back.

A message is stored without its words; here they are taken, a few at a time, when the follower has nothing else to do.
What has been taken is *loose*: searches look at it one by one. When enough of it has gathered it becomes a segment of
the index; when there are many small segments they become one. Segments are never written to again: a message that
changes has a new row of words, and its old number in a segment is only one more candidate that is looked at.

All work is done outside transactions, and written in one that looks whether it still fits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import GatewayError
from gateway.formats.headings import heading
from gateway.formats.words import header_words
from storage.database import Database, Unit
from storage.locking import locked
from storage.paging import pages
from storage.render_message import read_summary
from storage.state.blobs import Blobs
from storage.state.schema import LOOSE, UNHELD, UNREAD, State
from storage.words import kept
from storage.words.grams import LARGEST, Gathering, write_members

BATCH: Final = 100
"""Messages whose text is taken in one step."""
BATCH_BYTES: Final = 4 * 1024 * 1024
ENOUGH: Final = 256
"""So many loose messages are made a segment."""
SMALL: Final = LARGEST // 2
"""A segment of fewer messages is made one with others …"""
FEW: Final = 7
"""… when there are more than so many."""
AFTER_FAULT: Final = 60.0
PAUSE: Final = 2.0
"""Seconds between two looks when there was nothing to do."""

log = logging.getLogger(__name__)


class Filling:
    """The words of one database's messages."""

    def __init__(self, database: Database, state: State, blobs: Blobs) -> None:
        self.database, self.state, self.blobs = database, state, blobs
        self._going: Iterator[None] | None = None
        self._looked = float("-inf")

    def turn(self) -> bool:
        """One step of what is to be done; whether there was any. Raises Unavailable."""
        if self._going is None and time.monotonic() < self._looked + PAUSE:
            return False
        going, self._going = self._going or self._steps(), None
        self._looked = time.monotonic()
        try:
            if next(going, self) is self:
                return False
        except GatewayError:
            raise
        except Exception:
            # Searches go on without; nothing else has to wait for it.
            log.exception("words are not taken for a while")
            self._looked += AFTER_FAULT
            return False
        self._going = going
        return True

    def _steps(self) -> Iterator[None]:
        loose = 0
        while True:
            taken = self._take()
            loose += taken
            if taken:
                yield
            # Where there is a whole CRM to be taken, what is loose must not grow with it.
            while (not taken or loose >= LARGEST) and (gathered := self._to_gather()) is not None:
                yield from self._gather(*gathered)
            if loose >= LARGEST:
                loose = 0
            if not taken:
                return

    def _take(self) -> int:
        """Take the text of some messages; how many there were."""
        words, message, blob = self.state.words, self.state.message, self.state.blob
        wanted = (
            sa.select(words.c.resource_id, words.c.digest, message.c.header, message.c.summary, blob.c.size)
            .select_from(
                words.join(message, message.c.resource_id == words.c.resource_id).outerjoin(
                    blob, blob.c.digest == words.c.digest
                )
            )
            .where(words.c.segment_id == UNREAD, message.c.digest == words.c.digest)
            .limit(BATCH)
        )

        def look(connection: Connection) -> list[dict[str, Any]]:
            rows: list[Any] = []
            held = 0
            for row in connection.execute(wanted):
                held += row.size or 0
                if rows and held > BATCH_BYTES:
                    break
                rows.append(row)
            raws = self.blobs.load(connection, [row.digest for row in rows])
            return [self._words(row, raws.get(row.digest)) for row in rows]

        taken = self.database.read_now(look)
        if taken:
            self.database.write_now(lambda unit: self._keep(unit, taken))
        return len(taken)

    @staticmethod
    def _words(row: Any, raw: bytes | None) -> dict[str, Any]:
        """A message's row of words and of its heading."""
        block = bytes(row.header)
        made: dict[str, Any] = {"resource_id": row.resource_id, "digest": row.digest, "segment_id": UNHELD}
        made |= {"header": None, "body": None}
        try:
            told, header = heading(block), header_words(block)
            made |= {"sent_day": told.sent_day, "content": kept.write_heading(told), "fields": kept.own_fields(header)}
            made["header"] = kept.packed_header(header)
            if raw is not None:
                made["body"] = kept.packed_body(raw, read_summary(bytes(row.summary)))
        except Exception:
            # One message that cannot be read must not stop the others; searches read it as they did.
            log.exception("the words of message %s cannot be taken", row.resource_id)
        if made["header"] is not None and made["body"] is not None:
            made["segment_id"] = LOOSE
        return made

    def _keep(self, unit: Unit, taken: Sequence[dict[str, Any]]) -> None:
        words, heading_ = self.state.words, self.state.heading
        connection = unit.connection
        ids = [made["resource_id"] for made in taken]
        standing = sa.select(words.c.resource_id, words.c.digest).where(
            words.c.resource_id.in_(ids), words.c.segment_id == UNREAD
        )
        still = {tuple(row) for row in connection.execute(locked(standing, words))}
        made = [one for one in taken if (one["resource_id"], one["digest"]) in still]
        if not made:
            return
        names = ("segment_id", "header", "body")
        connection.execute(
            sa.update(words)
            .where(words.c.resource_id == sa.bindparam("b_id"))
            .values({name: sa.bindparam(f"b_{name}") for name in names}),
            [{"b_id": one["resource_id"]} | {f"b_{name}": one[name] for name in names} for one in made],
        )
        told = [one for one in made if "content" in one]
        connection.execute(sa.delete(heading_).where(heading_.c.resource_id.in_([one["resource_id"] for one in told])))
        if told:
            columns = ("resource_id", "sent_day", "content", "fields")
            connection.execute(sa.insert(heading_), [{name: one[name] for name in columns} for one in told])

    def _to_gather(self) -> tuple[list[int], list[int]] | None:
        """Messages to make a segment of, and the segments they are taken out of; None where that can wait."""
        words, segment = self.state.words, self.state.segment

        def ids(connection: Connection, segments: Sequence[int]) -> list[int]:
            wanted = sa.select(words.c.resource_id).where(words.c.segment_id.in_(segments))
            return [row[0] for row in connection.execute(wanted.order_by(words.c.resource_id).limit(LARGEST))]

        def look(connection: Connection) -> tuple[list[int], list[int]] | None:
            small = sa.select(segment.c.id, segment.c.messages).where(segment.c.messages < SMALL).order_by(segment.c.id)
            found = connection.execute(small).all()
            if len(found) > FEW:
                whole, merged = 0, []
                for id_, messages in found:
                    whole += messages
                    if whole > LARGEST:
                        break
                    merged.append(id_)
                return ids(connection, merged), merged
            loose = ids(connection, [LOOSE])
            return (loose, []) if len(loose) >= ENOUGH else None

        return self.database.read_now(look)

    def _gather(self, resources: Sequence[int], former: Sequence[int]) -> Iterator[None]:
        """Make a segment of these, in place of former ones."""
        words = self.state.words
        gathering = Gathering()
        members: list[tuple[int, str]] = []
        for page in pages(resources, BATCH):
            wanted = sa.select(words.c.resource_id, words.c.digest, words.c.header, words.c.body).where(
                words.c.resource_id.in_(page), words.c.segment_id.in_([LOOSE, *former])
            )
            for id_, digest, header, body in self.database.read_now(lambda one, w=wanted: one.execute(w).all()):  # type: ignore[misc]
                gathering.add(kept.all_keys(kept.unpack(bytes(header)), kept.unpack(bytes(body))))
                members.append((id_, digest))
            yield
        rows = sorted(gathering.buckets())
        yield
        self.database.write_now(lambda unit: self._write(unit, members, rows, former))
        yield

    def _write(
        self, unit: Unit, members: Sequence[tuple[int, str]], rows: Sequence[tuple[int, bytes]], former: Sequence[int]
    ) -> None:
        words, segment, posting = self.state.words, self.state.segment, self.state.posting
        connection = unit.connection
        if members:
            packed = write_members([id_ for id_, _ in members])
            made = connection.execute(sa.insert(segment).values(messages=len(members), members=packed))
            key = made.inserted_primary_key
            assert key is not None
            connection.execute(
                sa.insert(posting), [{"bucket": bucket, "segment_id": key[0], "content": held} for bucket, held in rows]
            )
            known = set(members)
            for page in pages([id_ for id_, _ in members]):
                standing = sa.select(words.c.resource_id, words.c.digest).where(
                    words.c.resource_id.in_(page), words.c.segment_id.in_([LOOSE, *former])
                )
                # The same bytes have the same words: what was replaced meanwhile stays out.
                same = [row[0] for row in connection.execute(locked(standing, words)) if tuple(row) in known]
                connection.execute(sa.update(words).where(words.c.resource_id.in_(same)).values(segment_id=key[0]))
        if former:
            connection.execute(sa.update(words).where(words.c.segment_id.in_(former)).values(segment_id=LOOSE))
            connection.execute(sa.delete(posting).where(posting.c.segment_id.in_(former)))
            connection.execute(sa.delete(segment).where(segment.c.id.in_(former)))
