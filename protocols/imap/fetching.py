r"""FETCH items: read from a command, and written for a message. Pure.

Items that stand in the mailbox's columns (UID, FLAGS, INTERNALDATE, RFC822.SIZE, MODSEQ) are written for hundreds
of messages at a time from one template; the others need content, and say how much of it (`Need`). Sections are cut
out of the raw bytes by the offsets of the stored structure, never rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from gateway.core.mail import Flags, MessageContent, Need, Part
from gateway.formats.mime import find_part, header_end
from gateway.formats.mime_headers import raw_fields
from protocols.imap import binary, facts, structure
from protocols.imap.binary import Binary
from protocols.imap.cursor import Cursor
from protocols.imap.encoder import NIL, date_time, flags, parenthesised, quoted
from protocols.imap.errors import Bad
from protocols.imap.facts import Fact
from protocols.imap.view import View

MAX_ITEMS: Final = 200
MAX_PART_NUMBERS: Final = 200

_MACROS: Final = {
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}
_COLUMNS: Final = frozenset({b"UID", b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"MODSEQ"})
_CONTENT: Final = frozenset({b"ENVELOPE", b"BODYSTRUCTURE", b"BODY"})
_FACTS: Final = frozenset(fact.value for fact in Fact)
_WHOLE: Final = {
    b"RFC822": (b"", False),
    b"RFC822.HEADER": (b"HEADER", True),
    b"RFC822.TEXT": (b"TEXT", False),
    # IMAP2's, which Outlook falls back to.
    b"RFC822.PEEK": (b"", True),
}


@dataclass(frozen=True, slots=True)
class Column:
    """An item the mailbox's columns hold."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Summarised:
    """ENVELOPE, BODY or BODYSTRUCTURE."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """Bytes of a message. `text` is empty, HEADER, TEXT, MIME, HEADER.FIELDS or HEADER.FIELDS.NOT."""

    label: bytes
    """How the answer names it."""
    numbers: tuple[int, ...]
    text: bytes
    names: frozenset[str]
    partial: tuple[int, int] | None
    is_peek: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about the message."""

    fact: Fact
    is_lazy: bool = False


Item = Column | Summarised | Section | Told | Binary


def parse_items(cursor: Cursor) -> tuple[Item, ...]:
    """What a FETCH asks for: a macro, one item, or a list of them. Items named twice are answered once."""
    if cursor.peek() == b"(":
        items = cursor.listed(lambda: _item(cursor), MAX_ITEMS)
    else:
        word = cursor.expect_word("a FETCH item")
        if word in _MACROS:
            return tuple(Summarised(name) if name in _CONTENT else Column(name) for name in _MACROS[word])
        items = [_item(cursor, word)]
    if not items:
        raise Bad("FETCH must ask for something.")
    return tuple(dict.fromkeys(items))


def needs(items: Sequence[Item]) -> Need:
    """How much of each message the items make one read."""
    return reduce(lambda whole, item: whole | _need(item), items, Need.NOTHING)


def sets_seen(items: Sequence[Item]) -> bool:
    r"""RFC 3501 §6.4.5: whether fetching these sets \Seen."""
    return any(isinstance(item, (Section, Binary)) and not item.is_peek for item in items)


class FlagText(dict[Flags, bytes]):
    """Sets of flags as they are written, each made once."""

    def __missing__(self, key: Flags) -> bytes:
        self[key] = made = flags(key)
        return made


def column_lines(view: View, places: range, names: Sequence[bytes], flag_text: FlagText) -> bytes:
    """Whole FETCH responses for a range of positions, of items that are all columns."""
    start, stop = places.start, places.stop
    template = [b"* %d FETCH ("]
    columns: list[Sequence[int] | list[bytes]] = [range(start + 1, stop + 1)]
    for name in names:
        if name == b"UID":
            template.append(b"UID %d ")
            columns.append(view.uids[start:stop])
        elif name == b"FLAGS":
            template.append(b"FLAGS (%b) ")
            columns.append([flag_text[found] for found in view.flags[start:stop]])
        elif name == b"INTERNALDATE":
            template.append(b"INTERNALDATE %b ")
            columns.append(list(map(date_time, view.dates[start:stop])))
        elif name == b"RFC822.SIZE":
            template.append(b"RFC822.SIZE %d ")
            columns.append(view.sizes[start:stop])
        elif name == b"MODSEQ":
            template.append(b"MODSEQ (%d) ")
            columns.append(view.modseqs[start:stop])
    line = b"".join(template)[:-1] + b")\r\n"
    return b"".join([line % row for row in zip(*columns, strict=True)])


