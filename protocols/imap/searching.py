r"""Which messages a search means: set algebra on columns, and words only where columns leave a doubt.

A set of messages is one integer with a byte for each message (0 or 1), so and, or and not are one operation on
fifty thousand messages. Every key is evaluated to a pair: the messages that surely match and those that may. What
lies between the two depends on words. The store knows most of them without reading messages (`learn`); the messages
that are still in doubt are read in chunks, once, and judged one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from gateway.core.mail import MessageContent, Need
from gateway.core.searching import Asked, Heading, Phrase, Sent, Sifted
from gateway.formats.headings import heading
from gateway.formats.mime_headers import header_end
from gateway.formats.words import body_words, header_words, in_body, in_header
from protocols.imap.facts import HasFact
from protocols.imap.search_keys import All, Between, Either, HasFlag, Key, Not, Numbers, Program
from protocols.imap.view import View

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
        self._answers: dict[Asked, Found] = {}
        """What the store knew of the leaves that are about words."""
        self._settle()

    def _settle(self) -> None:
        found = self._evaluate(self._program.key)
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

    @property
    def asked(self) -> Sequence[Asked]:
        """The questions about words, each once: those that the store may know without reading messages."""
        return list(dict.fromkeys(self._program.asked))

    def learn(self, answers: Sequence[Sifted]) -> None:
        """Take in what the store knows of `asked`; fewer are doubtful afterwards. Before anything has been judged."""
        for key, answer in zip(self.asked, answers, strict=True):
            found = self._mask(answer.found)
            self._answers[key] = Found(found, found | self._mask(answer.unknown))
        self._settle()

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
        if isinstance(key, Phrase | Sent):
            return self._answers.get(key, Found(0, self._all))
        if isinstance(key, HasFact):
            return Found(0, self._all)
        mask = self._columns(key)
        self._masks[id(key)] = mask
        whole = int.from_bytes(mask, "little")
        return Found(whole, whole)

    def _mask(self, uids: Sequence[int]) -> int:
        if not uids:
            return 0
        wanted = frozenset(uids)
        return int.from_bytes(bytes([uid in wanted for uid in self._view.uids]), "little")

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
        if isinstance(key, Phrase | Sent):
            return content.has(key)
        if isinstance(key, HasFact):
            return key.holds(content.whole)
        return bool(self._masks[id(key)][place])


class _Content:
    """The words of one message, decoded as far as they are asked for."""

    def __init__(self, content: MessageContent) -> None:
        self._content = self.whole = content
        self._header: str | None = None
        self._body: str | None = None
        self._heading: Heading | None = None

    def has(self, key: Asked) -> bool:
        if isinstance(key, Sent):
            if self._heading is None:
                self._heading = heading(self._block())
            day = self._heading.sent_day
            return day is not None and key.low <= day <= key.high
        return (not key.is_field and in_body(self._words(), key)) or (
            key.where != "body" and in_header(self._lines(), key)
        )

    def _block(self) -> bytes:
        raw = self._content.raw
        return (self._content.header or b"") if raw is None else raw[: header_end(raw)]

    def _lines(self) -> str:
        if self._header is None:
            self._header = header_words(self._block())
        return self._header

    def _words(self) -> str:
        if self._body is None:
            raw, summary = self._content.raw, self._content.summary
            self._body = "" if raw is None or summary is None else body_words(raw, summary.structure)
        return self._body
