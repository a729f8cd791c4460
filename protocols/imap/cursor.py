r"""Reads one command, left to right; no state but its place.

Methods are named after grammar elements of RFC 3501 §9. Those called `expect_…` raise `Bad` with what was expected;
the others say None or False and leave the place where it was. Literals may stand wherever a string may. Depth is the
caller's to count; each method is linear in what it reads.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final, TypeVar

from protocols.imap.errors import Bad
from protocols.imap.framing import RawCommand
from protocols.imap.mutf7 import decode_name
from protocols.imap.types import NumberSet, Saved, SeqSet, UIDSet

MAX_LIST: Final = 1_000
"""Elements of one parenthesised list."""
MAX_NAME: Final = 1_000
"""Bytes of a mailbox name."""

_ATOM: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_ASTRING: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\]+")
_LIST_MAILBOX: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){\"\\]+")
TAG: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]{1,200}")
_FLAG: Final = re.compile(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]{1,255}")
_QUOTED: Final = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*+)"')
_ESCAPED: Final = re.compile(rb'\\(["\\])')
_NUMBER: Final = re.compile(rb"[0-9]{1,20}")
_SET: Final = re.compile(rb"[0-9*:,]+")
_WORD: Final = re.compile(rb"[A-Za-z0-9.+=-]+")
_DATE: Final = re.compile(rb'"?([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})"?')
_DATE_TIME: Final = re.compile(
    rb'"([ 0-9]?[0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)
_MONTHS: Final = {name: number for number, name in enumerate(
    (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
)}  # fmt: skip
_MODSEQ_MAX: Final = 2**63 - 1

T = TypeVar("T")
N = TypeVar("N", bound=NumberSet)


class Cursor:
    """A place in a command."""

    def __init__(self, command: RawCommand, *, is_utf8: bool = False, may_name_charset: bool = True) -> None:
        """`is_utf8`: mailbox names are UTF-8 and not in modified UTF-7 (RFC 6855 §3)."""
        self.is_utf8 = is_utf8
        self.may_name_charset = may_name_charset
        self._texts = command.texts
        self._literals = command.literals
        self._piece = 0
        self._at = 0

    def is_at_end(self) -> bool:
        """Whether nothing is left. True too where a literal has been announced here and has not come."""
        return self._at >= len(self._texts[self._piece]) and self._piece >= len(self._literals)

    def is_blank(self) -> bool:
        """Whether nothing is left but spaces, which `expect_end` forgives."""
        return self._piece >= len(self._literals) and not self._texts[self._piece][self._at :].strip(b" ")

    def take(self, text: bytes) -> bool:
        """Go past `text` (letters of any case) if it stands here."""
        here = self._texts[self._piece][self._at : self._at + len(text)]
        if here != text and here.upper() != text.upper():
            return False
        self._at += len(text)
        return True

    def follows(self, text: bytes) -> bool:
        """Whether `text` stands here."""
        return self._texts[self._piece].startswith(text, self._at)

    def peek(self) -> bytes:
        """The next byte of text; empty at the end of a piece."""
        return self._texts[self._piece][self._at : self._at + 1]

    def space(self) -> bool:
        """Go past one space if there is one."""
        return self.take(b" ")

    def expect(self, text: bytes) -> None:
        """`text` must stand here."""
        if not self.take(text):
            raise Bad(f"Expected {_shown(text)} here.")

    def expect_space(self) -> None:
        """A space must stand here."""
        if not self.take(b" "):
            raise Bad("An argument is missing.")

    def expect_end(self) -> None:
        """The command must end here; spaces before its end are forgiven."""
        while self.take(b" "):
            pass
        if not self.is_at_end():
            raise Bad("There is more in this command than it takes.")

    def expect_tag(self) -> bytes:
        """RFC 3501 `tag`."""
        return self._expect(TAG, "a tag")

    def word(self) -> bytes | None:
        """A keyword of the grammar (letters, digits, dots, plus, minus), in upper case."""
        found = _WORD.match(self._texts[self._piece], self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0].upper()

    def expect_word(self, what: str) -> bytes:
        """A keyword must stand here."""
        word = self.word()
        if word is None:
            raise Bad(f"Expected {what} here.")
        return word

    def expect_atom(self, what: str = "an atom") -> bytes:
        """RFC 3501 `atom`."""
        return self._expect(_ATOM, what)

    def string(self) -> bytes | None:
        """RFC 3501 `string`: quoted or a literal."""
        text = self._texts[self._piece]
        if self._at >= len(text):
            if self._piece >= len(self._literals):
                return None
            self._piece, self._at = self._piece + 1, 0
            return self._literals[self._piece - 1]
        found = _QUOTED.match(text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return _ESCAPED.sub(rb"\1", found[1])

    def expect_astring(self, what: str = "a string") -> bytes:
        """RFC 3501 `astring`."""
        value = self.string()
        return self._expect(_ASTRING, what) if value is None else value

    def expect_nstring(self, what: str = "a string or NIL") -> bytes | None:
        """RFC 3501 `nstring`."""
        value = self.string()
        if value is None and not self.take(b"NIL"):
            raise Bad(f"Expected {what} here.")
        return value

    def expect_mailbox(self) -> str:
        """RFC 3501 `mailbox`, decoded from modified UTF-7; INBOX in capitals."""
        name = self._name(self.expect_astring("a mailbox name"))
        return "INBOX" if name.upper() == "INBOX" else name

    def expect_pattern(self) -> str:
        """RFC 3501 `list-mailbox`, decoded."""
        value = self.string()
        return self._name(self._expect(_LIST_MAILBOX, "a mailbox pattern") if value is None else value)

    def expect_number(self, what: str = "a number") -> int:
        """RFC 3501 `number`: 32 bits."""
        number = int(self._expect(_NUMBER, what))
        if number > 2**32 - 1:
            raise Bad("That number is too large.")
        return number

    def expect_positive(self, what: str = "a number") -> int:
        """RFC 3501 `nz-number`."""
        number = self.expect_number(what)
        if number == 0:
            raise Bad(f"Expected {what} here, which 0 is not.")
        return number

    def expect_modseq(self) -> int:
        """RFC 7162 §7 `mod-sequence-valzer`: 63 bits."""
        number = int(self._expect(_NUMBER, "a mod-sequence"))
        if number > _MODSEQ_MAX:
            raise Bad("That mod-sequence is too large.")
        return number

    def number_set(self, kind: type[N]) -> N | Saved | None:
        """A set of numbers of that kind, or `$` in its place (RFC 5182 §2.1)."""
        if self.take(b"$"):
            return Saved()
        found = _SET.match(self._texts[self._piece], self._at)
        numbers = None if found is None else kind.parse(found[0])
        if found is not None and numbers is not None:
            self._at = found.end()
        return numbers

    def expect_set(self, *, is_uid: bool) -> SeqSet | UIDSet | Saved:
        """RFC 3501 `sequence-set`, of UIDs or sequence numbers."""
        numbers: SeqSet | UIDSet | Saved | None = self.number_set(UIDSet) if is_uid else self.number_set(SeqSet)
        if numbers is None:
            raise Bad("Expected a set of message numbers here.")
        return numbers

    def expect_flag(self) -> str:
        """RFC 3501 `flag`."""
        return self._expect(_FLAG, "a flag").decode("ascii")

    def flag_list(self) -> list[str] | None:
        """RFC 3501 `flag-list`, if a parenthesis opens here."""
        return self.listed(self.expect_flag) if self.peek() == b"(" else None

    def expect_date(self) -> int:
        """RFC 3501 `date`, as days since 1970."""
        found = _DATE.match(self._texts[self._piece], self._at)
        if found is None:
            raise Bad("Expected a date like 1-Feb-2026 here.")
        self._at = found.end()
        try:
            day = dt.date(int(found[3]), _MONTHS[found[2].lower()], int(found[1]))
        except (ValueError, KeyError):
            raise Bad("There is no such date.") from None
        return (day - dt.date(1970, 1, 1)).days

    def expect_date_time(self) -> int:
        """RFC 3501 `date-time`, as seconds since 1970 UTC."""
        found = _DATE_TIME.match(self._texts[self._piece], self._at)
        if found is None:
            raise Bad('Expected a date and time like " 1-Feb-2026 10:00:00 +0100" here.')
        self._at = found.end()
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        offset = (int(zone_hours) * 60 + int(zone_minutes)) * (-60 if sign == b"-" else 60)
        try:
            when = dt.datetime(
                int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second), 59), tzinfo=dt.UTC
            )
        except (ValueError, KeyError):
            raise Bad("There is no such date and time.") from None
        return int(when.timestamp()) - offset

    def listed(self, element: Callable[[], T], most: int = MAX_LIST) -> list[T]:
        """`(element element …)`, perhaps empty."""
        self.expect(b"(")
        out: list[T] = []
        if self.take(b")"):
            return out
        while True:
            if len(out) >= most:
                raise Bad(f"At most {most} elements may stand in one list.")
            out.append(element())
            if self.take(b")"):
                return out
            self.expect_space()

    def _expect(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        found = pattern.match(self._texts[self._piece], self._at)
        if found is None:
            raise Bad(f"Expected {what} here.")
        self._at = found.end()
        return found[0]

    def _name(self, wire: bytes) -> str:
        self._limited(wire)
        if not self.is_utf8:
            return decode_name(wire)
        try:
            return wire.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("A mailbox name must be UTF-8 here.") from None

    def _limited(self, name: bytes) -> bytes:
        if len(name) > MAX_NAME or b"\x00" in name or b"\r" in name or b"\n" in name:
            raise Bad("That cannot be the name of a mailbox.")
        return name


def _shown(text: bytes) -> str:
    return "a space" if text == b" " else f"'{text.decode('ascii', 'replace')}'"
