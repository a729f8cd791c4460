r"""Bytes to whole commands: lines, literals, limits. Fed in any chunks, asked for one thing at a time.

A command is text and literals in turn. Where a line announces a literal the framer stops and asks (`Announced`);
its owner looks at what has come so far and calls `accept` or `refuse`. So nothing is ever buffered that nobody
agreed to, and a client that pipelines `{n+}` is skipped over without being stored. Finding where commands end is
all that happens here; `cursor` reads what is in them.
"""

from __future__ import annotations

import enum
import io
import re
from dataclasses import dataclass, field
from typing import Final

_LITERAL: Final = re.compile(rb"(~?)\{([0-9]{1,10})(\+?)\}\Z")
_TAG_WITHIN: Final = 256
_MAY_ANNOUNCE: Final = re.compile(rb"\{[0-9]{11,}\+?\}\Z")


@dataclass(slots=True)
class RawCommand:
    """A command as it came: pieces of text without their line ends, and a literal after each but the last."""

    texts: list[bytes] = field(default_factory=list)
    literals: list[bytes] = field(default_factory=list)

    @property
    def tag(self) -> bytes:
        """What stands before the first space, for an answer even to what cannot be parsed."""
        return self.texts[0].split(b" ", 1)[0] if self.texts else b""


@dataclass(frozen=True, slots=True)
class Announced:
    """A literal of `size` bytes is to follow `command` so far. `is_sync`: the client waits for `+` (RFC 3501 §4.3)."""

    command: RawCommand
    size: int
    is_sync: bool


@dataclass(frozen=True, slots=True)
class Complete:
    """A whole command."""

    command: RawCommand


class TooLong(enum.Enum):
    """What a command had too much of; the rest of it is passed over."""

    LINE = "line"
    LITERAL = "literal"
    LITERALS = "literals"


@dataclass(frozen=True, slots=True)
class Overflow:
    """A limit was passed. `tag` is as much of a tag as was seen."""

    what: TooLong
    tag: bytes


Event = Announced | Complete | Overflow


class Framer:
    """One connection's input. `line` and `literals` are limits and may be changed between commands."""

    def __init__(self, line: int, literals: int) -> None:
        self.line = line
        self.literals = literals
        self.clear()

    def clear(self) -> None:
        """Throw away whatever has come (RFC 3501 §6.2.1: nothing from before TLS may be used after it)."""
        self._buffer = bytearray()
        self._searched = 0
        self._command = RawCommand()
        self._text_size = 0
        self._announced: Announced | None = None
        self._literal: io.BytesIO | None = None
        self._literal_left = 0
        self._is_skipping = False
        """The command in hand has been answered already; its bytes are thrown away."""
        self._skip_left = 0
        self._is_in_long_line = False

    def __len__(self) -> int:
        """Bytes that have come and not been looked at."""
        return len(self._buffer)

    def drain(self) -> bytes:
        """What has come and not been looked at; it is not looked at here any more."""
        left = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return left

    def feed(self, chunk: bytes) -> None:
        """More bytes have come."""
        self._buffer += chunk

    def next(self) -> Event | None:
        """What comes next, or None until more bytes have come. Not while an announced literal awaits its answer."""
        assert self._announced is None
        while True:
            if self._skip_left and not self._skip():
                return None
            if self._literal is not None and not self._fill(self._literal):
                return None
            line = self._take_line()
            if line is None:
                return self._long_line() if len(self._buffer) + self._text_size > self.line + 1 else None
            if self._is_in_long_line:
                # The end of a line that was answered while it was still coming.
                self._is_in_long_line = False
                self._drop_unless_literal(line)
                continue
            event = self._line(line)
            if event is not None:
                return event

    def next_line(self) -> bytes | None:
        """The next line as it is, for what is no command: SASL responses, DONE. None until it has come whole."""
        return self._take_line()

    def accept(self) -> None:
        """Take the announced literal."""
        assert self._announced is not None
        self._literal, self._literal_left = io.BytesIO(), self._announced.size
        self._announced = None

    def refuse(self) -> None:
        """The command in hand has been answered. A literal that comes all the same is passed over, with what follows it."""
        assert self._announced is not None
        announced, self._announced = self._announced, None
        self._start_over()
        if not announced.is_sync:
            self._skip_left = announced.size
            self._is_skipping = True

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        # A lone line feed is taken for CRLF: hand-typed sessions and some scripts send it, and nothing is smuggled by
        # it, because no other reader of this stream would cut it otherwise.
        line = bytes(self._buffer[: end - 1 if end and self._buffer[end - 1] == 0x0D else end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _line(self, line: bytes) -> Event | None:
        if self._is_skipping:
            self._drop_unless_literal(line)
            return None
        self._text_size += len(line)
        if self._text_size > self.line:
            return self._overflow(TooLong.LINE, line)
        found = _LITERAL.search(line, max(0, len(line) - 16))
        if found is None:
            if _MAY_ANNOUNCE.search(line, max(0, len(line) - 64)) is not None:
                return self._overflow(TooLong.LITERAL, line)
            self._command.texts.append(line)
            whole = self._command
            self._start_over()
            return Complete(whole)
        self._command.texts.append(line[: found.start()])
        announced = Announced(self._command, int(found[2]), is_sync=not found[3])
        self._announced = announced
        if len(self._command.literals) >= self.literals:
            tag = self._command.tag
            self.refuse()
            return Overflow(TooLong.LITERALS, tag)
        return announced

    def _overflow(self, what: TooLong, line: bytes) -> Overflow:
        tag = self._command.tag or self._tag_of(line)
        self._start_over()
        self._is_skipping = True
        self._drop_unless_literal(line)
        return Overflow(what, tag)

    def _long_line(self) -> Event | None:
        """The line has no end yet and is too long already: what has come of it goes."""
        start = bytes(self._buffer[:_TAG_WITHIN])
        # Its last bytes stay, since the announcement of a literal may be cut here.
        del self._buffer[:-32]
        self._searched = 0
        if self._is_in_long_line or self._is_skipping:
            self._is_in_long_line = True
            return None
        tag = self._command.tag or self._tag_of(start)
        self._start_over()
        self._is_in_long_line = True
        return Overflow(TooLong.LINE, tag)

    def _tag_of(self, line: bytes) -> bytes:
        """The tag of a line of which only a part may have come; the same whichever part that is."""
        tag, space, _ = line[: min(_TAG_WITHIN, self.line)].partition(b" ")
        return tag if space else b""

    def _drop_unless_literal(self, line: bytes) -> None:
        found = _LITERAL.search(line, max(0, len(line) - 16))
        if found is not None and found[3]:
            self._is_skipping = True
            self._skip_left = int(found[2])
        else:
            # A command answered already ends where the client would have to wait for us.
            self._is_skipping = False

    def _skip(self) -> bool:
        count = min(self._skip_left, len(self._buffer))
        del self._buffer[:count]
        self._searched = 0
        self._skip_left -= count
        return not self._skip_left

    def _fill(self, literal: io.BytesIO) -> bool:
        if self._literal_left:
            count = min(self._literal_left, len(self._buffer))
            with memoryview(self._buffer) as buffer:
                literal.write(buffer[:count])
            del self._buffer[:count]
            self._searched = 0
            self._literal_left -= count
            if self._literal_left:
                return False
        # BytesIO hands out what it gathered without a copy: a large message is in memory once.
        self._command.literals.append(literal.getvalue())
        self._literal = None
        return True

    def _start_over(self) -> None:
        self._command = RawCommand()
        self._text_size = 0
        self._is_skipping = False
