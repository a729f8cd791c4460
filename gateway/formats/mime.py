"""A message's envelope and structure, computed once when it is stored.

The splitter works on the raw bytes and yields offsets, so every part can be served exactly as it came. It goes
through the message once: lines that begin with `--` are the only candidates for delimiters, and one that belongs to
an outer part ends all inner ones. Nothing here raises on malformed mail. At a limit the structure says
`application/octet-stream` and stops there, so the answer stays well formed and the same each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final, NamedTuple

from gateway.core.mail import AddressList, Envelope, Part, Summary
from gateway.formats.mime_addresses import MAX_ADDRESSES, mailboxes, parse_addresses
from gateway.formats.mime_headers import MAX_HEADER, blank_line, fields, header_end, unfold
from gateway.formats.mime_parameters import Parameters, parse_content_type, parse_disposition
from gateway.formats.mime_text import preview

__all__ = ["MAX_DEPTH", "MAX_PARTS", "find_part", "header_end", "leaves", "summarise"]

MAX_PARTS: Final = 10_000
MAX_DEPTH: Final = 100
MAX_ALL_FIELDS: Final = 100_000
"""Header fields of a whole message that are looked at, those of its parts included."""
MAX_BOUNDARY: Final = 500
"""RFC 2046 §5.1.1 allows 70 characters; some senders take more."""
MAX_STRING: Final = 10_000
"""Characters of one envelope or structure string that are kept."""

_BLOCK: Final = 64 * 1024
_PLAIN: Final = ("text", "plain", ())
_CONTENT_FIELDS: Final = frozenset(
    [
        "content-type",
        "content-transfer-encoding",
        "content-id",
        "content-description",
        "content-md5",
        "content-disposition",
        "content-language",
        "content-location",
    ]
)
_ADDRESS_FIELDS: Final = ("from", "sender", "reply-to", "to", "cc", "bcc")
_TEXT_FIELDS: Final = ("date", "subject", "in-reply-to", "message-id")


def summarise(raw: bytes) -> Summary:
    """Envelope, structure with offsets into `raw`, and a preview. Never raises; linear in `raw`, within the limits above."""
    splitter = _Splitter(raw)
    structure = splitter.message()
    envelope = structure.envelope or Envelope()
    structure = replace(structure, envelope=None)
    return Summary(envelope, structure, preview(raw, leaves(structure)))


def find_part(structure: Part, numbers: Sequence[int]) -> Part | None:
    """The part a section's numbers name (RFC 3501 §6.4.5), counted from 1; None where there is none. No numbers: the whole."""
    part = structure
    for place, number in enumerate(numbers):
        if place and part.type == "message" and part.parts:
            part = part.parts[0]
        elif place and part.type != "multipart":
            return None
        if part.type == "multipart":
            if not 1 <= number <= len(part.parts):
                return None
            part = part.parts[number - 1]
        elif number != 1:
            # RFC 3501 §6.4.5: every message has at least one part number, 1.
            return None
    return part


def leaves(structure: Part) -> Sequence[Part]:
    """The parts that hold content themselves, in order, those of attached messages included."""
    out: list[Part] = []
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.parts:
            waiting.extend(reversed(part.parts))
        else:
            out.append(part)
    return out


class _Delimiter(NamedTuple):
    start: int
    """First byte of its line."""
    next: int
    """First byte after its line."""
    depth: int
    """Which of the open boundaries it is, outermost first."""
    is_close: bool


@dataclass(slots=True)
class _Headers:
    """What the fields of one part said."""

    body: int
    content: dict[str, str] = field(default_factory=dict)
    envelope: Envelope | None = None


