"""A CRM's changes set over a message's original bytes.

Only the header fields that now say something else are replaced, where they stand; the rest of the message stays
byte for byte. Of what the CRM has no column for it says nothing, and the original stands. A body that the CRM has
changed cannot be set into foreign MIME without guessing: such a message is composed anew from the CRM's columns, and
so is one that got another attachment there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.core.entities import MessageSource
from gateway.formats.compose import compose
from gateway.formats.mime import header_end, summarise
from gateway.formats.mime_files import file_names
from gateway.formats.mime_message import MessageFacts, read_message
from gateway.formats.mime_text import text_to_html

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:")
_OURS: Final = re.compile(rb'boundary="=_[0-9a-f]{40}"')
"""The boundary of a message that was composed with its files, or in two forms."""
_CUT: Final = 200
"""A column may hold the beginning of a header only; that long, a beginning says the same."""


def overlay(original: bytes, source: MessageSource) -> bytes:
    """The message with the row's subject, date, addresses, ids and threading; itself where these agree."""
    summary = summarise(original)
    facts = read_message(original, summary)
    if not _same_body(source, facts) or _has_other_files(original, file_names(summary.structure), source):
        return compose(_completed(source, facts))
    changed: set[bytes] = set()
    for part, ours, theirs in (
        ("subject", source.subject, facts.subject),
        ("message_id", source.message_id.strip("<> "), facts.message_id.strip("<> ")),
        ("in_reply_to", source.in_reply_to.strip("<> "), facts.in_reply_to.strip("<> ")),
        ("references", source.references, facts.references),
    ):
        if part not in source.unheld and not _same(ours, theirs):
            changed.add(part.replace("_", "-").encode())
    if (
        source.sent is not None
        and facts.sent is not None
        and int(source.sent.timestamp()) != int(facts.sent.timestamp())
    ):
        changed.add(b"date")
    for kind in ("from", "to", "cc", "bcc"):
        if kind not in source.unheld and not _same_people(*(_people(one.addresses, kind) for one in (source, facts))):
            changed.add(kind.encode())
    return _replaced(original, compose(source), changed) if changed else original


def _same_body(source: MessageSource, facts: MessageFacts) -> bool:
    if "text" not in source.unheld and not _same(source.text, facts.text):
        return False
    # Where only HTML has a column, plain words stand there as HTML.
    rich = facts.html or (text_to_html(facts.text) if "text" in source.unheld else "")
    return not source.html or _same(source.html, rich)


def _completed(source: MessageSource, facts: MessageFacts) -> MessageSource:
    """The source with what the message says where the CRM says nothing."""
    kinds = source.unheld & {"from", "to", "cc", "bcc"}
    return replace(
        source,
        message_id=facts.message_id if "message_id" in source.unheld else source.message_id,
        in_reply_to=facts.in_reply_to if "in_reply_to" in source.unheld else source.in_reply_to,
        references=facts.references if "references" in source.unheld else source.references,
        addresses=source.addresses + tuple(one for one in facts.addresses if one[0] in kinds),
    )


def _people(addresses: Sequence[tuple[str, str, str]], kind: str) -> list[tuple[str, str]]:
    return [(address.casefold(), name) for which, address, name in addresses if which == kind]


def _same_people(ours: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]]) -> bool:
    """The same addresses, and no name that differs: a CRM may keep addresses alone."""
    return len(ours) == len(theirs) and all(
        address == other and name in ("", called) for (address, name), (other, called) in zip(ours, theirs, strict=True)
    )


def _has_other_files(original: bytes, names: Sequence[str], source: MessageSource) -> bool:
    """Whether the CRM has other files than these: by what is left of a name wherever it was kept.

    A file that the CRM lacks may never have been written there, and a client's message keeps it; one of ours does not.
    """
    there = Counter(_told(name) for name in names)
    held = Counter(_told(one.name) for one in source.attachments)
    is_ours = _OURS.search(original[: header_end(original)]) is not None
    return there != held if is_ours else bool(held - there)


def _told(name: str) -> str:
    return re.sub(r"[\W_]", "", name)[:60].casefold()


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
