"""What a message is sorted and threaded by, out of its header block (RFC 5256, RFC 5957)."""

from __future__ import annotations

from typing import Final

from gateway.core.mail import AddressGroup
from gateway.core.searching import Heading
from gateway.formats.mime_addresses import parse_addresses
from gateway.formats.mime_headers import decode_text, fields, message_ids, parse_date, unfold
from gateway.formats.subjects import base_subject
from gateway.formats.words import collated

MAX_REFERENCES: Final = 100
"""Ids a message may refer to; of more, the last ones, which are nearest to it."""
_EPOCH_DAY: Final = 719_163
_WANTED: Final = frozenset({"date", "subject", "from", "to", "cc", "message-id", "references", "in-reply-to"})


def heading(block: bytes) -> Heading:
    """The heading of the message with this header block; of fields that stand there twice the first counts."""
    first: dict[str, bytes] = {}
    for name, value in fields(block):
        if name in _WANTED:
            first.setdefault(name, value)
    when = parse_date(unfold(first.get("date", b"")))
    subject, is_reply = base_subject(decode_text(first.get("subject", b"")))
    from_, display_from = _first_address(first.get("from", b""))
    to, display_to = _first_address(first.get("to", b""))
    references = message_ids(unfold(first.get("references", b"")))[-MAX_REFERENCES:]
    if not references:
        # RFC 5256 §3, REFERENCES (1): the first id of In-Reply-To stands in for References.
        references = message_ids(unfold(first.get("in-reply-to", b"")), 1)
    return Heading(
        sent=None if when is None else int(when.timestamp()),
        sent_day=None if when is None else when.date().toordinal() - _EPOCH_DAY,
        subject=collated(subject),
        is_reply=is_reply,
        from_=from_,
        to=to,
        cc=_first_address(first.get("cc", b""))[0],
        display_from=display_from,
        display_to=display_to,
        message_id="".join(message_ids(unfold(first.get("message-id", b"")), 1)),
        references=references,
    )


def _first_address(value: bytes) -> tuple[str, str]:
    """The first address of a list as SORT's FROM, TO and CC have it (its local part), and as DISPLAYFROM does."""
    for one in parse_addresses(unfold(value), 1):
        if isinstance(one, AddressGroup):
            # RFC 3501 §7.4.2: a group stands in an envelope with its name where a mailbox has its local part.
            return collated(one.name), collated(one.name)
        # RFC 5957 §3: the display name, and where there is none the address.
        return collated(one.local), collated(one.name or one.address)
    return "", ""
