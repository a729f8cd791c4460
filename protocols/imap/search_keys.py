r"""SEARCH keys: the grammar of RFC 3501 §6.4.4, RFC 7162 §3.1.5 and RFC 5032, read into a small tree.

Leaves are of two kinds: those that the mailbox's columns answer for all messages at once, and those that need a
message's words. `searching` evaluates them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from gateway.core.mail import Need
from gateway.core.searching import Asked, Phrase, Sent
from gateway.formats.words import fold
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad, No
from protocols.imap.facts import Fact, HasFact
from protocols.imap.types import NumberSet, SeqSet, UIDSet

CHARSETS: Final = (b"US-ASCII", b"UTF-8")
MAX_DEPTH: Final = 50
MAX_KEYS: Final = 1_000
MAX_TERM: Final = 4_096
"""Bytes of one text that is searched for."""


@dataclass(frozen=True, slots=True)
class All:
    """Every key holds; none: everything does."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of two keys holds."""

    first: Key
    second: Key


@dataclass(frozen=True, slots=True)
class Not:
    """The key does not hold."""

    key: Key


@dataclass(frozen=True, slots=True)
class Numbers:
    """The message's number is in a set."""

    numbers: NumberSet


@dataclass(frozen=True, slots=True)
class HasFlag:
    """A flag or keyword is set; in lower case."""

    flag: str


@dataclass(frozen=True, slots=True)
class Between:
    """A column's value is within a range, both ends included. `column` is `day` (since 1970), `date` (in seconds), `size` or `modseq`."""

    column: str
    low: int
    high: int


Key = All | Either | Not | Numbers | HasFlag | Between | Asked | HasFact

NOTHING: Final = Not(All(()))

_FLAGS: Final = {
    b"ANSWERED": "\\answered",
    b"DELETED": "\\deleted",
    b"DRAFT": "\\draft",
    b"FLAGGED": "\\flagged",
    b"SEEN": "\\seen",
}
_FIELDS: Final = {b"BCC": "bcc", b"CC": "cc", b"FROM": "from", b"SUBJECT": "subject", b"TO": "to"}
_LOW, _HIGH = -(2**62), 2**63 - 1


@dataclass(slots=True)
class Program:
    """What a SEARCH asks."""

    key: Key
    asked: list[Asked] = field(default_factory=list)
    """The keys that are about words."""
    need: Need = Need.NOTHING
    """What must be read of a message to judge the keys that are about its words."""
    has_modseq: bool = False
    is_in_known_charset: bool = True
    """RFC 3501 §6.4.4: where it is not, the answer is NO [BADCHARSET], which is no fault of syntax."""
    _count: int = field(default=0)

    def asks(self, key: Asked, need: Need) -> Asked:
        """A key about words, and what must be read of a message to judge it."""
        self.asked.append(key)
        self.need |= need
        return key


def parse_program(cursor: Cursor) -> Program:
    """The arguments of SEARCH to their end, with CHARSET. Raises Bad."""
    program = Program(All(()))
    if cursor.take(b"CHARSET "):
        parse_charset(cursor, program)
        cursor.expect_space()
    parse_keys(cursor, program)
    return program


def parse_charset(cursor: Cursor, program: Program) -> None:
    """The name of a charset. Raises Bad."""
    if not cursor.may_name_charset:
        # RFC 6855 §3: once UTF-8 has been enabled it is the only one, and not to be named.
        raise Bad("No charset is named once UTF8=ACCEPT is enabled.")
    program.is_in_known_charset = cursor.expect_astring("a charset").upper() in CHARSETS


def check_charset(program: Program) -> None:
    """Raises No [BADCHARSET]; the code lists the charsets there are."""
    if not program.is_in_known_charset:
        raise No("Only US-ASCII and UTF-8 can be searched in.", "BADCHARSET (US-ASCII UTF-8)")


def parse_keys(cursor: Cursor, program: Program) -> None:
    """Keys to the end of the command. Raises Bad."""
    keys = [_key(cursor, program, 0)]
    while cursor.space():
        if cursor.is_at_end():
            break
        keys.append(_key(cursor, program, 0))
    cursor.expect_end()
    program.key = All(tuple(keys))


def _key(cursor: Cursor, program: Program, depth: int) -> Key:
    program._count += 1
    if depth > MAX_DEPTH or program._count > MAX_KEYS:
        raise Bad("That search is too deep or too long.")
    if cursor.peek() == b"(":
        return All(tuple(cursor.listed(lambda: _key(cursor, program, depth + 1))))
    numbers = cursor.number_set(SeqSet)
    if numbers is not None:
        return Numbers(numbers)
    word = cursor.expect_word("a search key")
    return _named(word, cursor, program, depth)