def message_line(
    view: View, place: int, items: Sequence[Item], content: MessageContent, flag_text: FlagText
) -> Iterator[bytes]:
    """One FETCH response in pieces, with content. Raises No before the first where one of the items cannot be told."""
    for item in items:
        if isinstance(item, Binary):
            binary.check(item, content)
    yield b"* %d FETCH (" % (place + 1)
    for number, item in enumerate(items):
        gap = b" " if number else b""
        if isinstance(item, Column):
            yield gap + _column(view, place, item.name, flag_text)
        elif isinstance(item, Summarised):
            yield gap + item.name + b" " + _summarised(item, content)
        elif isinstance(item, Told):
            yield gap + item.fact.value + b" " + facts.told(item.fact, content)
        else:
            yield gap + item.label + b" "
            yield from binary.told(item, content) if isinstance(item, Binary) else _section(item, content)
    yield b")\r\n"


def _item(cursor: Cursor, word: bytes | None = None) -> Item:
    word = cursor.expect_word("a FETCH item") if word is None else word
    if word in _COLUMNS:
        return Column(word)
    if word in _WHOLE:
        text, is_peek = _WHOLE[word]
        label = b"RFC822" if word == b"RFC822.PEEK" else word
        return Section(label, (), text, frozenset(), None, is_peek)
    if word in {b"BODY", b"BODY.PEEK"} and cursor.take(b"["):
        return _parse_section(cursor, is_peek=word == b"BODY.PEEK")
    if word in _CONTENT:
        return Summarised(word)
    if word in _FACTS:
        # RFC 8970 §3.1: LAZY asks only for what is there; a preview always is.
        return Told(Fact(word), word == b"PREVIEW" and cursor.take(b" (LAZY)"))
    if word in {b"BINARY", b"BINARY.PEEK", b"BINARY.SIZE"}:
        return binary.parse_binary(cursor, word)
    raise Bad("That is no FETCH item.")


def _parse_section(cursor: Cursor, *, is_peek: bool) -> Section:
    numbers: list[int] = []
    text = b""
    while not cursor.take(b"]"):
        if cursor.peek().isdigit():
            number = cursor.expect_number("a part number")
            if number == 0 or len(numbers) >= MAX_PART_NUMBERS:
                raise Bad("That is no part number.")
            numbers.append(number)
            if cursor.take(b"."):
                if cursor.peek() == b"]":
                    raise Bad("Expected a part number or HEADER, TEXT or MIME here.")
                continue
        else:
            text = cursor.expect_word("HEADER, TEXT or MIME")
        if cursor.take(b"]"):
            break
        if text not in {b"HEADER.FIELDS", b"HEADER.FIELDS.NOT"}:
            raise Bad("A section ends with ].")
        return _with_fields(cursor, numbers, text, is_peek=is_peek)
    if text not in {b"", b"HEADER", b"TEXT", b"MIME"} or (text == b"MIME" and not numbers):
        raise Bad("That is no section of a message.")
    return _finished(cursor, _numbered(numbers, text), numbers, text, frozenset(), is_peek=is_peek)


def _with_fields(cursor: Cursor, numbers: list[int], text: bytes, *, is_peek: bool) -> Section:
    cursor.expect_space()
    names = cursor.listed(lambda: cursor.expect_astring("a header name"))
    cursor.expect(b"]")
    if not names or any(len(name) > 200 or not name.isascii() for name in names):
        raise Bad("Expected names of header fields here.")
    label = _numbered(numbers, text) + b" " + parenthesised(map(_astring, names))
    wanted = frozenset(name.decode("ascii").lower() for name in names)
    return _finished(cursor, label, numbers, text, wanted, is_peek=is_peek)


