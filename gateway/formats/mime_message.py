"""What a CRM wants to know of a message: who, when, about what, and its words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from gateway.core.mail import Part, Summary
from gateway.formats.mime import leaves, summarise
from gateway.formats.mime_addresses import mailboxes
from gateway.formats.mime_headers import decode_text, decode_words, fields, header_end, message_ids, parse_date
from gateway.formats.mime_text import find_text, html_to_text, is_attachment, part_text

MAX_BODY: Final = 1024 * 1024
"""Encoded bytes of a body that are read; the message itself is kept whole elsewhere."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message as columns. Everything is decoded and holds no CR, LF or NUL but in the bodies, which end lines with LF.

    `addresses` are (kind, address, name), kind one of `from`, `to`, `cc`, `bcc`; ids keep their angle brackets.
    """

    message_id: str
    subject: str
    addresses: tuple[tuple[str, str, str], ...]
    sent: dt.datetime | None
    """As the Date field says it, aware; None where it says nothing sensible."""
    text: str
    """The plain body; where there is only HTML, its words."""
    html: str
    in_reply_to: str
    references: str
    """Message ids, parted by single spaces."""


def read_message(raw: bytes, summary: Summary | None = None) -> MessageFacts:
    """The facts of a raw message. Never raises. `summary`, where it is already known, saves the work."""
    summary = summary or summarise(raw)
    envelope = summary.envelope
    stated: dict[str, bytes] = {}
    for name, value in fields(raw[: header_end(raw)]):
        if name in {"subject", "references", "message-id", "in-reply-to"}:
            stated.setdefault(name, value)
    addresses = tuple(
        (kind, mailbox.address, mailbox.name)
        for kind, listed in (
            ("from", envelope.from_), ("to", envelope.to), ("cc", envelope.cc), ("bcc", envelope.bcc)
        )
        for mailbox in mailboxes(listed)
        # A sign within quotes is legal and never meant well: whoever splits the text would find somebody else.
        if mailbox.local and "@" not in mailbox.local
    )  # fmt: skip
    text, html = _bodies(raw, summary.structure)
    return MessageFacts(
        message_id=" ".join(message_ids(envelope.message_id, 1)),
        subject=decode_words(envelope.subject),
        addresses=addresses,
        sent=parse_date(envelope.date),
        text=text,
        html=html,
        in_reply_to=" ".join(message_ids(envelope.in_reply_to, 1)),
        references=" ".join(message_ids(decode_text(stated.get("references", b"")))),
    )


def _bodies(raw: bytes, structure: Part) -> tuple[str, str]:
    own = _own_leaves(structure)
    plain, rich = find_text(own, "plain"), find_text(own, "html")
    html = "" if rich is None else _lines(part_text(raw, rich, MAX_BODY))
    if plain is not None:
        return _lines(part_text(raw, plain, MAX_BODY)), html
    if rich is not None:
        return html_to_text(html), html
    other = next((part for part in own if part.type == "text" and not is_attachment(part)), None)
    return ("" if other is None else _lines(part_text(raw, other, MAX_BODY))), ""


def _own_leaves(structure: Part) -> list[Part]:
    """The leaves that are the message's own: not those of messages attached to it."""
    attached = {id(leaf) for part in _messages(structure) for leaf in leaves(part)}
    return [leaf for leaf in leaves(structure) if id(leaf) not in attached]


def _messages(structure: Part) -> list[Part]:
    out: list[Part] = []
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.type == "message":
            out.append(part)
        else:
            waiting.extend(part.parts)
    return out


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
