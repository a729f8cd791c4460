"""A message's summary as bytes: nested JSON arrays, short because every message has one."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.core.mail import AddressGroup, AddressList, Envelope, Mailbox, Part, Summary


def encode(summary: Summary) -> bytes:
    """The bytes `decode` reads."""
    return msgspec.json.encode([_envelope(summary.envelope), _part(summary.structure), summary.preview])


def decode(held: bytes) -> Summary:
    """The summary `encode` was given."""
    envelope, structure, preview = msgspec.json.decode(held)
    return Summary(_read_envelope(envelope), _read_part(structure), preview)


def _envelope(one: Envelope) -> list[Any]:
    lists = (one.from_, one.sender, one.reply_to, one.to, one.cc, one.bcc)
    return [one.date, one.subject, *(_addresses(held) for held in lists), one.in_reply_to, one.message_id]


def _read_envelope(held: list[Any]) -> Envelope:
    from_, sender, reply_to, to, cc, bcc = (_read_addresses(one) for one in held[2:8])
    return Envelope(held[0], held[1], from_, sender, reply_to, to, cc, bcc, held[8], held[9])


def _addresses(listed: AddressList) -> list[Any]:
    return [
        [one.name, _addresses(one.members)] if isinstance(one, AddressGroup) else [one.name, one.local, one.domain]
        for one in listed
    ]


def _read_addresses(listed: list[Any]) -> AddressList:
    return tuple(
        AddressGroup(one[0], tuple(Mailbox(*member) for member in one[1])) if len(one) == 2 else Mailbox(*one)
        for one in listed
    )


def _part(one: Part) -> list[Any]:
    return [
        one.type, one.subtype, one.parameters, one.start, one.body, one.end, one.lines, one.encoding, one.content_id,
        one.description, one.md5, one.disposition, one.disposition_parameters, one.language, one.location,
        [_part(part) for part in one.parts], _envelope(one.envelope) if one.envelope is not None else None,
    ]  # fmt: skip


def _pairs(held: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in held)


def _read_part(held: list[Any]) -> Part:
    type_, subtype, parameters, start, body, end, lines, encoding, content_id, description, md5, disposition = held[:12]
    return Part(
        type_, subtype, _pairs(parameters), start, body, end, lines, encoding, content_id, description, md5,
        disposition, _pairs(held[12]), tuple(held[13]), held[14], tuple(_read_part(part) for part in held[15]),
        _read_envelope(held[16]) if held[16] is not None else None,
    )  # fmt: skip