def _finished(
    cursor: Cursor, label: bytes, numbers: list[int], text: bytes, names: frozenset[str], *, is_peek: bool
) -> Section:
    partial = None
    label = b"BODY[" + label + b"]"
    if cursor.take(b"<"):
        start = cursor.expect_number("the first byte wanted")
        cursor.expect(b".")
        partial = (start, cursor.expect_number("the number of bytes wanted"))
        cursor.expect(b">")
        label += b"<%d>" % start
    return Section(label, tuple(numbers), text, names, partial, is_peek)


def _numbered(numbers: list[int], text: bytes) -> bytes:
    return b".".join([*(b"%d" % number for number in numbers), *([text] if text else [])])


def _astring(name: bytes) -> bytes:
    return name if name.replace(b"-", b"").replace(b"_", b"").isalnum() else quoted(name)


def _need(item: Item) -> Need:
    if isinstance(item, Column):
        return Need.NOTHING
    if isinstance(item, Summarised):
        return Need.SUMMARY
    if isinstance(item, Told):
        return item.fact.need
    if item.numbers or isinstance(item, Binary):
        return Need.RAW | Need.SUMMARY
    return Need.HEADER if item.text.startswith(b"HEADER") else Need.RAW


def _column(view: View, place: int, name: bytes, flag_text: FlagText) -> bytes:
    if name == b"UID":
        return b"UID %d" % view.uids[place]
    if name == b"FLAGS":
        return b"FLAGS (" + flag_text[view.flags[place]] + b")"
    if name == b"INTERNALDATE":
        return b"INTERNALDATE " + date_time(view.dates[place])
    if name == b"MODSEQ":
        return b"MODSEQ (%d)" % view.modseqs[place]
    return b"RFC822.SIZE %d" % view.sizes[place]


def _summarised(item: Summarised, content: MessageContent) -> bytes:
    summary = content.summary
    assert summary is not None
    if item.name == b"ENVELOPE":
        return structure.envelope(summary.envelope)
    return structure.body(summary.structure, is_extended=item.name == b"BODYSTRUCTURE")


def _section(item: Section, content: MessageContent) -> Iterator[bytes]:
    found = section_bytes(item, content)
    if found is None:
        yield NIL
        return
    if item.partial is not None:
        start, count = item.partial
        found = found[start : start + count]
    yield from (b"{%d}\r\n" % len(found), found) if found else (b'""',)


def section_bytes(item: Section, content: MessageContent) -> bytes | None:
    """The bytes a section names; None where the message has no such part."""
    if not item.numbers:
        if item.text.startswith(b"HEADER"):
            return _header(content.header or b"", item)
        raw = content.raw or b""
        return raw[header_end(raw) :] if item.text == b"TEXT" else raw
    assert content.summary is not None
    raw = content.raw or b""
    part = find_part(content.summary.structure, item.numbers)
    if part is None:
        return None
    if item.text == b"":
        return raw[part.body : part.end]
    if item.text == b"MIME":
        return raw[part.start : part.body]
    inner = _attached(part)
    if inner is None:
        return None
    return raw[inner.body : inner.end] if item.text == b"TEXT" else _header(raw[inner.start : inner.body], item)


def _attached(part: Part) -> Part | None:
    """RFC 3501 §6.4.5: HEADER and TEXT with part numbers are those of an attached message."""
    return part.parts[0] if part.type == "message" and part.parts else None


def _header(block: bytes, item: Section) -> bytes:
    if item.text == b"HEADER":
        return block
    is_not = item.text == b"HEADER.FIELDS.NOT"
    # RFC 3501 §6.4.5: the empty line is always there, whatever fields are.
    return b"".join(raw for name, raw in raw_fields(block) if (name in item.names) is not is_not) + b"\r\n"
