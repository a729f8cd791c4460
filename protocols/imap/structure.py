"""ENVELOPE and BODYSTRUCTURE as the wire has them (RFC 3501 §7.4.2), from a stored summary. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.mail import AddressGroup, AddressList, Envelope, Mailbox, Part
from protocols.imap.encoder import NIL, nstring, parenthesised, string

_EMPTY_MULTIPART = b'("text" "plain" NIL NIL NIL "7bit" 0 0)'
"""The grammar wants a part in every multipart; one that holds none is shown with an empty one."""


def envelope(stated: Envelope) -> bytes:
    """RFC 3501 `envelope`."""
    from_ = _addresses(stated.from_)
    return parenthesised(
        (
            nstring(stated.date),
            nstring(stated.subject),
            from_,
            # RFC 3501 §7.4.2: an absent or empty Sender or Reply-To is the same as From.
            _addresses(stated.sender) if stated.sender else from_,
            _addresses(stated.reply_to) if stated.reply_to else from_,
            _addresses(stated.to),
            _addresses(stated.cc),
            _addresses(stated.bcc),
            nstring(stated.in_reply_to),
            nstring(stated.message_id),
        )
    )


def body(part: Part, *, is_extended: bool) -> bytes:
    """RFC 3501 `body`: BODYSTRUCTURE where `is_extended`, else BODY. Depth is that of the summary, which is capped."""
    if part.type == "multipart":
        inner = b"".join(body(child, is_extended=is_extended) for child in part.parts) or _EMPTY_MULTIPART
        fields = [inner + b" " + string(part.subtype)]
        if is_extended:
            fields += [
                _parameters(part.parameters),
                _disposition(part),
                _languages(part.language),
                nstring(part.location),
            ]
        return parenthesised(fields)
    fields = [
        string(part.type),
        string(part.subtype),
        _parameters(part.parameters),
        nstring(part.content_id),
        nstring(part.description),
        string(part.encoding),
        b"%d" % (part.end - part.body),
    ]
    if part.type == "message" and part.subtype == "rfc822" and part.parts:
        inner_message = part.parts[0]
        fields += [
            envelope(inner_message.envelope or Envelope()),
            body(inner_message, is_extended=is_extended),
            b"%d" % part.lines,
        ]
    elif part.type == "text":
        fields.append(b"%d" % part.lines)
    if is_extended:
        fields += [nstring(part.md5), _disposition(part), _languages(part.language), nstring(part.location)]
    return parenthesised(fields)


def _addresses(listed: AddressList) -> bytes:
    if not listed:
        return NIL
    out: list[bytes] = []
    for entry in listed:
        if isinstance(entry, AddressGroup):
            # RFC 3501 §7.4.2: a group is an address without a host before its members, and one of NILs after them.
            out.append(b"(NIL NIL " + string(entry.name) + b" NIL)")
            out.extend(map(_address, entry.members))
            out.append(b"(NIL NIL NIL NIL)")
        else:
            out.append(_address(entry))
    return b"(" + b"".join(out) + b")"


def _address(mailbox: Mailbox) -> bytes:
    # NIL for mailbox or host would mean a group, so what is missing is an empty string.
    return b"(" + nstring(mailbox.name) + b" NIL " + string(mailbox.local) + b" " + string(mailbox.domain) + b")"


def _parameters(pairs: Iterable[tuple[str, str]]) -> bytes:
    listed = [string(text) for pair in pairs for text in pair]
    return parenthesised(listed) if listed else NIL


def _disposition(part: Part) -> bytes:
    if not part.disposition:
        return NIL
    return b"(" + string(part.disposition) + b" " + _parameters(part.disposition_parameters) + b")"


def _languages(tags: Sequence[str]) -> bytes:
    if not tags:
        return NIL
    return string(tags[0]) if len(tags) == 1 else parenthesised(map(string, tags))
