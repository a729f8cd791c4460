r"""Which messages a search means: set algebra on columns, and words only where columns leave a doubt.

A set of messages is one integer with a byte for each message (0 or 1), so and, or and not are one operation on
fifty thousand messages. Every key is evaluated to a pair: the messages that surely match and those that may. What
lies between the two depends on words; those messages are read in chunks, once, and judged one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from gateway.core.mail import MessageContent, Need
from gateway.formats.mime import leaves
from gateway.formats.mime_headers import decode_text, fields, header_end, parse_date, unfold
from gateway.formats.mime_text import html_to_text, part_text
from protocols.imap.search_keys import (
    All,
    Between,
    Either,
    HasFlag,
    Key,
    Not,
    Numbers,
    Program,
    SentBetween,
    Words,
    fold,
)
from protocols.imap.view import View

_EPOCH_DAY = 719_163
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of the columns: positions that match for sure, and those whose words decide."""

    certain: int
    possible: int


class Search:
    """One search over one view, as it is at this moment."""

    def __init__(self, view: View, program: Program) -> None:
        self._view = view
        self._program = program
        self._count = len(view)
        self._all = int.from_bytes(b"\x01" * self._count, "little")
        self._masks: dict[int, bytes] = {}
        """Masks of the leaves that columns answer, by identity of the key: kept for judging single messages."""
        found = self._evaluate(program.key)
        self._matches = bytearray(self._bytes(found.certain))
        self._doubtful = found.possible & ~found.certain

    @property
    def need(self) -> Need:
        """What `judge` wants read."""
        need = self._program.need
        return need & ~Need.HEADER if Need.RAW in need else need

    @property
    def doubtful(self) -> Sequence[int]:
        """Positions whose words must be read, in order."""
        return list(compress(range(self._count), self._bytes(self._doubtful)))

    def judge(self, place: int, content: MessageContent) -> None:
        """Decide a doubtful position by its words."""
        if self._holds(self._program.key, place, _Content(content)):
            self._matches[place] = 1

    def positions(self) -> Iterator[int]:
        """The positions that match, in order; complete when all doubtful ones have been judged."""
        return compress(range(self._count), self._matches)

    def uids(self) -> Iterator[int]:
        """The same as UIDs."""
        return compress(self._view.uids, self._matches)

    def _bytes(self, mask: int) -> bytes:
        return mask.to_bytes(self._count, "little")

    def _evaluate(self, key: Key) -> Found:
        if isinstance(key, All):
            certain = possible = self._all
            for inner in key.keys:
                found = self._evaluate(inner)
                certain &= found.certain
                possible &= found.possible
            return Found(certain, possible)
        if isinstance(key, Either):
            first, second = self._evaluate(key.first), self._evaluate(key.second)
            return Found(first.certain | second.certain, first.possible | second.possible)
        if isinstance(key, Not):
            found = self._evaluate(key.key)
            return Found(self._all & ~found.possible, self._all & ~found.certain)
        if isinstance(key, (Words, SentBetween)):
            return Found(0, self._all)
        mask = self._columns(key)
        self._masks[id(key)] = mask
        whole = int.from_bytes(mask, "little")
        return Found(whole, whole)

    def _columns(self, key: Numbers | HasFlag | Between) -> bytes:
        view = self._view
        if isinstance(key, Numbers):
            mask = bytearray(self._count)
            for places in view.positions(key.numbers):
                mask[places.start : places.stop] = b"\x01" * len(places)
            return bytes(mask)
        if isinstance(key, HasFlag):
            has = {flags: any(name.lower() == key.flag for name in flags) for flags in set(view.flags)}
            return bytes(map(has.__getitem__, view.flags))
        low, high = key.low, key.high
        if key.column == "day":
            # RFC 3501 §6.4.4: the internal date, disregarding time and zone; ours are shown in UTC.
            return bytes([low <= date // _DAY <= high for date in view.dates])
        column: Sequence[int] = view.modseqs
        if key.column != "modseq":
            column = view.sizes if key.column == "size" else view.dates
        return bytes([low <= value <= high for value in column])

    def _holds(self, key: Key, place: int, content: _Content) -> bool:
        if isinstance(key, All):
            return all(self._holds(inner, place, content) for inner in key.keys)
        if isinstance(key, Either):
            return self._holds(key.first, place, content) or self._holds(key.second, place, content)
        if isinstance(key, Not):
            return not self._holds(key.key, place, content)
        if isinstance(key, Words):
            return content.has(key)
        if isinstance(key, SentBetween):
            day = content.sent_day()
            return day is not None and key.low <= day <= key.high
        return bool(self._masks[id(key)][place])


class _Content:
    """The words of one message, decoded as far as they are asked for."""

    def __init__(self, content: MessageContent) -> None:
        self._content = content
        self._header: list[tuple[str, bytes]] | None = None
        self._body: str | None = None

    def has(self, key: Words) -> bool:
        if key.is_field:
            return any(
                not key.term or key.term in fold(decode_text(value))
                for name, value in self._fields()
                if name == key.where
            )
        if key.term in self._words():
            return True
        return key.where == "text" and any(
            key.term in f"{name}: {fold(decode_text(value))}" for name, value in self._fields()
        )

    def sent_day(self) -> int | None:
        for name, value in self._fields():
            if name == "date":
                # RFC 3501 §6.4.4: the date as it stands, disregarding time and zone.
                when = parse_date(unfold(value))
                return None if when is None else when.date().toordinal() - _EPOCH_DAY
        return None

    def _block(self) -> bytes:
        raw = self._content.raw
        return (self._content.header or b"") if raw is None else raw[: header_end(raw)]

    def _fields(self) -> list[tuple[str, bytes]]:
        if self._header is None:
            self._header = list(fields(self._block()))
        return self._header

    def _words(self) -> str:
        if self._body is None:
            self._body = fold("\n".join(self._texts()))
        return self._body

    def _texts(self) -> Iterator[str]:
        raw, summary = self._content.raw or b"", self._content.summary
        if summary is None:
            return
        for part in leaves(summary.structure):
            if part.type == "text":
                text = part_text(raw, part)
                yield text
                if part.subtype == "html":
                    # Words that markup cuts are found as they are read; tags stay searchable as other servers have it.
                    yield html_to_text(text)