class _Splitter:
    """One pass over one message."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._open: list[bytes] = []
        self._depth_of: dict[bytes, int] = {}
        self._candidate = -1
        self._parts_left = MAX_PARTS
        self._fields_left = MAX_ALL_FIELDS
        self._addresses_left = MAX_ADDRESSES
        blocks = [raw.count(b"\n", at, at + _BLOCK) for at in range(0, len(raw), _BLOCK)]
        self._lines_before = [0, *accumulate(blocks)]

    def message(self) -> Part:
        part, _ = self._entity(0, 0, _PLAIN, is_message=True)
        return part

    def _entity(
        self, start: int, depth: int, default: tuple[str, str, Parameters], *, is_message: bool
    ) -> tuple[Part, _Delimiter | None]:
        """The part that begins at `start`, and the delimiter of an outer multipart that ended it (None: the end did)."""
        self._parts_left -= 1
        headers = self._headers(start, is_message=is_message)
        content, body = headers.content, headers.body
        kind, subtype, parameters = self._type(content, default)
        encoding = content.get("content-transfer-encoding", "").strip().lower().split(" ", 1)[0][:40] or "7bit"
        parts: list[Part] = []
        is_container = kind == "multipart" or (
            # RFC 2046 §5.2.1: an attached message is never encoded; one that is cannot be looked into.
            kind == "message" and subtype == "rfc822" and encoding in {"7bit", "8bit", "binary"}
        )
        if (kind == "multipart" or (kind == "message" and subtype == "rfc822")) and (
            not is_container or depth >= MAX_DEPTH or self._parts_left <= 0
        ):
            kind, subtype, parameters, is_container = "application", "octet-stream", (), False
        if not is_container:
            ended_by = self._next_delimiter(body)
        elif kind == "multipart":
            boundary = _boundary(parameters)
            child = ("message", "rfc822", ()) if subtype == "digest" else _PLAIN
            parts, ended_by = self._multipart(boundary, body, depth, child)
        else:
            inner, ended_by = self._entity(body, depth + 1, _PLAIN, is_message=True)
            parts = [inner]
        end = len(self._raw) if ended_by is None else max(body, self._before(ended_by.start))
        disposition, disposition_parameters = parse_disposition(content.get("content-disposition", ""))
        part = Part(
            type=kind,
            subtype=subtype,
            parameters=tuple((name, value[:MAX_STRING]) for name, value in parameters),
            start=start,
            body=body,
            end=end,
            lines=self._count_lines(body, end),
            encoding=encoding,
            content_id=content.get("content-id", ""),
            description=content.get("content-description", ""),
            md5=content.get("content-md5", ""),
            disposition=disposition,
            disposition_parameters=tuple((name, value[:MAX_STRING]) for name, value in disposition_parameters),
            language=_languages(content.get("content-language", "")),
            location=content.get("content-location", ""),
            parts=tuple(parts),
            envelope=headers.envelope,
        )
        return part, ended_by

    def _multipart(
        self, boundary: bytes, body: int, depth: int, default: tuple[str, str, Parameters]
    ) -> tuple[list[Part], _Delimiter | None]:
        parts: list[Part] = []
        mine = len(self._open)
        shadowed = self._depth_of.get(boundary)
        self._open.append(boundary)
        self._depth_of[boundary] = mine
        found = self._next_delimiter(body)
        while found is not None and found.depth == mine and not found.is_close and self._parts_left > 0:
            part, found = self._entity(found.next, depth + 1, default, is_message=False)
            parts.append(part)
        self._open.pop()
        if shadowed is None:
            del self._depth_of[boundary]
        else:
            self._depth_of[boundary] = shadowed
        if found is not None and found.depth == mine:
            # What follows the closing delimiter, or the last part that is counted, is nobody's.
            found = self._next_delimiter(found.next)
        return parts, found

    def _type(self, content: dict[str, str], default: tuple[str, str, Parameters]) -> tuple[str, str, Parameters]:
        stated = content.get("content-type")
        if stated is None:
            return default
        parsed = parse_content_type(stated)
        if parsed is None or (parsed[0] == "multipart" and not _boundary(parsed[2])):
            return _PLAIN
        return parsed

    def _headers(self, start: int, *, is_message: bool) -> _Headers:
        """Reads the header block at `start`, which an outer delimiter may cut short."""
        raw = self._raw
        searched = position = start
        while True:
            candidate = self._next_candidate(position)
            stop = len(raw) if candidate is None else candidate
            body = blank_line(raw, searched, stop, is_first=searched == start)
            if body is None and (candidate is None or self._delimiter_at(candidate) is not None):
                body = stop
            if body is not None or candidate is None:
                break
            searched, position = candidate, self._line_end(candidate)
        out = _Headers(stop if body is None else body)
        self._read_fields(raw[start : min(out.body, start + MAX_HEADER)], out, is_message=is_message)
        return out

    def _read_fields(self, block: bytes, out: _Headers, *, is_message: bool) -> None:
        texts: dict[str, str] = {}
        addresses: dict[str, list[AddressList]] = {}
        for name, value in fields(block, limit=max(0, self._fields_left)):
            self._fields_left -= 1
            if name in _CONTENT_FIELDS:
                out.content.setdefault(name, unfold(value)[:MAX_STRING])
            elif not is_message:
                continue
            elif name in _TEXT_FIELDS:
                texts.setdefault(name, unfold(value)[:MAX_STRING])
            elif name in _ADDRESS_FIELDS and self._addresses_left > 0:
                parsed = parse_addresses(unfold(value), self._addresses_left)
                self._addresses_left -= sum(1 for _ in mailboxes(parsed))
                addresses.setdefault(name, []).append(parsed)
        if is_message:
            lists = {name: tuple(entry for parsed in found for entry in parsed) for name, found in addresses.items()}
            out.envelope = Envelope(
                date=texts.get("date", ""),
                subject=texts.get("subject", ""),
                from_=lists.get("from", ()),
                sender=lists.get("sender", ()),
                reply_to=lists.get("reply-to", ()),
                to=lists.get("to", ()),
                cc=lists.get("cc", ()),
                bcc=lists.get("bcc", ()),
                in_reply_to=texts.get("in-reply-to", ""),
                message_id=texts.get("message-id", ""),
            )

    def _next_candidate(self, position: int) -> int | None:
        """The first line at or after the line start `position` that begins with two hyphens. Only ever moves on."""
        if self._candidate < position:
            if position == 0 and self._raw.startswith(b"--"):
                self._candidate = 0
            else:
                found = self._raw.find(b"\n--", max(0, position - 1))
                self._candidate = len(self._raw) if found < 0 else found + 1
        return None if self._candidate >= len(self._raw) else self._candidate

    def _next_delimiter(self, position: int) -> _Delimiter | None:
        if not self._open:
            return None
        candidate = self._next_candidate(position)
        while candidate is not None:
            found = self._delimiter_at(candidate)
            if found is not None:
                return found
            candidate = self._next_candidate(candidate + 2)
        return None

    def _delimiter_at(self, candidate: int) -> _Delimiter | None:
        # RFC 2046 §5.1.1: two hyphens, the boundary, two more where it closes, then nothing but white space.
        line = self._raw[candidate + 2 : candidate + MAX_BOUNDARY + 80].split(b"\n", 1)[0].rstrip(b" \t\r")
        depth = self._depth_of.get(line)
        if depth is not None:
            return _Delimiter(candidate, self._line_end(candidate), depth, is_close=False)
        if line.endswith(b"--") and (depth := self._depth_of.get(line[:-2])) is not None:
            return _Delimiter(candidate, self._line_end(candidate), depth, is_close=True)
        return None

    def _line_end(self, position: int) -> int:
        found = self._raw.find(b"\n", position)
        return len(self._raw) if found < 0 else found + 1

    def _before(self, delimiter: int) -> int:
        # RFC 2046 §5.1.1: the line break before a delimiter belongs to the delimiter.
        if self._raw[max(0, delimiter - 2) : delimiter] == b"\r\n":
            return delimiter - 2
        return max(0, delimiter - 1)

    def _count_lines(self, start: int, end: int) -> int:
        """Line feeds in a range, without counting nested ranges again and again."""
        first, last = -(-start // _BLOCK), end // _BLOCK
        if first >= last:
            return self._raw.count(b"\n", start, end)
        whole = self._lines_before[last] - self._lines_before[first]
        return whole + self._raw.count(b"\n", start, first * _BLOCK) + self._raw.count(b"\n", last * _BLOCK, end)


def _boundary(parameters: Parameters) -> bytes:
    stated = next((value for name, value in parameters if name == "boundary"), "")
    # A boundary never ends in a space (RFC 2046 §5.1.1), so one that does lost it on the way.
    return stated.encode("utf-8", "replace").rstrip()[:MAX_BOUNDARY]


def _languages(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in (piece.strip() for piece in text.split(",", 100)[:100]) if tag)