def _named(word: bytes, cursor: Cursor, program: Program, depth: int) -> Key:
    if word in _FLAGS:
        return HasFlag(_FLAGS[word])
    if word.startswith(b"UN") and word[2:] in _FLAGS:
        return Not(HasFlag(_FLAGS[word[2:]]))
    if word in {b"ALL", b"OLD"}:
        # No message is recent here, so all are old.
        return All(())
    if word in {b"NEW", b"RECENT"}:
        return NOTHING
    if word == b"SAVEDATESUPPORTED":
        # RFC 8514 §4.3: of every message of every mailbox.
        return All(())
    cursor.expect_space()
    if word == b"NOT":
        return Not(_key(cursor, program, depth + 1))
    if word == b"OR":
        first = _key(cursor, program, depth + 1)
        cursor.expect_space()
        return Either(first, _key(cursor, program, depth + 1))
    if word == b"UID":
        numbers = cursor.number_set(UIDSet)
        if numbers is None:
            raise Bad("Expected a set of UIDs here.")
        return Numbers(numbers)
    if word in {b"KEYWORD", b"UNKEYWORD"}:
        key: Key = HasFlag(cursor.expect_atom("a keyword").decode("ascii").lower())
        return key if word == b"KEYWORD" else Not(key)
    if word in {b"LARGER", b"SMALLER"}:
        size = cursor.expect_number()
        return Between("size", size + 1, _HIGH) if word == b"LARGER" else Between("size", _LOW, size - 1)
    if word in {b"OLDER", b"YOUNGER"}:
        # RFC 5032 §3: by the clock at this moment, not by days.
        moment = int(time.time()) - cursor.expect_positive("a number of seconds")
        return Between("date", _LOW, moment) if word == b"OLDER" else Between("date", moment, _HIGH)
    if word == b"MODSEQ":
        return _modseq(cursor, program)
    if word in {b"BEFORE", b"ON", b"SINCE"}:
        return Between("day", *_days(word, cursor.expect_date()))
    if word in {b"SAVEDBEFORE", b"SAVEDON", b"SAVEDSINCE"}:
        low, high = _days(word.removeprefix(b"SAVED"), cursor.expect_date())
        return HasFact(Fact.SAVEDATE, low=low, high=high)
    if word in {b"EMAILID", b"THREADID"}:
        fact = Fact(word)
        program.need |= fact.need
        return HasFact(fact, cursor.expect_atom("an object id").decode("ascii"))
    if word in {b"SENTBEFORE", b"SENTON", b"SENTSINCE"}:
        return program.asks(Sent(*_days(word.removeprefix(b"SENT"), cursor.expect_date())), Need.HEADER)
    return _words(word, cursor, program)


def _words(word: bytes, cursor: Cursor, program: Program) -> Key:
    if word in _FIELDS:
        return program.asks(Phrase(_FIELDS[word], _term(cursor), is_field=True), Need.HEADER)
    if word == b"HEADER":
        name = cursor.expect_astring("a header name").decode("latin-1").lower()
        cursor.expect_space()
        return program.asks(Phrase(name, _term(cursor), is_field=True), Need.HEADER)
    if word in {b"BODY", b"TEXT"}:
        return program.asks(Phrase(word.decode("ascii").lower(), _term(cursor)), Need.RAW | Need.SUMMARY)
    raise Bad("There is no such search key.")


def _modseq(cursor: Cursor, program: Program) -> Key:
    # RFC 7162 §3.1.5: an entry name and type may come first; there is one mod-sequence for all flags here.
    if cursor.peek() == b'"':
        cursor.string()
        cursor.expect_space()
        if cursor.expect_word("priv, shared or all") not in {b"PRIV", b"SHARED", b"ALL"}:
            raise Bad("Expected priv, shared or all here.")
        cursor.expect_space()
    program.has_modseq = True
    return Between("modseq", cursor.expect_modseq(), _HIGH)


def _days(word: bytes, day: int) -> tuple[int, int]:
    return (_LOW, day - 1) if word == b"BEFORE" else (day, _HIGH) if word == b"SINCE" else (day, day)


def _term(cursor: Cursor) -> str:
    raw = cursor.expect_astring("a text to search for")
    if len(raw) > MAX_TERM:
        raise Bad("That text is too long to search for.")
    try:
        return fold(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return fold(raw.decode("latin-1"))
