"""A CRM's changes set over a message's original bytes.

Only the header fields that now say something else are replaced, where they stand; the rest of the message stays
byte for byte. A body that the CRM has changed cannot be set into foreign MIME without guessing: such a message is
composed anew from the CRM's columns, and so is one that got another attachment there.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.core.entities import MessageSource
from gateway.formats.compose import compose
from gateway.formats.mime import header_end, summarise
from gateway.formats.mime_files import count_files
from gateway.formats.mime_message import read_message

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:")
_CUT: Final = 200
"""A column may hold the beginning of a header only; that long, a beginning says the same."""


def overlay(original: bytes, source: MessageSource) -> bytes:
    """The message with the row's subject, date, addresses, ids and threading; itself where these agree."""
    summary = summarise(original)
    facts = read_message(original, summary)
    if not _same(source.text, facts.text) or (source.html and not _same(source.html, facts.html)):
        return compose(source)
    # One that the CRM lacks may never have been written there; one that the message lacks was added there.
    if len(source.attachments) > count_files(summary.structure):
        return compose(source)
    changed: set[bytes] = set()
    for ours, theirs, name in (
        (source.subject, facts.subject, b"subject"),
        (source.message_id.strip("<> "), facts.message_id.strip("<> "), b"message-id"),
        (source.in_reply_to.strip("<> "), facts.in_reply_to.strip("<> "), b"in-reply-to"),
        (source.references, facts.references, b"references"),
    ):
        if not _same(ours, theirs):
            changed.add(name)
    if (
        source.sent is not None
        and facts.sent is not None
        and int(source.sent.timestamp()) != int(facts.sent.timestamp())
    ):
        changed.add(b"date")
    for kind in ("from", "to", "cc", "bcc"):
        listed = [(address.casefold(), name) for which, address, name in source.addresses if which == kind]
        stated = [(address.casefold(), name) for which, address, name in facts.addresses if which == kind]
        if listed != stated:
            changed.add(kind.encode())
    return _replaced(original, compose(source), changed) if changed else original


def _replaced(original: bytes, composed: bytes, names: set[bytes]) -> bytes:
    end = header_end(original)
    fresh = {name: lines for name, lines in _fields(composed[: header_end(composed)]) if name in names}
    out: list[bytes] = []
    blank: list[bytes] = []
    for name, lines in _fields(original[:end]):
        if not name:
            blank.append(lines)
        elif name not in names:
            out.append(lines)
        elif name in fresh:
            out.append(fresh.pop(name))
    return b"".join([*out, *fresh.values(), *blank]) + original[end:]


def _fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """The fields in order, names in lower case; whatever is no field goes with the one before it."""
    found: list[tuple[bytes, bytes]] = []
    for line in header.splitlines(keepends=True):
        match = _FIELD.match(line)
        if match is not None and line[:1] not in (b" ", b"\t"):
            found.append((match.group(1).lower(), line))
        elif not line.strip() or not found:
            found.append((b"", line))
        else:
            name, before = found[-1]
            found[-1] = (name, before + line)
    return found


def _same(ours: str, theirs: str) -> bool:
    return ours.split() == theirs.split() or (len(ours) >= _CUT and theirs.startswith(ours))
